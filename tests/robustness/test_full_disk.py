"""Every writer on a disk that is full: it says so and what to do, keeps what was there, and leaves no half of a file."""

import errno
import json
import tarfile
import zipfile
from contextlib import contextmanager
from types import SimpleNamespace

import keras
import marisa_trie
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import interrupting
from failing_disk import failing
from mumu_lib import catalogue, figures, training
from mumu_lib.core import files
from mumu_lib.core.errors import WriteError
from mumu_lib.features import workers
from mumu_lib.figures import style
from mumu_lib.linking import dictionary
from mumu_lib.prediction.library import journal, output
from mumu_lib.sources import fetch

BYTES = 200_000
NUMBERS = np.random.default_rng(0).integers(0, 1 << 60, 60_000)


@contextmanager
def limited(folder):
    """No file may pass some size: everywhere but on Windows."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (BYTES, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture(params=["limit", "small disk"])
def place(request, tmp_path):
    """A folder, and what makes its disk too small."""
    if request.param == "limit":
        pytest.importorskip("resource", reason="Windows limits no files")
        yield tmp_path / "limit", limited
        return
    disk = interrupting.SmallDisk(tmp_path / "disk", BYTES >> 10)
    if not disk.there:
        pytest.skip("no small disk can be mounted here")

    @contextmanager
    def as_it_is(folder):
        yield

    yield disk.folder, as_it_is
    disk.unmount()


def network(units):
    return keras.Sequential([keras.Input((100,)), keras.layers.Dense(units)])


def figure(count):
    drawn = style.CaptionedFigure()
    drawn.subplots().scatter(NUMBERS[:count], NUMBERS[:count])
    return drawn.describe("dots", caption="Dots.", alt="dots")


def write_catalogue(folder, count):
    ids = [str(n) for n in NUMBERS[:count]]
    genres = [["Pop"] if i % 2 else ["Rock"] for i in range(count)]
    albums = {"album_id": ids, "title": ids, "artist": ids, "genres": genres, "split": ["train", "test"] * (count // 2)}
    tracks = {"track_id": ids, "album_id": ids}
    return catalogue.write(
        folder, name="own", albums=pd.DataFrame(albums), tracks=pd.DataFrame(tracks), source="test", min_albums=1,
        reviews=pd.DataFrame({"album_id": ids, "text": ids}), branches=[["Pop"], ["Rock"]], roots={"audio": "audio", "covers": "covers"},
    )  # fmt: skip


def rows(count):
    for number in NUMBERS[:count]:
        yield dict.fromkeys(output.COLUMNS) | {next(iter(output.COLUMNS)): str(number)}


# Name -> function of a folder and of how much to write.
WRITERS = {
    "array": lambda folder, n: files.save_array(folder / "a.npy", NUMBERS[:n]),
    "sparse": lambda folder, n: files.save_sparse(folder / "a.npz", sp.csr_matrix(NUMBERS[:n])),
    "text": lambda folder, n: files.write_atomically(folder / "a.json", json.dumps(NUMBERS[:n].tolist())),
    "network": lambda folder, n: training.keep(network(1 + n // 50), pd.DataFrame({"epoch": [1]}), folder),
    "catalogue": lambda folder, n: write_catalogue(folder, n // 2 * 2),
    "names": lambda folder, n: dictionary.save(marisa_trie.Trie(map(str, NUMBERS[:n])), folder / "a.marisa"),
    "library": lambda folder, n: output.write(folder / "a.csv", rows(n)),
    "parquet": lambda folder, n: output.write(folder / "a.parquet", rows(n)),
}


def readable(folder):
    """What lies there, with its bytes; nothing of it is half-written."""
    assert interrupting.half_written(folder) == []
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".marisa"}


@pytest.mark.parametrize("name", WRITERS)
def test_a_writer_says_that_the_disk_is_full_and_keeps_what_was_there(name, place):
    folder, full = place
    folder.mkdir(exist_ok=True)
    WRITERS[name](folder, 40)
    before = readable(folder)
    with full(folder), pytest.raises(WriteError, match=rf"{folder}.* cannot be written: no space .*; make room there"):
        WRITERS[name](folder, len(NUMBERS))
    assert readable(folder) == before
    assert not list(folder.glob("*.tmp*"))
    # What is there can be read, and written anew once there is room.
    WRITERS[name](folder, 38)
    assert readable(folder).keys() == before.keys()


def test_figures_and_tables_say_it_too(place, tiny, monkeypatch):
    folder, full = place
    folder.mkdir(exist_ok=True)
    monkeypatch.setattr(figures, "folder_for", lambda _: folder)
    with full(folder):
        with pytest.raises(WriteError, match=r"dots.svg cannot be written: no space"):
            figures.save(figure(20_000), tiny)
        with pytest.raises(WriteError, match=r"many\..* cannot be written: no space"):
            figures.save_table(pd.DataFrame({"a": NUMBERS}), "many", tiny, title="Many")
    assert not list(folder.iterdir())


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_an_archive_leaves_only_whole_members(kind, place, tmp_path):
    folder, full = place
    archive = tmp_path / f"a.{kind}"
    contents = {"small": b"x" * 1000, "large": NUMBERS.tobytes()}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    if kind == "zip":
        with zipfile.ZipFile(archive, "w") as packed:
            for name in contents:
                packed.write(tmp_path / name, f"in/{name}")
    else:
        with tarfile.open(archive, "w") as packed:
            for name in contents:
                packed.add(tmp_path / name, f"in/{name}")
    with pytest.MonkeyPatch.context() as patch:
        # Others may fill the disk after there was room.
        patch.setattr(fetch.shutil, "disk_usage", lambda _: SimpleNamespace(free=1 << 40))
        with full(folder), pytest.raises(WriteError, match="no space is left for it"):
            fetch.extract(archive, folder)
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["small"]


def test_the_journal_of_a_library_keeps_whole_lines(place):
    folder, full = place
    folder.mkdir(exist_ok=True)
    kept = journal.Journal(folder / "journal")
    kept.add("A", "x")
    with full(folder), pytest.raises(WriteError, match="no space is left for it"):
        kept.add("B", "x", genres=[str(n) for n in NUMBERS])
    kept.add("C", "x")
    again = journal.Journal(folder / "journal")
    assert [again.has(album, "x") for album in "ABC"] == [True, False, True]


def test_a_worker_that_cannot_note_where_it_is_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(workers.io, "FileIO", failing(errno.ENOSPC))
    shard = workers.Shard(tmp_path / "0.parquet", [], SimpleNamespace(shape=(1,), dtype=np.float32))
    with pytest.raises(WriteError, match=r"0.trail cannot be written: no space is left for it"):
        workers._extract(shard)
