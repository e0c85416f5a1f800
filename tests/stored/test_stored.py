"""What version 0.1.0 made is used as it is: opened, counted as finished, nothing extracted or trained anew."""

import importlib.util
import json
import re
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest

from mumu_lib import params, runs
from mumu_lib.audio import store as audio_store
from mumu_lib.core import paths
from mumu_lib.features import build
from mumu_lib.image import store as covers
from mumu_lib.sources import open_catalogue

HERE = Path(__file__).parent
spec = importlib.util.spec_from_file_location("write_stored", HERE / "write.py")
written = importlib.util.module_from_spec(spec)
spec.loader.exec_module(written)
KINDS = {"02": params.Overview, "03": params.Factors, "04": params.Audio, "05": params.Text, "06": params.Image,
         "07": params.Multimodal, "08": params.Results, "09": params.YourAlbum}  # fmt: skip
JOBS = [*written.SINGLE, *written.FUSED, *written.ONCE, *written.LAST]


# What later versions make beside: own vectors have a modality of their own, and every network a straight line.
ADDED = re.compile(r"/own-cosine-own/|/[^/]+-linear_[^/]+/")
# Counts of rows and sentences, which have become more.
GROWN = {("results", "further_rows"), ("results", "claims"), ("results", "left_out")}


def params_of(number):
    """A notebook, by its number."""
    return next((paths.checkout() / "notebooks").glob(f"{number}_*.ipynb"))


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    """The home as version 0.1.0 left it."""
    folder = tmp_path_factory.mktemp("old")
    with tarfile.open(HERE / "home-0.1.0.tar.xz") as packed:
        # Python 3.11 has it from 3.11.4 on.
        safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        packed.extractall(folder, **safely)
    return folder / "home"


@pytest.fixture
def home(old, monkeypatch):
    monkeypatch.setenv("MUMU_HOME", str(old))
    monkeypatch.chdir(old)
    return old


def trained(home):
    """Everything that takes long to make: contents of stores, networks and maps, by their path."""
    kept = [
        *home.rglob("*.npy"),
        *home.rglob("*.keras"),
        *home.rglob("features/**/*.parquet"),
        *home.rglob("history.csv"),
    ]
    return {path.relative_to(home).as_posix(): path.read_bytes() for path in kept if path.name != "scores.npy"}


def numbers(home):
    """What every run says of itself, without time, place and versions."""
    facts = {p.parent.name: json.loads(p.read_text(encoding="utf-8")) for p in home.glob("runs/stored/*/metrics.json")}
    changing = {"seconds_per_epoch", "commit", "device", "versions"}
    return {run: {k: v for k, v in its.items() if k not in changing} for run, its in facts.items()}


def test_the_archive_is_small():
    assert (HERE / "home-0.1.0.tar.xz").stat().st_size < 3e6


def test_every_run_is_found_by_its_parameters_and_is_finished(home):
    music = open_catalogue("stored")
    found = set()
    for number, own in JOBS:
        book = next((paths.checkout() / "notebooks").glob(f"{number}_*.ipynb"))
        cfg = KINDS[number](**{**params.defaults(book), "catalogue": "stored", **own})
        matching = [
            path.parent
            for path in home.glob("runs/stored/*/params.json")
            if runs.folder_of(music, json.loads((path.parent / "metrics.json").read_text(encoding="utf-8"))["run"], cfg)
            == path.parent
            and set(runs.parameters(path.parent, KINDS[number])) >= set(own)
        ]
        assert matching, (number, own)
        found |= {path.name for path in matching}
    assert found == {path.parent.name for path in home.glob("runs/stored/*/metrics.json")}


def test_the_run_of_the_mapping_is_found_too(home):
    cfg = params.DatasetMapping(**params.defaults(params_of("01")))
    music = open_catalogue("sample-mapped")
    assert runs.folder_of(music, "mapping", cfg) == home / "runs" / "sample-mapped" / "mapping"
    assert runs.start(music, "mapping", cfg).finished


def test_runs_on_vectors_from_a_file_are_read_as_such(home):
    found = runs.table("stored")
    assert found.loc["text-cosine-own_own", "modality"] == "own"
    assert set(found.loc[found["modality"] == "text", "setting"]) == {"vsm"}
    assert runs.best_run(open_catalogue("stored"), "own").name == "text-cosine-own_own"


def test_stores_are_opened_and_not_made(home, monkeypatch):
    music = open_catalogue("stored")
    monkeypatch.setattr(build, "_extract_shards", lambda *_: pytest.fail("they are there"))
    assert audio_store.extract(music, "cqt").counts() == {"ok": written.ALBUMS}
    assert audio_store.extract(music, "timbre").counts() == {"ok": written.ALBUMS}
    assert covers.decode(music).counts() == {"ok": written.ALBUMS}


def test_the_best_runs_are_the_same(home):
    music = open_catalogue("stored")
    best = {modality: runs.best_run(music, modality).name for modality in ("audio", "text", "image")}
    assert best == {"audio": "audio-cosine-low_4x96", "text": "text-cosine-vsm", "image": "image-logistic-small"}


def test_every_notebook_runs_again_without_extracting_or_training(old, tmp_path):
    # Times are part of fingerprints: they have to come along.
    place = Path(shutil.copytree(old, tmp_path / "home"))
    before, said = trained(place), numbers(place)
    written.play(place, JOBS)
    after = trained(place)
    assert [name for name in set(after) - set(before) if not ADDED.search(name)] == []
    assert set(before) <= set(after)
    again = numbers(place)
    assert {run for run in set(again) - set(said) if not ADDED.search(f"/{run}/")} == set()
    assert [name for name in before if name.endswith((".keras", "history.csv")) and before[name] != after[name]] == []
    for run, facts in said.items():
        for key, value in facts.items():
            if (run, key) in GROWN:
                continue
            if isinstance(value, float):
                assert again[run][key] == pytest.approx(value, abs=1e-3), (run, key)
            elif key != "missing_modalities":
                assert again[run][key] == value, (run, key)
    for name in before:
        if name.endswith(".npy"):
            np.testing.assert_allclose(np.load(place / name), np.load(old / name), atol=1e-4)
