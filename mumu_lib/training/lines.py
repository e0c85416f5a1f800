"""A straight line beside a network: ridge or logistic regression on the very vectors that the network is given.

Paper: none; section 5 has networks only.  Notebooks: 04_audio to 07_multimodal.

What a network learns beyond this line is what its layers are for. The strength of the penalty and the scaling of the
vectors are chosen by the AUC of the validation albums.
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

# Weak penalties first; the weakest that is best counts.
ALPHAS = (1e-3, 1e-2, 0.1, 1.0, 3.0, 10.0, 30.0, 100.0)
CS = (100.0, 10.0, 1.0, 0.1)
# So many labels choose the strength of logistic regressions; at the paper's size each fit takes seconds.
MOST_LABELS = 60


@dataclass(frozen=True)
class Scaling:
    """How vectors are scaled before anything is learned from them: to length 1, each number standardised first or not.

    Attributes
    ----------
    mean, std : np.ndarray [shape=(d,)] or None
        Of the training albums; None: not standardised.
    """

    mean: np.ndarray | None = None
    std: np.ndarray | None = None

    @property
    def name(self) -> str:
        """Return ``length 1`` or ``standardised, length 1``."""
        return "length 1" if self.mean is None else "standardised, length 1"

    def apply(self, X: Vectors) -> Vectors:
        """Return scaled vectors; rows of NaN stay, and a vector of zeros stays zero."""
        if sp.issparse(X):
            return normalize(X).astype(np.float32)
        Z = np.asarray(X, dtype=np.float64)
        if self.mean is not None and self.std is not None:
            Z = (Z - self.mean) / self.std
        length = np.linalg.norm(Z, axis=1, keepdims=True)
        return np.divide(Z, length, out=np.zeros_like(Z) + 0 * length, where=length > 0).astype(np.float32)


@dataclass(frozen=True)
class Line:
    """A fitted line.

    Attributes
    ----------
    scored : np.ndarray [shape=(n,), int]
        Rows of the album table that have a vector.
    scores : np.ndarray [shape=(n, labels)]
        Probabilities (logistic) or cosines.
    strength : float
        The chosen ``alpha`` of the ridge or ``C`` of the logistic regressions.
    tried : pd.DataFrame
        ``strength`` and ``val_auc``, a row for each that was tried.
    params : int
        Coefficients and intercepts.
    seconds : float
        All strengths together.
    """

    scored: np.ndarray
    scores: np.ndarray
    strength: float
    tried: pd.DataFrame
    params: int
    seconds: float
    inputs: Vectors = field(repr=False)


def standardisation(X: np.ndarray, train: np.ndarray) -> Scaling:
    """Return the standardisation by the training rows; a number that is the same on all of them is only centred."""
    scaler = StandardScaler().fit(np.asarray(X[train], dtype=np.float64))
    return Scaling(scaler.mean_, scaler.scale_)


def choose_scaling(catalogue: Catalogue, objective: Target, X: Vectors, encoded_targets: np.ndarray) -> Scaling:
    """Choose between the scalings by the validation AUC of the best ridge regression; sparse vectors get length 1.

    Parameters
    ----------
    X : matrix [shape=(albums, d)]
        Rows of NaN, or of nothing in a sparse matrix, take no part.
    encoded_targets : np.ndarray [shape=(albums, outputs)]
        ``objective.encode`` of all albums.
    """
    plain = Scaling()
    if sp.issparse(X):
        return plain
    standardised = standardisation(X, _training(catalogue, X, encoded_targets))
    by_plain = _best(_ridge(catalogue, objective, plain.apply(X), encoded_targets))
    by_standardised = _best(_ridge(catalogue, objective, standardised.apply(X), encoded_targets))
    return standardised if by_standardised[1] > by_plain[1] else plain


def fit(catalogue: Catalogue, objective: Target, X: Vectors, encoded_targets: np.ndarray) -> Line:
    """Fit ridge regression to the factors (cosine) or one logistic regression a label, by scikit-learn.

    Parameters
    ----------
    X : matrix [shape=(albums, d)]
        Scaled as the network gets them (:meth:`Scaling.apply`).
    encoded_targets : np.ndarray [shape=(albums, outputs)]

    Returns
    -------
    line : Line
        Of the strength with the highest validation AUC (of logistic regressions on at most :data:`MOST_LABELS` labels);
        of the middle one where that is not defined.

    Raises
    ------
    BadDataError
        No training album has a vector and a label.
    """
    started = time.perf_counter()
    learn = _logistic if objective.name == "logistic" else _ridge
    found = learn(catalogue, objective, X, encoded_targets)
    strength, _ = _best(found)
    seconds = time.perf_counter() - started
    tried = pd.DataFrame({"strength": list(found), "val_auc": [auc for _, auc in found.values()]})
    scored = rows_without_nan(X)
    return Line(
        scored, found[strength][0], strength, tried, (X.shape[1] + 1) * encoded_targets.shape[1], seconds, X[scored]
    )


def _training(catalogue: Catalogue, X: Vectors, encoded_targets: np.ndarray) -> np.ndarray:
    """Return the rows to learn from."""
    usable = np.intersect1d(rows_without_nan(X), np.flatnonzero(has_target(encoded_targets)))
    train = np.intersect1d(usable, catalogue.rows("train"))
    if not len(train):
        raise BadDataError("no training album has a vector and a label; look at the split and at the skipped albums")
    return train


def _validation_auc(catalogue: Catalogue, scored: np.ndarray, scores: np.ndarray) -> float:
    """Return the macro AUC of the validation albums; NaN where no label has both kinds of them."""
    val = np.isin(scored, catalogue.rows("val"))
    return metrics.macro_auc(catalogue.label_matrix()[scored[val]], scores[val])


def _best(found: dict[float, tuple[np.ndarray, float]]) -> tuple[float, float]:
    """Return the strength with the highest validation AUC, and that AUC."""
    defined = {strength: auc for strength, (_, auc) in found.items() if np.isfinite(auc)}
    if not defined:
        return list(found)[len(found) // 2], float("nan")
    strength = max(defined, key=defined.__getitem__)
    return strength, defined[strength]


def _ridge(
    catalogue: Catalogue, objective: Target, X: Vectors, encoded_targets: np.ndarray
) -> dict[float, tuple[np.ndarray, float]]:
    """Return scores and validation AUC for every ``alpha``."""
    train, scored = _training(catalogue, X, encoded_targets), rows_without_nan(X)
    found = {}
    for alpha in progress.bar(ALPHAS, "ridge regressions", unit="alpha"):
        model = Ridge(alpha=alpha).fit(X[train], encoded_targets[train])
        scores = objective.scores(model.predict(X[scored]).reshape(len(scored), -1))
        found[alpha] = (scores, _validation_auc(catalogue, scored, scores))
    return found


def _logistic(
    catalogue: Catalogue, objective: Target, X: Vectors, encoded_targets: np.ndarray
) -> dict[float, tuple[np.ndarray, float]]:
    """Return probabilities and validation AUC for every ``C``, the same for all labels.

    With many labels ``C`` is chosen by some of them, and only the best has probabilities of all.
    """
    train, scored = _training(catalogue, X, encoded_targets), rows_without_nan(X)
    known, asked, has = X[train], X[scored], encoded_targets[train] > 0
    labels = _spread(has)
    val = np.isin(scored, catalogue.rows("val"))
    truth = catalogue.label_matrix()[scored[val]][:, labels]
    all_labels = np.arange(has.shape[1])
    found = {}
    fits = len(CS) * len(labels) + (len(all_labels) if len(labels) < len(all_labels) else 0)
    # The steps of a fit are so short that a second thread of BLAS only waits: with two, a fit of 24,000 albums took 2.5 times
    # (512 numbers each) to 20 times (48) the processor time, and longer by the clock.
    with progress.bar(total=fits, desc="logistic regressions", unit="label") as bar, threadpool_limits(1, "blas"):
        for C in CS:
            scores = _probabilities(known, has, asked, C, labels, bar)
            found[C] = (objective.scores(scores), metrics.macro_auc(truth, scores[np.ix_(val, labels)]))
        if len(labels) < len(all_labels):
            best, auc = _best(found)
            found[best] = (objective.scores(_probabilities(known, has, asked, best, all_labels, bar)), auc)
    return found


def _spread(has: np.ndarray) -> np.ndarray:
    """Return the labels by which ``C`` is chosen: all, or :data:`MOST_LABELS` from the most to the least frequent."""
    n_labels = has.shape[1]
    if n_labels <= MOST_LABELS:
        return np.arange(n_labels)
    by_frequency = np.argsort(-has.sum(axis=0), kind="stable")
    return np.sort(by_frequency[np.linspace(0, n_labels - 1, MOST_LABELS).astype(int)])


def _probabilities(
    known: Vectors, has: np.ndarray, asked: Vectors, C: float, labels: np.ndarray, bar: Any
) -> np.ndarray:
    """Return probabilities [shape=(rows of ``asked``, all labels)]; those of other labels than ``labels`` are 0.5."""
    log_odds = np.zeros((asked.shape[0], has.shape[1]))
    for label in labels:
        # Of a label that none or all have there is nothing to learn: it comes last or first.
        if not has[:, label].any() or has[:, label].all():
            log_odds[:, label] = np.inf if has[:, label].any() else -np.inf
        else:
            model = LogisticRegression(C=C, max_iter=1000).fit(known, has[:, label])
            log_odds[:, label] = model.decision_function(asked)
        bar.update()
    return expit(log_odds)
