"""From scores to decisions: one threshold a label, chosen on validation albums, and macro F1.

Paper: none; the paper ranks and does not decide.  Notebooks: 08_results, 09_your_album.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import precision_recall_curve

from mumu_lib.core.errors import BadDataError
from mumu_lib.metrics.checks import checked

# A threshold of its own from so many validation albums on: below it one chosen by F1 is mostly luck.
OWN_FROM = 10
# Parts of the validation albums by which the precision of decisions is estimated.
FOLDS = 10
# A label's own decisions are joined by so many of the mean precision, so that one lucky decision is not taken for 1.0.
PRIOR = 2


@dataclass(frozen=True)
class Expected:
    """How often decisions of a label will be right, estimated by cross-validation.

    Attributes
    ----------
    precision : np.ndarray [shape=(labels,)]
        NaN where nothing was decided that could be counted.
    decided : np.ndarray [shape=(labels,), int]
        Decisions that it is estimated from: of the label, or of all labels that share its threshold.
    """

    precision: np.ndarray
    decided: np.ndarray


def choose(truth: npt.ArrayLike, scores: npt.ArrayLike, own_from: int = OWN_FROM) -> np.ndarray:
    """Choose for each label the threshold with the highest F1 on validation albums.

    Labels with fewer than ``own_from`` positives share one threshold, chosen on all their scores together; if they
    have no positive at all, on the scores of all labels. Of equally good thresholds the highest.

    Parameters
    ----------
    truth : array or sparse [shape=(albums, labels)], 0/1
    scores : array [shape=(albums, labels)]
    own_from : int >= 0
        Positives from which on a label has a threshold of its own.

    Returns
    -------
    thresholds : np.ndarray [shape=(labels,)]
        A label is said of albums whose score reaches it.

    Raises
    ------
    BadDataError
        No album has any of the labels; also as :func:`mumu_lib.metrics.auc_per_label`.

    Examples
    --------
    >>> choose([[1, 0], [0, 1], [0, 0]], [[0.9, 0.3], [0.2, 0.6], [0.1, 0.1]], own_from=1).tolist()
    [0.9, 0.6]
    """
    has, given = checked(truth, scores)
    if not has.any():
        raise BadDataError(
            f"thresholds cannot be chosen: none of the {len(has)} validation albums has any label; look at the split"
        )
    return _chosen(has, given, shares_threshold(has, own_from))


def _chosen(has: np.ndarray, given: np.ndarray, rare: np.ndarray) -> np.ndarray:
    """Choose thresholds where it is settled which labels share one; infinity for one without a positive."""
    thresholds = np.full(has.shape[1], np.inf)
    if rare.any():
        pooled = rare if has[:, rare].any() else np.full(len(rare), True)
        thresholds[rare] = _best(has[:, pooled].ravel(), given[:, pooled].ravel())
    for label in np.flatnonzero(~rare & has.any(axis=0)):
        thresholds[label] = _best(has[:, label], given[:, label])
    return thresholds


def expected_precision(truth: npt.ArrayLike, scores: npt.ArrayLike, own_from: int = OWN_FROM) -> Expected:
    """Estimate how often a label that reaches its threshold will be right.

    The thresholds are chosen for F1 on these very albums, so that counting on them would flatter. Hence ten parts:
    thresholds are chosen on nine as :func:`choose` does, and decisions counted on the tenth. A label with a
    threshold of its own has the precision of its own decisions, drawn by :data:`PRIOR` decisions towards that of all such
    labels; labels that share one have the precision of their decisions together.

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
        said = apply(given[part], _chosen(has[rest], given[rest], rare))
        right += (said & has[part]).sum(axis=0)
        decided += said.sum(axis=0)
    precision = np.full(has.shape[1], np.nan)
    own_decisions = decided[~rare].sum()
    if own_decisions:
        mean = right[~rare].sum() / own_decisions
        precision[~rare] = (right[~rare] + PRIOR * mean) / (decided[~rare] + PRIOR)
    together = decided[rare].sum()
    if together:
        precision[rare] = right[rare].sum() / together
    return Expected(precision, np.where(rare, together, decided))


def _parts(albums: int) -> list[np.ndarray]:
    """Deal albums out to at most ten parts, the same ones each time; none where one album cannot be left out."""
    if albums < 2:
        return []
    order = np.random.default_rng(0).permutation(albums)
    return np.array_split(order, min(FOLDS, albums))


def shares_threshold(truth: np.ndarray, own_from: int = OWN_FROM) -> np.ndarray:
    """Return which labels are too rare among validation albums for a threshold of their own [shape=(labels,), bool]."""
    positives = np.asarray(truth).sum(axis=0)
    return (positives < own_from) | (positives == 0)


def _best(has: np.ndarray, scores: np.ndarray) -> float:
    """Return the threshold with the highest F1, of equal ones the highest."""
    precision, recall, thresholds = precision_recall_curve(has, scores)
    total = precision + recall
    f1 = np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0)[: len(thresholds)]
    # The last of the best, since thresholds rise; rounded, or rounding errors would choose among equal ones.
    best = np.flatnonzero(f1.round(12) == f1.round(12).max())[-1]
    return float(thresholds[best])


def apply(scores: npt.ArrayLike, thresholds: npt.ArrayLike) -> np.ndarray:
    """Say which labels reach their threshold [shape=(albums, labels), bool].

    Parameters
    ----------
    scores : array [shape=(albums, labels)]
    thresholds : array [shape=(labels,)]
        Of :func:`choose`.
    """
    return np.asarray(scores, dtype=np.float64) >= np.asarray(thresholds, dtype=np.float64)


def f1(truth: npt.ArrayLike, scores: npt.ArrayLike, thresholds: npt.ArrayLike) -> float:
    """Compute macro F1: the mean over the labels that have a positive; a label never said counts 0.

    Parameters
    ----------
    truth : array or sparse [shape=(albums, labels)], 0/1
    scores : array [shape=(albums, labels)]
    thresholds : array [shape=(labels,)]
        Of :func:`choose`, on other albums.

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
    said = apply(given, thresholds)
    right = (has & said).sum(axis=0)
    positives = has.sum(axis=0)
    judged = positives > 0
    if not judged.any():
        return float("nan")
    return float(np.mean(2 * right[judged] / (positives + said.sum(axis=0))[judged]))
