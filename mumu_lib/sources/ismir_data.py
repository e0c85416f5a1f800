"""Read the ``ismir-data`` folder published with MuMu: splits, matrices and embeddings in the authors' layout.

Paper: Sections 5 and 6.  Notebooks: 01, 07.

Rows have no ids: row i of a matrix belongs to line i of the split's list of items.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from mumu_lib.catalogue.schema import SPLITS
from mumu_lib.core.errors import BadDataError, MissingDataError
from mumu_lib.core.parsing import parsing, read_array, read_lines

DOWNLOAD_HINT = "download it again"


def split(ismir: str | Path, album_ids: Iterable[str], dataset: str = "MuMu-albums") -> np.ndarray:
    """Return the split of each album by ``splits/items_index_{train,val,test}_<dataset>.tsv``.

    Returns
    -------
    split : np.ndarray [shape=(albums,), str]
        ``none`` for an album that is not listed.
    """
    split_of: dict[str, str] = {}
    for name in SPLITS:
        split_of.update(dict.fromkeys(items(ismir, name, dataset), name))
    return np.array([split_of.get(album_id, "none") for album_id in album_ids])


def items(ismir: str | Path, split: str, dataset: str = "MuMu-albums") -> list[str]:
    """Return the ids of a published split, in the row order of its matrices."""
    path = Path(ismir) / "splits" / f"items_index_{split}_{dataset}.tsv"
    ids = []
    for line in read_lines(_existing(path), DOWNLOAD_HINT):
        if line.strip():
            # The authors' dummy lists have a second column; the id is the first.
            ids.append(line.split("\t")[0].strip())
    return ids


def labels(ismir: str | Path, split: str, dataset: str = "MuMu-albums", n: int = 250) -> np.ndarray:
    """Read the published 0/1 matrix of genres.

    Returns
    -------
    Y : np.ndarray [shape=(items, n), float32]
    """
    path = Path(ismir) / "splits" / f"y_{split}_class_{n}_{dataset}.npy"
    return _read_dense(path, len(items(ismir, split, dataset)))


def features(ismir: str | Path, kind: str, split: str, dataset: str = "MuMu-albums") -> np.ndarray | sp.csr_matrix:
    """Read the published features of a split, with the rows in the order of :func:`items`.

    Parameters
    ----------
    kind : str
        ``VSM`` or ``VSM-SEM`` (sparse tf-idf); ``model_audio``, ``model_text`` or ``model_visual``
        (the embeddings that the paper fuses).

    Returns
    -------
    X : np.ndarray or scipy.sparse.csr_matrix [shape=(items, d), float32]

    Raises
    ------
    MissingDataError, BadDataError
        If the file is missing, has another number of rows than the split, or holds Python objects (never unpickled).
    """
    n = len(items(ismir, split, dataset))
    folder = Path(ismir) / "train_data"
    sparse = folder / f"X_{split}_{kind}_{dataset}.npz"
    if sparse.is_file():
        return _read_sparse(sparse, n)
    return _read_dense(folder / f"X_{split}_{kind}_{dataset}.npy", n)


def _read_dense(path: Path, n: int) -> np.ndarray:
    matrix = read_array(_existing(path), DOWNLOAD_HINT)
    if matrix.ndim != 2 or len(matrix) != n or matrix.dtype.kind not in "biuf":
        raise BadDataError(
            f"{path} holds {matrix.dtype} of shape {matrix.shape}, expected {n} rows of numbers, "
            f"one for each item of its split"
        )
    return matrix.astype(np.float32)


def _read_sparse(path: Path, n: int) -> sp.csr_matrix:
    trouble = "is not a CSR matrix of data, indices, indptr, shape"
    with parsing(path, DOWNLOAD_HINT, trouble=trouble), np.load(path, allow_pickle=False) as parts:
        # Saved by numpy's savez, not by scipy.sparse.save_npz.
        matrix = sp.csr_matrix((parts["data"], parts["indices"], parts["indptr"]), shape=tuple(parts["shape"]))
        # Check all indices: scipy's compiled code does not check them.
        matrix.check_format(full_check=True)
        matrix = matrix.astype(np.float32)
    if matrix.shape[0] != n:
        raise BadDataError(f"{path} has {matrix.shape[0]} rows, expected {n}, one for each item of its split")
    return matrix


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise MissingDataError(
            f"{path} is missing; unpack the published files; ismir-data/ must contain splits/ and train_data/"
        )
    return path
