"""Metrics of the paper's section 4.2, and how sure they are.

Notebooks: 04 to 08.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.stats import rankdata

from mumu_lib.errors import BadDataError, ParameterError

COVERAGE_AT = (1, 3, 5)


def _checked(Y: npt.ArrayLike, S: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    truth = Y.toarray() if sp.issparse(Y) else np.asarray(Y)  # type: ignore[union-attr]
    scores = np.asarray(S, dtype=np.float64)
    if truth.shape != scores.shape or truth.ndim != 2:
        raise BadDataError(f"truth and scores must both be albums x labels, got {truth.shape} and {scores.shape}")
    if not np.isin(truth, (0, 1)).all():
        raise BadDataError("the truth must hold 0 and 1 only")
    if np.isnan(scores).any():
        album, label = np.argwhere(np.isnan(scores))[0]
        raise BadDataError(f"scores hold NaN, first at album row {album}, label column {label}: the network diverged "
                           f"or a feature is missing; lower learning_rate or look at that album")  # fmt: skip
    return truth.astype(bool), scores


def auc_per_label(Y: npt.ArrayLike, S: npt.ArrayLike) -> np.ndarray:
    """Area under the ROC curve of every label; ties count half.

    Parameters
    ----------
    Y : array or sparse [shape=(albums, labels)], 0/1
    S : array [shape=(albums, labels)]
        Higher is more likely.

    Returns
    -------
    auc : np.ndarray [shape=(labels,)]
        NaN where a label has no positive or no negative.

    Raises
    ------
    BadDataError
        Shapes differ, the truth is not 0/1, a score is NaN.
    """
    truth, scores = _checked(Y, S)
    positives = truth.sum(axis=0)
    pairs = positives * (len(truth) - positives)
    ranks = (rankdata(scores, axis=0) * truth).sum(axis=0) if len(truth) else np.zeros(truth.shape[1])
    won = ranks - positives * (positives + 1) / 2
    return np.divide(won, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)


def macro_auc(Y: npt.ArrayLike, S: npt.ArrayLike) -> float:
    """Mean AUC over the labels that have both a positive and a negative (paper 4.2).

    Returns
    -------
    auc : float
        NaN when no label has both.
    """
    auc = auc_per_label(Y, S)
    return float(np.nanmean(auc)) if np.isfinite(auc).any() else float("nan")


def coverage_at_k(S: npt.ArrayLike, k: int) -> float:
    """Share of all labels that stand in the top k of at least one album (paper 4.2).

    Of equal scores the label of the lower column comes first.

    Parameters
    ----------
    S : array [shape=(albums, labels)]
    k : int > 0
        At most the number of labels.
    """
    scores = np.asarray(S, dtype=np.float64)
    _checked(np.zeros(scores.shape), scores)
    if not 1 <= k <= scores.shape[1]:
        raise ParameterError(f"k must be between 1 and the {scores.shape[1]} labels, got {k}")
    top = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return len(np.unique(top)) / scores.shape[1]


def bootstrap(
    Y: npt.ArrayLike, S: npt.ArrayLike, metric: Callable = macro_auc, n: int = 1000, seed: int = 0
) -> np.ndarray:
    """Values of a metric over resamples of the albums, drawn with replacement.

    Two calls with one seed use the same resamples, so that their difference is paired. For
    ``macro_auc`` the comparisons between albums are made once and reweighted for every resample.

    Parameters
    ----------
    metric : function of (Y, S) -> float
    n : int > 0
        Number of resamples.

    Returns
    -------
    values : np.ndarray [shape=(n,)]
        The macro AUC of a resample is over the labels that keep a positive and a negative in it.
    """
    truth, scores = _checked(Y, S)
    draws = np.random.default_rng(seed).integers(0, len(truth), (n, len(truth)))
    if metric is not macro_auc:
        return np.array([metric(truth[rows], scores[rows]) for rows in draws])
    # Counts stay far below 2^24, so that float32 products are exact.
    weights = np.stack([np.bincount(rows, minlength=len(truth)) for rows in draws]).astype(np.float32)
    return _macro_auc_resampled(truth, scores, weights)


def _macro_auc_resampled(truth: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    total, labels = np.zeros(len(weights)), np.zeros(len(weights), int)
    for y, s in zip(truth.T, scores.T, strict=True):
        # Only the smaller class is spread over columns; swapping the classes and the sign leaves the AUC as it is.
        few, s = (y, s) if 2 * y.sum() <= len(y) else (~y, -s)
        beaten = (s[~few, None] < s[few]) + np.float32(0.5) * (s[~few, None] == s[few])
        won = np.einsum("ij,ij->i", weights[:, ~few] @ beaten, weights[:, few], dtype=np.float64)
        pairs = weights[:, few].sum(axis=1, dtype=np.float64) * weights[:, ~few].sum(axis=1, dtype=np.float64)
        valid = pairs > 0
        total[valid] += won[valid] / pairs[valid]
        labels += valid
    return np.divide(total, labels, out=np.full(len(total), np.nan), where=labels > 0)


def interval(values: npt.ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """Percentile interval of bootstrap values; NaN values are left out, and give NaN if there are no others."""
    finite = np.asarray(values, dtype=np.float64)
    finite = finite[np.isfinite(finite)]
    if not finite.size:
        return float("nan"), float("nan")
    tail = 100 * (1 - level) / 2
    low, high = np.percentile(finite, [tail, 100 - tail])
    return float(low), float(high)


def evaluate(
    Y: npt.ArrayLike, S: npt.ArrayLike, labels: list[str], *, resamples: int = 1000, seed: int = 0
) -> dict[str, Any]:
    """Every metric of one run, with the labels that had to be left out of the AUC.

    Returns
    -------
    metrics : dict
        ``auc``, ``auc_low``, ``auc_high`` (95 %), ``coverage@1``, ``@3``, ``@5``, ``albums``,
        ``labels_left_out``: ``no positive`` and ``no negative`` -> label names.
    """
    truth, scores = _checked(Y, S)
    if len(truth) == 0:
        raise BadDataError("there is no album to evaluate on: the split is empty")
    low, high = interval(bootstrap(truth, scores, n=resamples, seed=seed)) if resamples else (np.nan, np.nan)
    without = {"no positive": ~truth.any(axis=0), "no negative": truth.all(axis=0)}
    return {
        "auc": macro_auc(truth, scores), "auc_low": low, "auc_high": high,
        **{f"coverage@{k}": coverage_at_k(scores, k) for k in COVERAGE_AT if k <= len(labels)},
        "albums": len(truth),
        "labels_left_out": {why: [labels[i] for i in np.flatnonzero(missing)] for why, missing in without.items()},
    }  # fmt: skip
