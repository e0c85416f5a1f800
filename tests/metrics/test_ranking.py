"""Order of labels, held against brute force, scikit-learn and formulas written out by hand."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

from judged_albums import truth_and_scores
from mumu_lib import metrics
from mumu_lib.core.errors import BadDataError, ParameterError
from mumu_lib.metrics import ranking


def test_labels_that_training_does_not_vary():
    np.testing.assert_array_equal(ranking.constant_labels([0, 1, 4, 5], 5), [-1, 0, 0, 1])
    np.testing.assert_array_equal(ranking.constant_labels([0, 0], 0), [-1, -1])


@given(truth_and_scores(), st.data())
@settings(max_examples=200, deadline=None)
def test_constant_labels_end_up_outside_and_the_others_keep_their_order(case, data):
    _, S = case
    constant = data.draw(arrays(np.int8, S.shape[1], elements=st.sampled_from([-1, 0, 1])))
    bounds = data.draw(st.sampled_from([None, (-1.0, 1e9), (-5.0, 1e10)]))
    put = ranking.put_constant_last_or_first(S, constant, bounds)
    for before, after in zip(S, put, strict=True):
        for i, j in itertools.permutations(range(len(after)), 2):
            if constant[i] > constant[j]:
                assert after[i] > after[j]
            elif constant[i] == constant[j] == 0:
                assert np.sign(after[i] - after[j]) == np.sign(before[i] - before[j])
    for column in put.T[constant != 0]:
        assert len(set(column)) == 1


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_probabilities_stay_probabilities_and_never_tie_with_a_constant_label(kind):
    scores = np.array([[0.0, 1.0, 0.5, 0.5], [1.0, 0.0, 0.2, 0.9]], kind)
    put = ranking.put_constant_last_or_first(scores, [0, 0, -1, 1], (0, 1))
    assert put.dtype == kind
    np.testing.assert_array_equal(put[:, 2:], [[0, 1], [0, 1]])
    assert (put[:, :2] > 0).all()
    assert (put[:, :2] < 1).all()
    np.testing.assert_allclose(put[:, :2], scores[:, :2], atol=1e-7)


def test_without_a_constant_label_not_a_bit_changes():
    scores = np.array([[0.0, 1.0], [0.3, 0.7]], np.float32)
    np.testing.assert_array_equal(ranking.put_constant_last_or_first(scores, [0, 0], (0, 1)), scores)


def test_without_bounds_the_distance_is_one():
    put = ranking.put_constant_last_or_first([[2.0, 0.0, -5.0, 0.0], [1.0, 0.0, 3.0, 0.0]], [0, -1, 0, 1])
    np.testing.assert_array_equal(put, [[2, -6, -5, 4], [1, -6, 3, 4]])


def test_where_no_label_varies_those_of_all_albums_come_first():
    put = ranking.put_constant_last_or_first(np.zeros((2, 2)), [1, -1])
    assert (put[:, 0] > put[:, 1]).all()


def test_the_labels_that_scikit_learn_ranks_first_without_having_seen_them_come_last():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 20))
    # Each album has one label of eleven, so that most log odds are negative.
    nearest = (X @ rng.normal(size=(20, 11)) + 3 * rng.normal(size=(400, 11))).argmax(axis=1)
    Y = np.eye(12, dtype=int)[nearest]
    with pytest.warns(UserWarning, match="not 11 is present"):
        model = OneVsRestClassifier(LogisticRegression()).fit(X[:300], Y[:300])
    Y[300:310, 11] = 1
    scores = model.decision_function(X[300:])
    assert (scores.argmax(axis=1) == 11).mean() > 0.3
    put = ranking.put_constant_last_or_first(scores, ranking.constant_labels(Y[:300].sum(axis=0), 300))
    assert (put.argsort(axis=1)[:, 0] == 11).all()
    gain = metrics.METRICS["precision@1"](Y[300:], put) - metrics.METRICS["precision@1"](Y[300:], scores)
    assert gain > 0.05
    np.testing.assert_array_equal(metrics.auc_per_label(Y[300:], put), metrics.auc_per_label(Y[300:], scores))


@given(st.integers(3, 10_000), st.data())
def test_propensities_are_those_of_the_paper_written_out(n, data):
    positives = data.draw(st.integers(0, n))
    c = (math.log(n) - 1) * (1.5 + 1) ** 0.55
    propensity = 1 / (1 + c * math.exp(-0.55 * math.log(positives + 1.5)))
    assert ranking.inverse_propensities([positives], n)[0] == pytest.approx(1 / propensity, rel=1e-12)


def test_propensities_by_hand_with_other_constants():
    # Those of Jain et al. for Wikipedia: A 0.5, B 0.4; ln 1000 - 1 = 5.9078, sqrt(1.4) = 1.1832, sqrt(9.4) = 3.0659.
    assert ranking.inverse_propensities([9], 1000, 0.5, 0.4)[0] == pytest.approx(1 + 5.9078 * 1.1832 / 3.0659, abs=1e-3)


def test_rare_labels_weigh_more_and_every_one_at_least_one():
    weights = ranking.inverse_propensities(np.arange(100), 100)
    assert (np.diff(weights) < 0).all()
    assert weights.min() >= 1
    with pytest.raises(BadDataError, match="3 training albums or more, got 2"):
        ranking.inverse_propensities([1], 2)


def brute_force(Y, S, weights, k):
    """Every ranking tried: what was won of what any could win, summed over albums."""
    won = possible = 0.0
    for y, s in zip(Y, S, strict=True):
        order = sorted(range(len(s)), key=lambda j: (-s[j], j))[:k]
        won += sum(weights[j] for j in order if y[j])
        subsets = itertools.combinations(range(len(s)), k)
        possible += max(sum(weights[j] for j in chosen if y[j]) for chosen in subsets)
    return won / possible if possible else np.nan


@given(truth_and_scores(), st.integers(1, 5), st.data())
@settings(max_examples=150, deadline=None)
def test_propensity_scored_precision_equals_trying_every_ranking(case, k, data):
    Y, S = case
    assume(k <= Y.shape[1])
    weights = data.draw(arrays(np.float64, Y.shape[1], elements=st.floats(1, 50)))
    found = ranking.propensity_scored_precision_at(Y, S, weights, k)
    assert found == pytest.approx(brute_force(Y, S, weights, k), nan_ok=True)


@given(truth_and_scores())
@settings(max_examples=50, deadline=None)
def test_with_equal_weights_it_is_precision_of_the_best_precision(case):
    Y, S = case
    assume(Y.any())
    plain = metrics.METRICS["precision@1"]
    expected = plain(Y, S) / plain(Y, Y)
    assert ranking.propensity_scored_precision_at(Y, S, np.ones(Y.shape[1]), 1) == pytest.approx(expected)


def test_an_album_without_a_label_takes_no_part():
    Y, S = np.array([[1, 0], [0, 0]]), np.array([[0.9, 0.1], [0.9, 0.1]])
    assert ranking.propensity_scored_precision_at(Y, S, [2.0, 3.0], 1) == 1
    assert metrics.METRICS["precision@1"](Y, S) == 0.5
    assert np.isnan(ranking.propensity_scored_precision_at(0 * Y, S, [2.0, 3.0], 1))
    with pytest.raises(ParameterError, match="got 3"):
        ranking.propensity_scored_precision_at(Y, S, [2.0, 3.0], 3)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_a_shift_leaves_every_labels_auc_alone(data):
    shape = data.draw(st.tuples(st.integers(2, 12), st.integers(1, 5)))
    Y = data.draw(arrays(np.int8, shape, elements=st.integers(0, 1)))
    P = data.draw(arrays(np.float32, shape, elements=st.sampled_from([0, 1e-30, 0.25, 0.5, 0.75, 1 - 2**-24, 1])))
    positives = data.draw(arrays(np.int64, shape[1], elements=st.integers(1, 9)))
    moved = ranking.shifted(P, positives, 10)
    np.testing.assert_array_equal(metrics.auc_per_label(Y, moved), metrics.auc_per_label(Y, P))


def test_lists_will_do():
    P = [[0.25, 0.75], [0.5, 0.125]]
    expected = ranking.shifted(np.array(P), np.array([1, 3]), 4)
    np.testing.assert_array_equal(ranking.shifted(P, [1, 3], 4), expected)
    assert ranking.propensity_scored_precision_at([[1, 0], [0, 1]], P, [1, 4], 1) == 0
    assert ranking.propensity_scored_precision_at([[1, 1], [0, 1]], P, [1, 4], 1) == 4 / 8


def test_a_shift_brings_rare_labels_up_and_keeps_the_unknown_last():
    P = np.array([[0.8, 0.1, 0.9], [0.7, 0.05, 0.9]])
    moved = ranking.shifted(P, [80, 2, 0], 100)
    assert moved.argmax(axis=1).tolist() == [1, 1]
    assert moved.argmin(axis=1).tolist() == [2, 2]
    assert moved[0, 0] == pytest.approx(math.log(0.8 / 0.2) - math.log(80.5 / 20.5))
    np.testing.assert_allclose(ranking.shifted(np.log(P / (1 - P)), [80, 2, 0], 100), moved)
