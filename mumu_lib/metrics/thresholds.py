"""Decisions from scores: a threshold for each label, chosen on validation albums, and macro F1.

Paper: none; the paper ranks labels and does not decide.  Notebooks: 08_results, 09_your_album.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import precision_recall_curve

from mumu_lib.core.errors import BadDataError
from mumu_lib.metrics.checks import checked

# Fewest positive validation albums for a threshold of a label's own; with fewer, choosing by F1 is mostly luck.
OWN_FROM = 10
# Parts of the validation albums in the cross-validation of the precision.
FOLDS = 10
# Strength of the shrinkage towards the mean precision, in decisions: a single correct decision is no proof of 1.0.
PRIOR = 2


@dataclass(frozen=True)
class Expected:
    """Precision of future decisions of each label, estimated by cross-validation.

    Attributes
    ----------
    precision : np.ndarray [shape=(labels,)]
        NaN for a label without decisions.
    decided : np.ndarray [shape=(labels,), int]
        Number of decisions behind the estimate: of the label, or of all labels that share its threshold.
    """

    precision: np.ndarray
    decided: np.ndarray


def choose(truth: npt.ArrayLike, scores: npt.ArrayLike, own_from: int = OWN_FROM) -> np.ndarray:
    """Choose for each label the threshold with the highest F1 on validation albums.

    Labels with fewer than ``own_from`` positives share one threshold, chosen on all their scores together; if none of
    them has a positive, it is chosen on the scores of all labels. Among equally good thresholds the highest is taken.

    Parameters
    ----------
    truth : array or sparse [shape=(albums, labels)], 0/1
    scores : array [shape=(albums, labels)]
    own_from : int >= 0
        Fewest positives for a threshold of a label's own.

    Returns
    -------
    thresholds : np.ndarray [shape=(labels,)]
        A label is predicted for albums whose score is at least its threshold.

    Raises
    ------
    BadDataError
        None of the albums has a label; also as :func:`mumu_lib.metrics.auc_per_label`.

    Examples
    --------
    >>> choose([[1, 0], [0, 1], [0, 0]], [[0.9, 0.3], [0.2, 0.6], [0.1, 0.1]], own_from=1).tolist()
    [0.9, 0.6]
    """
    has, given = checked(truth, scores)
    if not has.any():
        raise BadDataError(
            f"thresholds cannot be chosen: none of the {len(has)} validation albums has any label; check the split"
        )
    return _chosen(has, given, shares_threshold(has, own_from))


def _chosen(has: np.ndarray, given: np.ndarray, rare: np.ndarray) -> np.ndarray:
    """Choose thresholds, one for all ``rare`` labels together; infinity for other labels without a positive."""
    thresholds = np.full(has.shape[1], np.inf)
    if rare.any():
        pooled = rare
        if not has[:, rare].any():
            pooled = np.full(len(rare), True)
        thresholds[rare] = _best(has[:, pooled].ravel(), given[:, pooled].ravel())
    for label in np.flatnonzero(~rare & has.any(axis=0)):
        thresholds[label] = _best(has[:, label], given[:, label])
    return thresholds


def expected_precision(truth: npt.ArrayLike, scores: npt.ArrayLike, own_from: int = OWN_FROM) -> Expected:
    """Estimate the precision of each label's decisions by tenfold cross-validation.

    Thresholds are chosen on nine parts of the albums as :func:`choose` does, and decisions are counted on the tenth;
    counting on the albums that the thresholds were chosen on would overestimate the precision. For a label with a
    threshold of its own, its own decisions count, shrunk by :data:`PRIOR` decisions towards the mean of all such
    labels. Labels that share a threshold get the precision of all their decisions together.

    Parameters
    ----------
    truth : array or sparse [shape=(albums, labels)], 0/1
    scores : array [shape=(albums, labels)]
    own_from : int >= 0
        As for :func:`choose`.

    Returns
    -------
    expected : Expected

    Raises
    ------
    BadDataError
        As :func:`choose`.

    Examples
    --------
    >>> truth = [[1, 0], [0, 1]] * 6
    >>> scores = [[0.9, 0.1], [0.2, 0.8]] * 6
    >>> expected_precision(truth, scores, own_from=1).precision.tolist()
    [1.0, 1.0]
    """
    has, given = checked(truth, scores)
    rare = shares_threshold(has, own_from)
    right = np.zeros(has.shape[1], int)
    decided = np.zeros(has.shape[1], int)
    for part in _parts(len(has)):
        rest = np.setdiff1d(np.arange(len(has)), part)
        if not has[rest].any():
            continue
        decisions = apply(given[part], _chosen(has[rest], given[rest], rare))
        right += (decisions & has[part]).sum(axis=0)
        decided += decisions.sum(axis=0)
    precision = np.full(has.shape[1], np.nan)
    own_decisions = decided[~rare].sum()
    if own_decisions:
        mean = right[~rare].sum() / own_decisions
        precision[~rare] = (right[~rare] + PRIOR * mean) / (decided[~rare] + PRIOR)
    shared_decisions = decided[rare].sum()
    if shared_decisions:
        precision[rare] = right[rare].sum() / shared_decisions
    return Expected(precision, np.where(rare, shared_decisions, decided))


def _parts(albums: int) -> list[np.ndarray]:
    """Split albums into at most ten parts, the same ones in every call; no parts for fewer than two albums."""
    if albums < 2:
        return []
    order = np.random.default_rng(0).permutation(albums)
    return np.array_split(order, min(FOLDS, albums))


def shares_threshold(truth: np.ndarray, own_from: int = OWN_FROM) -> np.ndarray:
    """Find the labels that are too rare among validation albums for a threshold of their own [shape=(labels,), bool].

    Examples
    --------
    >>> shares_threshold(np.array([[1, 0], [1, 1]]), own_from=2).tolist()
    [False, True]
    """
    positives = np.asarray(truth).sum(axis=0)
    return (positives < own_from) | (positives == 0)


def _best(has: np.ndarray, scores: np.ndarray) -> float:
    """Return the threshold with the highest F1; among equals the highest threshold."""
    precision, recall, thresholds = precision_recall_curve(has, scores)
    total = precision + recall
    f1 = np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0)[: len(thresholds)]
    # Thresholds ascend, so the last of the best is the highest. Rounded: rounding errors must not decide between
    # equals.
    best = np.flatnonzero(f1.round(12) == f1.round(12).max())[-1]
    return float(thresholds[best])


def apply(scores: npt.ArrayLike, thresholds: npt.ArrayLike) -> np.ndarray:
    """Decide which labels reach their threshold [shape=(albums, labels), bool].

    Parameters
    ----------
    scores : array [shape=(albums, labels)]
    thresholds : array [shape=(labels,)]
        From :func:`choose`.

    Examples
    --------
    >>> apply([[0.9, 0.1]], [0.5, 0.2]).tolist()
    [[True, False]]
    """
    return np.asarray(scores, dtype=np.float64) >= np.asarray(thresholds, dtype=np.float64)


def f1(truth: npt.ArrayLike, scores: npt.ArrayLike, thresholds: npt.ArrayLike) -> float:
    """Compute macro F1: the mean over the labels that have a positive; a label that is never predicted counts 0.

    Parameters
    ----------
    truth : array or sparse [shape=(albums, labels)], 0/1
    scores : array [shape=(albums, labels)]
    thresholds : array [shape=(labels,)]
        From :func:`choose`, on other albums.

    Returns
    -------
    f1 : float
        NaN if no label has a positive.

    Examples
    --------
    >>> f1([[1, 0], [1, 0]], [[0.9, 0.1], [0.2, 0.1]], [0.5, 0.5])
    0.6666666666666666
    """
    has, given = checked(truth, scores)
    decisions = apply(given, thresholds)
    right = (has & decisions).sum(axis=0)
    positives = has.sum(axis=0)
    with_positive = positives > 0
    if not with_positive.any():
        return float("nan")
    per_label = 2 * right[with_positive] / (positives + decisions.sum(axis=0))[with_positive]
    return float(np.mean(per_label))
