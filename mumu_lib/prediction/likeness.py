"""Is an album like those that a run has learned from?  The distance of its vector to the centres of their labels.

Paper: none.  Notebooks: 09_your_album.

Of the training albums nothing is kept but a mean vector of each label, so that what is shared holds no album.
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

# A centre of fewer albums would be nearly an album itself.
FEWEST = 5
# A number that hardly differs among training albums counts as differing by this share of what numbers do on average, lest
# a last bit be taken for a world of difference.
LEAST_SCALE = 0.01


@dataclass(frozen=True)
class Likeness:
    """How far albums lie from those that a run has learned from.

    Attributes
    ----------
    mean, scale : np.ndarray [shape=(d,)]
        Mean and standard deviation of the training albums' vectors.
    centres : np.ndarray [shape=(n, d)]
        Mean standardised vector of the training albums with a label, for each label with enough of them.
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
        """Count the validation albums that lie nearer than an album [shape=(d,)], and all of them."""
        distance = self.distances(np.asarray(vector)[None])[0]
        return int(np.searchsorted(self.others, distance)), len(self.others)


def measure(
    vectors: npt.ArrayLike, has: npt.ArrayLike, training: npt.ArrayLike, held_out: npt.ArrayLike
) -> Likeness | None:
    """Measure how far validation albums lie from training albums.

    Parameters
    ----------
    vectors : array [shape=(albums, d)]
    has : array [shape=(albums, labels), bool]
    training, held_out : array [int]
        Rows of the training and of the validation albums.

    Returns
    -------
    likeness : Likeness or None
        None where no label has :data:`FEWEST` training albums, or there is no validation album.

    Examples
    --------
    >>> vectors = [[1, 0], [1, 0.1], [0, 1], [0.1, 1], [1, 0.2], [0.2, 1]] * 3
    >>> has = [[True, False], [True, False], [False, True], [False, True], [True, False], [False, True]] * 3
    >>> found = measure(vectors, has, range(12), range(12, 18))
    >>> found.rank([1, 0.1]), found.rank([-1, -1])
    ((0, 6), (6, 6))
    """
    X = np.asarray(vectors, np.float64)
    learned = np.asarray(training, int)
    labels = np.asarray(has, bool)[learned]
    enough = labels.sum(axis=0) >= FEWEST
    if not enough.any() or not len(np.asarray(held_out)):
        return None
    # As they are stored where a collection is shared, so that distances are the same there.
    mean = X[learned].mean(axis=0).astype(np.float32)
    spread = X[learned].std(axis=0)
    scale = np.maximum(spread, max(LEAST_SCALE * spread.mean(), np.finfo(np.float32).tiny)).astype(np.float32)
    standardised = (X[learned] - mean) / scale
    with_label = labels[:, enough].T.astype(np.float64)
    centres = (with_label @ standardised / with_label.sum(axis=1, keepdims=True)).astype(np.float32)
    found = Likeness(mean, scale, centres, np.zeros(0))
    others = found.distances(X[np.asarray(held_out, int)])
    return Likeness(mean, scale, centres, np.sort(others))


def of_run(catalogue: Catalogue, folder: str | Path) -> Likeness | None:
    """Measure the likeness of albums by the vectors of a finished run; None as of :func:`measure`."""
    ids = pd.Index(read_lines(Path(folder) / "album_ids.txt", runs.RERUN_HINT))
    vectors = read_array(Path(folder) / "embeddings.npy", runs.RERUN_HINT)
    split = catalogue.albums.set_index("album_id")["split"].reindex(ids).to_numpy()
    training = np.flatnonzero(split == "train")
    return measure(vectors, truth(catalogue, ids), training, np.flatnonzero(split == "val"))
