"""Checks of truth and scores that all metrics share, and the highest-ranked labels of an album.

Paper: Section 4.2.  Notebooks: 04 to 08.
"""

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from mumu_lib.core.errors import BadDataError, ParameterError


def checked(Y: npt.ArrayLike, S: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Check the shapes and values of truth and scores, and return both as arrays.

    Parameters
    ----------
    Y : array or sparse [shape=(albums, labels)], 0/1
    S : array [shape=(albums, labels)]

    Returns
    -------
    truth, scores : np.ndarray [shape=(albums, labels), bool], [shape=(albums, labels), float64]

    Raises
    ------
    BadDataError
        Shapes differ, the truth is not 0/1, or a score is NaN or infinite.

    Examples
    --------
    >>> truth, scores = checked([[1, 0]], [[0.9, 0.1]])
    >>> truth.tolist(), scores.tolist()
    ([[True, False]], [[0.9, 0.1]])
    """
    truth = Y.toarray() if sp.issparse(Y) else np.asarray(Y)  # type: ignore[union-attr]
    scores = np.asarray(S, dtype=np.float64)
    if truth.shape != scores.shape or truth.ndim != 2:
        raise BadDataError(f"truth and scores must both be albums x labels, got {truth.shape} and {scores.shape}")
    if not np.isin(truth, (0, 1)).all():
        raise BadDataError("the truth must hold 0 and 1 only")
    if not np.isfinite(scores).all():
        album, label = np.argwhere(~np.isfinite(scores))[0]
        raise BadDataError(
            f"scores hold NaN or infinity, first at album row {album}, label column {label}: the network diverged, or "
            "a feature of that album is missing; lower learning_rate, or check that album"
        )
    return truth.astype(bool), scores


def top(scores: np.ndarray, k: int) -> np.ndarray:
    """Return the columns of the k highest scores of each album [shape=(albums, k)]; ties go to the lower column.

    Raises
    ------
    ParameterError
        ``k`` is below 1 or above the number of labels.

    Examples
    --------
    >>> top(np.array([[0.1, 0.9, 0.9]]), 2).tolist()
    [[1, 2]]
    """
    if not 1 <= k <= scores.shape[1]:
        raise ParameterError(f"k must be between 1 and the {scores.shape[1]} labels, got {k}")
    return np.argsort(-scores, axis=1, kind="stable")[:, :k]
