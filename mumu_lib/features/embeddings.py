"""Album vectors of the user's own: any encoder's, read from a file and put in the order of a catalogue.

Paper: none; the vectors of section 5.4 come from runs.  Notebooks: 05_text, 07_multimodal.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from mumu_lib.catalogue import Catalogue
from mumu_lib.core.errors import BadDataError, MissingDataError
from mumu_lib.core.parsing import parsing, read_array, read_lines, read_sparse, read_table


def load(path: str | Path, catalogue: Catalogue) -> np.ndarray:
    """One vector an album, in the order of the catalogue's album table.

    Parameters
    ----------
    path : path
        ``NAME.npy`` [shape=(n, d)] with the album ids in ``NAME.txt`` or ``album_ids.txt`` beside it, one a
        line; or ``NAME.parquet`` with a column ``album_id`` and either one column of lists or d columns of
        numbers; or the folder of a run.
    catalogue : Catalogue
        Ids that it does not have are left out and counted on the screen.

    Returns
    -------
    vectors : np.ndarray [shape=(albums, d), float32]
        NaN for an album that the file does not have.

    Raises
    ------
    MissingDataError
        The file or its ids are not there.
    BadDataError
        Not an array of numbers, as many ids as rows, every id once, at least one of them the catalogue's; a
        vector that holds NaN or infinity, or only zeros.
    """
    path = _array_of(Path(path))
    if not path.is_file():
        raise MissingDataError(
            f"{path} is not there; give an .npy with its album ids in a .txt beside it, or a .parquet"
        )
    remedy = "save one array of numbers with numpy.save"
    ids, values = _read(path, remedy)
    # A run's vectors are its network's own affair: after ReLU one may well be zero.
    _check(path, ids, values, may_be_zero=(path.parent / "metrics.json").is_file())
    row = pd.Index(ids).get_indexer(pd.Index(catalogue.albums["album_id"]))
    if (row < 0).all():
        raise BadDataError(
            f"{path}: none of its {len(ids)} ids (the first is {ids[0]!r}) is an album of {catalogue.name!r} "
            f"(the first there is {catalogue.albums['album_id'].iloc[0]!r}); its ids must be those of the album table"
        )
    if strangers := len(ids) - int((row >= 0).sum()):
        print(f"{path.name}: {strangers} of {len(ids)} vectors left out, their ids are no albums of {catalogue.name!r}")
    result = values.astype(np.float32)[row]
    result[row < 0] = np.nan
    return result


def _array_of(path: Path) -> Path:
    """Return the file of a run's vectors, if the path is a run's folder."""
    if not path.is_dir():
        return path
    sparse = path / "embeddings.npz"
    return sparse if sparse.is_file() else path / "embeddings.npy"


def _read(path: Path, remedy: str) -> tuple[list[str], np.ndarray]:
    """Return ids and vectors [shape=(n, d)]."""
    if path.suffix == ".parquet":
        return _parquet(path)
    if path.suffix == ".npz":
        return _ids(path), read_sparse(path, remedy).toarray()
    return _ids(path), read_array(path, remedy)


def _ids(path: Path) -> list[str]:
    beside = [path.with_suffix(".txt"), path.with_name("album_ids.txt")]
    found = next((p for p in beside if p.is_file()), None)
    if found is None:
        raise MissingDataError(f"{path} has no ids: write one album id a line, in row order, into {beside[0]}")
    return read_lines(found, "save it as UTF-8")


def _parquet(path: Path) -> tuple[list[str], np.ndarray]:
    table = read_table(path, "write it again as parquet")
    if "album_id" not in table and table.index.name == "album_id":
        table = table.reset_index()
    if "album_id" not in table:
        raise BadDataError(f"{path} has the columns {list(table)[:5]}, but no 'album_id'; name the column of ids so")
    ids, rest = table["album_id"].astype(str).tolist(), table.drop(columns="album_id")
    with parsing(path, "give each album one vector", trouble="holds vectors that are not numbers of one length"):
        if rest.shape[1] == 1 and not pd.api.types.is_numeric_dtype(rest.iloc[:, 0]):
            return ids, np.array(rest.iloc[:, 0].tolist(), dtype=np.float64)
        return ids, rest.to_numpy(dtype=np.float64)


def _check(path: Path, ids: list[str], values: np.ndarray, *, may_be_zero: bool) -> None:
    """Refuse what could not be told from good vectors later on."""
    if values.ndim != 2 or not values.shape[1] or values.dtype.kind not in "fiu":
        raise BadDataError(
            f"{path} holds {values.dtype} [shape={values.shape}]; needed are numbers, albums x dimensions"
        )
    if len(ids) != len(values):
        raise BadDataError(f"{path}: {len(values)} vectors, but {len(ids)} ids; there must be one id a vector")
    if not ids:
        raise BadDataError(f"{path} holds no vector")
    if (twice := pd.Index(ids).duplicated()).any():
        raise BadDataError(f"{path}: the id {ids[twice.argmax()]!r} stands there more than once; ids must be unique")
    # After the cast, since what float32 cannot hold is infinite to the network.
    with np.errstate(over="ignore", invalid="ignore"):
        wild = ~np.isfinite(values.astype(np.float32)).all(axis=1)
    for bad, what in ((wild, "holds NaN or infinity"), (~values.any(axis=1), "holds only zeros")):
        if bad.any() and not (may_be_zero and bad is not wild):
            raise BadDataError(
                f"{path}: {bad.sum()} vectors cannot be used; the first, row {bad.argmax()} (album "
                f"{ids[bad.argmax()]!r}), {what}; leave such albums out of the file"
            )
