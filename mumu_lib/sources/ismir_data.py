"""The ``ismir-data`` folder published with MuMu: splits, matrices and embeddings, in the authors' layout.

Paper: Sections 5 and 6.  Notebooks: 01, 07.

Rows are named by position only: row i of a matrix is line i of the split's list of items.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from mumu_lib.catalogue.schema import SPLITS
from mumu_lib.core.errors import BadDataError, MissingDataError
from mumu_lib.core.parsing import parsing, read_array, read_lines

AGAIN = "get it again"


def split(ismir: str | Path, album_ids: Iterable[str], dataset: str = "MuMu-albums") -> np.ndarray:
    """Split of each album by ``splits/items_index_{train,val,test}_<dataset>.tsv``.

    Returns
    -------
    split : np.ndarray [shape=(albums,), str]
        ``none`` for an album in no list.
    """
    part = {item: name for name in SPLITS for item in items(ismir, name, dataset)}
    return np.array([part.get(i, "none") for i in album_ids])


def items(ismir: str | Path, split: str, dataset: str = "MuMu-albums") -> list[str]:
    """Ids of a published split, in the row order of its matrices."""
    path = Path(ismir) / "splits" / f"items_index_{split}_{dataset}.tsv"
    # The authors' dummy lists have a second column; the id is the first.
    return [line.split("\t")[0].strip() for line in read_lines(_there(path), AGAIN) if line.strip()]


def labels(ismir: str | Path, split: str, dataset: str = "MuMu-albums", n: int = 250) -> np.ndarray:
    """Published 0/1 matrix of genres.

    Returns
    -------
    Y : np.ndarray [shape=(items, n), float32]
    """
    return _rows(Path(ismir) / "splits" / f"y_{split}_class_{n}_{dataset}.npy", len(items(ismir, split, dataset)))


def features(ismir: str | Path, kind: str, split: str, dataset: str = "MuMu-albums") -> np.ndarray | sp.csr_matrix:
    """Published features of a split, row by row as :func:`items`.

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
        Not there; another number of rows than the split has; saved as Python objects (never unpickled).
    """
    n = len(items(ismir, split, dataset))
    base = Path(ismir) / "train_data" / f"X_{split}_{kind}_{dataset}"
    sparse, dense = base.with_name(base.name + ".npz"), base.with_name(base.name + ".npy")
    return _sparse_rows(sparse, n) if sparse.is_file() else _rows(dense, n)


def _rows(path: Path, n: int) -> np.ndarray:
    matrix = read_array(_there(path), AGAIN)
    if matrix.ndim != 2 or len(matrix) != n or matrix.dtype.kind not in "biuf":
        raise BadDataError(
            f"{path} holds {matrix.dtype} of shape {matrix.shape}, expected {n} rows of numbers, one an item of its split"
        )
    return matrix.astype(np.float32)


def _sparse_rows(path: Path, n: int) -> sp.csr_matrix:
    trouble = "is not a CSR matrix of data, indices, indptr, shape"
    with parsing(path, AGAIN, trouble=trouble), np.load(path, allow_pickle=False) as parts:
        # Saved by numpy's savez, not by scipy.sparse.save_npz.
        matrix = sp.csr_matrix((parts["data"], parts["indices"], parts["indptr"]), shape=tuple(parts["shape"]))
        # In full, since scipy's compiled code takes the indices on trust.
        matrix.check_format(full_check=True)
        matrix = matrix.astype(np.float32)
    if matrix.shape[0] != n:
        raise BadDataError(f"{path} has {matrix.shape[0]} rows, expected {n}, one an item of its split")
    return matrix


def _there(path: Path) -> Path:
    if not path.is_file():
        raise MissingDataError(
            f"{path} is not there; unpack the published splits so that ismir-data/ holds splits/ and train_data/"
        )
    return path
