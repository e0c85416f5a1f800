"""The straight line beside a network: against closed forms, and on vectors as people have them."""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_info

from mumu_lib import metrics, targets
from mumu_lib.core.errors import BadDataError
from mumu_lib.training import lines


def vectors(tiny, noise=0.3, seed=0):
    """Vectors that say something of the labels [shape=(30, 6)]."""
    rng = np.random.default_rng(seed)
    labels = tiny.label_matrix().toarray()
    return np.hstack([labels, np.zeros((len(labels), 2))]) + rng.normal(0, noise, (len(labels), 6))


def line(tiny, X, target="cosine"):
    objective = targets.make(tiny, target, 4)
    return objective, lines.fit(tiny, objective, lines.Scaling().apply(X), objective.encode(tiny.label_matrix()))


def test_the_ridge_is_that_of_the_normal_equations(tiny):
    X = vectors(tiny)
    objective, found = line(tiny, X)
    Z, Y = lines.Scaling().apply(X).astype(float), objective.encode(tiny.label_matrix()).astype(float)
    train = tiny.rows("train")
    centred, middle = Z[train] - Z[train].mean(axis=0), Y[train].mean(axis=0)
    W = np.linalg.solve(centred.T @ centred + found.strength * np.eye(6), centred.T @ (Y[train] - middle))
    expected = objective.scores((Z - Z[train].mean(axis=0)) @ W + middle)
    np.testing.assert_allclose(found.scores, expected, atol=1e-4)


def test_logistic_scores_are_probabilities_of_the_strength_that_is_best_on_validation_albums(tiny):
    X = vectors(tiny)
    _, found = line(tiny, X, "logistic")
    Z, M = lines.Scaling().apply(X), tiny.label_matrix().toarray()
    train, val = tiny.rows("train"), tiny.rows("val")
    aucs = []
    for C in lines.CS:
        fitted = [LogisticRegression(C=C, max_iter=1000).fit(Z[train], column) for column in M[train].T]
        scores = expit(np.column_stack([model.decision_function(Z) for model in fitted]))
        aucs.append(metrics.macro_auc(M[val], scores[val]))
        if found.strength == C:
            np.testing.assert_allclose(found.scores, scores, atol=1e-6)
    np.testing.assert_allclose(found.tried["val_auc"], aucs, atol=1e-9)
    assert found.strength == lines.CS[int(np.argmax(aucs))]


def test_logistic_regressions_use_one_thread_of_linear_algebra(tiny, monkeypatch):
    threads = []

    class Watched(LogisticRegression):
        def fit(self, X, y):
            threads.extend(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")
            return super().fit(X, y)

    monkeypatch.setattr(lines, "LogisticRegression", Watched)
    line(tiny, np.random.default_rng(0).normal(size=(30, 800)).astype(np.float32), "logistic")
    assert set(threads) == {1}


def test_sparse_and_dense_vectors_give_the_same_line(tiny):
    X = np.abs(vectors(tiny)).astype(np.float32)
    for target in ("cosine", "logistic"):
        _, dense = line(tiny, X, target)
        _, sparse = line(tiny, sp.csr_matrix(X), target)
        np.testing.assert_allclose(dense.scores, sparse.scores, atol=1e-3)


@pytest.mark.parametrize("target", ["cosine", "logistic"])
def test_bytes_and_constant_columns_and_a_vector_of_length_zero(tiny, target):
    X = np.clip(vectors(tiny) * 100 + 60, 0, 255).astype(np.uint8)
    X[:, 5] = 7
    objective = targets.make(tiny, target, 4)
    encoded_targets = objective.encode(tiny.label_matrix())
    scaling = lines.choose_scaling(tiny, objective, X.astype(np.float32), encoded_targets)
    X = X.astype(np.float32)
    X[3] = 0
    found = lines.fit(tiny, objective, scaling.apply(X), encoded_targets)
    assert np.isfinite(found.scores).all()
    test = tiny.rows("test")
    assert metrics.macro_auc(tiny.label_matrix()[test], found.scores[test]) > 0.8


def test_numbers_of_different_sizes_are_standardised_where_that_is_better(tiny):
    X = vectors(tiny, 0.2)
    X = np.hstack([X, np.random.default_rng(1).normal(0, 1e6, (len(X), 3))])
    objective = targets.make(tiny, "cosine", 4)
    chosen = lines.choose_scaling(tiny, objective, X, objective.encode(tiny.label_matrix()))
    assert chosen.name == "standardised, length 1"
    np.testing.assert_allclose(np.linalg.norm(chosen.apply(X), axis=1), 1, rtol=1e-5)
    assert (
        lines.choose_scaling(tiny, objective, sp.csr_matrix(X), objective.encode(tiny.label_matrix())).name
        == "length 1"
    )


@pytest.mark.parametrize("target", ["cosine", "logistic"])
def test_a_label_that_no_training_album_has_comes_last_and_one_that_all_have_first(tiny, target):
    """Learned from five albums, one of them with the only positive of a label."""
    pop = tiny.labels.index("Pop")
    M = tiny.label_matrix().toarray()
    rows = np.r_[tiny.rows("train")[M[tiny.rows("train"), pop] > 0][:5], tiny.rows("val"), tiny.rows("test")]
    X = np.full((30, 6), np.nan)
    X[rows] = vectors(tiny)[rows]
    objective = targets.make(tiny, target, 4, rows)
    found = lines.fit(tiny, objective, lines.Scaling().apply(X), objective.encode(tiny.label_matrix()))
    assert list(found.scored) == sorted(rows)
    never = objective.constant < 0
    assert never.any()
    assert (found.scores.argmax(axis=1) == pop).all()
    assert (found.scores[:, never].max(axis=1) < found.scores[:, ~never].min(axis=1)).all()


def test_without_validation_positives_the_middle_strength_is_taken(tiny, monkeypatch):
    monkeypatch.setattr(metrics, "macro_auc", lambda Y, S: float("nan"))
    _, found = line(tiny, vectors(tiny))
    assert found.strength == lines.ALPHAS[len(lines.ALPHAS) // 2]
    assert found.tried["val_auc"].isna().all()


def test_nothing_to_learn_from_is_said(tiny):
    with pytest.raises(BadDataError, match="no training album has a vector and a label"):
        line(tiny, np.full((30, 6), np.nan))


def test_a_label_that_the_lines_own_training_albums_lack_comes_last(tiny):
    label = tiny.label_matrix()[tiny.rows("train")].getnnz(axis=0).argmin()
    X = vectors(tiny)
    # The target knows albums with the label; those with a vector have none.
    X[tiny.label_matrix()[:, [label]].toarray().ravel() > 0] = np.nan
    _, found = line(tiny, X, "logistic")
    assert (found.scores[:, label] == 0).all()


def test_with_many_labels_some_choose_the_strength_and_all_are_scored(tiny, monkeypatch):
    X = vectors(tiny)
    _, whole = line(tiny, X, "logistic")
    monkeypatch.setattr(lines, "MOST_LABELS", 2)
    _, some = line(tiny, X, "logistic")
    monkeypatch.setattr(lines, "CS", (some.strength,))
    _, alone = line(tiny, X, "logistic")
    np.testing.assert_allclose(some.scores, alone.scores)
    assert whole.scores.shape == some.scores.shape == (30, 4)
    assert list(lines._spread(np.eye(5, 4, dtype=bool)[[0, 0, 0, 1, 1, 2, 3]])) == [0, 3]
