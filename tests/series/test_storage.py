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
from mumu_lib.features import build
from mumu_lib.series import sizes, storage

LONG_AGO = time.time() - 20 * sizes.DAY


@pytest.fixture(autouse=True)
def own_checkout(tmp_path, monkeypatch):
    """What Snakemake and numba keep in the checkout is no test's to count."""
    monkeypatch.setattr(storage, "checkout", lambda: tmp_path / "checkout")
    return tmp_path / "checkout"


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


def age(folder):
    """All that lies in a folder is of long ago."""
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (LONG_AGO, LONG_AGO), follow_symlinks=False)


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
    assert sum(item.size for item in storage.listing()) == sizes.size_of(home)
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
    age(home / "runs")
    assert one("runs/tiny/overview").why == "made on the catalogue as it was before"


def test_a_catalogue_elsewhere_keeps_its_runs(tiny, home, cfg, tmp_path):
    runs.start(tiny, "overview", cfg)
    moved = tiny.folder.rename(tmp_path / "moved")
    assert kinds(home) == {}
    assert "it was written to today" in one("runs/tiny/overview").why
    age(home / "runs")
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
    with held, pytest.raises(MumuError, match="a process is using it"):
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
    age(home / "runs")
    item = one("runs/gone/overview")
    assert item.size < 100_000
    assert one("runs/alias").size == 0
    assert "not followed" in one("runs/alias").why
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


def test_stores_of_encoders_and_covers_of_former_versions_are_named(tiny, home, cfg):
    for name in ("covers-v0-256", "covers-v1-256", "msd_musicnn-v1-200-20windows", "mtt_musicnn-v1-200-20windows",
                 "mtt_musicnn-v0-200-20windows", "discogs_effnet-v1-1280-20windows"):  # fmt: skip
        put(tiny.folder / "features" / name / "0.npy")
    runs.start(tiny, "audio-cosine-discogs_effnet", replace(cfg, encoder="discogs_effnet"))
    unused = {name.rpartition("/")[2] for name in kinds(home)}
    # On a synthetic catalogue the next series would take mtt_musicnn.
    assert unused == {"covers-v0-256", "mtt_musicnn-v0-200-20windows", "msd_musicnn-v1-200-20windows"}


def test_weights_of_encoders_that_are_not_known_are_named(home):
    for name in ("minilm", "vggish"):
        put(home / "data" / "pretrained" / name / "w")
    put(home / "data" / "pretrained" / ".part-0123abcd" / "x.whl")
    assert kinds(home) == {"data/pretrained/vggish": "weights", "data/pretrained/.part-0123abcd": "leftovers"}


def test_a_drive_that_is_not_there_keeps_the_runs_of_its_catalogues(tiny, home, tmp_path):
    put(home / "runs" / "far" / "overview" / "params.json")
    assert kinds(home) == {"runs/far/overview": "runs"}
    (home / "data" / "other name").symlink_to(tmp_path / "drive that is not there")
    assert kinds(home) == {}
    assert "it leads to" in one("data/other name").why


def test_features_that_another_home_uses_stay(tiny, home, cfg, tmp_path, monkeypatch):
    place = put(tiny.folder / "features" / "cqt-v1-fast-2x15s-seed5" / "0.npy").parent.parent
    assert set(kinds(home).values()) == {"stores"}
    other = tmp_path / "other"
    monkeypatch.setenv("MUMU_HOME", str(other))
    runs.start(tiny, "audio-cosine-low_4x96", replace(cfg, patches=2, seed=5))
    build._note_home(place)
    assert storage.listing([tiny.folder])[-1].kind == ""
    monkeypatch.setenv("MUMU_HOME", str(home))
    build._note_home(place)
    assert build.homes_of(place) == [other]
    assert kinds(home) == {}
    # A home that cannot be seen may have runs too.
    other.rename(tmp_path / "gone")
    assert kinds(home) == {}
    (tiny.folder / build.HOMES).unlink()
    assert set(kinds(home).values()) == {"stores"}


def test_what_the_parameters_of_a_run_name_stays(tiny, home, cfg):
    put(home / "runs" / "gone" / "text-cosine-vsm" / "params.json")
    put(home / "runs" / "gone" / "overview" / "params.json")
    told = put(home / "runs" / "tiny" / "fused" / "params.json")
    told.write_text(json.dumps({"embeddings": f"other, {home}/runs/gone/text-cosine-vsm"}), encoding="utf-8")
    assert kinds(home) == {"runs/gone/overview": "runs"}


def test_a_folder_that_cannot_be_read_is_said_and_what_holds_it_stays(tiny, home, monkeypatch):
    run = put(home / "runs" / "gone" / "overview" / "params.json").parent
    put(run / "net" / "model.keras")
    walk = os.walk

    def closed(top, onerror):
        onerror(PermissionError(13, "Permission denied", str(run / "net")))
        return walk(top)

    age(home / "runs")
    monkeypatch.setattr(sizes.os, "walk", closed)
    item = one("runs/gone/overview")
    assert item.kind == ""
    assert "cannot be read" in item.why
    with pytest.raises(MumuError, match="in use"):
        storage.remove(item)


def test_a_removal_that_is_killed_leaves_a_leftover_and_no_half_of_a_run(home, monkeypatch):
    run = put(home / "runs" / "gone" / "overview" / "params.json").parent
    put(run / "metrics.json")
    age(home / "runs")

    def killed(folder):
        (folder / "metrics.json").unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(storage.shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            storage.remove(one("runs/gone/overview"))
    assert not run.exists()
    age(home / "runs")
    (left,) = [item for item in storage.listing() if item.kind == "leftovers"]
    storage.remove(left)
    assert not any((home / "runs" / "gone").iterdir())


def test_what_was_written_to_since_it_was_listed_stays(tiny):
    path = put(tiny.folder / "features" / "cqt-v1-fast-2x15s-seed5" / "0.npy")
    item = one("data/tiny/features/cqt-v1-fast-2x15s-seed5")
    put(path.with_name("1.npy"), old=False)
    with pytest.raises(MumuError, match="written to meanwhile"):
        storage.remove(item)
    assert path.is_file()


def test_caches_stay_while_a_series_that_began_since_is_running(home):
    put(home / "cache" / "numba" / "x")
    item = one("cache/numba")
    (home / "runs" / "tiny").mkdir(parents=True)
    with FileLock(home / "runs" / "tiny" / "series.lock"), pytest.raises(MumuError, match="a process is using it"):
        storage.remove(item)
    storage.remove(item)
    assert not (home / "cache" / "numba").exists()


def test_what_snakemake_numba_and_the_tests_keep_in_the_checkout_is_listed(home, own_checkout):
    for name in ("log/a.log", "slurm_logs/b.log", "metadata/c"):
        put(own_checkout / ".snakemake" / name)
    put(own_checkout / ".stored" / "runs" / "sample" / "series.lock", 0)
    put(own_checkout / "mumu_lib" / "metrics" / "__pycache__" / "x.nbi")
    age(own_checkout)
    expected = {
        ".snakemake/log": "logs", ".snakemake/slurm_logs": "logs", ".snakemake/metadata": "caches", ".stored": "caches",
        "mumu_lib/metrics/__pycache__": "caches",
    }  # fmt: skip
    # Whole paths, since they lie outside of the home.
    assert kinds(home) == {str(own_checkout / name): kind for name, kind in expected.items()}
    held = FileLock(own_checkout / ".stored" / "runs" / "sample" / "series.lock")
    with held, pytest.raises(MumuError, match="a process is using it"):
        storage.remove(one(str(own_checkout / ".stored")))
    storage.remove(one(str(own_checkout / ".snakemake" / "log")))
    assert not (own_checkout / ".snakemake" / "log").exists()
    # Written to in the last two weeks: jobs of a series in another home may be at work.
    put(own_checkout / ".snakemake" / "incomplete" / "x", old=False)
    assert str(own_checkout / ".snakemake" / "metadata") not in kinds(home)


def test_a_home_that_is_the_checkout_lists_its_tools_once(home, monkeypatch):
    monkeypatch.setattr(storage, "checkout", lambda: home)
    put(home / ".snakemake" / "metadata" / "x")
    age(home)
    assert [item.name for item in storage.listing()] == [".snakemake/metadata"]


def test_nothing_outside_is_removed_whatever_an_item_says(tiny, home, tmp_path):
    outside = put(tmp_path / "outside" / "x")
    item = replace(one("data/tiny"), kind="caches")
    for wrong in (replace(item, path=outside.parent), replace(item, path=outside.parent, base=tmp_path)):
        with pytest.raises(MumuError, match="is outside of"):
            storage.remove(wrong)
    assert outside.is_file()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="it gives up its rights in a process of its own")
def test_folders_of_others_are_said_and_nothing_that_they_may_hold_is_removed(tiny, home, cfg):
    import multiprocessing

    from jobs_in_processes import obey_mode_bits, said_of_the_disk

    put(tiny.folder / "features" / "cqt-v1-fast-2x15s-seed5" / "0.npy")
    run = runs.start(tiny, "audio-cosine-low_4x96", replace(cfg, patches=2, seed=5)).folder
    put(home / "runs" / "gone" / "overview" / "net" / "model.keras")
    closed = [run, home / "runs" / "gone" / "overview" / "net"]
    put(home / "data" / "hidden" / "catalogue.json")
    closed.append(home / "data" / "hidden")
    for folder in closed:
        folder.chmod(0)
    with multiprocessing.get_context("spawn").Pool(1, obey_mode_bits) as pool:
        said = pool.apply(said_of_the_disk)
    for folder in closed:
        folder.chmod(0o755)
    assert said.count("cannot be read") >= 3
    assert "--remove" not in said
