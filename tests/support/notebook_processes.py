"""Notebooks in processes of their own: to be killed, repeated, or run at the same time; and a catalogue small enough.

A process of the kind ``forkserver`` starts with TensorFlow imported, in a fraction of a second instead of five.
"""

import json
import multiprocessing
import os
import signal
import sys
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
import soundfile
from PIL import Image

from mumu_lib import catalogue
from mumu_lib.core import paths
from tiny_catalogue import GENRES

ALBUMS = 30
RATE = 22050
LOADED = [
    "IPython",
    "mumu_lib.training.albums",
    "mumu_lib.prediction.encoding",
    "mumu_lib.text.analysis",
    "mumu_lib.browser",
]
# What a run says of time differs at every run; somebody may commit while the tests run.
NO_RESULTS = ("seconds_per_epoch", "search_seconds", "commit")


def generate(folder):
    """Thirty albums that sound, read and look a little like their genres; the same bytes every time."""
    rng = np.random.default_rng(0)
    ids, genres = [f"A{i:02d}" for i in range(ALBUMS)], [GENRES[i % len(GENRES)] for i in range(ALBUMS)]
    words = {"Pop": "chorus hook dance", "Rock": "guitar riff loud", "Jazz": "swing horn blue", "Vocal Jazz": "singer"}
    for part in ("audio", "covers"):
        (folder / part).mkdir(parents=True)
    texts = []
    for album_id, own in zip(ids, genres, strict=True):
        notes = np.array([list(words).index(genre) for genre in own])
        t = np.arange(16 * RATE)[:, None] / RATE
        y = np.sin(2 * np.pi * 110 * 2.0 ** (notes + rng.uniform(0, 0.1)) * t).mean(axis=1)
        soundfile.write(folder / "audio" / f"{album_id}.wav", 0.3 * y + 0.02 * rng.standard_normal(len(y)), RATE)
        pixels = np.full((96, 96, 3), 40 + 50 * notes[0]) + rng.integers(0, 40, (96, 96, 3))
        Image.fromarray(pixels.astype(np.uint8)).save(folder / "covers" / f"{album_id}.png")
        known = " ".join(words[genre] for genre in own).split()
        noise = [f"word{i}" for i in rng.integers(0, 30, 8)]
        texts.append(" ".join(rng.permutation(known + noise)))
    splits = np.resize(["train"] * 6 + ["val"] * 2 + ["test"] * 2, ALBUMS)
    albums = {"album_id": ids, "title": [f"Title {i}" for i in ids], "artist": [f"Artist {i}" for i in ids],
              "genres": genres, "split": splits, "cover": [f"{i}.png" for i in ids]}  # fmt: skip
    tracks = {"track_id": [f"T{i}" for i in ids], "album_id": ids, "title": "Song", "audio": [f"{i}.wav" for i in ids]}
    return catalogue.write(
        folder, name="generated", albums=pd.DataFrame(albums), tracks=pd.DataFrame(tracks),
        reviews=pd.DataFrame({"album_id": ids, "text": texts}), branches=[["Pop"], ["Rock"], ["Jazz", "Vocal Jazz"]],
        min_albums=2, source="test", roots={"audio": "audio", "covers": "covers"}, synthetic=True,
    )  # fmt: skip


def series(folder):
    """Notebooks 03, 04, 05 and 07 with small networks; the fusion names its runs, whatever else is there."""
    jobs = {
        "03": {},
        "04": {"filters": "low_4x96", "epochs": 3, "album_epochs": 5},
        "05": {"features": "vsm", "epochs": 3},
        "07": {"modalities": "", "embeddings": "audio-cosine-low_4x96,text-cosine-vsm", "epochs": 5},
    }
    return [(notebook, {"catalogue": str(folder), **own}) for notebook, own in jobs.items()]


def other(folder):
    """Notebook 04 with another setting, which needs the same features."""
    return "04", {"catalogue": str(folder), "filters": "low_4x96", "target": "logistic", "epochs": 2, "album_epochs": 5}


def start(jobs, home, *, kind="forkserver", before=None, **environment):
    """Run jobs one after the other in one new process; the process that runs them.

    A job is a notebook's number with its parameters, or a function with its arguments; ``before`` is a function that
    the process calls first.
    """
    kind = kind if sys.platform == "linux" else "spawn"
    context = multiprocessing.get_context(kind)
    if kind == "forkserver":
        context.set_forkserver_preload(LOADED)
    process = context.Process(target=_play, args=(jobs, str(home), before))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**environment, "MUMU_HOME": str(home)}.items():
            patch.setenv(name, value)
        process.start()
    return process


def said(process, home):
    """What a process printed."""
    return (Path(home) / f"{process.pid}.log").read_text(errors="replace")


def end(home, *processes):
    """Wait for processes; one that failed fails the test, with its last lines."""
    for process in processes:
        process.join(300)
        assert process.exitcode == 0, said(process, home)[-3000:]


def kill(process):
    """End a process and all it started at once, as an unplugged machine would."""
    os.killpg(process.pid, signal.SIGKILL)
    process.join()


def run(jobs, home, **options):
    """Run jobs in a process, wait; what it printed."""
    process = start(jobs, home, **options)
    end(home, process)
    return said(process, home)


def _play(jobs, home, before):
    if hasattr(os, "setsid"):
        os.setsid()
    os.environ["MUMU_HOME"] = home
    Path(home).mkdir(parents=True, exist_ok=True)
    log = os.open(Path(home) / f"{os.getpid()}.log", os.O_WRONLY | os.O_CREAT)
    os.dup2(log, 1), os.dup2(log, 2)
    if before:
        before()
    for job, parameters in jobs:
        if callable(job):
            job(**parameters)
            continue
        _run_cells(next(paths.checkout().glob(f"notebooks/{job}*.ipynb")), parameters)


def _run_cells(path, parameters):
    """The code cells of a notebook, with the parameters where papermill injects them."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    injected = "# Parameters\n" + "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        for source in (cell.source, injected) if "parameters" in cell.metadata.get("tags", []) else (cell.source,):
            shell.run_cell(source, store_history=True).raise_error()


def outcome(folder):
    """Results of a run and its arrays, to be compared bit for bit."""
    metrics = json.loads((folder / "metrics.json").read_text())
    return {k: v for k, v in metrics.items() if k not in NO_RESULTS}, {
        path.name: path.read_bytes() for path in folder.glob("*.npy")
    }
