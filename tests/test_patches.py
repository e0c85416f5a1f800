"""The patch store: every track accounted for, resumable, and the same whoever made it."""

import copy
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import soundfile

from mumu_lib import audio, catalogue
from mumu_lib.audio import store as audio_store, timbre
from mumu_lib.core.errors import MumuError, NothingUsableError, ParameterError
from mumu_lib.features import build, store as features_store, workers as features_workers
from mumu_lib.features.store import take

RATE = 22050


def clip(seconds, seed):
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * RATE)) / RATE
    return 0.3 * np.sin(2 * np.pi * 110 * 2 ** (seed % 5) * t) + 0.02 * rng.standard_normal(len(t))


def collection(folder, names, **roots):
    """A catalogue of one album whose tracks are the files ``names`` under ``folder/audio``."""
    albums = pd.DataFrame({"album_id": ["A"], "title": "T", "artist": "B", "genres": [["Pop"]], "split": "train"})
    tracks = pd.DataFrame({"track_id": [f"TR{i:03d}" for i in range(len(names))], "album_id": "A", "audio": names})
    return catalogue.write(
        folder, name=folder.name, albums=albums, tracks=tracks, reviews=pd.DataFrame({"album_id": [], "text": []}),
        branches=[["Pop"]], min_albums=1, source="test", roots={"audio": "audio", "covers": "covers", **roots},
    )  # fmt: skip


def six_clips(folder):
    """Clips of 16 s and a bit, a little longer than a patch."""
    (folder / "audio").mkdir(parents=True)
    for i in range(6):
        soundfile.write(folder / "audio" / f"{i}.flac", clip(16 + i / 5, i), RATE)
    return collection(folder, [f"{i}.flac" for i in range(6)])


@pytest.fixture
def good(tmp_path):
    return six_clips(tmp_path / "own")


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A catalogue that no test changes, with its store."""
    music = six_clips(tmp_path_factory.mktemp("shared") / "own")
    return music, audio_store.extract(music, workers=1)


@pytest.fixture
def shards_of_two(monkeypatch):
    monkeypatch.setattr(build, "SHARD", 2)


def content(store):
    return np.array(store.values), store.index.drop(columns=["fingerprint"])


def same(a, b):
    assert np.array_equal(a[0], b[0])
    pd.testing.assert_frame_equal(a[1], b[1])


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


def test_rows_of_unknown_and_unusable_tracks_are_minus_one(good):
    good.audio_path("3.flac").unlink()
    store = audio_store.extract(good, workers=1)
    assert store.rows(["TR005", "TR003", "nobody", "TR000"]).tolist() == [5, -1, -1, 0]


def test_nothing_usable_says_so_and_keeps_the_reasons(tmp_path):
    music = collection(tmp_path / "void", ["a.mp3", "b.mp3"])
    for _ in range(2):
        with pytest.raises(NothingUsableError, match=r"not one of 2 tracks.*2 missing(.|\n)*a\.mp3"):
            audio_store.extract(music, workers=1)


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


def again(shared, folder):
    """A catalogue of the same recordings without a store."""
    return collection(folder, [f"{i}.flac" for i in range(6)], audio=str(shared[0].folder / "audio"))


def test_the_result_does_not_depend_on_workers_or_shards(shared, tmp_path, shards_of_two):
    same(content(shared[1]), content(audio_store.extract(again(shared, tmp_path / "other"), workers=2)))


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


def test_a_finished_store_is_opened_and_not_made_again(shared, monkeypatch):
    music, store = shared
    monkeypatch.setattr(features_workers, "run", lambda *_: pytest.fail("extracted again"))
    same(content(store), content(audio_store.extract(music, workers=2)))


def extracted(monkeypatch):
    """Track ids that are extracted from now on."""
    seen, original = [], features_workers.run

    def spy(shards, workers):
        seen.extend(track[0] for shard in shards for track in shard.tracks)
        return original(shards, workers)

    monkeypatch.setattr(features_workers, "run", spy)
    return seen


def test_only_what_changed_is_extracted_again(good, monkeypatch):
    before = audio_store.extract(good, workers=1)
    old = np.array(before.values)
    soundfile.write(good.audio_path("2.flac"), clip(16, 4), RATE)
    soundfile.write(good.audio_path("new.flac"), clip(16, 3), RATE)
    seen = extracted(monkeypatch)
    longer = collection(good.folder, ["0.flac", "1.flac", "2.flac", "3.flac", "4.flac", "5.flac", "new.flac"])
    after = audio_store.extract(longer, workers=1)
    assert seen == ["TR002", "TR006"]
    assert len(after.values) == 7
    changed = [not np.array_equal(after.values[i], old[i]) for i in range(6)]
    assert changed == [False, False, True, False, False, False]
    assert len(list((good.folder / "features").rglob("*.npy"))) == 1


def test_features_of_another_transform_are_not_taken_for_these(good, monkeypatch):
    audio_store.extract(good, workers=1)
    settings = audio_store.settings("cqt", 1, 0, "fast")
    assert build._shards(good.folder / "features" / settings.name, audio_store.jobs(good, settings), settings)[1] == []
    monkeypatch.setattr(audio, "RECIPE", (*audio.RECIPE[:1], 512, *audio.RECIPE[2:]))
    (shard,) = build._shards(good.folder / "features" / settings.name, audio_store.jobs(good, settings), settings)[1]
    assert len(shard.tracks) == 6


def test_a_file_that_appears_later_is_taken_in(good):
    parked = good.audio_path("4.flac").rename(good.folder / "parked.flac")
    assert audio_store.extract(good, workers=1).counts() == {"ok": 5, "missing": 1}
    parked.rename(good.audio_path("4.flac"))
    assert audio_store.extract(good, workers=1).counts() == {"ok": 6}


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="Linux lists processes there")
def test_workers_end_with_their_parent(good, tmp_path):
    script = tmp_path / "extract.py"
    script.write_text(
        "import os, time; from concurrent.futures import ProcessPoolExecutor; import multiprocessing as mp\n"
        "from mumu_lib.features import workers as extraction\n"
        "if __name__ == '__main__':\n"
        "    pool = ProcessPoolExecutor(1, mp.get_context('spawn'), extraction._start_worker)\n"
        "    print(pool.submit(os.getpid).result(), flush=True); time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    worker = int(process.stdout.readline())
    process.kill()
    process.wait()
    for _ in range(100):
        status = Path(f"/proc/{worker}/stat")
        if not status.exists() or status.read_text(encoding="utf-8").split()[2] == "Z":
            return
        time.sleep(0.05)
    pytest.fail("the worker outlived its parent")


def hang_or_crash(track_id, path, source, settings):
    """Stands in for a decoder that never returns from C, and one that crashes."""
    if track_id == "TR001":
        import ctypes

        ctypes.PyDLL(None).sleep(60)  # holds the interpreter's lock, as a stuck extension would
    if track_id == "TR004":
        os.kill(os.getpid(), signal.SIGSEGV)
    return np.full(settings.shape, -1, settings.dtype), {"status": "ok", "message": "", "seconds": 1.0, "start": 0}


def start_worker_with_bad_decoder():
    features_workers.SECONDS_PER_FILE = 1
    audio_store.features = hang_or_crash


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_decoder_that_hangs_or_crashes_costs_one_track(good, monkeypatch, shards_of_two):
    monkeypatch.setattr(features_workers, "_start_worker", start_worker_with_bad_decoder)
    store = audio_store.extract(good, workers=2)
    assert store.index["status"].tolist() == ["ok", "timeout", "ok", "ok", "corrupt", "ok"]
    assert "1.flac" in store.index["message"][1]
    assert "crashes the decoder" in store.index["message"][4]
    assert (np.array(store.values)[[0, 2, 3, 5]] == -1).all()


def killed_from_outside(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def start_worker_to_be_killed():
    audio_store.features = killed_from_outside


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_killed_worker_is_no_fault_of_the_recording(good, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(features_workers, "_start_worker", start_worker_to_be_killed)
        with pytest.raises(MumuError, match="lack of memory"):
            audio_store.extract(good, workers=1)
    assert audio_store.extract(good, workers=1).counts() == {"ok": 6}


def test_parts_made_apart_are_joined(shared, tmp_path, shards_of_two, monkeypatch):
    other = again(shared, tmp_path / "parts")
    assert [audio_store.extract_part(other, part, 2, workers=1) for part in (1, 0)] == [2, 4]
    same(content(shared[1]), content(audio_store.extract(other, workers=1)))
    assert audio_store.extract_part(other, 0, 2) == 0
    # As if the catalogue were read-only by now: new stores would lie elsewhere, the finished one is still found.
    monkeypatch.setattr(build, "features_folder", lambda _: tmp_path / "apart")
    assert audio_store.extract_part(other, 0, 2) == 0
    with pytest.raises(ParameterError, match="part=2"):
        audio_store.extract_part(other, 2, 2)


def held_to_numpy(store):
    rows = np.array([4, 0, 1])
    mean, std = store.standardisation(rows)
    values = np.array(store.values)[rows].reshape(-1, store.values.shape[-1]).astype(np.float64)
    np.testing.assert_allclose(mean, values.mean(0), rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(std, values.std(0), rtol=1e-3, atol=1e-4)


def test_standardisation(shared, monkeypatch):
    monkeypatch.setattr(features_store, "CHUNK", 2)
    held_to_numpy(shared[1])


def test_a_bin_that_never_changes_is_not_divided_by_zero(shared):
    store = copy.copy(shared[1])
    store.values = np.array(store.values)
    store.values[..., 7] = -80
    mean, std = store.standardisation(np.arange(6))
    assert mean[7] == -80
    assert std[7] == 1
    assert (np.delete(std, 7) > 1e-3).all()


@pytest.mark.parametrize("rows", [[], [0, -1]])
def test_standardisation_refuses_rows_that_hold_nothing(shared, rows):
    with pytest.raises(NothingUsableError):
        shared[1].standardisation(np.array(rows, int))


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


def test_a_read_only_catalogue_keeps_its_features_at_home(good, home, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    store = audio_store.extract(good, workers=1)
    assert Path(store.values.filename).is_relative_to(home)
    assert not (good.folder / "features").exists()


def test_command_line(good, capsys):
    assert audio_store.main([str(good.folder), "--workers", "1", "--part", "0", "1"]) == 0
    assert "6 tracks" in capsys.readouterr().out
    assert audio_store.main([str(good.folder), "--workers", "1"]) == 0
    assert "ok" in capsys.readouterr().out
    assert audio_store.main(["no such catalogue"]) == 1
    assert "no such catalogue" in capsys.readouterr().err


@pytest.mark.parametrize("shape", [(40, 2, 322, 96), (300, 48)])
def test_take_copies_rows_of_a_memory_map(tmp_path, shape):
    values = np.random.default_rng(0).normal(size=shape).astype(np.float16)
    np.save(tmp_path / "values.npy", values)
    mapped = np.load(tmp_path / "values.npy", mmap_mode="r")
    views = {"itself": (mapped, values), "part": (mapped[5:], values[5:]), "flat": (mapped.reshape(-1, shape[-1]),
             values.reshape(-1, shape[-1])), "every second": (mapped[::2], values[::2]), "in memory": (values, values)}  # fmt: skip
    for view, expected in views.values():
        for rows in ([3, 0, 3, -1], [], [len(expected) - 1]):
            rows = np.array(rows, int)
            got = take(view, rows)
            assert np.array_equal(got, expected[rows])
            got += 1  # a copy
    assert np.array_equal(mapped, values)


def test_take_leaves_changes_of_a_writable_map_alone(tmp_path):
    np.save(tmp_path / "values.npy", np.zeros((50, 4096), np.float32))
    private = np.load(tmp_path / "values.npy", mmap_mode="c")
    private[7] = 1
    take(private, np.arange(50))
    assert (private[7] == 1).all()
    with pytest.raises(IndexError):
        take(np.load(tmp_path / "values.npy", mmap_mode="r"), np.array([50]))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux counts resident pages there")
def test_take_keeps_no_pages_resident(tmp_path):
    np.save(tmp_path / "values.npy", np.ones((500, 322, 96), np.float16))
    mapped = np.load(tmp_path / "values.npy", mmap_mode="r")

    def resident():
        fields = dict(line.split(":") for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines())
        return int(fields["RssFile"].split()[0]) / 1e3

    before = resident()
    for start in range(0, 500, 25):
        take(mapped, np.arange(start, start + 25))
    assert resident() - before < 5  # of 31 MB


def test_the_index_promises(shared):
    index = shared[1].index
    assert {"track_id", "status", "message", "seconds", "start"} <= set(index)
    assert (index["start"] <= index["seconds"] * RATE / 1024 - 321).all()
