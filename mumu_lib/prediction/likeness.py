"""Measure whether an album is like the training albums of a run: its distance to the centres of their labels.

Paper: none.  Notebooks: 09_your_album.

Only the mean embedding of each label is kept; a shared file contains no single training album.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics.pairwise import euclidean_distances

from mumu_lib import runs
from mumu_lib.catalogue import Catalogue
from mumu_lib.core.parsing import read_array, read_lines
from mumu_lib.results.scores import truth

# A mean over fewer albums would nearly equal one of them.
FEWEST = 5
# Smallest standard deviation, as a share of the mean over all dimensions: rounding errors in a dimension that is nearly
# constant in training must not become large distances.
LEAST_SCALE = 0.01


@dataclass(frozen=True)
class Likeness:
    """Distances of albums to the training albums of a run.

    Attributes
    ----------
    mean, scale : np.ndarray [shape=(d,)]
        Mean and standard deviation of the training albums' embeddings.
    centres : np.ndarray [shape=(n, d)]
        Mean standardised embedding of the training albums with a label, for each label with enough of them.
    others : np.ndarray [shape=(albums,)]
        Distances of the validation albums, in ascending order.
    """

    mean: np.ndarray
    scale: np.ndarray
    centres: np.ndarray
    others: np.ndarray

    def distances(self, vectors: npt.ArrayLike) -> np.ndarray:
        """Compute the distance to the nearest centre [shape=(n,)] of vectors [shape=(n, d)], both standardised."""
        standardised = (np.asarray(vectors, np.float64) - self.mean) / self.scale
        return euclidean_distances(standardised, self.centres.astype(np.float64)).min(axis=1)

    def rank(self, vector: npt.ArrayLike) -> tuple[int, int]:
        """Count the validation albums that are nearer than an album [shape=(d,)], and all validation albums."""
        distance = self.distances(np.asarray(vector)[None])[0]
        return int(np.searchsorted(self.others, distance)), len(self.others)


def measure(
    vectors: npt.ArrayLike, labels: npt.ArrayLike, training: npt.ArrayLike, validation: npt.ArrayLike
) -> Likeness | None:
    """Measure the distances of validation albums to training albums.

    Parameters
    ----------
    vectors : array [shape=(albums, d)]
        Embeddings.
    labels : array [shape=(albums, labels), bool]
    training, validation : array [int]
        Rows of the training and of the validation albums.

    Returns
    -------
    likeness : Likeness or None
        None if no label has :data:`FEWEST` training albums, or if there is no validation album.

    Examples
    --------
    >>> vectors = [[1, 0], [1, 0.1], [0, 1], [0.1, 1], [1, 0.2], [0.2, 1]] * 3
    >>> labels = [[True, False], [True, False], [False, True], [False, True], [True, False], [False, True]] * 3
    >>> likeness = measure(vectors, labels, range(12), range(12, 18))
    >>> likeness.rank([1, 0.1]), likeness.rank([-1, -1])
    ((0, 6), (6, 6))
    """
    X = np.asarray(vectors, np.float64)
    train = np.asarray(training, int)
    train_labels = np.asarray(labels, bool)[train]
    enough = train_labels.sum(axis=0) >= FEWEST
    if not enough.any() or not len(np.asarray(validation)):
        return None
    # In single precision, as a shared file stores them: distances are equal on both sides.
    mean = X[train].mean(axis=0).astype(np.float32)
    spread = X[train].std(axis=0)
    scale = np.maximum(spread, max(LEAST_SCALE * spread.mean(), np.finfo(np.float32).tiny)).astype(np.float32)
    standardised = (X[train] - mean) / scale
    with_label = train_labels[:, enough].T.astype(np.float64)
    centres = (with_label @ standardised / with_label.sum(axis=1, keepdims=True)).astype(np.float32)
    without_others = Likeness(mean, scale, centres, np.zeros(0))
    others = without_others.distances(X[np.asarray(validation, int)])
    return Likeness(mean, scale, centres, np.sort(others))


def of_run(catalogue: Catalogue, folder: str | Path) -> Likeness | None:
    """Measure the likeness of albums by the embeddings of a finished run; see :func:`measure`."""
    ids = pd.Index(read_lines(Path(folder) / "album_ids.txt", runs.RERUN_HINT))
    vectors = read_array(Path(folder) / "embeddings.npy", runs.RERUN_HINT)
    split = catalogue.albums.set_index("album_id")["split"].reindex(ids).to_numpy()
    training = np.flatnonzero(split == "train")
    return measure(vectors, truth(catalogue, ids), training, np.flatnonzero(split == "val"))
