"""Catalogue and stores of a rehearsal: read by the library as any others, resumed, refused, taken away."""

import numpy as np
import pytest

from mumu_lib.audio import store as audio_store
from mumu_lib.core.errors import MissingDataError, MumuError, ParameterError
from mumu_lib.features import build
from mumu_lib.image import store as covers
from mumu_lib.linking.knowledge import Knowledge
from mumu_lib.rehearsal import building, parts, tables
from mumu_lib.rehearsal.tables import Size


def test_the_catalogue_says_that_it_is_made_up(there, size):
    assert there.synthetic
    assert there.info["source"] == size.source
    assert len(there.albums) == 60
    assert len(there.tracks) == 100


def test_notebooks_find_the_stores_and_extract_nothing(there, monkeypatch):
    def never(*args, **kwargs):
        raise AssertionError("something is extracted")

    monkeypatch.setattr(build.processes, "run", never)
    found = audio_store.extract(there, "cqt", patches=1, seed=0)
    assert found.values.shape == (100, 1, 322, 96)
    assert found.counts() == {"ok": 100}
    assert audio_store.extract(there, "timbre").counts() == {"ok": 100}
    assert covers.decode(there).counts() == {"ok": 60}
    assert Knowledge(building.knowledge_of(there.folder))


def test_what_is_there_is_not_made_again(there, size):
    before = {path: path.stat().st_mtime_ns for path in there.folder.rglob("*") if path.is_file()}
    for part in parts.BUILT:
        parts.build(part, size, workers=1)
    after = {path: path.stat().st_mtime_ns for path in there.folder.rglob("*") if path.is_file()}
    assert {path for path in before if path.name != "lock"} == {path for path in after if path.name != "lock"}
    for path in before:
        assert path.name == "lock" or before[path] == after[path]


def test_an_interrupted_store_goes_on_with_the_shards_that_are_not_there(monkeypatch):
    size = Size(60, 200, 0)
    parts.build("tables", size)
    music = building.opened(size)
    ends = build.processes.run

    def interrupted(shards, workers):
        yield from ends(shards[:2], workers)
        raise KeyboardInterrupt

    monkeypatch.setattr(build.processes, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        building.fill_sound(music, "timbre", 0, workers=1)
    shards = {path: path.stat().st_mtime_ns for path in music.folder.rglob("shards/*.npy")}
    assert len(shards) == 2
    kept = []

    def resumed(shards, workers):
        kept.extend(path.stat().st_mtime_ns for path in music.folder.rglob("shards/*.npy"))
        yield from ends(shards, workers)

    monkeypatch.setattr(build.processes, "run", resumed)
    building.fill_sound(music, "timbre", 0, workers=1)
    assert sorted(kept) == sorted(shards.values())
    found = audio_store.extract(music, "timbre")
    assert found.counts() == {"ok": 200}
    assert np.isfinite(found.values).all()


def test_another_seed_in_the_same_folder_is_refused_with_what_takes_it_away(there):
    with pytest.raises(ParameterError, match="rehearse --remove --albums 60"):
        building.write_tables(Size(60, 100, 4))


def test_without_tables_there_is_no_catalogue():
    with pytest.raises(MissingDataError, match="stage  tables"):
        building.opened(Size(70, 70, 0))


def test_the_paper_s_size_needs_less_than_30_gb():
    size = Size(tables.ALBUMS, tables.TRACKS, 0)
    assert 20e9 < building.room(size, stores=True) < 30e9
    assert building.room(size, stores=False) < 2e9


def test_removed_it_leaves_nothing_but_what_it_did_not_make(tiny, home):
    size = Size(50, 50, 0)
    parts.build("tables", size)
    (building.runs_of(50) / "rehearsal").mkdir(parents=True)
    (home / "figures" / "rehearsal-50").mkdir(parents=True)
    assert building.remove(50) > 0
    assert not building.folder_of(50).exists()
    assert not building.runs_of(50).exists()
    assert not (home / "figures" / "rehearsal-50").exists()
    assert (tiny.folder / "catalogue.json").is_file()


@pytest.mark.parametrize("link", [True, False])
def test_what_no_rehearsal_has_made_stays(tiny, home, link):
    if link:
        building.folder_of(50).symlink_to(tiny.folder)
    else:
        tiny.folder.rename(building.folder_of(50))
    with pytest.raises(MumuError, match="it stays"):
        building.remove(50)
    assert (building.folder_of(50) / "catalogue.json").is_file()
