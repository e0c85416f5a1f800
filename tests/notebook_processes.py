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
import soundfile
from conftest import GENRES
from PIL import Image

from mumu_lib import catalogue, params

ALBUMS = 30
RATE = 22050
LOADED = ["IPython", "mumu_lib.albums", "mumu_lib.encoders", "mumu_lib.text_analysis", "mumu_lib.widgets"]
# What a run says of time differs at every run.
TIMES = ("seconds_per_epoch",)


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


def start(jobs, home, *, kind="forkserver", **environment):
    """Run notebooks, a pair of name and parameters each, one after the other in one new process."""
    kind = kind if sys.platform == "linux" else "spawn"
    context = multiprocessing.get_context(kind)
    if kind == "forkserver":
        context.set_forkserver_preload(LOADED)
    process = context.Process(target=_play, args=(jobs, str(home), environment))
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    process.start()
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})
    return process


def end(*processes):
    """Wait for processes; any that failed fails the test, with its last lines."""
    for process in processes:
        process.join(300)
        assert process.exitcode == 0, said(process)


def said(process):
    """What a process printed last."""
    logs = sorted(Path(os.environ["MUMU_HOME"]).parent.rglob(f"{process.pid}.log"))
    return logs[0].read_text(errors="replace")[-3000:] if logs else f"exit code {process.exitcode}"


def kill(process):
    """End a process and all it started at once, as an unplugged machine would."""
    os.killpg(process.pid, signal.SIGKILL)
    process.join()


def run(jobs, home, **options):
    """Run notebooks in a process and wait."""
    end(start(jobs, home, **options))


def _play(jobs, home, environment):
    if hasattr(os, "setsid"):
        os.setsid()
    os.environ.update(environment, MUMU_HOME=home)
    Path(home).mkdir(parents=True, exist_ok=True)
    log = os.open(Path(home) / f"{os.getpid()}.log", os.O_WRONLY | os.O_CREAT)
    os.dup2(log, 1), os.dup2(log, 2)
    for notebook, parameters in jobs:
        _run_cells(next(params.checkout().glob(f"notebooks/{notebook}*.ipynb")), parameters)


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
    """Metrics of a run but for times, and its arrays, to be compared bit for bit."""
    metrics = json.loads((folder / "metrics.json").read_text())
    return {k: v for k, v in metrics.items() if k not in TIMES}, {
        path.name: path.read_bytes() for path in folder.glob("*.npy")
    }
