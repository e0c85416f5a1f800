"""Metrics of the paper's section 4.2, and how sure they are.

Notebooks: 04 to 08.
"""

from collections.abc import Callable
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
    truth, scores = checked(Y, S)
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
    checked(np.zeros(scores.shape), scores)
    return len(np.unique(top(scores, k))) / scores.shape[1]


def mean_average_precision(Y: npt.ArrayLike, S: npt.ArrayLike) -> float:
    """Mean over the labels that have a positive of the average precision (area under precision over recall).

    Returns
    -------
    map : float
        NaN when no label has a positive.
    """
    truth, scores = checked(Y, S)
    columns = np.flatnonzero(truth.any(axis=0))
    return float(np.mean([average_precision_score(truth[:, j], scores[:, j]) for j in columns] or np.nan))


def ranking_precision_per_album(Y: npt.ArrayLike, S: npt.ArrayLike) -> np.ndarray:
    """Label-ranking average precision of each album [shape=(albums,)].

    For each genre of the album the share of its genres among the labels that score at least as high, averaged; 1 for
    an album with no genre or with all, as scikit-learn has it.
    """
    truth, scores = checked(Y, S)
    among_all = rankdata(-scores, method="max", axis=1)
    # What is no genre of the album goes behind everything else, and leaves the ranks among its genres.
    among_true = rankdata(np.where(truth, -scores, np.inf), method="max", axis=1)
    genres = truth.sum(axis=1)
    total = np.where(truth, among_true / among_all, 0).sum(axis=1)
    return np.divide(total, genres, out=np.ones(len(truth)), where=genres > 0)


def precision_per_album(Y: npt.ArrayLike, S: npt.ArrayLike, k: int) -> np.ndarray:
    """Share of an album's k highest labels that it has [shape=(albums,)]; ties as in :func:`coverage_at_k`."""
    truth, scores = checked(Y, S)
    return np.take_along_axis(truth, top(scores, k), axis=1).mean(axis=1)


def frequency_groups(frequencies: npt.ArrayLike) -> dict[str, np.ndarray]:
    """Columns of the labels in three thirds by frequency: ``head``, ``middle``, ``tail``.

    Parameters
    ----------
    frequencies : array [shape=(labels,)]
        Training albums with each label. Of equally frequent labels the lower column counts as the more frequent.
    """
    order = np.argsort(-np.asarray(frequencies, dtype=np.float64), kind="stable")
    return dict(zip(FREQUENCY_GROUPS, np.array_split(order, len(FREQUENCY_GROUPS)), strict=True))


# What a name stands for, over all albums: the names of `evaluate`, of `bootstrap` and of the claims.
METRICS: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "auc": macro_auc,
    "map": mean_average_precision,
    "lrap": lambda Y, S: float(ranking_precision_per_album(Y, S).mean()),
    **{f"precision@{k}": lambda Y, S, k=k: float(precision_per_album(Y, S, k).mean()) for k in COVERAGE_AT},  # type: ignore[misc]
    **{f"coverage@{k}": lambda Y, S, k=k: coverage_at_k(S, k) for k in COVERAGE_AT},  # type: ignore[misc]
}


def bootstrap(
    Y: npt.ArrayLike, S: npt.ArrayLike, metric: str | Callable = macro_auc, n: int = 1000, seed: int = 0
) -> np.ndarray:
    """Values of a metric over resamples of the albums, drawn with replacement.

    Two calls with one seed use the same resamples, so that their difference is paired. AUC, mAP, LRAP, precision and
    coverage are counted once and reweighted for every resample; any other metric is called once a resample.

    Parameters
    ----------
    metric : str or function of (Y, S) -> float
        A name of ``METRICS``, for instance ``auc`` or ``coverage@3``.
    n : int >= 0
        Number of resamples.

    Returns
    -------
    values : np.ndarray [shape=(n,)]
        The macro AUC of a resample is over the labels that keep a positive and a negative in it.

    Raises
    ------
    BadDataError
        No album, or as :func:`auc_per_label`.
    ParameterError
        Unknown name.
    """
    truth, scores = checked(Y, S)
    if len(truth) == 0:
        raise BadDataError("there is no album to draw from: the split is empty, or the runs have no album in common")
    if isinstance(metric, str) and metric not in METRICS:
        raise ParameterError(f"unknown metric {metric!r}; there are {list(METRICS)}{did_you_mean(metric, METRICS)}")
    if n == 0:
        return np.empty(0)
    name = next((name for name, known in METRICS.items() if metric in (name, known)), "")
    kind, _, k = name.partition("@")
    if kind in ("auc", "map"):
        return resampling.ranked(truth, scores, n, seed)[kind]
    if kind == "coverage":
        return resampling.coverage(top(scores, int(k)), scores.shape[1], n, seed)
    if kind == "lrap":
        return resampling.mean(ranking_precision_per_album(truth, scores), n, seed)
    if kind == "precision":
        return resampling.mean(precision_per_album(truth, scores, int(k)), n, seed)
    function = METRICS.get(name, metric)
    draws = np.random.default_rng(seed).integers(0, len(truth), (n, len(truth)))
    return np.array([function(truth[rows], scores[rows]) for rows in draws])  # type: ignore[operator]


def paired(
    Y: npt.ArrayLike, S1: npt.ArrayLike, S2: npt.ArrayLike, metric: str | Callable = "auc", n: int = 1000, seed: int = 0
) -> dict[str, float]:
    """How much better the first of two runs is, on the same albums, and how sure that is.

    Both are measured on the same resamples, so that what makes albums easy or hard for both takes no part.

    Parameters
    ----------
    Y, S1, S2 : arrays [shape=(albums, labels)]
    metric, n, seed
        As for :func:`bootstrap`.

    Returns
    -------
    result : dict
        ``first``, ``second``, and those of :func:`mumu_lib.metrics.resampling.certainty` (95 %) for first minus second.
    """
    values = bootstrap(Y, S1, metric, n, seed) - bootstrap(Y, S2, metric, n, seed)
    function = METRICS[metric] if isinstance(metric, str) else metric
    first, second = (float(function(*checked(Y, S))) for S in (S1, S2))
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
    """Every metric of one run, with the labels that had to be left out of the AUC.

    Parameters
    ----------
    frequencies : array [shape=(labels,)], optional
        Training albums with each label; with it the AUC is also given for thirds of the labels.

    Returns
    -------
    metrics : dict
        Those of ``METRICS`` (``@k`` only for k up to the number of labels), ``auc_low``, ``auc_high`` (95 %), with
        ``frequencies`` also ``auc_head``, ``auc_middle``, ``auc_tail``; ``albums``,
        ``labels_left_out``: ``no positive`` and ``no negative`` -> label names.
    """
    truth, scores = checked(Y, S)
    if len(truth) == 0:
        raise BadDataError("there is no album to evaluate on: the split is empty")
    low, high = interval(bootstrap(truth, scores, n=resamples, seed=seed))
    without = {"no positive": ~truth.any(axis=0), "no negative": truth.all(axis=0)}
    groups = {} if frequencies is None else frequency_groups(frequencies)
    return {
        "auc": macro_auc(truth, scores), "auc_low": low, "auc_high": high,
        **{name: of(truth, scores) for name, of in METRICS.items()
           if name != "auc" and int(name.partition("@")[2] or 1) <= len(labels)},
        **{f"auc_{group}": macro_auc(truth[:, columns], scores[:, columns]) for group, columns in groups.items()},
        "albums": len(truth),
        "labels_left_out": {why: [labels[i] for i in np.flatnonzero(missing)] for why, missing in without.items()},
    }  # fmt: skip
