"""Decoding and the log-CQT, held against librosa."""

import re
import subprocess
import sys
import warnings

import librosa
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings, strategies as st

from mumu_lib import audio
from mumu_lib.core.errors import AudioError, ParameterError
from sounds import tone

# The bound that is promised for real recordings; loud and quiet bins side by side come closest to it.
TOLERANCE_DB = 0.01


def noise(seconds, rate=22050, seed=0, channels=1):
    y = 0.1 * np.random.default_rng(seed).standard_normal((int(seconds * rate), channels))
    return y.astype(np.float32).squeeze()


def music(seconds, seed=0):
    """Decaying chords over a beat, with rests: wide dynamics, as recordings have them."""
    rng = np.random.default_rng(seed)
    y = np.zeros(int(seconds * 22050))
    for onset in np.arange(0, seconds - 1, 0.4):
        t = np.arange(22050) / 22050
        notes = 55 * 2 ** (rng.integers(0, 60, 3) / 12)
        chord = np.exp(-t * rng.uniform(3, 20)) * np.sin(2 * np.pi * notes[:, None] * t).sum(0)
        start = int(onset * 22050)
        y[start : start + 22050] += rng.uniform(0.01, 0.3) * chord
    return y.astype(np.float32)


def reference(y):
    power = np.abs(librosa.cqt(y, sr=22050, hop_length=1024, n_bins=96, bins_per_octave=12)) ** 2
    return librosa.power_to_db(power, ref=np.max, top_db=80).T


SIGNALS = {
    "noise": noise(6),
    "quiet noise": 1e-4 * noise(6),
    "lowest bin": tone(6, 32.7),
    "highest bin": tone(6, 7902),
    "tone beside noise": tone(6, 440) + 1e-4 * noise(6),
    "music": music(8),
    "click": np.eye(1, 80_000, 40_000, dtype=np.float32)[0],
    "loud": 30 * music(5, seed=1),
    "silence": np.zeros(70_000, np.float32),
    "silence, then a tone": np.concatenate([np.zeros(90_000, np.float32), tone(3, 220)]),
}


@pytest.mark.parametrize("name", SIGNALS)
def test_log_cqt_equals_librosa(name):
    wanted, got = reference(SIGNALS[name]), audio.log_cqt(SIGNALS[name])
    assert got.shape == wanted.shape
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, wanted, rtol=0, atol=TOLERANCE_DB)


@given(length=st.integers(1, 3 * 22050), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_log_cqt_equals_librosa_at_every_length(length, seed):
    y = noise(3, seed=seed)[:length]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # librosa says that a window is longer than the signal
        wanted = reference(y)
    np.testing.assert_allclose(audio.log_cqt(y), wanted, rtol=0, atol=TOLERANCE_DB)


def test_a_tone_is_loudest_in_its_bin():
    a4 = audio.log_cqt(tone(5, 440.0))
    assert (a4[20:-20].argmax(axis=1) == 45).all()  # 45 semitones above C1
    assert a4.max() == 0
    assert a4.min() >= -80


def test_librosa_stays_a_choice():
    y = music(4)
    assert np.array_equal(audio.log_cqt(y, method="librosa"), reference(y))


def test_log_cqt_takes_double_precision():
    y = music(4)
    assert np.array_equal(audio.log_cqt(y.astype(np.float64)), audio.log_cqt(y))


def test_log_cqt_leaves_its_input_alone():
    y = music(4)
    before = y.copy()
    audio.log_cqt(y)
    assert np.array_equal(y, before)


def test_log_cqt_refuses_what_it_cannot_do():
    with pytest.raises(ParameterError, match="did you mean 'librosa'"):
        audio.log_cqt(noise(3), method="libros")
    with pytest.raises(ParameterError, match=r"one channel.*\(66150, 2\)"):
        audio.log_cqt(noise(3, channels=2))


def test_the_fast_transform_does_without_librosa():
    """Its functions are compiled in every process that calls them, for seconds."""
    code = (
        "import sys, numpy; from mumu_lib import audio; audio.log_cqt(numpy.ones(9999)); print('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


@pytest.mark.parametrize("extension", ["mp3", "ogg", "flac", "wav"])
@pytest.mark.parametrize(("rate", "channels"), [(48000, 2), (44100, 2), (22050, 1), (8000, 1)])
def test_load_equals_librosa(tmp_path, extension, rate, channels):
    path = tmp_path / f"clip.{extension}"
    soundfile.write(path, noise(3.3, rate, channels=channels), rate)
    wanted, _ = librosa.load(path, sr=22050)
    got = audio.load(path)
    assert got.dtype == np.float32
    assert got.shape == wanted.shape
    np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-6)


def test_load_averages_more_than_two_channels(tmp_path):
    path = tmp_path / "surround.wav"
    soundfile.write(path, noise(3, channels=5), 22050)
    np.testing.assert_allclose(audio.load(path), librosa.load(path, sr=22050)[0], rtol=0, atol=1e-7)


def test_load_stops_after_ten_minutes(tmp_path, monkeypatch):
    monkeypatch.setattr(audio, "MAX_SECONDS", 4.0)
    soundfile.write(tmp_path / "long.wav", noise(9), 22050)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(audio.load(tmp_path / "long.wav")) == 4 * 22050


def written(path, y, rate=22050):
    soundfile.write(path, y, rate)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("reason", "content"),
    [
        ("corrupt", b""),
        ("corrupt", b"these are words and no sound\n" * 400),
        ("corrupt", bytes(20_000)),
        ("short", noise(2)),
        ("short", noise(2.9)),
        ("silent", np.zeros(90_000)),
        ("silent", 5e-5 * tone(5, 440)),
    ],
    ids=["empty", "text", "zeros", "two seconds", "nearly three", "silent", "below -80 dB"],
)
def test_load_says_why_a_recording_cannot_be_used(tmp_path, reason, content):
    path = tmp_path / "bad.mp3"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        written(path, content)
    with pytest.raises(AudioError, match=re.escape(str(path))) as error:
        audio.load(path)
    assert error.value.reason == reason
    assert "does not exist" not in str(error.value)


def test_load_says_that_a_file_is_missing(tmp_path):
    with pytest.raises(AudioError, match="no such file") as error:
        audio.load(tmp_path / "gone.mp3")
    assert error.value.reason == "missing"
    with pytest.raises(AudioError, match="no such file"):
        audio.load(tmp_path)


def test_load_refuses_samples_that_are_no_numbers(tmp_path):
    y = noise(4)
    y[500] = np.nan
    soundfile.write(tmp_path / "nan.wav", y, 22050, subtype="FLOAT")
    with pytest.raises(AudioError, match="not finite"):
        audio.load(tmp_path / "nan.wav")


@pytest.mark.parametrize("extension", ["mp3", "flac"])
def test_what_decodes_of_a_truncated_recording_is_kept(tmp_path, extension):
    path = tmp_path / f"cut.{extension}"
    y = noise(12)
    whole = written(path, y)
    decoded = audio.load(path)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.warns(audio.TruncatedAudioWarning, match=r"breaks off after \d\.\d of 12\.0 s"):
        kept = audio.load(path)
    assert 4 * 22050 <= len(kept) <= 6.1 * 22050
    np.testing.assert_allclose(kept[: 4 * 22050], decoded[: 4 * 22050], atol=1e-6)
    path.write_bytes(whole[: len(whole) // 10])
    with pytest.raises(AudioError, match="breaks off") as error:
        audio.load(path)
    assert error.value.reason == "corrupt"


def test_a_hole_in_an_mp3_keeps_what_comes_before_it(tmp_path):
    path = tmp_path / "hole.mp3"
    whole = bytearray(written(path, noise(20)))
    middle = len(whole) // 2
    whole[middle : middle + 20_000] = np.random.default_rng(0).bytes(20_000)
    path.write_bytes(whole)
    with pytest.warns(audio.TruncatedAudioWarning):
        assert len(audio.load(path)) >= 6 * 22050


@pytest.mark.filterwarnings("ignore")
def test_real_recordings(real_data):
    files = sorted(p for end in ("mp3", "ogg") for p in (real_data / "audio").rglob(f"*.{end}"))
    files, usable = files[:: max(1, len(files) // 40)], 0
    for path in files:
        try:
            y = audio.load(path)
        except AudioError:
            continue
        usable += 1
        np.testing.assert_allclose(y, librosa.load(path, sr=22050)[0], rtol=0, atol=1e-6)
        np.testing.assert_allclose(audio.log_cqt(y), reference(y), rtol=0, atol=TOLERANCE_DB, err_msg=str(path))
    assert usable > 0.9 * len(files)


def test_a_header_is_not_believed_that_promises_more_than_memory_holds(tmp_path, monkeypatch):
    # Room would be made for all that a header promises: here, for more than can be had.
    asked = []
    read = soundfile.SoundFile.read
    monkeypatch.setattr(
        soundfile.SoundFile,
        "read",
        lambda file, frames, **kw: asked.append(frames * file.channels) or read(file, frames, **kw),
    )
    y = np.random.default_rng(0).normal(0, 0.1, (4 * 96_000, 8)).astype(np.float32)
    soundfile.write(tmp_path / "many.flac", y, 96_000)
    assert len(audio.load(tmp_path / "many.flac")) == 4 * audio.SAMPLE_RATE
    assert max(asked) <= 600 * 48_000 * 2
    soundfile.write(tmp_path / "fast.wav", y[:, 0], 1_000_000)
    with pytest.raises(AudioError, match="claims 1,000,000 samples a second") as error:
        audio.load(tmp_path / "fast.wav")
    assert error.value.reason == "corrupt"


@pytest.mark.parametrize(
    ("name", "reason"), [("z.raw", "corrupt"), ("z.RAW", "corrupt"), ("n" * 300 + ".mp3", "missing")]
)
def test_a_name_that_the_system_or_the_decoder_cannot_take_is_refused_like_any_other(tmp_path, name, reason):
    if len(name) < 100:
        (tmp_path / name).write_bytes(bytes(100_000))
    with pytest.raises(AudioError) as caught:
        audio.load(tmp_path / name)
    assert caught.value.reason == reason
