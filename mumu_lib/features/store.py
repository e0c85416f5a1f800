"""Reading a store of features: rows of items, batches, statistics.

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
    """How one item (a track's recording, an album's cover) becomes one row; small, and able to travel to a process."""

    @property
    def name(self) -> str:
        """Name of their folder."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a row."""

    @property
    def dtype(self) -> type:
        """Numbers of a row."""

    @property
    def facts(self) -> dict[str, Any]:
        """What is noted of a refused item, besides status and message."""

    def row(self, item: str, path: str, source: str) -> tuple[np.ndarray, dict[str, Any]]:
        """One row and its facts; or a RefusedError."""


class Store:
    """Features of a catalogue's items; of tracks or of albums, as a subclass says.

    Attributes
    ----------
    unit, task : str
        What an item is called, ``track`` or ``album``, and what their features are called.
    values : np.ndarray [shape=(items, ...)]
        Memory-mapped; a row for every item, also for those that cannot be used.
    index : pd.DataFrame
        A row an item: its id (``track_id``, ``album_id``), its path, ``status``, ``message`` and facts of its own.
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
        """Row of each item, -1 where it cannot be used [shape=(n,), int]."""
        return self._row_of.reindex(ids, fill_value=-1).to_numpy()

    def counts(self) -> dict[str, int]:
        """Items by status."""
        return {str(status): int(n) for status, n in self.index["status"].value_counts().items()}

    def report(self) -> pd.DataFrame:
        """Items by status, with the first message of each."""
        groups = self.index.groupby("status")
        return pd.DataFrame({f"{self.unit}s": groups.size(), "for example": groups["message"].first()}).sort_values(
            f"{self.unit}s", ascending=False
        )

    def standardisation(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and deviation of each column (frequency bin, timbre statistic) over some items, in one pass.

        Parameters
        ----------
        rows : np.ndarray [shape=(n,), int]
            Training items, as :meth:`rows` gives them; one that stands there several times counts once.

        Returns
        -------
        mean, std : np.ndarray [shape=(columns,), float32]
            A column that never changes gets deviation 1.

        Raises
        ------
        NothingUsableError
            No row, or one of an item that cannot be used.
        """
        rows = np.unique(rows)
        if not rows.size or rows[0] < 0:
            raise NothingUsableError("standardisation needs usable training tracks; keep the rows that are 0 or more")
        bins = self.values.shape[-1]
        count, total, squares = 0, np.zeros(bins), np.zeros(bins)
        for start in range(0, len(rows), CHUNK):
            x = read_rows(self.values, rows[start : start + CHUNK]).reshape(-1, bins).astype(np.float64)
            count += len(x)
            total += x.sum(axis=0)
            squares += np.einsum("ij,ij->j", x, x)
        mean = total / count
        std = np.sqrt(np.maximum(squares / count - mean**2, 0))
        return mean.astype(np.float32), np.where(std > 1e-3, std, 1).astype(np.float32)


def read_rows(features: np.ndarray | sp.csr_matrix, rows: np.ndarray) -> np.ndarray:
    """Copy some rows, of a memory map the way that suits random access.

    The system is told beforehand which pages will be read, so that it fetches them from disk all at once
    and not one by one, and afterwards that they need not stay resident: they remain in its cache.

    Parameters
    ----------
    features : np.ndarray [shape=(n, ...)]
        Memory-mapped read-only, or any array, which is simply indexed; of a sparse matrix the rows are
        made dense.
    rows : np.ndarray [shape=(m,), int]

    Returns
    -------
    copy : np.ndarray [shape=(m, ...)]
    """
    if sp.issparse(features):
        return features[rows].toarray()
    mapped = getattr(features, "_mmap", None)
    # Windows gives no such advice; pages of a writable map may hold what the file does not.
    if mapped is None or getattr(features, "mode", "") != "r" or not hasattr(mapped, "madvise"):
        return features[rows]
    offset = features.ctypes.data - np.frombuffer(mapped, np.uint8).ctypes.data
    starts = offset + np.asarray(rows) % len(features) * features.strides[0]
    size, page, end = features.strides[0], mmap.PAGESIZE, len(mapped)
    for start in starts:
        first = int(start - start % page)
        mapped.madvise(mmap.MADV_WILLNEED, first, int(start) + size - first)
    copy = np.asarray(features[rows])
    for start in starts:
        # Linux maps the pages around one that is read, too.
        first = max(0, int(start - start % page) - _AROUND)
        mapped.madvise(mmap.MADV_DONTNEED, first, min(end, int(start) + size + _AROUND) - first)
    return copy
