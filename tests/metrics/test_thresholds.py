"""Thresholds and macro F1, held against scikit-learn and against trying every threshold."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from sklearn.metrics import f1_score

from judged_albums import truth_and_scores
from mumu_lib.core.errors import BadDataError
from mumu_lib.metrics import thresholds


def best_by_trying(y, s):
    """The highest F1 that any threshold reaches."""
    return max(f1_score(y, s >= t, zero_division=0) for t in np.unique(s))


@given(truth_and_scores())
@settings(max_examples=150, deadline=None)
def test_no_threshold_does_better_on_the_albums_it_was_chosen_on(case):
    Y, S = case
    assume(Y.any())
    chosen = thresholds.choose(Y, S, own_from=1)
    for label in np.flatnonzero(Y.any(axis=0)):
        f1 = f1_score(Y[:, label], S[:, label] >= chosen[label], zero_division=0)
        assert f1 == pytest.approx(best_by_trying(Y[:, label], S[:, label]))


@given(truth_and_scores())
@settings(max_examples=150, deadline=None)
def test_macro_f1_equals_scikit_learn_over_the_labels_with_a_positive(case):
    Y, S = case
    assume(Y.any())
    chosen = thresholds.choose(Y, S, own_from=2)
    said = thresholds.apply(S, chosen)
    columns = np.flatnonzero(Y.any(axis=0))
    expected = np.mean([f1_score(Y[:, j], said[:, j], zero_division=0) for j in columns])
    assert thresholds.f1(Y, S, chosen) == pytest.approx(expected)


def test_rare_labels_share_a_threshold_that_is_best_for_all_of_them_together():
    rng = np.random.default_rng(0)
    Y = rng.random((60, 4)) < [0.5, 0.4, 0.05, 0.03]
    S = Y + rng.normal(size=Y.shape)
    chosen = thresholds.choose(Y, S, own_from=10)
    assert chosen[2] == chosen[3]
    assert len(set(chosen)) == 3
    rare = Y[:, 2:].ravel(), S[:, 2:].ravel()
    assert f1_score(rare[0], rare[1] >= chosen[2]) == pytest.approx(best_by_trying(*rare))
    np.testing.assert_array_equal(thresholds.shares_threshold(Y), [False, False, True, True])
    assert len(set(thresholds.choose(Y, S, own_from=0))) == 4


def test_labels_without_any_validation_album_take_the_threshold_of_all_labels_together():
    Y = np.array([[1, 0, 0]] * 6 + [[0, 0, 0]] * 6)
    S = np.tile(np.linspace(1, 0, 12)[:, None], 3)
    chosen = thresholds.choose(Y, S, own_from=5)
    assert chosen[0] == S[5, 0]
    assert chosen[1] == chosen[2]
    assert f1_score(Y.ravel(), S.ravel() >= chosen[1]) == pytest.approx(best_by_trying(Y.ravel(), S.ravel()))


def test_of_equally_good_thresholds_the_highest_is_taken():
    assert thresholds.choose([[1], [0]], [[0.9], [0.1]], own_from=1)[0] == 0.9


def test_a_score_at_its_threshold_is_enough():
    said = thresholds.apply([[0.5, 0.5]], [0.5, np.nextafter(0.5, 1)])
    np.testing.assert_array_equal(said, [[True, False]])
    assert not thresholds.apply([[1e9]], [np.nan]).any()


def test_ten_positives_are_enough_for_a_threshold_of_its_own():
    Y = np.zeros((30, 3), int)
    Y[:9, 0] = 1
    Y[:10, 1] = 1
    assert thresholds.shares_threshold(Y.tolist()).tolist() == [True, False, True]
    assert thresholds.shares_threshold(Y, own_from=0).tolist() == [False, False, True]


def test_a_label_whose_best_albums_all_lack_it_gets_the_best_threshold_there_is():
    Y, S = np.array([[0], [0], [0], [1]]), np.array([[4.0], [3.0], [2.0], [1.0]])
    assert thresholds.choose(Y, S, own_from=1)[0] == 1.0


def test_validation_albums_without_any_label_say_so():
    with pytest.raises(BadDataError, match="none of the 2 validation albums"):
        thresholds.choose(np.zeros((2, 3)), np.zeros((2, 3)))
    with pytest.raises(BadDataError, match="none of the 0 validation albums"):
        thresholds.choose(np.zeros((0, 3)), np.zeros((0, 3)))


def test_a_label_that_is_never_said_counts_zero_and_one_without_a_positive_not_at_all():
    Y, S = np.array([[1, 1, 0], [1, 0, 0]]), np.array([[0.9, 0.1, 0.9], [0.8, 0.1, 0.9]])
    assert thresholds.f1(Y, S, [0.5, 0.5, 0.5]) == 0.5
    assert np.isnan(thresholds.f1(0 * Y, S, [0.5, 0.5, 0.5]))


def test_expected_precision_is_that_on_albums_which_thresholds_were_not_chosen_on():
    rng = np.random.default_rng(0)
    errors = []
    flattering = []
    for _ in range(40):
        Y = rng.random((400, 12)) < np.linspace(0.02, 0.4, 12)
        S = Y + rng.normal(size=Y.shape)
        val, test = slice(0, 100), slice(100, None)
        chosen = thresholds.choose(Y[val], S[val])
        expected = thresholds.expected_precision(Y[val], S[val])
        said = thresholds.apply(S[test], chosen)
        truth = Y[test][said].mean()
        errors.append(np.tile(expected.precision, (300, 1))[said].mean() - truth)
        flattering.append(Y[val][thresholds.apply(S[val], chosen)].mean() - truth)
    assert abs(np.mean(errors)) < 0.02
    assert np.mean(flattering) > 2 * abs(np.mean(errors))


def test_labels_that_share_a_threshold_share_their_precision():
    rng = np.random.default_rng(1)
    Y = rng.random((60, 4)) < [0.5, 0.4, 0.05, 0.05]
    S = Y + rng.normal(0, 0.5, size=Y.shape)
    found = thresholds.expected_precision(Y, S)
    assert found.precision[2] == found.precision[3]
    assert found.decided[2] == found.decided[3]
    assert found.precision[0] != found.precision[1]


def test_one_lucky_decision_is_not_taken_for_certain():
    Y = np.zeros((40, 2), bool)
    Y[:20, 0] = Y[20:30, 1] = True
    S = Y * 1.0
    S[35, 0] = 1
    found = thresholds.expected_precision(Y, S)
    assert found.precision[0] == pytest.approx((20 + 2 * 30 / 31) / (21 + 2))
    assert found.decided.tolist() == [21, 10]
    assert found.precision[1] == pytest.approx((10 + 2 * 30 / 31) / (10 + 2))


@pytest.mark.parametrize("albums", [1, 2])
def test_too_few_albums_have_no_expected_precision(albums):
    Y = np.eye(2, dtype=bool)[:albums]
    found = thresholds.expected_precision(Y, Y * 1.0)
    assert np.isnan(found.precision).all() or albums == 2
    assert found.decided.sum() >= 0


@given(truth_and_scores())
@settings(max_examples=100, deadline=None)
def test_expected_precision_is_a_share_or_unknown(case):
    Y, S = case
    assume(Y.any())
    found = thresholds.expected_precision(Y, S, own_from=2)
    known = found.precision[~np.isnan(found.precision)]
    assert ((known >= 0) & (known <= 1)).all()
    assert (np.isnan(found.precision) | (found.decided > 0) | ~thresholds.shares_threshold(Y, 2)).all()


def test_the_precision_is_cross_validated_in_ten_parts_or_one_for_each_album():
    assert [len(thresholds._parts(albums)) for albums in (0, 1, 2, 9, 10, 25)] == [0, 0, 2, 9, 10, 10]
    assert sorted(np.concatenate(thresholds._parts(25))) == list(range(25))
