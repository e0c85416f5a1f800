"""Read a store of features: rows of items, batches, statistics.

Paper: Sections 5.1 and 5.3.  Notebooks: 04_audio, 06_image.
"""

import mmap
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
import pandas as pd
import scipy.sparse as sp

from mumu_lib.core.errors import NothingUsableError

USABLE = ("ok", "padded")
CHUNK = 64
_AROUND = 16 * mmap.PAGESIZE


class Recipe(Protocol):
    """Computation of one row from one item (a track's recording, an album's cover); small and picklable."""

    @property
    def name(self) -> str:
        """Return the name of the folder."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of a row."""

    @property
    def dtype(self) -> type:
        """Return the number type of a row."""

    @property
    def facts(self) -> dict[str, Any]:
        """Return the further columns of the index, with their values for a refused item."""

    def row(self, item: str, path: str, source: str) -> tuple[np.ndarray, dict[str, Any]]:
        """Compute one row and its facts, or raise RefusedError."""


class Store:
    """Features of a catalogue's items; subclasses define whether these are tracks or albums.

    Attributes
    ----------
    unit, task : str
        ``track`` or ``album``; name of the features in the progress bar.
    values : np.ndarray [shape=(items, ...)]
        Memory-mapped; a row for every item, including unusable ones.
    index : pd.DataFrame
        A row per item: id (``track_id``, ``album_id``), path, ``status``, ``message`` and further facts.
    """

    unit: ClassVar[str]
    task: ClassVar[str]

    def __init__(self, folder: Path, digest: str) -> None:
        self.index = pd.read_parquet(folder / f"{digest}.parquet")
        self.values = np.load(folder / f"{digest}.npy", mmap_mode="r", allow_pickle=False)

    @cached_property
    def _row_of(self) -> pd.Series:
        usable = self.index["status"].isin(USABLE)
        return pd.Series(np.where(usable, np.arange(len(self.index)), -1), self.index[f"{self.unit}_id"])

    def rows(self, ids: pd.Series) -> np.ndarray:
        """Return the row of each item, -1 if it cannot be used [shape=(n,), int]."""
        return self._row_of.reindex(ids, fill_value=-1).to_numpy()

    def counts(self) -> dict[str, int]:
        """Count the items by status."""
        counts = {}
        for status, n in self.index["status"].value_counts().items():
            counts[str(status)] = int(n)
        return counts

    def report(self) -> pd.DataFrame:
        """Return a table of the items by status, with the first message of each."""
        groups = self.index.groupby("status")
        column = f"{self.unit}s"
        table = pd.DataFrame({column: groups.size(), "for example": groups["message"].first()})
        return table.sort_values(column, ascending=False)

    def standardisation(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Compute mean and standard deviation of each column (frequency bin, timbre statistic) in one pass.

        Parameters
        ----------
        rows : np.ndarray [shape=(n,), int]
            Training items, from :meth:`rows`; repeated rows count once.

        Returns
        -------
        mean, std : np.ndarray [shape=(columns,), float32]
            The deviation of a constant column is 1.

        Raises
        ------
        NothingUsableError
            If there are no rows, or a row is -1.
        """
        rows = np.unique(rows)
        if not rows.size or rows[0] < 0:
            raise NothingUsableError("standardisation needs usable training tracks; keep the rows that are 0 or more")
        bins = self.values.shape[-1]
        count = 0
        total = np.zeros(bins)
        squares = np.zeros(bins)
        for start in range(0, len(rows), CHUNK):
            x = read_rows(self.values, rows[start : start + CHUNK]).reshape(-1, bins).astype(np.float64)
            count += len(x)
            total += x.sum(axis=0)
            squares += np.einsum("ij,ij->j", x, x)
        mean = total / count
        std = np.sqrt(np.maximum(squares / count - mean**2, 0))
        return mean.astype(np.float32), np.where(std > 1e-3, std, 1).astype(np.float32)


def read_rows(features: np.ndarray | sp.csr_matrix, rows: np.ndarray) -> np.ndarray:
    """Copy some rows, with random access to memory maps optimised.

    Before reading, advise the operating system to load all pages at once instead of one by one; afterwards, that they
    need not stay resident (they remain in its cache).

    Parameters
    ----------
    features : np.ndarray or scipy.sparse.csr_matrix [shape=(n, ...)]
        A read-only memory map, any array, or a sparse matrix.
    rows : np.ndarray [shape=(m,), int]

    Returns
    -------
    copy : np.ndarray [shape=(m, ...)]
        Dense.

    Examples
    --------
    >>> read_rows(np.array([[1, 2], [3, 4], [5, 6]]), np.array([2, 0]))
    array([[5, 6],
           [1, 2]])
    """
    if sp.issparse(features):
        return features[rows].toarray()
    mapped = getattr(features, "_mmap", None)
    # Windows has no madvise; pages of a writable map may differ from the file.
    if mapped is None or getattr(features, "mode", "") != "r" or not hasattr(mapped, "madvise"):
        return features[rows]
    offset = features.ctypes.data - np.frombuffer(mapped, np.uint8).ctypes.data
    starts = offset + np.asarray(rows) % len(features) * features.strides[0]
    size = features.strides[0]
    page = mmap.PAGESIZE
    end = len(mapped)
    for start in starts:
        first = int(start - start % page)
        mapped.madvise(mmap.MADV_WILLNEED, first, int(start) + size - first)
    copy = np.asarray(features[rows])
    for start in starts:
        # Linux also maps the pages around one that is read.
        first = max(0, int(start - start % page) - _AROUND)
        mapped.madvise(mmap.MADV_DONTNEED, first, min(end, int(start) + size + _AROUND) - first)
    return copy
