"""Fixtures every test may use: a home of its own, and a tiny catalogue."""

import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mumu_lib import catalogue
from mumu_lib.audio import store as audio_store
from mumu_lib.features import build
from six_recordings import six_clips
from tiny_catalogue import GENRES

# Files that take longest: they come first, so that in the end no process is left alone with one of them.
SLOWEST = (
    "robustness/test_kills.py",
    "robustness/test_determinism.py",
    "browser/test_page.py",
    "series/test_cluster.py",
    "stored/test_stored.py",
    "notebooks/test_contracts.py",
    "series/test_snakefile.py",
    "prediction/test_prediction.py",
    "robustness/test_hostile.py",
    "models/test_models.py",
    "series/test_series.py",
)


def pytest_collection_modifyitems(items):
    """Put the slowest files first; what is left keeps its order."""
    rank = {Path(__file__).parent / name: n for n, name in enumerate(SLOWEST)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    """Keep every test away from the checkout's data, runs and figures."""
    monkeypatch.setenv("MUMU_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def tiny(home) -> catalogue.Catalogue:
    """Thirty albums, two tracks each, without audio files; four labels."""
    n = 30
    ids = [f"A{i:02d}" for i in range(n)]
    albums = pd.DataFrame(
        {"album_id": ids, "title": [f"Title {i}" for i in ids], "artist": [f"Artist {i // 2}" for i in range(n)],
         "genres": [GENRES[i % len(GENRES)] for i in range(n)], "split": np.resize(["train"] * 6 + ["val"] * 2 + ["test"] * 2, n)}
    )  # fmt: skip
    tracks = pd.DataFrame(
        {"track_id": [f"{i}-{t}" for i in ids for t in "ab"], "album_id": np.repeat(ids, 2), "audio": ""}
    )
    reviews = pd.DataFrame({"album_id": ids, "text": "a review"})
    return catalogue.write(
        home / "data" / "tiny", name="tiny", albums=albums, tracks=tracks, reviews=reviews, min_albums=2, source="test",
        branches=[["Pop"], ["Rock"], ["Jazz", "Vocal Jazz"]], roots={"audio": "audio", "covers": "covers"}, synthetic=True,
    )  # fmt: skip


@pytest.fixture
def real_data() -> Path:
    """Folder of real recordings, labels, texts and covers; the test is skipped without it."""
    if not os.environ.get("MUMU_REAL_DATA"):
        pytest.skip("set MUMU_REAL_DATA to a folder of real data")
    return Path(os.environ["MUMU_REAL_DATA"])


@pytest.fixture(scope="session")
def alone(tmp_path_factory):
    """A short series of runs on a generated catalogue, made by one process with nothing beside it."""
    import notebook_processes as processes

    folder = tmp_path_factory.mktemp("alone")
    made = processes.generate(folder / "catalogue")
    shutil.copytree(made.folder, folder / "untouched")
    processes.run([*processes.series(made.folder), processes.other(made.folder)], folder / "home")
    return folder


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Twelve albums with everything, and a run of each modality and of their fusions."""
    import finished_runs

    return finished_runs.make(tmp_path_factory.mktemp("made"))


@pytest.fixture
def music(made, monkeypatch) -> catalogue.Catalogue:
    """The catalogue of these albums, in its own home."""
    monkeypatch.setenv("MUMU_HOME", str(made.folder.parents[1]))
    return made


@pytest.fixture
def small_minilm(monkeypatch):
    """A sentence encoder with made-up weights where the home keeps the real one."""
    import small_encoder
    from mumu_lib.core import paths
    from mumu_lib.encoders import minilm

    digests = small_encoder.write(paths.home() / "data" / "pretrained" / "minilm")
    for name, digest in digests.items():
        monkeypatch.setitem(minilm.DIGESTS, name, digest)
    return minilm.make()


# --- Six recordings: to change, with their store, and in shards of two. ---


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
