"""Vectors of one's own: rows go to their albums, broken files are refused with the row."""

import numpy as np
import pandas as pd
import pytest

from mumu_lib import runs
from mumu_lib.core.errors import BadDataError, MissingDataError
from mumu_lib.features import embeddings
from mumu_lib.params import Results


@pytest.fixture
def write(tmp_path, tiny):
    """Write vectors of some albums, and return the path."""

    def write(values, ids=None, name="own"):
        path = tmp_path / f"{name}.npy"
        np.save(path, values)
        if ids is not None:
            (tmp_path / f"{name}.txt").write_text("\n".join(ids), encoding="utf-8")
        return path

    return write


IDS = ["A03", "A00", "A29"]
VALUES = np.arange(1, 13).reshape(3, 4)


def check(loaded):
    assert loaded.shape == (30, 4)
    assert loaded.dtype == np.float32
    np.testing.assert_array_equal(loaded[[3, 0, 29]], VALUES)
    assert np.isnan(np.delete(loaded, [3, 0, 29], axis=0)).all()


@pytest.mark.parametrize("dtype", [np.float16, np.float64, np.int32])
def test_rows_go_to_their_albums(write, tiny, dtype):
    check(embeddings.load(write(VALUES.astype(dtype), IDS), tiny))


def test_windows_line_ends_and_a_last_line_are_understood(write, tiny):
    path = write(VALUES, IDS)
    path.with_suffix(".txt").write_bytes(b"\xef\xbb\xbfA03\r\nA00\r\nA29\r\n")
    check(embeddings.load(path, tiny))


def test_parquet_with_lists_columns_or_index(tmp_path, tiny):
    path = tmp_path / "own.parquet"
    table = pd.DataFrame({"album_id": IDS, "vector": VALUES.tolist()})
    table.to_parquet(path)
    check(embeddings.load(path, tiny))
    table = pd.DataFrame(VALUES, columns=list("abcd")).assign(album_id=IDS)
    table.to_parquet(path)
    check(embeddings.load(path, tiny))
    table.set_index("album_id").to_parquet(path)
    check(embeddings.load(path, tiny))


def test_a_run_can_be_read(tiny):
    run = runs.start(tiny, "text-cosine-vsm", Results(catalogue="tiny", seed=0, resamples=0))
    run.write({}, album_ids=IDS, embeddings=VALUES)
    check(embeddings.load(run.folder, tiny))


def test_unknown_ids_are_counted(write, tiny, capsys):
    check(embeddings.load(write(np.vstack([VALUES, VALUES]), [*IDS, "x", "y", "z"]), tiny))
    assert "3 of 6 embeddings skipped" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("values", "ids", "meant"),
    [
        (VALUES, IDS[:2], "3 embeddings, but 2 ids"),
        (VALUES, ["x", "y", "z"], "none of its 3 ids"),
        (VALUES, ["A00", "A01", "A00"], "'A00' occurs more than once"),
        (np.where(VALUES == 6, np.nan, VALUES), IDS, r"row 1 \(album 'A00'\), has NaN"),
        (np.where(VALUES == 6, 1e300, VALUES), IDS, r"row 1 \(album 'A00'\), has NaN or infinity"),
        (VALUES * [[1], [1], [0]], IDS, r"row 2 \(album 'A29'\), has only zeros"),
        (VALUES.ravel(), IDS, "it must hold numbers"),
        (VALUES.astype(str), IDS, "it must hold numbers"),
        (VALUES[:0], [], "0 embeddings, but 1 ids"),
        (VALUES[:, :0], IDS, "it must hold numbers"),
    ],
)
def test_broken_embeddings_are_refused_with_the_row(write, tiny, values, ids, meant):
    with pytest.raises(BadDataError, match=meant):
        embeddings.load(write(values, ids), tiny)


def test_missing_files_are_named(write, tiny, tmp_path):
    with pytest.raises(MissingDataError, match=r"nowhere\.npy does not exist"):
        embeddings.load(tmp_path / "nowhere.npy", tiny)
    with pytest.raises(MissingDataError, match=r"write one album id per line.*own\.txt"):
        embeddings.load(write(VALUES), tiny)


def test_files_of_other_kinds_are_refused_and_never_unpickled(write, tiny, tmp_path):
    path = write(np.array([{"a": 1}, None, 2], dtype=object), IDS)
    with pytest.raises(BadDataError, match="is not an array file"):
        embeddings.load(path, tiny)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(BadDataError, match="is not an array file"):
        embeddings.load(path, tiny)
    np.savez(tmp_path / "several.npz", a=VALUES, b=VALUES)
    (tmp_path / "several.txt").write_text("A00")
    with pytest.raises(BadDataError, match="is not a file of a sparse matrix"):
        embeddings.load(tmp_path / "several.npz", tiny)
    path = write(VALUES, IDS)
    path.with_suffix(".txt").write_bytes("é\n".encode("latin-1"))
    with pytest.raises(BadDataError, match=r"own\.txt is not UTF-8"):
        embeddings.load(path, tiny)
    (tmp_path / "own.parquet").write_text("album_id,vector")
    with pytest.raises(BadDataError, match=r"cannot be read .* write it again as parquet"):
        embeddings.load(tmp_path / "own.parquet", tiny)


@pytest.mark.parametrize(
    ("table", "meant"),
    [
        ({"id": IDS, "vector": VALUES.tolist()}, "no 'album_id'"),
        ({"album_id": IDS, "vector": [[1.0], [1.0, 2.0], [3.0]]}, "not numbers of one length"),
        ({"album_id": IDS, "title": ["a", "b", "c"], "x": [1, 2, 3]}, "not numbers of one length"),
    ],
)
def test_broken_parquet_is_refused(table, meant, tmp_path, tiny):
    pd.DataFrame(table).to_parquet(tmp_path / "own.parquet")
    with pytest.raises(BadDataError, match=meant):
        embeddings.load(tmp_path / "own.parquet", tiny)
