"""Know arrays again that were computed anew: by a few random projections, since their last digits may differ."""

from typing import Any

import numpy as np

# Another number of threads moves projections by some 1e-6 of the largest; another computation by far more.
SAME = 1e-4
PROJECTIONS = 4


def sketch(X: Any) -> np.ndarray:
    """Random projections of every row, the same ones each time.

    Parameters
    ----------
    X : np.ndarray or sparse matrix [shape=(n, d)]

    Returns
    -------
    projections : np.ndarray [shape=(n, 4), float32]
    """
    directions = np.random.default_rng(0).standard_normal((X.shape[1], PROJECTIONS), np.float32)
    return (X @ directions).astype(np.float32)


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two sketches are of the same values, but for rounding."""
    return one.shape == other.shape and bool(np.abs(one - other).max(initial=0) <= SAME * np.abs(one).max(initial=0))
