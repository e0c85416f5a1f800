"""Album embeddings of any encoder: read them from a file, in the order of a catalogue.

Paper: none; the embeddings of section 5.4 come from runs.  Notebooks: 05_text, 07_multimodal.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp

from mumu_lib.catalogue import Catalogue
from mumu_lib.core.errors import BadDataError, MissingDataError
from mumu_lib.core.parsing import parsing, read_array, read_lines, read_sparse, read_table

SAVE_HINT = "save one array of numbers with numpy.save"
# The largest sparse matrix that is made dense; fits on a dense and a sparse one differ by rounding.
MAX_DENSE = 50_000_000


def load(path: str | Path, catalogue: Catalogue) -> np.ndarray:
    """Load one embedding per album, in the order of the catalogue's album table.

    Parameters
    ----------
    path : path
        ``NAME.npy`` [shape=(n, d)] with the album ids in ``NAME.txt`` or ``album_ids.txt`` in the same folder, one per
        line; or ``NAME.parquet`` with a column ``album_id`` and either one column of lists or d columns of numbers; or
        the folder of a run.
    catalogue : Catalogue
        Ids that it does not have are skipped; their number is printed.

    Returns
    -------
    embeddings : np.ndarray [shape=(albums, d), float32]
        NaN for an album that the file does not have.

    Raises
    ------
    MissingDataError
        If the file or its ids do not exist.
    BadDataError
        If the file does not hold a matrix of numbers with one unique id per row, if no id is in the catalogue, or if an
        embedding has NaN, infinity, or zeros only.

    Examples
    --------
    >>> embeddings = load("clap.npy", music)  # doctest: +SKIP
    """
    path = _array_of(Path(path))
    if not path.is_file():
        raise MissingDataError(
            f"{path} does not exist; give an .npy with its album ids in a .txt of the same name, or a .parquet"
        )
    ids, values = _read(path)
    # Zero vectors are valid in a run's own embeddings (ReLU).
    _check(path, ids, values, may_be_zero=(path.parent / "metrics.json").is_file())
    row = pd.Index(ids).get_indexer(pd.Index(catalogue.albums["album_id"]))
    if (row < 0).all():
        raise BadDataError(
            f"{path}: none of its {len(ids)} ids (the first is {ids[0]!r}) is an album of {catalogue.name!r} "
            f"(the first there is {catalogue.albums['album_id'].iloc[0]!r}); its ids must be those of the album table"
        )
    unknown = len(ids) - int((row >= 0).sum())
    if unknown:
        print(
            f"{path.name}: {unknown} of {len(ids)} embeddings skipped, their ids are not albums of {catalogue.name!r}"
        )
    result = values.astype(np.float32)[row]
    result[row < 0] = np.nan
    return result


def load_inputs(folder: Path, catalogue: Catalogue) -> np.ndarray | sp.csr_matrix:
    """Load the inputs of a run's straight line, one row an album.

    A sparse matrix of more than :data:`MAX_DENSE` numbers stays sparse, with empty rows for albums without inputs: at the
    paper's size tf-idf as a dense matrix takes gigabytes, and a logistic regression on it a hundred times as long.

    Parameters
    ----------
    folder : Path
        Of the run.

    Returns
    -------
    inputs : matrix [shape=(albums, d), float32]
        As from :func:`load`, or sparse.
    """
    path = _array_of(folder)
    if path.suffix != ".npz":
        return load(folder, catalogue)
    values = read_sparse(path, SAVE_HINT)
    albums = len(catalogue.albums)
    if albums * values.shape[1] <= MAX_DENSE:
        return load(folder, catalogue)
    row = pd.Index(_ids(path)).get_indexer(pd.Index(catalogue.albums["album_id"]))
    # Album without inputs: row -1 is the empty one.
    return sp.vstack([values, sp.csr_matrix((1, values.shape[1]))], format="csr")[row].astype(np.float32)


def _array_of(path: Path) -> Path:
    """Return the file of a run's embeddings if the path is a run's folder, else the path."""
    if not path.is_dir():
        return path
    sparse = path / "embeddings.npz"
    if sparse.is_file():
        return sparse
    return path / "embeddings.npy"


def _read(path: Path) -> tuple[list[str], np.ndarray]:
    """Return ids and embeddings [shape=(n, d)]."""
    if path.suffix == ".parquet":
        return _parquet(path)
    if path.suffix == ".npz":
        return _ids(path), read_sparse(path, SAVE_HINT).toarray()
    return _ids(path), read_array(path, SAVE_HINT)


def _ids(path: Path) -> list[str]:
    """Read the album ids that belong to a file of embeddings."""
    own = path.with_suffix(".txt")
    for candidate in (own, path.with_name("album_ids.txt")):
        if candidate.is_file():
            return read_lines(candidate, "save it as UTF-8")
    raise MissingDataError(f"{path} has no ids: write one album id per line, in row order, to {own}")


def _parquet(path: Path) -> tuple[list[str], np.ndarray]:
    """Return ids and embeddings of a Parquet table [shape=(n, d)]."""
    table = read_table(path, "write it again as parquet")
    if "album_id" not in table and table.index.name == "album_id":
        table = table.reset_index()
    if "album_id" not in table:
        raise BadDataError(
            f"{path} has the columns {list(table)[:5]}, but no 'album_id'; give the column of ids this name"
        )
    ids = table["album_id"].astype(str).tolist()
    rest = table.drop(columns="album_id")
    with parsing(path, "give each album one embedding", trouble="holds embeddings that are not numbers of one length"):
        if rest.shape[1] == 1 and not pd.api.types.is_numeric_dtype(rest.iloc[:, 0]):
            return ids, np.array(rest.iloc[:, 0].tolist(), dtype=np.float64)
        return ids, rest.to_numpy(dtype=np.float64)


def _check(path: Path, ids: list[str], values: np.ndarray, *, may_be_zero: bool) -> None:
    """Check shape, type, ids and values of the embeddings."""
    if values.ndim != 2 or not values.shape[1] or values.dtype.kind not in "fiu":
        raise BadDataError(
            f"{path} holds {values.dtype} [shape={values.shape}]; it must hold numbers [shape=(albums, dimensions)]"
        )
    if len(ids) != len(values):
        raise BadDataError(f"{path}: {len(values)} embeddings, but {len(ids)} ids; there must be one id per embedding")
    if not ids:
        raise BadDataError(f"{path} is empty; write one embedding per album")
    repeated = pd.Index(ids).duplicated()
    if repeated.any():
        raise BadDataError(f"{path}: the id {ids[repeated.argmax()]!r} occurs more than once; ids must be unique")
    # Check after the cast: values beyond float32 become infinite.
    with np.errstate(over="ignore", invalid="ignore"):
        finite = np.asarray(np.isfinite(values.astype(np.float32)).all(axis=1))
    _refuse(path, ids, ~finite, "has NaN or infinity")
    if not may_be_zero:
        _refuse(path, ids, np.asarray(~values.any(axis=1)), "has only zeros")


def _refuse(path: Path, ids: list[str], bad: np.ndarray, reason: str) -> None:
    """Raise an error that names the first bad embedding, if there is one."""
    if bad.any():
        first = bad.argmax()
        raise BadDataError(
            f"{path}: {bad.sum()} embeddings cannot be used; the first, row {first} (album {ids[first]!r}), {reason}; "
            f"remove such albums from the file"
        )
