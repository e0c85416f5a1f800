"""The patch store: every track accounted for, each patch where its seed says."""

import h5py
import numpy as np
import pytest
import soundfile

import piped_sound
from mumu_lib import audio
from mumu_lib.audio import contents, ffmpeg, store as audio_store, timbre
from mumu_lib.core.errors import ParameterError
from mumu_lib.core.fingerprints import fingerprint
from mumu_lib.features import workers
from six_recordings import RATE, clip, collection, held_to_numpy


def test_a_row_is_a_stretch_of_the_log_cqt(shared):
    music, store = shared
    assert store.values.shape == (6, 1, 322, 96)
    assert store.values.dtype == np.float16
    assert isinstance(store.values, np.memmap)
    for row, track in store.index.iterrows():
        whole = audio.log_cqt(audio.load(music.audio_path(f"{row}.flac")))
        expected = whole[track["start"] : track["start"] + 322]
        np.testing.assert_allclose(store.values[row, 0], expected, atol=0.04)  # half precision at 80
        assert track["seconds"] == pytest.approx(16 + row / 5, abs=1e-3)
    assert store.counts() == {"ok": 6}


def test_every_kind_of_bad_recording_is_listed_and_the_rest_goes_on(tmp_path):
    folder = tmp_path / "mixed" / "audio"
    folder.mkdir(parents=True)
    soundfile.write(folder / "good.mp3", clip(17, 0), RATE)
    soundfile.write(folder / "wide.wav", np.stack([clip(44, 1)[: 16 * 48000]] * 2, 1), 48000)
    soundfile.write(folder / "narrow.ogg", clip(16, 2)[: 16 * 8000], 8000)
    soundfile.write(folder / "eight.flac", clip(8, 3), RATE)
    soundfile.write(folder / "two.mp3", clip(2, 4), RATE)
    soundfile.write(folder / "silent.wav", np.zeros(RATE * 5), RATE)
    (folder / "empty.mp3").write_bytes(b"")
    (folder / "text.mp3").write_text("words " * 5000)
    soundfile.write(folder / "cut.mp3", clip(40, 5), RATE)
    whole = (folder / "cut.mp3").read_bytes()
    (folder / "cut.mp3").write_bytes(whole[: len(whole) // 2])
    expected = {
        "good.mp3": "ok", "wide.wav": "ok", "narrow.ogg": "ok", "eight.flac": "padded", "two.mp3": "short",
        "silent.wav": "silent", "empty.mp3": "corrupt", "text.mp3": "corrupt", "cut.mp3": "ok", "gone.mp3": "missing",
        "": "missing",
    }  # fmt: skip
    store = audio_store.extract(collection(tmp_path / "mixed", list(expected)), workers=1)
    assert dict(zip(expected, store.index["status"], strict=True)) == expected
    refused = store.index[~store.index["status"].isin(["ok"])]
    for row, name in enumerate(expected):
        if row in refused.index and name:
            assert name in store.index["message"][row]
    assert "breaks off" in store.index["message"][list(expected).index("cut.mp3")]
    rows = store.rows(store.index["track_id"])
    assert [rows[i] >= 0 for i in range(len(rows))] == [s in ("ok", "padded") for s in expected.values()]
    report = store.report()
    assert report["tracks"].sum() == len(expected)
    assert "text.mp3" in report.loc["corrupt", "for example"] or "empty.mp3" in report.loc["corrupt", "for example"]


def test_a_short_clip_is_padded_with_the_floor(tmp_path):
    (tmp_path / "brief" / "audio").mkdir(parents=True)
    soundfile.write(tmp_path / "brief" / "audio" / "a.flac", clip(8, 1), RATE)
    store = audio_store.extract(collection(tmp_path / "brief", ["a.flac"]), workers=1)
    frames = 1 + 8 * RATE // 1024
    assert (store.values[0, 0, frames:] == audio.FLOOR_DB).all()
    assert store.values[0, 0, :frames].max() == 0
    assert "8.0 s" in store.index["message"][0]


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("kind", {"kind": "mel"}, "kind='mel'"),
        ("method", {"method": "quick"}, "method='quick'"),
        ("patches", {"patches": 0}, "at least 1"),
    ],
)
def test_wrong_settings_are_refused(good, name, arguments, message):
    with pytest.raises(ParameterError, match=message):
        audio_store.extract(good, **arguments)


def test_a_patch_is_drawn_from_the_seed_and_the_track_alone():
    starts = [patch for i in range(200) for patch in audio_store.patch_starts(f"TR{i}", 646, 1, seed=0)]
    assert min(starts) < 30
    assert max(starts) > 295
    assert max(starts) <= 646 - 322
    assert audio_store.patch_starts("TR7", 646, 1, seed=0)[0] == starts[7]
    assert [patch for i in range(200) for patch in audio_store.patch_starts(f"TR{i}", 646, 1, seed=1)] != starts
    assert audio_store.patch_starts("TR7", 322, 3, seed=0).tolist() == [0, 0, 0]


def test_several_patches_a_track(good):
    store = audio_store.extract(good, patches=3, workers=1)
    assert store.values.shape == (6, 3, 322, 96)
    whole = audio.log_cqt(audio.load(good.audio_path("5.flac")))
    for patch, start in zip(store.values[5], audio_store.patch_starts("TR005", len(whole), 3, 0), strict=True):
        np.testing.assert_allclose(patch, whole[start : start + 322], atol=0.04)


def test_timbre_without_song_files_is_of_mfccs(good):
    store = audio_store.extract(good, "timbre", workers=1, seed=3)
    assert store.values.dtype == np.float32
    expected = timbre.from_mfcc(audio.load(good.audio_path("2.flac")))
    np.testing.assert_allclose(store.values[2], expected, rtol=1e-4, atol=1e-3)
    held_to_numpy(store)


def test_timbre_of_song_files(tmp_path):
    music = collection(tmp_path / "msd", ["a.mp3", "b.mp3", "c.mp3"], msd="songs")
    segments = np.random.default_rng(0).normal(20, 9, (30, 12))
    path = music.folder / "songs" / "0" / "0" / "0" / "TR000.h5"
    path.parent.mkdir(parents=True)
    with h5py.File(path, "w") as file:
        file["analysis/segments_timbre"] = segments
    broken = music.folder / "songs" / "0" / "0" / "1" / "TR001.h5"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"no")
    store = audio_store.extract(music, "timbre", workers=1)
    assert store.index["status"].tolist() == ["ok", "corrupt", "missing"]
    np.testing.assert_allclose(store.values[0], timbre.statistics(segments))
    assert store.source.startswith("timbre statistics of the Million Song Dataset")
    # A hand-picked few may lie flat.
    path.rename(music.folder / "songs" / "TR002.h5")
    assert audio_store.extract(music, "timbre", workers=1).index["status"].tolist() == ["missing", "corrupt", "ok"]


def test_command_line(good, capsys):
    assert audio_store.main([str(good.folder), "--workers", "1", "--part", "0", "1"]) == 0
    assert "6 tracks" in capsys.readouterr().out
    assert audio_store.main([str(good.folder), "--workers", "1"]) == 0
    assert "ok" in capsys.readouterr().out
    assert audio_store.main(["no such catalogue"]) == 1
    assert "no such catalogue" in capsys.readouterr().err


def test_the_index_promises(shared):
    index = shared[1].index
    assert {"track_id", "status", "message", "seconds", "start"} <= set(index)
    assert (index["start"] <= index["seconds"] * RATE / 1024 - 321).all()


def fingerprints(music):
    return audio_store.jobs(music, audio_store.settings("cqt", 1, 0, "fast")).set_index("audio")["fingerprint"]


def as_before(path, music, name, track_id):
    """The fingerprint that a recording had up to version 0.1."""
    chosen = audio_store.settings("cqt", 1, 0, "fast")
    made = [audio_store.FORMAT, audio.RECIPE, timbre.COEFFICIENTS, repr(chosen)]
    return fingerprint(path, made, "audio", track_id, name)


def test_only_recordings_that_read_otherwise_than_before_are_extracted_again(tmp_path):
    y = piped_sound.lively(17)
    mp3 = piped_sound.variable_mp3(y)
    flac = piped_sound.encoded(y, "FLAC")
    files = {
        "whole.mp3": (mp3, False),
        "piped.mp3": (piped_sound.without_header(mp3), True),
        "constant.mp3": (piped_sound.without_header(piped_sound.constant_mp3(y)), False),
        "whole.flac": (flac, False),
        "piped.flac": (piped_sound.of_unknown_length(flac), True),
        "whole.wav": (piped_sound.encoded(y, "WAV"), False),
        "whole.ogg": (piped_sound.encoded(y, "OGG"), False),
        "text.mp3": (b"words " * 99, False),
        "aac.mp3": (b"\xff\xf1\x50\x80" + bytes(50), True),
        "gone.mp3": (b"", False),
    }
    folder = tmp_path / "mixed" / "audio"
    folder.mkdir(parents=True)
    for name, (data, _) in files.items():
        if data:
            (folder / name).write_bytes(data)
    music = collection(tmp_path / "mixed", list(files))
    found = fingerprints(music)
    for number, (name, (_, is_new)) in enumerate(files.items()):
        before = as_before(folder / name, music, name, f"TR{number:03d}")
        assert (found[str(folder / name)] != before) == is_new, name


@pytest.fixture
def one_that_needs_ffmpeg(tmp_path, monkeypatch):
    """A good recording and one that needs ffmpeg, which is not there; and a way to install it."""
    folder = tmp_path / "mixed" / "audio"
    folder.mkdir(parents=True)
    soundfile.write(folder / "good.flac", clip(17, 0), RATE)
    (folder / "song.m4a").write_bytes(b"\0\0\0\x20ftypM4A ")
    monkeypatch.setattr(ffmpeg, "program", lambda: "")

    def install():
        monkeypatch.setattr(ffmpeg, "program", lambda: "/bin/ffmpeg")
        monkeypatch.setattr(
            audio.decoding, "decode", lambda path, longest: audio.decoding.Decoded(clip(17, 1).astype("f4"), RATE, 17)
        )

    return collection(tmp_path / "mixed", ["good.flac", "song.m4a"]), install


def extracted(music, monkeypatch):
    """In this process, so that what is patched counts."""
    with monkeypatch.context() as patched:
        patched.setattr(
            workers, "run", lambda shards, _: map(workers._extract, [s for s in shards if not s.index.is_file()])
        )
        return audio_store.extract(music, workers=1)


def test_what_was_refused_for_want_of_ffmpeg_is_read_once_it_is_there(one_that_needs_ffmpeg, monkeypatch):
    music, install = one_that_needs_ffmpeg
    first = extracted(music, monkeypatch)
    assert first.counts() == {"ok": 1, "unread": 1}
    assert "needs ffmpeg: install it" in first.index["message"][1]
    good = np.array(first.values[0])
    with monkeypatch.context() as patched:
        patched.setattr(workers, "_extract", None)
        assert extracted(music, monkeypatch).counts() == {"ok": 1, "unread": 1}
    with monkeypatch.context() as patched:
        music_with, _ = music, install()
        second = extracted(music_with, patched)
        assert second.counts() == {"ok": 2}
        assert np.array_equal(second.values[0], good)
    # On a machine without it, what it has read is there all the same.
    monkeypatch.setattr(ffmpeg, "program", lambda: "")
    monkeypatch.setattr(workers, "_extract", None)
    assert extracted(music, monkeypatch).counts() == {"ok": 2}


def test_a_file_that_has_not_changed_is_not_looked_into_again(tmp_path, monkeypatch):
    folder = tmp_path / "mixed" / "audio"
    folder.mkdir(parents=True)
    y = piped_sound.lively(17)
    (folder / "a.mp3").write_bytes(piped_sound.without_header(piped_sound.variable_mp3(y)))
    (folder / "b.flac").write_bytes(piped_sound.encoded(y, "FLAC"))
    music = collection(tmp_path / "mixed", ["a.mp3", "b.flac"])
    before = fingerprints(music)
    extracted(music, monkeypatch)
    looked = []
    look = contents.look
    monkeypatch.setattr(contents, "look", lambda path: looked.append(path) or look(path))
    assert fingerprints(music).equals(before)
    assert not looked
    (folder / "b.flac").write_bytes(piped_sound.of_unknown_length(piped_sound.encoded(y, "FLAC")))
    assert fingerprints(music).iloc[0] == before.iloc[0]
    assert fingerprints(music).iloc[1] != before.iloc[1]
    assert {path.name for path in looked} == {"b.flac"}
