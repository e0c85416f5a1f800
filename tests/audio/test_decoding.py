"""Sound to its end, whatever the header says of it, and what is said of damage."""

import io
import shutil
import warnings

import numpy as np
import pytest
import soundfile

from mumu_lib import audio
from mumu_lib.audio import decoding, ffmpeg
from mumu_lib.core.errors import AudioError
from piped_sound import (
    LATE,
    RATE,
    ape,
    constant_mp3,
    counting,
    encoded,
    id3,
    lively,
    mean,
    of_unknown_length,
    variable_mp3,
    with_vbri,
    without_header,
)

Y = lively(12)
WHOLE = variable_mp3(Y)
BARE = without_header(WHOLE)


def decoded(path, data):
    path.write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        audio.load(path)
    return decoding.decode(path, 600.0)


def reference(data):
    """What libsndfile decodes of a file with a header, the mean of the channels."""
    return mean(soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)[0])


BARE_ONES = {
    "from a pipe": BARE,
    "a picture before it": id3(300_000) + BARE,
    "junk before it": bytes(3_000) + BARE,
    "tags behind it": BARE + ape(70_000) + b"TAG" + bytes(125),
    "a header of Fraunhofer's": with_vbri(WHOLE),
    "junk behind it": BARE + np.random.default_rng(3).bytes(50_000),
    "zeros behind it": BARE + bytes(50_000),
}


@pytest.mark.parametrize("name", BARE_ONES)
def test_an_mp3_without_a_length_is_read_to_its_end(tmp_path, name):
    got = decoded(tmp_path / "bare.mp3", BARE_ONES[name])
    wanted = reference(WHOLE)
    # Junk at the end may cost what is left of the last frame, which is silence.
    assert len(got.y) > len(wanted)
    np.testing.assert_allclose(got.y[LATE:][: len(wanted)], wanted[: len(got.y) - LATE], rtol=0, atol=1e-4)
    assert got.promised == len(got.y) / RATE


@pytest.mark.parametrize(("rate", "channels"), [(48_000, 2), (32_000, 1), (22_050, 2), (8_000, 1)])
def test_of_every_rate_as_much_is_read_as_with_a_header(tmp_path, rate, channels):
    y = lively(8, channels, rate)
    whole = variable_mp3(y, rate)
    got = decoded(tmp_path / "bare.mp3", without_header(whole))
    wanted = reference(whole)
    late = LATE if rate >= 32_000 else 1_105
    assert len(got.y) >= len(wanted)
    np.testing.assert_allclose(
        got.y[late:][: len(wanted) - late], wanted[: len(got.y) - late][: len(wanted) - late], rtol=0, atol=1e-4
    )


def test_a_stream_in_a_wav_is_read_to_its_end(tmp_path):
    head = b"RIFF" + (len(BARE) + 40).to_bytes(4, "little") + b"WAVEfmt " + (20).to_bytes(4, "little")
    form = [(0x55, 2), (2, 2), (RATE, 4), (16_000, 4), (1, 2), (0, 2), (2, 2), (0, 2)]
    head += b"".join(value.to_bytes(size, "little") for value, size in form)
    got = decoded(tmp_path / "mp3.wav", head + b"data" + len(BARE).to_bytes(4, "little") + BARE)
    assert len(got.y) >= len(Y)
    np.testing.assert_allclose(got.y[LATE:][: len(Y)], reference(WHOLE)[: len(Y)], rtol=0, atol=1e-4)


@pytest.mark.parametrize("data", [WHOLE, constant_mp3(Y), WHOLE + ape(70_000), id3(70_000) + WHOLE])
def test_an_mp3_with_a_length_decodes_to_the_bits_that_it_did(tmp_path, data):
    assert np.array_equal(decoded(tmp_path / "whole.mp3", data).y, reference(data))


def test_an_mp3_of_constant_rate_without_a_length_keeps_its_bits_too(tmp_path):
    data = without_header(constant_mp3(Y))
    assert np.array_equal(decoded(tmp_path / "constant.mp3", data).y, reference(data))


@pytest.mark.parametrize("frames", [0, 10, 230])
def test_a_header_that_counts_too_few_cuts_nothing_off(tmp_path, frames):
    got = decoded(tmp_path / "wrong.mp3", counting(WHOLE, frames))
    np.testing.assert_allclose(got.y[: len(Y)], reference(WHOLE)[: len(Y)], rtol=0, atol=1e-4)


def test_joined_mp3_are_read_whole(tmp_path):
    got = decoded(tmp_path / "joined.mp3", WHOLE + id3(50_000) + WHOLE)
    assert len(got.y) > 2 * len(Y)
    np.testing.assert_allclose(got.y[: len(Y)], reference(WHOLE)[: len(Y)], rtol=0, atol=1e-4)


@pytest.mark.parametrize("samples", [12 * RATE, 12 * RATE - 1, 11 * RATE + 4_097])
def test_a_flac_of_unknown_length_is_read_with_its_last_block(tmp_path, samples):
    flac = encoded(Y[:samples], "FLAC")
    got = decoded(tmp_path / "piped.flac", of_unknown_length(flac))
    assert len(got.y) == samples
    assert np.array_equal(got.y, reference(flac))


def test_a_tag_behind_a_flac_of_unknown_length_is_no_damage(tmp_path):
    flac = encoded(Y, "FLAC")
    got = decoded(tmp_path / "piped.flac", of_unknown_length(flac) + b"TAG" + bytes(125))
    assert np.array_equal(got.y, reference(flac))


@pytest.mark.parametrize("first", [WHOLE, BARE], ids=["with a length", "without"])
def test_of_joined_mp3_of_two_rates_the_first_is_read_and_that_is_said(tmp_path, first):
    second = variable_mp3(lively(6, rate=48_000), 48_000)
    (tmp_path / "joined.mp3").write_bytes(first + second)
    with pytest.warns(
        audio.TruncatedAudioWarning, match=r"is read to 12\.\d s: what follows cannot be decoded; where two"
    ):
        y = audio.load(tmp_path / "joined.mp3")
    assert len(y) == pytest.approx(12 * audio.SAMPLE_RATE, abs=2_000)


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF, 0x7FFFFFFF])
def test_a_wav_of_unknown_length_is_read_whole(tmp_path, length):
    wav = bytearray(encoded(Y, "WAV"))
    assert wav[36:40] == b"data"
    wav[4:8] = wav[40:44] = length.to_bytes(4, "little")
    assert np.array_equal(decoded(tmp_path / "piped.wav", bytes(wav)).y, reference(encoded(Y, "WAV")))


def test_a_hole_and_a_cut_are_told(tmp_path):
    hole = bytearray(BARE)
    middle = len(hole) // 2
    hole[middle : middle + 20_000] = np.random.default_rng(0).bytes(20_000)
    (tmp_path / "hole.mp3").write_bytes(hole)
    with pytest.warns(audio.TruncatedAudioWarning, match=r"hole.mp3: is read to \d\.\d s: "):
        assert 4 < len(audio.load(tmp_path / "hole.mp3")) / audio.SAMPLE_RATE < 8
    flac = of_unknown_length(encoded(Y, "FLAC"))
    (tmp_path / "cut.flac").write_bytes(flac[: len(flac) // 2])
    with pytest.warns(audio.TruncatedAudioWarning, match="lost sync"):
        assert len(audio.load(tmp_path / "cut.flac")) > 4 * audio.SAMPLE_RATE


@pytest.mark.parametrize("kind", ["FLAC", "OGG", "WAV"])
def test_of_other_joined_files_the_first_is_read_and_that_is_said(tmp_path, kind):
    data = encoded(Y, kind)
    (tmp_path / "joined").write_bytes(data + data)
    with pytest.warns(audio.TruncatedAudioWarning, match=r"is read to 12\.0 s: another recording is joined to its end"):
        assert len(audio.load(tmp_path / "joined")) == 12 * audio.SAMPLE_RATE


def test_channels_that_cancel_each_other_are_named(tmp_path):
    y = Y[:, :1]
    soundfile.write(tmp_path / "a b.wav", np.hstack([y, -y]), RATE)
    with pytest.raises(AudioError, match="channels cancel each other") as error:
        audio.load(tmp_path / "a b.wav")
    assert error.value.reason == "silent"
    assert f"ffmpeg -i '{tmp_path}/a b.wav' -af 'pan=mono|c0=c0' '{tmp_path}/a b left.flac'" in str(error.value)
    soundfile.write(tmp_path / "nearly.wav", np.hstack([y, -0.9 * y]), RATE)
    with pytest.warns(audio.CancellingChannelsWarning, match="their mean is 26 dB below them"):
        audio.load(tmp_path / "nearly.wav")


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed")
@pytest.mark.parametrize("kind", ["MP3", "bare MP3", "OGG", "OPUS", "FLAC"])
def test_both_ways_give_the_same(tmp_path, kind):
    path = tmp_path / "sound"
    rate = 48_000
    # Of stereo in Opus, ffmpeg 5.1's own decoder differs from libopus by 0.005 in one sample of a hundred.
    y = 0.5 * lively(5, channels=1 if kind == "OPUS" else 2, rate=rate)
    if kind.endswith("MP3"):
        mp3 = variable_mp3(y, rate)
        path.write_bytes(mp3 if kind == "MP3" else without_header(mp3))
    elif kind == "OPUS":
        path.write_bytes(encoded(y, "OGG", rate, subtype="OPUS"))
    else:
        path.write_bytes(encoded(y, kind, rate))
    one = decoding.decode(path, 600.0)
    mixing = decoding.Mixing()
    heard = ffmpeg.decode(path, kind, 600.0, mixing.add)
    other = mixing.finished(heard.rate, heard.promised, heard.fault)
    assert heard.rate == one.rate
    assert not heard.fault
    assert abs(len(one.y) - len(other.y)) <= 1_152
    np.testing.assert_allclose(one.y[: len(other.y)], other.y[: len(one.y)], rtol=0, atol=1e-4)


def test_a_stitched_file_reads_as_one(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(bytes(range(100)))
    stream = decoding.Stitched(path, b"head", 10, 50)
    assert io.BufferedReader(stream, 7).read() == b"head" + bytes(range(10, 50))
    whole = decoding.Stitched(path, b"", 0, 0)
    assert whole.read() == bytes(range(100))
    assert whole.seek(-3, io.SEEK_END) == 97
    assert whole.read(9) == bytes([97, 98, 99])
    assert whole.seek(5) == whole.tell() == 5
    whole.close()


def test_a_codec_that_soundfile_does_not_know_is_asked_of_ffmpeg(tmp_path, monkeypatch):
    wav = bytearray(encoded(Y, "WAV"))
    wav[20:22] = b"\xfe\x7f"
    (tmp_path / "odd.wav").write_bytes(wav)
    monkeypatch.setattr(ffmpeg, "program", lambda: "")
    with pytest.raises(
        AudioError, match=r"WAV that soundfile cannot decode \(.*ffmpeg, which is not installed"
    ) as error:
        audio.load(tmp_path / "odd.wav")
    assert error.value.reason == "unread"
    monkeypatch.undo()
    if ffmpeg.program():
        with pytest.raises(AudioError, match=r"cannot be decoded \(") as error:
            audio.load(tmp_path / "odd.wav")
        assert error.value.reason == "corrupt"
