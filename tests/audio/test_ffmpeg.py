"""ffmpeg as a program of its own: how it is started, what it says, and that it always ends."""

import shutil
import stat
import subprocess
import sys

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings, strategies as st

from mumu_lib import audio
from mumu_lib.audio import ffmpeg
from mumu_lib.core.errors import AudioError
from piped_sound import RATE, lively, mean

installed = pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed")
posix = pytest.mark.skipif(sys.platform == "win32", reason="a script takes the place of ffmpeg")
Y = lively(5)


def heard(path, name="sound", longest=600.0):
    blocks = []
    said = ffmpeg.decode(path, name, longest, blocks.append)
    return said, np.concatenate(blocks)


def converted(tmp_path, ending, *how):
    source = tmp_path / "source.wav"
    soundfile.write(source, Y, RATE)
    path = tmp_path / f"sound.{ending}"
    command = ["ffmpeg", "-v", "error", "-y", "-i", source, *how, path]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"this ffmpeg cannot write it: {done.stderr[-200:]}")
    return path


@installed
@pytest.mark.parametrize(
    ("ending", "how"),
    [("wv", []), ("tta", []), ("mka", ["-c:a", "flac"]), ("m4a", ["-c:a", "alac"]), ("oga", ["-c:a", "flac"])],
)
def test_what_loses_nothing_is_read_as_it_was(tmp_path, ending, how):
    path = converted(tmp_path, ending, *how)
    wanted, _ = soundfile.read(tmp_path / "source.wav", dtype="float32")
    said, got = heard(path)
    assert (said.rate, said.fault) == (RATE, "")
    assert np.array_equal(got, wanted)
    assert said.promised == pytest.approx(5, abs=0.05)
    np.testing.assert_array_equal(audio.load(path), audio.load(tmp_path / "source.wav"))


@installed
@pytest.mark.parametrize("ending", ["m4a", "aac", "wma", "mp4", "ac3", "webm", "mka"])
def test_what_loses_something_is_read_whole_and_without_a_word(tmp_path, ending, recwarn):
    path = converted(tmp_path, ending)
    y = audio.load(path)
    assert len(y) / audio.SAMPLE_RATE == pytest.approx(5, abs=0.1)
    wanted = audio.load(tmp_path / "source.wav")
    assert np.sqrt(np.mean(y**2)) == pytest.approx(np.sqrt(np.mean(wanted**2)), rel=0.1)
    assert not [w for w in recwarn if issubclass(w.category, audio.AudioWarning)]


@installed
def test_a_wrong_ending_does_not_matter(tmp_path):
    for ending in ("m4a", "aac"):
        path = converted(tmp_path, ending)
        other = path.with_suffix(".mp3")
        path.rename(other)
        assert len(audio.load(other)) / audio.SAMPLE_RATE == pytest.approx(5, abs=0.1)


@installed
def test_all_channels_come_and_are_averaged(tmp_path):
    y = np.random.default_rng(0).uniform(-0.5, 0.5, (4 * RATE, 6)).astype(np.float32)
    soundfile.write(tmp_path / "six.wav", y, RATE, subtype="FLOAT")
    subprocess.run(
        ["ffmpeg", "-v", "error", "-i", tmp_path / "six.wav", "-c:a", "pcm_f32le", tmp_path / "six.mka"], check=True
    )
    _, got = heard(tmp_path / "six.mka")
    assert np.array_equal(got, y)
    np.testing.assert_allclose(audio.load(tmp_path / "six.mka"), audio.load(tmp_path / "six.wav"), atol=1e-6)
    assert np.abs(mean(got)).max() > 0


@installed
@pytest.mark.parametrize(
    "name",
    ["-i.m4a", "-y", "file:x.m4a", "concat:a|b.m4a", "http:x.m4a", "pipe:0.m4a", "a 'b' \"c\" $(touch d).m4a", "%d.m4a", "a;b&c.m4a", "ä\n.m4a"],
)  # fmt: skip
@pytest.mark.skipif(sys.platform == "win32", reason="no such names there")
def test_a_name_is_a_name_and_nothing_else(tmp_path, monkeypatch, name):
    path = converted(tmp_path, "m4a")
    monkeypatch.chdir(tmp_path)
    path.rename(tmp_path / name)
    before = set(tmp_path.iterdir())
    assert len(audio.load(name)) / audio.SAMPLE_RATE == pytest.approx(5, abs=0.1)
    assert set(tmp_path.iterdir()) == before


@given(name=st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=40))
@settings(max_examples=200, deadline=None)
def test_no_name_becomes_an_option_or_a_protocol(name):
    words = ffmpeg.command(name, 600.0)
    usual = ffmpeg.command("usual", 600.0)
    place = usual.index("-i") + 1
    assert words[place].startswith("file:/") or sys.platform == "win32"
    assert words[:place] == usual[:place]
    assert words[place + 1 :] == usual[place + 1 :]


@installed
@pytest.mark.parametrize(
    "text",
    [
        "ffconcat version 1.0\nfile secret.wav\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:5,\nsecret.wav\n#EXT-X-ENDLIST\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
        "words\n" * 99,
        "",
    ],
)
def test_a_file_that_names_others_does_not_bring_them_in(tmp_path, text):
    soundfile.write(tmp_path / "secret.wav", Y, RATE)
    (tmp_path / "list.m4a").write_text(text)
    with pytest.raises(AudioError, match="finds no sound in it") as error:
        audio.load(tmp_path / "list.m4a")
    assert error.value.reason == "corrupt"


@installed
def test_damage_is_told(tmp_path):
    path = converted(tmp_path, "mka", "-c:a", "flac")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 4 // 5])
    with pytest.warns(audio.TruncatedAudioWarning, match=r"breaks off after [34]\.\d of 5\.0 s"):
        audio.load(path)
    place = len(whole) * 4 // 5
    path.write_bytes(whole[:place] + bytes(3_000) + whole[place + 3_000 :])
    with pytest.warns(audio.TruncatedAudioWarning):
        audio.load(path)


@installed
def test_no_more_is_decoded_than_is_wanted(tmp_path):
    path = converted(tmp_path, "m4a")
    _, got = heard(path, longest=2.0)
    assert len(got) == 2 * RATE


def test_without_ffmpeg_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(ffmpeg.shutil, "which", lambda name: None)
    (tmp_path / "song.m4a").write_bytes(b"\0\0\0\x20ftypM4A ")
    with pytest.raises(AudioError, match=r"song.m4a: MP4 needs ffmpeg: install it \(apt install ffmpeg, ") as error:
        audio.load(tmp_path / "song.m4a")
    assert error.value.reason == "unread"


def test_a_program_in_the_current_folder_is_not_started(monkeypatch):
    monkeypatch.setattr(ffmpeg.shutil, "which", lambda name: f"./{name}")
    assert ffmpeg.program() == ""


def instead_of_ffmpeg(folder, monkeypatch, code):
    script = folder / "ffmpeg"
    script.write_text(f"#!{sys.executable}\nimport sys, time\n{code}\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(ffmpeg.shutil, "which", lambda name: str(script))


@posix
def test_a_program_that_hangs_is_ended(tmp_path, monkeypatch):
    instead_of_ffmpeg(tmp_path, monkeypatch, "time.sleep(60)")
    monkeypatch.setattr(ffmpeg, "SECONDS", 0.2)
    with pytest.raises(AudioError, match=r"not decoded by ffmpeg after 0\.2 s") as error:
        heard(tmp_path / "a.m4a")
    assert error.value.reason == "timeout"


@posix
def test_a_program_that_talks_without_end_fills_no_memory_and_blocks_nothing(tmp_path, monkeypatch):
    header = "sys.stdout.buffer.write(b'.snd' + b''.join(n.to_bytes(4, 'big') for n in (24, 2**32 - 1, 6, 8000, 1)))"
    instead_of_ffmpeg(
        tmp_path, monkeypatch,
        f"{header}\nsys.stdout.buffer.write(bytes(4 * 40_000))\nfor _ in range(20_000): print('[error] ' + 'x' * 99, file=sys.stderr)",
    )  # fmt: skip
    said, got = heard(tmp_path / "a.m4a")
    assert len(got) == 40_000
    assert said.fault.startswith("xxx")


@posix
@pytest.mark.parametrize(
    "numbers", [(24, 0, 6, 0, 1), (24, 0, 6, 8000, 0), (24, 0, 3, 8000, 1), (24, 0, 6, 8000, 9999)]
)
def test_an_odd_answer_is_refused(tmp_path, monkeypatch, numbers):
    instead_of_ffmpeg(
        tmp_path, monkeypatch, f"sys.stdout.buffer.write(b'.snd' + b''.join(n.to_bytes(4, 'big') for n in {numbers}))"
    )
    with pytest.raises(AudioError, match="channels of"):
        heard(tmp_path / "a.m4a")


@given(st.lists(st.binary(max_size=80), max_size=20))
@settings(max_examples=100, deadline=None)
def test_whatever_it_says_is_read(lines):
    words = ffmpeg._Log()
    words.listen(iter(line + b"\n" for line in lines))
    assert isinstance(words.complaint(), str)
    assert words.promised() >= 0


def test_complaints_and_lengths_are_found_in_what_it_says():
    words = ffmpeg._Log()
    words.listen(
        iter(
            [
                b"[info]   title : [error] no\n",
                b"[info]   Duration: 00:01:05.50, start: 0\n",
                b"[aac @ 0x5] [error] bad\n",
            ]
        )
    )
    assert words.complaint() == "bad"
    assert words.promised() == 65.5
    words.lines.append("[aac @ 0x5] [warning] Estimating duration from bitrate, this may be inaccurate")
    assert words.promised() == 0


FILM = """[info]   Duration: 00:00:10.00, start: 0.000000, bitrate: 42 kb/s
[info]   Stream #0:0[0x1](und): Video: h264 (High) (avc1 / 0x31637661), yuv420p, 320x240
[info]   Stream #0:1[0x2](und): Audio: aac (LC), 44100 Hz, stereo
[info] Output #0, au, to 'pipe:1':
"""


def test_the_length_of_a_film_is_not_that_of_its_sound():
    words = ffmpeg._Log()
    words.listen(iter(line.encode() for line in FILM.splitlines(keepends=True)))
    assert words.promised() == 0
    words.lines[1] += " (attached pic)"
    assert words.promised() == 10


@installed
def test_a_film_that_is_longer_than_its_sound_is_not_called_broken(tmp_path, recwarn):
    path = converted(tmp_path, "mp4", "-f", "lavfi", "-i", "color=c=black:s=64x64:d=8", "-map", "0:a", "-map", "1:v")
    assert len(audio.load(path)) / audio.SAMPLE_RATE == pytest.approx(5, abs=0.1)
    assert not [w for w in recwarn if issubclass(w.category, audio.AudioWarning)]
