"""Metrics of the paper's section 4.2, with bootstrap intervals.

Notebooks: 02 to 08.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import lazy_loader
import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata
from sklearn.metrics import average_precision_score

from mumu_lib.core.errors import BadDataError, ParameterError, did_you_mean
from mumu_lib.metrics import resampling
from mumu_lib.metrics.checks import checked, top
from mumu_lib.metrics.resampling import certainty, interval

__getattr__, __dir__, _ = lazy_loader.attach(__name__, submodules=["checks", "ranking", "resampling", "thresholds"])


COVERAGE_AT = (1, 3, 5)
FREQUENCY_GROUPS = ("head", "middle", "tail")


def auc_per_label(Y: npt.ArrayLike, S: npt.ArrayLike) -> np.ndarray:
    """Compute the area under the ROC curve of each label; ties count half.

    Parameters
    ----------
    Y : array or sparse [shape=(albums, labels)], 0/1
    S : array [shape=(albums, labels)]
        Higher is more likely.

    Returns
    -------
    auc : np.ndarray [shape=(labels,)]
        NaN for a label without a positive or without a negative.

    Raises
    ------
    BadDataError
        Shapes differ, the truth is not 0/1, or a score is NaN or infinite.

    Examples
    --------
    >>> auc_per_label([[1, 1], [0, 1]], [[0.9, 0.3], [0.1, 0.2]]).tolist()
    [1.0, nan]
    """
    truth, scores = checked(Y, S)
    positives = truth.sum(axis=0)
    pairs = positives * (len(truth) - positives)
    rank_sums = np.zeros(truth.shape[1])
    if len(truth):
        rank_sums = (rankdata(scores, axis=0) * truth).sum(axis=0)
    # Pairs of a positive and a negative album in which the positive one scores higher.
    won = rank_sums - positives * (positives + 1) / 2
    return np.divide(won, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)


def macro_auc(Y: npt.ArrayLike, S: npt.ArrayLike) -> float:
    """Compute the mean AUC over the labels that have both a positive and a negative (paper 4.2).

    Parameters
    ----------
    Y : array or sparse [shape=(albums, labels)], 0/1
    S : array [shape=(albums, labels)]

    Returns
    -------
    auc : float
        NaN if no label has both.

    Examples
    --------
    >>> macro_auc([[1, 0], [0, 1], [0, 1]], [[0.9, 0.2], [0.1, 0.8], [0.2, 0.1]])
    0.75
    """
    auc = auc_per_label(Y, S)
    if not np.isfinite(auc).any():
        return float("nan")
    return float(np.nanmean(auc))


def coverage_at_k(S: npt.ArrayLike, k: int) -> float:
    """Compute the share of all labels that are in the top k of at least one album (paper 4.2).

    Ties go to the lower column.

    Parameters
    ----------
    S : array [shape=(albums, labels)]
    k : int > 0
        At most the number of labels.

    Examples
    --------
    >>> coverage_at_k([[0.9, 0.1, 0.2, 0.0], [0.8, 0.3, 0.1, 0.0]], k=2)
    0.75
    """
    scores = np.asarray(S, dtype=np.float64)
    checked(np.zeros(scores.shape), scores)
    return len(np.unique(top(scores, k))) / scores.shape[1]


def mean_average_precision(Y: npt.ArrayLike, S: npt.ArrayLike) -> float:
    """Compute the mean average precision (area under precision over recall) over the labels that have a positive.

    Parameters
    ----------
    Y : array or sparse [shape=(albums, labels)], 0/1
    S : array [shape=(albums, labels)]

    Returns
    -------
    map : float
        NaN if no label has a positive.

    Examples
    --------
    >>> round(mean_average_precision([[1], [0], [1]], [[0.9], [0.8], [0.1]]), 3)
    0.833
    """
    truth, scores = checked(Y, S)
    precisions = []
    for label in np.flatnonzero(truth.any(axis=0)):
        precisions.append(average_precision_score(truth[:, label], scores[:, label]))
    if not precisions:
        return float("nan")
    return float(np.mean(precisions))


def ranking_precision_per_album(Y: npt.ArrayLike, S: npt.ArrayLike) -> np.ndarray:
    """Compute the label-ranking average precision of each album [shape=(albums,)].

    The mean over an album's genres of the share of correct labels among those that score at least as high; 1 for an
    album with no genre or with all of them, as in scikit-learn.

    Examples
    --------
    >>> ranking_precision_per_album([[1, 0, 1]], [[0.9, 0.5, 0.1]]).round(3).tolist()
    [0.833]
    """
    truth, scores = checked(Y, S)
    among_all = rankdata(-scores, method="max", axis=1)
    # Rank negatives last: the ranks are then among the positives only.
    among_true = rankdata(np.where(truth, -scores, np.inf), method="max", axis=1)
    genres = truth.sum(axis=1)
    total = np.where(truth, among_true / among_all, 0).sum(axis=1)
    return np.divide(total, genres, out=np.ones(len(truth)), where=genres > 0)


def precision_per_album(Y: npt.ArrayLike, S: npt.ArrayLike, k: int) -> np.ndarray:
    """Compute the share of correct labels among the k highest of each album [shape=(albums,)].

    Ties as in :func:`coverage_at_k`.

    Examples
    --------
    >>> precision_per_album([[1, 0, 1]], [[0.9, 0.5, 0.1]], k=2).tolist()
    [0.5]
    """
    truth, scores = checked(Y, S)
    return np.take_along_axis(truth, top(scores, k), axis=1).mean(axis=1)


def frequency_groups(frequencies: npt.ArrayLike) -> dict[str, np.ndarray]:
    """Split the labels into thirds by frequency and return the columns of each: ``head``, ``middle``, ``tail``.

    Parameters
    ----------
    frequencies : array [shape=(labels,)]
        Number of training albums with each label. Among equally frequent labels the lower column comes first.

    Examples
    --------
    >>> groups = frequency_groups([5, 100, 7])
    >>> groups["head"].tolist(), groups["middle"].tolist(), groups["tail"].tolist()
    ([1], [2], [0])
    """
    order = np.argsort(-np.asarray(frequencies, dtype=np.float64), kind="stable")
    return dict(zip(FREQUENCY_GROUPS, np.array_split(order, len(FREQUENCY_GROUPS)), strict=True))


@dataclass(frozen=True)
class Metric:
    """A metric over all albums, called with truth and scores.

    Attributes
    ----------
    value : function of (truth, scores) -> float
    resampled : function of (truth, scores, n, seed) -> np.ndarray [shape=(n,)]
        The metric on bootstrap resamples.
    least_labels : int
        Fewest labels for which it is defined: k for a metric of the top k.
    """

    value: Callable[[Any, Any], float]
    resampled: Callable[[np.ndarray, np.ndarray, int, int], np.ndarray]
    least_labels: int = 1

    def __call__(self, Y: npt.ArrayLike, S: npt.ArrayLike) -> float:
        """Compute the metric on all albums."""
        return self.value(Y, S)


def _resampled_auc(truth: np.ndarray, scores: np.ndarray, n: int, seed: int) -> np.ndarray:
    return resampling.ranked(truth, scores, n, seed)["auc"]


def _resampled_map(truth: np.ndarray, scores: np.ndarray, n: int, seed: int) -> np.ndarray:
    return resampling.ranked(truth, scores, n, seed)["map"]


def _ranking_precision(Y: npt.ArrayLike, S: npt.ArrayLike) -> float:
    return float(ranking_precision_per_album(Y, S).mean())


def _resampled_ranking_precision(truth: np.ndarray, scores: np.ndarray, n: int, seed: int) -> np.ndarray:
    return resampling.mean(ranking_precision_per_album(truth, scores), n, seed)


def _precision(Y: npt.ArrayLike, S: npt.ArrayLike, *, k: int) -> float:
    return float(precision_per_album(Y, S, k).mean())


def _resampled_precision(truth: np.ndarray, scores: np.ndarray, n: int, seed: int, *, k: int) -> np.ndarray:
    return resampling.mean(precision_per_album(truth, scores, k), n, seed)


def _coverage(Y: npt.ArrayLike, S: npt.ArrayLike, *, k: int) -> float:
    return coverage_at_k(S, k)


def _resampled_coverage(truth: np.ndarray, scores: np.ndarray, n: int, seed: int, *, k: int) -> np.ndarray:
    return resampling.coverage(top(scores, k), scores.shape[1], n, seed)


# The names of metrics in `evaluate`, `bootstrap` and the claims. A new metric is added here.
METRICS: dict[str, Metric] = {
    "auc": Metric(macro_auc, _resampled_auc),
    "map": Metric(mean_average_precision, _resampled_map),
    "lrap": Metric(_ranking_precision, _resampled_ranking_precision),
}
for _k in COVERAGE_AT:
    METRICS[f"precision@{_k}"] = Metric(partial(_precision, k=_k), partial(_resampled_precision, k=_k), _k)
for _k in COVERAGE_AT:
    METRICS[f"coverage@{_k}"] = Metric(partial(_coverage, k=_k), partial(_resampled_coverage, k=_k), _k)


def _named(metric: str | Callable) -> Metric | None:
    """Return the metric of a name, or the one that a function such as :func:`macro_auc` computes; None for others.

    Raises
    ------
    ParameterError
        The name is unknown.
    """
    if isinstance(metric, str):
        if metric not in METRICS:
            raise ParameterError(
                f"unknown metric {metric!r}; choose one of {list(METRICS)}{did_you_mean(metric, METRICS)}"
            )
        return METRICS[metric]
    for known in METRICS.values():
        if metric in (known, known.value):
            return known
    return None


def bootstrap(
    Y: npt.ArrayLike, S: npt.ArrayLike, metric: str | Callable = macro_auc, n: int = 1000, seed: int = 0
) -> np.ndarray:
    """Compute a metric on resamples of the albums, drawn with replacement.

    Two calls with the same seed use the same resamples: their difference is paired. The metrics of ``METRICS`` are
    computed for many resamples at once; any other function is called once for each resample.

    Parameters
    ----------
    Y : array or sparse [shape=(albums, labels)], 0/1
    S : array [shape=(albums, labels)]
    metric : str or function of (Y, S) -> float
        A name of ``METRICS``, for instance ``auc`` or ``coverage@3``, or a function.
    n : int >= 0
        Number of resamples.
    seed : int
        Seed of the resamples.

    Returns
    -------
    values : np.ndarray [shape=(n,)]
        The macro AUC of a resample is a mean over the labels with a positive and a negative in it.

    Raises
    ------
    BadDataError
        There are no albums, or as :func:`auc_per_label`.
    ParameterError
        The name is unknown.

    Examples
    --------
    >>> values = bootstrap([[1, 0], [0, 1], [0, 1]], [[0.9, 0.2], [0.1, 0.8], [0.2, 0.1]], "coverage@1", n=100)
    >>> values.shape, float(values.max())
    ((100,), 1.0)
    """
    truth, scores = checked(Y, S)
    if len(truth) == 0:
        raise BadDataError("there are no albums to resample: the split is empty, or the runs have no album in common")
    named = _named(metric)
    if n == 0:
        return np.empty(0)
    if named is not None:
        return named.resampled(truth, scores, n, seed)
    values = []
    for rows in np.random.default_rng(seed).integers(0, len(truth), (n, len(truth))):
        values.append(metric(truth[rows], scores[rows]))  # type: ignore[operator]
    return np.array(values)


def paired(
    Y: npt.ArrayLike, S1: npt.ArrayLike, S2: npt.ArrayLike, metric: str | Callable = "auc", n: int = 1000, seed: int = 0
) -> dict[str, float]:
    """Compare two runs on the same albums by a paired bootstrap: the difference, its interval and its p-value.

    Both runs are measured on the same resamples, which cancels what makes an album easy or hard for both.

    Parameters
    ----------
    Y, S1, S2 : arrays [shape=(albums, labels)]
        The truth, and the scores of the two runs.
    metric, n, seed
        As for :func:`bootstrap`.

    Returns
    -------
    result : dict
        ``first``, ``second``, and the entries of :func:`mumu_lib.metrics.resampling.certainty` (95 %) for first minus
        second.

    Examples
    --------
    >>> Y = [[1, 0], [0, 1], [0, 1]]
    >>> result = paired(Y, [[0.9, 0.2], [0.1, 0.8], [0.2, 0.1]], Y, n=100)
    >>> result["first"], result["second"], result["difference"]
    (0.75, 1.0, -0.25)
    """
    values = bootstrap(Y, S1, metric, n, seed) - bootstrap(Y, S2, metric, n, seed)
    function = _named(metric) or metric
    first = float(function(*checked(Y, S1)))  # type: ignore[operator]
    second = float(function(*checked(Y, S2)))  # type: ignore[operator]
    return {"first": first, "second": second, **certainty(first - second, values)}


def evaluate(
    Y: npt.ArrayLike,
    S: npt.ArrayLike,
    labels: list[str],
    *,
    frequencies: npt.ArrayLike | None = None,
    resamples: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """Compute all metrics of one run, and list the labels that are left out of the AUC.

    Parameters
    ----------
    Y : array or sparse [shape=(albums, labels)], 0/1
    S : array [shape=(albums, labels)]
    labels : list of str
        Names of the columns.
    frequencies : array [shape=(labels,)], optional
        Number of training albums with each label; adds the AUC of each third of the labels.
    resamples : int >= 0
        Bootstrap resamples for the interval of the AUC.
    seed : int
        Seed of the resamples.

    Returns
    -------
    metrics : dict
        The entries of ``METRICS`` (``@k`` only for k up to the number of labels), ``auc_low`` and ``auc_high`` (95 %);
        with ``frequencies`` also ``auc_head``, ``auc_middle``, ``auc_tail``; ``albums``; ``labels_left_out``, which
        maps ``no positive`` and ``no negative`` to label names.

    Raises
    ------
    BadDataError
        There are no albums, or as :func:`auc_per_label`.

    Examples
    --------
    >>> result = evaluate([[1, 0], [0, 0]], [[0.9, 0.2], [0.1, 0.3]], ["Jazz", "Polka"], resamples=0)
    >>> result["auc"], result["coverage@1"], result["labels_left_out"]
    (1.0, 1.0, {'no positive': ['Polka'], 'no negative': []})
    """
    truth, scores = checked(Y, S)
    if len(truth) == 0:
        raise BadDataError("there are no albums to evaluate on: the split is empty")
    low, high = interval(bootstrap(truth, scores, n=resamples, seed=seed))
    result: dict[str, Any] = {"auc": macro_auc(truth, scores), "auc_low": low, "auc_high": high}
    for name, metric in METRICS.items():
        if name != "auc" and metric.least_labels <= len(labels):
            result[name] = metric(truth, scores)
    if frequencies is not None:
        for group, columns in frequency_groups(frequencies).items():
            result[f"auc_{group}"] = macro_auc(truth[:, columns], scores[:, columns])
    names = np.array(labels, dtype=object)
    result["albums"] = len(truth)
    result["labels_left_out"] = {
        "no positive": names[~truth.any(axis=0)].tolist(),
        "no negative": names[truth.all(axis=0)].tolist(),
    }
    return result
