"""A straight line for comparison with a network: ridge or logistic regression on the same vectors.

Paper: none; section 5 has networks only.  Notebooks: 04_audio to 07_multimodal.

The difference to this linear model is the gain from the network's layers. The penalty and the scaling of the vectors
are chosen by the AUC of the validation albums.
"""

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.special import expit
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler, normalize
from threadpoolctl import threadpool_limits

from mumu_lib import metrics
from mumu_lib.catalogue import Catalogue
from mumu_lib.core import progress
from mumu_lib.core.errors import BadDataError
from mumu_lib.targets import Target
from mumu_lib.training.albums import Vectors, has_target, rows_without_nan

# Weak penalties first; among equally good ones the weakest is chosen.
ALPHAS = (1e-3, 1e-2, 0.1, 1.0, 3.0, 10.0, 30.0, 100.0)
CS = (100.0, 10.0, 1.0, 0.1)
# Largest number of labels by which C is chosen; at the paper's size each logistic regression takes seconds.
MOST_LABELS = 60
# Rows that are scaled at a time.
BLOCK = 4096


@dataclass(frozen=True)
class Scaling:
    """Scaling of vectors before training: to length 1, with or without standardisation.

    Attributes
    ----------
    mean, std : np.ndarray [shape=(d,)] or None
        Statistics of the training albums; None: no standardisation.

    Examples
    --------
    >>> Scaling().apply(np.array([[3.0, 4.0], [0.0, 0.0]])).round(1).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """

    mean: np.ndarray | None = None
    std: np.ndarray | None = None

    @property
    def name(self) -> str:
        """Name of the scaling: ``length 1`` or ``standardised, length 1``."""
        if self.mean is None:
            return "length 1"
        return "standardised, length 1"

    def apply(self, X: Vectors) -> Vectors:
        """Scale vectors [float32]; rows of NaN stay NaN, and zero vectors stay zero."""
        if sp.issparse(X):
            return normalize(X).astype(np.float32)
        scaled = np.empty(X.shape, np.float32)
        # In blocks: several matrices of float64 are needed.
        for start in range(0, len(scaled), BLOCK):
            scaled[start : start + BLOCK] = self._scale(np.asarray(X[start : start + BLOCK], dtype=np.float64))
        return scaled

    def _scale(self, Z: np.ndarray) -> np.ndarray:
        """Scale rows [float64]."""
        if self.mean is not None and self.std is not None:
            Z = (Z - self.mean) / self.std
        length = np.linalg.norm(Z, axis=1, keepdims=True)
        return np.divide(Z, length, out=np.zeros_like(Z) + 0 * length, where=length > 0)


@dataclass(frozen=True)
class Line:
    """A fitted linear model.

    Attributes
    ----------
    scored : np.ndarray [shape=(n,), int]
        Rows of the album table that have a vector.
    scores : np.ndarray [shape=(n, labels)]
        Probabilities (logistic) or cosines.
    strength : float
        The chosen ``alpha`` of the ridge regression, or ``C`` of the logistic regressions.
    tried : pd.DataFrame
        ``strength`` and ``val_auc``, a row for each strength.
    params : int
        Number of coefficients and intercepts.
    seconds : float
        Time of all fits.
    inputs : matrix [shape=(n, d)]
        The vectors of ``scored``.
    """

    scored: np.ndarray
    scores: np.ndarray
    strength: float
    tried: pd.DataFrame
    params: int
    seconds: float
    inputs: Vectors = field(repr=False)


def standardisation(X: np.ndarray, train: np.ndarray) -> Scaling:
    """Compute the standardisation from the training rows; a constant feature is only centred."""
    scaler = StandardScaler().fit(np.asarray(X[train], dtype=np.float64))
    return Scaling(scaler.mean_, scaler.scale_)


def choose_scaling(catalogue: Catalogue, objective: Target, X: Vectors, encoded_targets: np.ndarray) -> Scaling:
    """Choose a scaling by the validation AUC of the best ridge regression; sparse vectors are only scaled to length 1.

    Parameters
    ----------
    catalogue : Catalogue
    objective : Target
    X : matrix [shape=(albums, d)]
        Rows of NaN, or empty rows of a sparse matrix, are ignored.
    encoded_targets : np.ndarray [shape=(albums, outputs)]
        ``objective.encode`` of all albums.
    """
    plain = Scaling()
    if sp.issparse(X):
        return plain
    standardised = standardisation(X, _training(catalogue, X, encoded_targets))
    _, plain_auc = _best(_ridge(catalogue, objective, plain.apply(X), encoded_targets))
    _, standardised_auc = _best(_ridge(catalogue, objective, standardised.apply(X), encoded_targets))
    if standardised_auc > plain_auc:
        return standardised
    return plain


def fit(catalogue: Catalogue, objective: Target, X: Vectors, encoded_targets: np.ndarray) -> Line:
    """Fit a ridge regression to the factors (cosine), or a logistic regression for each label, with scikit-learn.

    Parameters
    ----------
    catalogue : Catalogue
    objective : Target
    X : matrix [shape=(albums, d)]
        Vectors, scaled as for the network (:meth:`Scaling.apply`).
    encoded_targets : np.ndarray [shape=(albums, outputs)]
        ``objective.encode`` of all albums.

    Returns
    -------
    line : Line
        With the penalty of the highest validation AUC (logistic regressions: on at most :data:`MOST_LABELS` labels), or
        the middle penalty if no AUC is defined.

    Raises
    ------
    BadDataError
        No training album has a vector and a label.
    """
    started = time.perf_counter()
    learn = _logistic if objective.name == "logistic" else _ridge
    fits = learn(catalogue, objective, X, encoded_targets)
    strength, _ = _best(fits)
    seconds = time.perf_counter() - started
    tried = pd.DataFrame({"strength": list(fits), "val_auc": [auc for _, auc in fits.values()]})
    scored = rows_without_nan(X)
    params = (X.shape[1] + 1) * encoded_targets.shape[1]
    return Line(scored, fits[strength][0], strength, tried, params, seconds, X[scored])


def _training(catalogue: Catalogue, X: Vectors, encoded_targets: np.ndarray) -> np.ndarray:
    """Return the rows of the training albums that have a vector and a target."""
    usable = np.intersect1d(rows_without_nan(X), np.flatnonzero(has_target(encoded_targets)))
    train = np.intersect1d(usable, catalogue.rows("train"))
    if not len(train):
        raise BadDataError("no training album has a vector and a label; check the split and the skipped albums")
    return train


def _validation_auc(catalogue: Catalogue, scored: np.ndarray, scores: np.ndarray) -> float:
    """Compute the macro AUC of the validation albums; NaN if it is undefined for all labels."""
    val = np.isin(scored, catalogue.rows("val"))
    return metrics.macro_auc(catalogue.label_matrix()[scored[val]], scores[val])


def _best(fits: dict[float, tuple[np.ndarray, float]]) -> tuple[float, float]:
    """Return the first penalty with the highest validation AUC, and that AUC; the middle one if no AUC is defined."""
    strengths = list(fits)
    aucs = [auc for _, auc in fits.values()]
    if not np.isfinite(aucs).any():
        return strengths[len(strengths) // 2], float("nan")
    position = int(np.nanargmax(aucs))
    return strengths[position], aucs[position]


def _ridge(
    catalogue: Catalogue, objective: Target, X: Vectors, encoded_targets: np.ndarray
) -> dict[float, tuple[np.ndarray, float]]:
    """Return scores and validation AUC for each ``alpha``."""
    train = _training(catalogue, X, encoded_targets)
    scored = rows_without_nan(X)
    fits = {}
    for alpha in progress.bar(ALPHAS, "ridge regressions", unit="alpha"):
        model = Ridge(alpha=alpha).fit(X[train], encoded_targets[train])
        scores = objective.scores(model.predict(X[scored]).reshape(len(scored), -1))
        fits[alpha] = (scores, _validation_auc(catalogue, scored, scores))
    return fits


def _logistic(
    catalogue: Catalogue, objective: Target, X: Vectors, encoded_targets: np.ndarray
) -> dict[float, tuple[np.ndarray, float]]:
    """Return probabilities and validation AUC for each ``C``, which all labels share.

    With many labels ``C`` is chosen on some of them, and all labels are then fitted with the best ``C`` only.
    """
    train = _training(catalogue, X, encoded_targets)
    scored = rows_without_nan(X)
    data = _LogisticData(X[train], encoded_targets[train] > 0, X[scored])
    all_labels = np.arange(data.positive.shape[1])
    labels = _spread(data.positive)
    val = np.isin(scored, catalogue.rows("val"))
    truth = catalogue.label_matrix()[scored[val]][:, labels]
    total = len(CS) * len(labels)
    if len(labels) < len(all_labels):
        total += len(all_labels)
    # A step of a fit is so short that a second thread of BLAS only waits: two threads took 2.5 times (512 numbers an album) to
    # 20 times (48) the processor time on 24,000 albums, and longer by the clock.
    fits = {}
    with (
        progress.bar(total=total, desc="logistic regressions", unit="label") as bar,
        threadpool_limits(1, "blas"),
    ):
        for C in CS:
            scores = _probabilities(data, C, labels, bar)
            fits[C] = (objective.scores(scores), metrics.macro_auc(truth, scores[np.ix_(val, labels)]))
        if len(labels) < len(all_labels):
            best, auc = _best(fits)
            fits[best] = (objective.scores(_probabilities(data, best, all_labels, bar)), auc)
    return fits


@dataclass(frozen=True)
class _LogisticData:
    """Data of all logistic regressions.

    Attributes
    ----------
    train : matrix [shape=(n, d)]
        Vectors of the training albums.
    positive : np.ndarray [shape=(n, labels), bool]
        Whether a training album has a label.
    scored : matrix [shape=(m, d)]
        Vectors of the albums to score.
    """

    train: Vectors
    positive: np.ndarray
    scored: Vectors


def _spread(has: np.ndarray) -> np.ndarray:
    """Return the labels by which ``C`` is chosen: all, or :data:`MOST_LABELS` evenly spaced by frequency."""
    n_labels = has.shape[1]
    if n_labels <= MOST_LABELS:
        return np.arange(n_labels)
    by_frequency = np.argsort(-has.sum(axis=0), kind="stable")
    return np.sort(by_frequency[np.linspace(0, n_labels - 1, MOST_LABELS).astype(int)])


def _probabilities(data: _LogisticData, C: float, labels: np.ndarray, bar: Any) -> np.ndarray:
    """Fit the given labels; return probabilities [shape=(m, all labels)], 0.5 for all other labels."""
    log_odds = np.zeros((data.scored.shape[0], data.positive.shape[1]))
    for label in labels:
        positive = data.positive[:, label]
        # A constant label cannot be learned: it ranks first or last.
        if positive.all():
            log_odds[:, label] = np.inf
        elif not positive.any():
            log_odds[:, label] = -np.inf
        else:
            model = LogisticRegression(C=C, max_iter=1000).fit(data.train, positive)
            log_odds[:, label] = model.decision_function(data.scored)
        bar.update()
    return expit(log_odds)
