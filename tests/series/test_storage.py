"""What takes room, what nothing refers to, and that nothing else is ever removed."""

import json
import os
import time
from dataclasses import replace

import pytest
from filelock import FileLock

from mumu_lib import params, runs
from mumu_lib.core.errors import MumuError
from mumu_lib.core.paths import checkout
from mumu_lib.series import storage

LONG_AGO = time.time() - 10 * storage.DAY


@pytest.fixture
def cfg():
    return params.Audio(**{**params.defaults(checkout() / "notebooks" / "04_audio.ipynb"), "catalogue": "tiny"})


def put(path, size=1000, *, old=True):
    """A file of some size, and the folders above it, all of long ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    if old:
        os.utime(path, (LONG_AGO, LONG_AGO))
        os.utime(path.parent, (LONG_AGO, LONG_AGO))
    return path


def kinds(home):
    """What could be removed: name -> kind."""
    return {item.name: item.kind for item in storage.listing() if item.kind}


def one(name):
    (found,) = [item for item in storage.listing() if item.name == name]
    return found


def test_everything_is_listed_once_with_its_size(tiny, home):
    put(tiny.folder / "features" / "cqt-v1-fast-1x15s-seed0" / "0.npy", 200_000)
    put(home / "data" / "pretrained" / "net" / "w", 50_000)
    put(home / "data" / "raw" / "mumu" / "a.zip", 70_000)
    put(home / "runs" / "tiny" / "overview" / "metrics.json")
    put(home / "cache" / "numba" / "x", 30_000)
    put(home / "figures" / "tiny" / "a.png")
    whats = {item.name: item.what for item in storage.listing()}
    assert whats == {
        "data/tiny": "catalogue", "data/tiny/features/cqt-v1-fast-1x15s-seed0": "store", "data/pretrained/net": "pretrained",
        "data/raw": "download", "runs/tiny/overview": "run", "cache/numba": "cache", "figures/tiny": "figures",
    }  # fmt: skip
    assert sum(item.size for item in storage.listing()) == storage.size_of(home)
    assert one("data/tiny/features/cqt-v1-fast-1x15s-seed0").size >= 200_000


def test_features_that_no_run_uses_are_named_and_those_in_use_are_not(tiny, home, cfg):
    for name in (
        "cqt-v1-fast-1x15s-seed0",
        "cqt-v1-fast-3x15s-seed7",
        "cqt-v1-fast-2x15s-seed5",
        "timbre-v1",
        "own-store",
    ):
        put(tiny.folder / "features" / name / "0.npy")
    put(tiny.folder / "features" / "cqt-v0-fast-1x15s-seed0" / "0.npy")
    put(tiny.folder / "features" / "cqt-v1-fast-9x15s-seed9" / "shards" / "0.npy", old=False)
    runs.start(tiny, "audio-cosine-low_4x96", replace(cfg, patches=3, seed=7))
    unused = {name.rpartition("/")[2] for name, kind in kinds(home).items() if kind == "stores"}
    assert unused == {"cqt-v1-fast-2x15s-seed5", "cqt-v0-fast-1x15s-seed0"}


def test_runs_of_catalogues_that_are_gone_or_changed_are_named(tiny, home, cfg, tmp_path):
    runs.start(tiny, "overview", cfg)
    put(home / "runs" / "gone" / "overview" / "params.json")
    put(home / "runs" / "linked" / "overview" / "params.json")
    assert set(kinds(home)) == {"runs/gone/overview", "runs/linked/overview"}
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "catalogue.json").write_text(json.dumps({"name": "linked"}), encoding="utf-8")
    (home / "data" / "linked").symlink_to(elsewhere)
    assert set(kinds(home)) == {"runs/gone/overview"}
    told = home / "runs" / "tiny" / "overview" / "params.json"
    stored = json.loads(told.read_text(encoding="utf-8"))
    told.write_text(json.dumps({**stored, "fingerprint": "0"}), encoding="utf-8")
    assert one("runs/tiny/overview").why == "made on the catalogue as it was before"


def test_a_catalogue_elsewhere_keeps_its_runs(tiny, home, cfg, tmp_path):
    runs.start(tiny, "overview", cfg)
    moved = tiny.folder.rename(tmp_path / "moved")
    assert kinds(home) == {"runs/tiny/overview": "runs"}
    assert not [item for item in storage.listing([moved]) if item.kind]


def test_a_catalogue_that_cannot_be_read_keeps_its_runs_under_its_own_name(tiny, home, cfg):
    runs.start(tiny, "overview", cfg)
    (tiny.folder / "albums.parquet").write_bytes(b"no table")
    tiny.folder.rename(home / "data" / "renamed")
    assert kinds(home) == {}


def test_trainings_set_aside_and_half_written_files_are_named(tiny, home, cfg):
    run = runs.start(tiny, "audio-cosine-low_4x96", cfg).folder
    put(run / "tracks-0" / "before" / "model.keras", 9000)
    put(run / "scores.npy.0123abcd.tmp")
    put(run / "young.npy.0123abcd.tmp", old=False)
    put(run / "notes.tmp")
    assert kinds(home) == {
        "runs/tiny/audio-cosine-low_4x96/tracks-0/before": "runs",
        "runs/tiny/audio-cosine-low_4x96/scores.npy.0123abcd.tmp": "leftovers",
    }
    for item in storage.listing():
        if item.kind:
            storage.remove(item)
    assert kinds(home) == {}
    assert (run / "params.json").is_file()
    assert (run / "notes.tmp").is_file()


def test_what_somebody_uses_stays(tiny, home):
    folder = put(tiny.folder / "features" / "cqt-v1-fast-2x15s-seed5" / "0.npy").parent
    put(folder / "lock", 0)
    item = one("data/tiny/features/cqt-v1-fast-2x15s-seed5")
    held = FileLock(folder / "lock")
    with held, pytest.raises(MumuError, match="somebody is at work"):
        storage.remove(item)
    assert folder.is_dir()
    storage.remove(item)
    assert not folder.exists()
    with pytest.raises(MumuError, match="in use"):
        storage.remove(one("data/tiny"))


def test_links_are_neither_counted_nor_followed(tiny, home, tmp_path):
    outside = put(tmp_path / "outside" / "precious.npy", 500_000).parent
    gone = put(home / "runs" / "gone" / "overview" / "params.json").parent
    (gone / "link").symlink_to(outside)
    (home / "runs" / "alias").symlink_to(outside)
    item = one("runs/gone/overview")
    assert item.size < 100_000
    assert "runs/alias" not in {item.name for item in storage.listing()}
    storage.remove(item)
    assert (outside / "precious.npy").is_file()
    put(outside / "run" / "params.json")
    (home / "runs" / "gone2").symlink_to(outside)
    with pytest.raises(MumuError, match="behind a link"):
        storage.remove(replace(item, path=home / "runs" / "gone2" / "run"))
    with pytest.raises(MumuError, match="behind a link"):
        storage.remove(replace(item, path=home / "runs" / "gone2"))
    assert (outside / "run" / "params.json").is_file()


def test_an_empty_home_holds_nothing(home):
    assert [item for item in storage.listing() if item.what != "catalogue"] == []


def test_what_goes_away_while_it_is_counted_does_not_count(tmp_path, monkeypatch):
    for name in ("stays", "goes"):
        (tmp_path / name).write_bytes(b"x" * 10_000)
    alone = storage.size_of(tmp_path / "stays")
    lstat = os.lstat

    def gone(path):
        if str(path).endswith("goes"):
            raise FileNotFoundError(path)
        return lstat(path)

    monkeypatch.setattr(os, "lstat", gone)
    assert storage.size_of(tmp_path) == alone
