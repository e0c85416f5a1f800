"""Ranking of an album's labels: labels that are constant in training, rare labels, and scores shifted by frequency.

Paper: none; the metrics and the control are ours.  Notebooks: 04 to 08.
"""

import numpy as np
import numpy.typing as npt

from mumu_lib.core.errors import BadDataError
from mumu_lib.metrics.checks import checked, top

# Kinds of labels among the training albums.
NEVER = -1
VARIES = 0
ALWAYS = 1
PROPENSITY_A = 0.55
PROPENSITY_B = 1.5


def constant_labels(positives: npt.ArrayLike, n: int) -> np.ndarray:
    """Find the labels that no training album has, and those that all have.

    Parameters
    ----------
    positives : array [shape=(labels,), int]
        Number of training albums with each label.
    n : int
        Number of training albums.

    Returns
    -------
    constant : np.ndarray [shape=(labels,), int8]
        -1: no album has the label; 1: all albums have it; 0: some do, and a classifier can learn it.

    Examples
    --------
    >>> constant_labels([0, 3, 5], 5).tolist()
    [-1, 0, 1]
    """
    counts = np.asarray(positives)
    constant = np.full(counts.shape, VARIES, np.int8)
    constant[counts == n] = ALWAYS
    constant[counts == 0] = NEVER
    return constant


def put_constant_last_or_first(
    scores: npt.ArrayLike, constant: npt.ArrayLike, bounds: tuple[float, float] | None = None
) -> np.ndarray:
    """Set the scores of labels that were constant in training below, or above, those of all other labels.

    A classifier learns nothing about such labels. A label that no training album has would often rank first, since its
    log odds, or its cosine, are 0, and those of most other labels are negative.

    Parameters
    ----------
    scores : array [shape=(albums, labels)]
    constant : array [shape=(labels,), int]
        From :func:`constant_labels`.
    bounds : (lowest, highest), optional
        Range of the scores, e.g. 0 and 1; constant labels get its ends. By default 1 below the lowest and 1 above the
        highest score of the other labels.

    Returns
    -------
    scores : np.ndarray [shape=(albums, labels)]
        A constant label has the same score on all albums, and therefore an AUC of one half. The order of the other
        labels does not change.

    Examples
    --------
    >>> put_constant_last_or_first([[0.0, -2.0, -1.0]], [-1, 0, 0]).tolist()
    [[-3.0, -2.0, -1.0]]
    """
    kinds = np.asarray(constant)
    result = np.array(scores)
    if not kinds.any():
        return result
    others = kinds == VARIES
    if bounds is None:
        varying = result[:, others]
        lowest = varying.min(initial=np.inf)
        highest = varying.max(initial=-np.inf)
        if not varying.size:
            lowest = highest = 0
        lowest = lowest - 1
        highest = highest + 1
    else:
        lowest, highest = np.array(bounds, result.dtype)
        # A score on the bound itself would tie with the constant labels.
        result = np.clip(result, np.nextafter(lowest, highest), np.nextafter(highest, lowest))
    result[:, kinds == NEVER] = lowest
    result[:, kinds == ALWAYS] = highest
    return result


def inverse_propensities(
    positives: npt.ArrayLike, n: int, a: float = PROPENSITY_A, b: float = PROPENSITY_B
) -> np.ndarray:
    """Compute a weight for each label: the rarer it is, the likelier an annotation is missing, the higher the weight.

    Jain, Prabhu and Varma, "Extreme multi-label loss functions for recommendation, tagging, ranking and other missing
    label applications", KDD 2016: 1 + C (N_l + b)^-a with C = (ln N - 1) (b + 1)^a.

    Parameters
    ----------
    positives : array [shape=(labels,), int]
        N_l, the number of training albums with each label.
    n : int >= 3
        N, the number of training albums.
    a, b : float
        Constants of the data set; the defaults are those that the paper recommends in general.

    Returns
    -------
    weights : np.ndarray [shape=(labels,)]
        At least 1.

    Raises
    ------
    BadDataError
        There are fewer than three training albums, for which the formula would give weights below 1.

    Examples
    --------
    >>> inverse_propensities([1, 100], 1000).round(2).tolist()
    [6.91, 1.77]
    """
    if n < 3:
        raise BadDataError(f"propensities need 3 training albums or more, got {n}; check the split of the catalogue")
    scale = (np.log(n) - 1) * (b + 1) ** a
    return 1 + scale * (np.asarray(positives, dtype=np.float64) + b) ** -a


def propensity_scored_precision_at(
    truth: npt.ArrayLike, scores: npt.ArrayLike, weights: npt.ArrayLike, k: int
) -> float:
    """Compute propensity-scored precision@k, divided by the value of the best possible ranking.

    A correct label counts by its inverse propensity. The result is the ratio of two means over albums, not the mean of
    ratios; albums without labels are ignored. Ties as in :func:`mumu_lib.metrics.coverage_at_k`.

    Parameters
    ----------
    truth : array or sparse [shape=(albums, labels)], 0/1
    scores : array [shape=(albums, labels)]
    weights : array [shape=(labels,)]
        From :func:`inverse_propensities`.
    k : int > 0
        At most the number of labels.

    Returns
    -------
    precision : float
        Between 0 and 1; NaN if no album has a label.

    Examples
    --------
    >>> propensity_scored_precision_at([[1, 1, 0]], [[0.9, 0.1, 0.5]], [1.0, 4.0, 2.0], 1)
    0.25
    """
    has, checked_scores = checked(truth, scores)
    gains = has * np.asarray(weights, dtype=np.float64)
    gained = np.take_along_axis(gains, top(checked_scores, k), axis=1).sum()
    # The best ranking puts the labels of an album first, the highest weights before the others.
    possible = np.sort(gains, axis=1)[:, -k:].sum()
    if not has.any():
        return float("nan")
    return float(gained / possible)


def shifted(scores: npt.ArrayLike, positives: npt.ArrayLike, n: int) -> np.ndarray:
    """Subtract from each label's log odds those of its frequency in training: a control, not a better classifier.

    Each label is shifted by a constant, which leaves its AUC unchanged. Changes of coverage and precision are therefore
    due to how often a label is predicted, not to what was learned about albums.

    Parameters
    ----------
    scores : array [shape=(albums, labels)]
        Probabilities of a logistic run. If any is outside 0 to 1, all are taken as log odds, e.g. of a linear model.
    positives : array [shape=(labels,), int]
        Number of training albums with each label.
    n : int
        Number of training albums. Half an album with and half an album without the label are added, which keeps the
        odds finite.

    Returns
    -------
    log_odds : np.ndarray [shape=(albums, labels), float64]
        Labels that were constant in training still rank last or first.

    Examples
    --------
    >>> shifted([[0.5, 0.5]], [1, 3], 4).round(2).tolist()
    [[0.85, -0.85]]
    """
    log_odds = np.asarray(scores, dtype=np.float64)
    if ((log_odds >= 0) & (log_odds <= 1)).all():
        # Changes 0 and 1 only: their log odds are infinite.
        p = np.clip(log_odds, np.finfo(np.float64).smallest_subnormal, 1 - np.finfo(np.float64).epsneg)
        log_odds = np.log(p) - np.log1p(-p)
    counts = np.asarray(positives, dtype=np.float64)
    prior = np.log(counts + 0.5) - np.log(n - counts + 0.5)
    return put_constant_last_or_first(log_odds - prior, constant_labels(positives, n))
