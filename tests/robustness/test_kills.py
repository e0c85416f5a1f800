"""Killed at any moment and called again, everything ends as if nothing had happened; so it does after a full disk."""

import contextlib
import os
import random
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import psutil
import pytest
import soundfile
from PIL import Image

import interrupting
import notebook_processes as processes
from interrupted_jobs import FULL, LYING, Trial
from interrupting import SmallDisk
from jobs_in_processes import allow_small_files_only, decode
from mumu_lib import catalogue, training
from mumu_lib.audio import store as audio_store
from mumu_lib.core import paths
from mumu_lib.core.errors import MissingDataError
from mumu_lib.features import build

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills a whole process group")
TRACKS = 200  # three shards and a bit
# The same moments every time, as far as two processes allow.
RANDOM = random.Random(9)


def lying(folder):
    """What an interrupted run leaves and a finished one must not."""
    return [path for path in folder.rglob("*") if LYING.fullmatch(path.name)]


def kill_when(process, there, delay):
    """End a process group a random while after something is there; whether that came in time."""
    while process.is_alive() and not there():
        time.sleep(0.005)
    time.sleep(RANDOM.uniform(0, delay))
    came = process.is_alive()
    processes.kill(process)
    return came


def state(folder):
    """Files with the time of their making."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def many(tmp_path):
    """So many tracks, of a few files, and covers that several shards are made."""
    made = processes.generate(tmp_path / "many")
    names = [f"{i:03d}" for i in range(TRACKS)]
    rng = np.random.default_rng(1)
    for i in range(5):
        soundfile.write(made.folder / "audio" / f"short{i}.wav", rng.normal(0, 0.1, 4 * 22050), 22050)
    for name in names:
        cover = Image.fromarray(rng.integers(0, 255, (8, 8, 3), np.uint8)).resize((600, 600))
        cover.save(made.folder / "covers" / f"{name}.jpg")
    albums = made.albums.loc[made.albums.index.repeat(TRACKS // len(made.albums) + 1)][:TRACKS].reset_index(drop=True)
    albums = albums.assign(album_id=names, cover=[f"{name}.jpg" for name in names])
    tracks = made.tracks.iloc[[0] * TRACKS].assign(
        track_id=names, album_id=names, audio=[f"short{i % 5}.wav" for i in range(TRACKS)]
    )
    return catalogue.write(
        made.folder, name="many", albums=albums, tracks=tracks, reviews=made.reviews[:0], branches=made.taxonomy["branch"],
        min_albums=2, source="test", roots=made.info["roots"],
    )  # fmt: skip


def stored(folder):
    """The one store in a catalogue's features, as bytes and table."""
    (values,) = folder.glob("features/*/*.npy")
    with_paths = ["fingerprint", "message", "audio", "cover"]
    return values.read_bytes(), pd.read_parquet(values.with_suffix(".parquet")).drop(
        columns=with_paths, errors="ignore"
    )


@pytest.mark.parametrize(
    ("job", "kills"),
    [
        ((audio_store.main, lambda folder: {"words": [str(folder), "--workers", "1"]}), 2),
        ((decode, lambda folder: {"folder": str(folder)}), 1),
    ],
    ids=["audio", "covers"],
)
def test_features_killed_at_any_moment_resume_to_the_same_bits(many, tmp_path, home, job, kills):
    whole = Path(shutil.copytree(many.folder, tmp_path / "whole"))
    command, words = job
    processes.run([(command, words(whole))], home)
    done = {}
    for _ in range(kills):
        process = processes.start([(command, words(many.folder))], home)
        finished = len(list(many.folder.rglob("shards/*.parquet")))
        came = kill_when(process, lambda n=finished: len(list(many.folder.rglob("shards/*.parquet"))) > n, 0.02)
        assert came, processes.said(process, home)
        now = {path: made for path, made in state(many.folder).items() if path.parent.name == "shards"}
        assert done.items() <= now.items()
        done = {path: made for path, made in now.items() if path.suffix == ".parquet"}
    # As after a kill between a shard's two files, had the first been cut short by the machine's end.
    half = next(path for path in many.folder.rglob("shards/*.npy"))
    half.with_suffix(".parquet").unlink(missing_ok=True)
    half.write_bytes(half.read_bytes()[:1000])
    processes.run([(command, words(many.folder))], home)
    (bits, table), (expected, expected_table) = stored(many.folder), stored(whole)
    assert bits == expected
    pd.testing.assert_frame_equal(table, expected_table)
    assert not lying(many.folder)


def test_an_extraction_killed_when_it_had_just_ended_is_tidied(alone, tmp_path, monkeypatch):
    music = catalogue.Catalogue(Path(shutil.copytree(alone / "catalogue", tmp_path / "own")))
    (folder,) = music.folder.glob("features/*")
    before = state(folder)
    (folder / "shards").mkdir()
    for name in ("shards/0123.npy", "0123456789abcdef.npy", "0123456789abcdef.parquet", "x.npy.01234567.tmp"):
        (folder / name).write_bytes(b"left by the catalogue as it was before")
    monkeypatch.setattr(build, "_extract_shards", lambda *_: pytest.fail("done before"))
    assert audio_store.extract(music).counts() == {"ok": processes.ALBUMS}
    assert {p: made for p, made in state(folder).items() if p.name != "lock"} == {
        p: made for p, made in before.items() if p.name != "lock"
    }


def kept(folder):
    """What must not be made again once it is there, with the time of its making."""
    features = [path.with_suffix(".npy") for path in folder.rglob("features/*/*.parquet")]
    trained = [path.with_name("model.keras") for path in folder.rglob("history.csv")]
    maps = folder.rglob("tsne-*.npy")
    return {path: path.stat().st_mtime_ns for path in (*features, *trained, *maps)}


def test_a_run_killed_at_any_moment_ends_as_an_uninterrupted_one(alone, tmp_path):
    shutil.copytree(alone / "untouched", tmp_path / "catalogue")
    home, job = tmp_path / "home", [processes.series(tmp_path / "catalogue")[1]]
    folder = home / "runs" / "generated" / "audio-cosine-low_4x96"
    moments = [
        (lambda: list(tmp_path.rglob("*.trail")), 0.5),
        (lambda: list(folder.glob("tracks-*/state.json")), 0.0),
        (lambda: list(folder.glob("albums-*/history.csv")), 0.3),
        (lambda: (folder / "embeddings.npy").exists(), 0.0),
    ]
    before, said, trained = {}, [], []
    for there, delay in moments:
        process = processes.start(job, home)
        assert kill_when(process, there, delay), processes.said(process, home)
        said.append(processes.said(process, home))
        trained.append(bool(list(folder.glob("tracks-*/history.csv"))))
        now = kept(tmp_path)
        assert before.items() <= now.items()
        before = now
    said.append(processes.run(job, home))
    assert before.items() <= kept(tmp_path).items()
    (metrics, arrays), (expected, expected_arrays) = map(
        processes.outcome, (folder, alone / "home/runs/generated/audio-cosine-low_4x96")
    )
    assert metrics == expected
    assert [name for name in expected_arrays if arrays.get(name) != expected_arrays[name]] == []
    assert not lying(tmp_path)
    # An epoch that was finished is not trained again; of a training that was finished all lines are printed.
    assert "epoch   1" in said[1]
    assert "epoch   2" in said[2]
    assert ("epoch   1" in said[2]) == trained[1]


SNAKEMAKE = ["--workflow-profile", "params/profiles/local", "--cores", "1", "--quiet", "rules"]


def test_the_series_killed_between_two_runs_goes_on_with_the_second(alone, tmp_path, home, monkeypatch):
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    runs_of = home / "runs" / "generated"
    ends = [runs_of / run / "metrics.json" for run in ("overview", "factors")]
    words = ["--config", f"catalogue={alone / 'catalogue'}", "profile=sample", "--", *map(str, ends)]
    command = [sys.executable, "-m", "snakemake", *SNAKEMAKE, *words]
    options = {"cwd": paths.checkout(), "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = psutil.Popen(command, **options)
    while process.poll() is None and len(list(runs_of.glob("*/params.json"))) < 2:
        time.sleep(0.01)
    everything = [process, *process.children(recursive=True)]
    # The top first, so that nothing below is taken for a job that failed.
    for one in everything:
        # What forks the jobs ends by itself as soon as the top is gone.
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()
    psutil.wait_procs(everything)
    (first,) = [path for path in ends if path.exists()]
    before = first.stat().st_mtime_ns
    subprocess.run(command, check=True, **options)
    assert first.stat().st_mtime_ns == before
    assert processes.outcome(runs_of / "factors") == processes.outcome(alone / "home/runs/generated/factors")
    assert not lying(home)


@pytest.mark.parametrize("job", ["training", "features"])
def test_a_full_disk_is_said_and_forgotten_once_there_is_room(alone, tmp_path, job):
    own, home = Path(shutil.copytree(alone / "untouched", tmp_path / "catalogue")), tmp_path / "home"
    jobs = {
        "training": processes.series(own)[2],
        "features": (audio_store.main, {"words": [str(own), "--workers", "1"]}),
    }
    process = processes.start([jobs[job]], home, before=allow_small_files_only)
    process.join()
    said = re.sub(r"\x1b\[[\d;]*m", "", processes.said(process, home))
    assert re.search(r"(epoch-0001\.keras|\w{16}\.npy) cannot be written: no space is left for it", said)
    assert "run the same command again" in said
    assert not list(home.rglob("metrics.json"))
    processes.run([jobs[job]], home)
    if job == "training":
        outcomes = [processes.outcome(f / "runs/generated/text-cosine-vsm") for f in (home, alone / "home")]
        assert outcomes[0] == outcomes[1]
    else:
        assert stored(own)[0] == next((alone / "catalogue").glob("features/*/*.npy")).read_bytes()
    assert not lying(tmp_path)


def test_a_networks_file_that_is_gone_is_named_with_the_remedy(tmp_path):
    some = training.Batches(np.zeros((3, 2)), np.arange(3), np.zeros((3, 1)))
    (tmp_path / "history.csv").write_text("epoch\n1\n")
    np.save(tmp_path / "known_by.npy", np.vstack([some.signature()] * 2))
    options = {"epochs": 1, "patience": 1, "learning_rate": 0.1, "seed": 0, "folder": tmp_path}
    with pytest.raises(MissingDataError, match=r"model\.keras is missing; remove .* and run again"):
        training.fit(SimpleNamespace(set_weights=None), None, some, some, **options)


def test_features_whose_file_is_gone_are_made_again(alone, tmp_path):
    music = catalogue.Catalogue(Path(shutil.copytree(alone / "catalogue", tmp_path / "own")))
    (values,) = music.folder.glob("features/*/*.npy")
    values.unlink()
    assert audio_store.extract(music, workers=1).counts() == {"ok": processes.ALBUMS}
    assert stored(music.folder)[0] == stored(alone / "catalogue")[0]


# The others, in all ways and many times, by  make endurance .
@pytest.mark.parametrize("name", ["image", "weighted", "simultaneous"])
def test_notebooks_interrupted_at_any_step_end_as_uninterrupted_ones(name, alone, tmp_path):
    trial = Trial(name, alone, tmp_path)
    expected, steps = trial.undisturbed()
    place = trial.place("interrupted")
    assert trial.kill(place, trial.random.randint(1, steps))
    trial.resume(place, expected)


def test_a_small_disk_that_is_full_is_said_and_forgotten_once_there_is_room(alone, tmp_path):
    trial = Trial("vsm_ours", alone, tmp_path)
    expected, _ = trial.undisturbed()
    disk = SmallDisk(tmp_path / "disk", 1)
    if not disk.there:
        pytest.skip("no small disk can be mounted here")
    try:
        disk.grow(1 << 20)
        trial.folder = disk.folder
        place = trial.place("full")
        disk.grow(interrupting.kilobytes_of(place) + 200)
        process = trial.start(place, interrupting.search_shortly)
        process.join()
        said = processes.said(process, place / "home")
        assert process.exitcode != 0
        assert FULL.search(said), said[-3000:]
        assert interrupting.half_written(place) == []
        disk.grow(1 << 20)
        trial.resume(place, expected)
    finally:
        disk.unmount()
