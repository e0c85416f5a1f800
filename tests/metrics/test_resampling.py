"""The fast bootstrap, held against the slow one; intervals and certainty."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.metrics import average_precision_score, label_ranking_average_precision_score, roc_auc_score

from judged_albums import truth_and_scores
from mumu_lib import metrics
from mumu_lib.metrics import resampling


def macro(score, defined):
    """A metric of scikit-learn, averaged over the labels for which it is defined."""

    def metric(Y, S):
        columns = [j for j in range(Y.shape[1]) if defined(Y[:, j])]
        return np.mean([score(Y[:, j], S[:, j]) for j in columns]) if columns else np.nan

    return metric


INDEPENDENT = {
    "auc": macro(roc_auc_score, lambda y: y.any() and not y.all()),
    "map": macro(average_precision_score, lambda y: y.any()),
    "lrap": lambda Y, S: label_ranking_average_precision_score(Y, S) if Y.shape[1] > 1 else 1.0,
    "coverage@1": lambda Y, S: len(set(S.argmax(axis=1))) / S.shape[1],
    "precision@1": lambda Y, S: Y[np.arange(len(Y)), S.argmax(axis=1)].mean(),
}


@pytest.mark.parametrize("name", INDEPENDENT)
@given(case=truth_and_scores(), seed=st.integers(0, 3))
@settings(max_examples=30, deadline=None)
def test_fast_bootstrap_equals_scikit_learn_on_the_same_resamples(name, case, seed):
    Y, S = case
    fast = metrics.bootstrap(Y, S, name, n=8, seed=seed)
    slow = metrics.bootstrap(Y, S, metric=lambda y, s: INDEPENDENT[name](y, s), n=8, seed=seed)
    np.testing.assert_allclose(fast, slow, atol=1e-12)


def test_the_resamples_do_not_depend_on_the_blocks_they_come_in(monkeypatch):
    rng = np.random.default_rng(0)
    Y, S = rng.random((40, 3)) < 0.4, rng.normal(size=(40, 3))
    whole = metrics.bootstrap(Y, S, n=20)
    monkeypatch.setattr(resampling, "BLOCK", 7)
    np.testing.assert_array_equal(metrics.bootstrap(Y, S, n=20), whole)


def test_counts_beyond_what_one_byte_or_half_a_float_holds_stay_exact():
    rng = np.random.default_rng(0)
    Y, S = rng.random((40_000, 1)) < 0.5, rng.normal(size=(40_000, 1)).round(1)
    (fast,) = metrics.bootstrap(Y, S, n=1)
    rows = np.random.default_rng(0).integers(0, len(Y), len(Y))
    assert fast == pytest.approx(roc_auc_score(Y[rows, 0], S[rows, 0]), abs=1e-12)


def test_what_is_undefined_gives_no_certainty():
    assert np.isnan(metrics.certainty(np.nan, [1.0, 2.0])["low"])
    assert np.isnan(metrics.certainty(0.1, [np.nan])["p"])
    assert metrics.paired(np.zeros((4, 2)), np.eye(4, 2), np.eye(4, 2), n=5)["difference"] is not None


def test_an_interval_of_nothing_is_nan():
    assert np.isnan(metrics.interval([np.nan, np.nan])).all()
    assert metrics.interval([1.0, np.nan, 1.0]) == (1, 1)


def test_an_interval_leaves_two_and_a_half_percent_on_either_side():
    assert metrics.interval(range(101)) == pytest.approx((2.5, 97.5))
    assert metrics.interval(range(101), level=0.5) == pytest.approx((25, 75))


def test_the_p_value_is_twice_the_share_beyond_zero():
    values = np.arange(-4, 95)  # 99 of them, five not above 0
    assert metrics.certainty(45, values)["p"] == pytest.approx(2 * (1 + 5) / 100)
    assert metrics.certainty(-45, -values)["p"] == pytest.approx(2 * (1 + 5) / 100)
