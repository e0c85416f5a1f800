"""The metrics, held against scikit-learn and against their definitions."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import assume, given, settings, strategies as st
from sklearn.metrics import (
    average_precision_score,
    label_ranking_average_precision_score,
    precision_score,
    roc_auc_score,
)

from judged_albums import truth_and_scores
from mumu_lib import metrics
from mumu_lib.core.errors import BadDataError, ParameterError


def brute_force_auc(y, s):
    pairs = [(a, b) for a in s[y == 1] for b in s[y == 0]]
    return np.mean([1.0 if a > b else 0.5 if a == b else 0.0 for a, b in pairs]) if pairs else np.nan


@given(truth_and_scores())
@settings(max_examples=300, deadline=None)
def test_auc_equals_counting_pairs(case):
    Y, S = case
    expected = [brute_force_auc(y, s) for y, s in zip(Y.T, S.T, strict=True)]
    np.testing.assert_allclose(metrics.auc_per_label(Y, S), expected)
    assert metrics.macro_auc(sp.csr_matrix(Y), S) == pytest.approx(
        np.nanmean(expected) if np.isfinite(expected).any() else np.nan, nan_ok=True
    )


@given(truth_and_scores())
@settings(max_examples=200, deadline=None)
def test_auc_equals_scikit_learn_where_it_is_defined(case):
    Y, S = case
    both = Y.any(axis=0) & ~Y.all(axis=0)
    assume(both.any())
    expected = np.mean([roc_auc_score(Y[:, j], S[:, j]) for j in np.flatnonzero(both)])
    assert metrics.macro_auc(Y, S) == pytest.approx(expected)


@given(truth_and_scores(), st.integers(1, 5))
@settings(max_examples=200, deadline=None)
def test_coverage_equals_its_definition(case, k):
    _, S = case
    assume(k <= S.shape[1])
    seen = set()
    for row in S:
        seen |= set(sorted(range(len(row)), key=lambda j: (-row[j], j))[:k])
    assert metrics.coverage_at_k(S, k) == len(seen) / S.shape[1]


@given(truth_and_scores())
@settings(deadline=None)
def test_coverage_never_falls_with_k(case):
    _, S = case
    values = [metrics.coverage_at_k(S, k) for k in range(1, S.shape[1] + 1)]
    assert values == sorted(values)
    assert values[-1] == 1


@given(truth_and_scores())
@settings(max_examples=60, deadline=None)
def test_mean_average_precision_equals_scikit_learn(case):
    Y, S = case
    columns = np.flatnonzero(Y.any(axis=0))
    expected = np.mean([average_precision_score(Y[:, j], S[:, j]) for j in columns]) if len(columns) else np.nan
    assert metrics.mean_average_precision(Y, S) == pytest.approx(expected, nan_ok=True)


@given(truth_and_scores())
@settings(max_examples=60, deadline=None)
def test_ranking_precision_equals_scikit_learn(case):
    Y, S = case
    assume(Y.shape[1] > 1)  # scikit-learn takes one column for something else
    per_album = metrics.ranking_precision_per_album(Y, S)
    assert per_album.mean() == pytest.approx(label_ranking_average_precision_score(Y, S))
    assert metrics.METRICS["lrap"](Y, S) == pytest.approx(per_album.mean())


@given(truth_and_scores(), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_precision_at_k_equals_scikit_learn(case, k):
    Y, S = case
    assume(2 <= Y.shape[1] >= k)
    chosen = np.zeros_like(Y)
    for album, row in enumerate(S):
        chosen[album, sorted(range(len(row)), key=lambda j: (-row[j], j))[:k]] = 1
    expected = precision_score(Y, chosen, average="samples", zero_division=0)
    assert metrics.precision_per_album(Y, S, k).mean() == pytest.approx(expected)


@pytest.mark.parametrize("name", metrics.METRICS)
def test_every_named_metric_is_the_same_fast_and_slow(name):
    rng = np.random.default_rng(4)
    Y, S = rng.random((80, 7)) < 0.3, rng.normal(size=(80, 7)).round(1)
    slow = metrics.bootstrap(Y, S, lambda y, s: metrics.METRICS[name](y, s), n=12, seed=3)
    np.testing.assert_allclose(metrics.bootstrap(Y, S, name, n=12, seed=3), slow, atol=1e-12)


def test_an_unknown_metric_is_named_with_the_nearest():
    with pytest.raises(ParameterError, match="did you mean 'coverage@3'"):
        metrics.bootstrap(np.eye(3), np.eye(3), "covrage@3")


def test_a_paired_bootstrap_sees_what_two_separate_intervals_do_not():
    rng = np.random.default_rng(0)
    Y = rng.random((200, 8)) < 0.3
    worse = 0.7 * Y + rng.normal(size=Y.shape)
    better = worse + 0.08 * Y
    result = metrics.paired(Y, better, worse, n=300, seed=1)
    assert result["first"] == metrics.macro_auc(Y, better)
    assert result["difference"] == result["first"] - metrics.macro_auc(Y, worse)
    assert 0 < result["low"] < result["difference"] < result["high"]
    assert result["p"] < 0.05
    apart = [metrics.interval(metrics.bootstrap(Y, S, n=300, seed=1)) for S in (worse, better)]
    assert apart[0][1] > apart[1][0]
    turned = metrics.paired(Y, worse, better, n=300, seed=1)
    assert turned["low"] == pytest.approx(-result["high"])


def test_a_run_does_not_differ_from_itself():
    rng = np.random.default_rng(0)
    Y, S = rng.random((50, 4)) < 0.4, rng.normal(size=(50, 4))
    for metric in ("auc", "coverage@1", lambda y, s: float(s[y.astype(bool)].mean())):
        result = metrics.paired(Y, S, S, metric, n=50)
        assert (result["difference"], result["low"], result["high"], result["p"]) == (0, 0, 0, 1)


def test_two_equally_good_runs_are_rarely_told_apart():
    said = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        Y = rng.random((100, 5)) < 0.3
        first, second = (Y + rng.normal(size=Y.shape) for _ in range(2))
        said.append(metrics.paired(Y, first, second, n=200, seed=seed)["p"] < 0.05)
    assert np.mean(said) < 0.15


def test_labels_are_cut_into_thirds_by_their_training_albums():
    groups = metrics.frequency_groups([5, 100, 7, 7, 1, 0, 50])
    assert [list(columns) for columns in groups.values()] == [[1, 6, 2], [3, 0], [4, 5]]
    rng = np.random.default_rng(0)
    Y, S = rng.random((60, 7)) < 0.4, rng.normal(size=(60, 7))
    result = metrics.evaluate(Y, S, list("abcdefg"), frequencies=[5, 100, 7, 7, 1, 0, 50], resamples=0)
    assert result["auc_head"] == pytest.approx(metrics.macro_auc(Y[:, [1, 2, 6]], S[:, [1, 2, 6]]))
    assert result["auc_tail"] == pytest.approx(metrics.macro_auc(Y[:, [4, 5]], S[:, [4, 5]]))
    assert "auc_head" not in metrics.evaluate(Y, S, list("abcdefg"), resamples=0)
    assert {"map", "lrap", "precision@1", "precision@3", "precision@5"} <= set(result)


def test_bootstrap_interval_covers_the_value_and_is_seeded():
    rng = np.random.default_rng(0)
    Y = rng.integers(0, 2, (300, 6))
    S = Y + rng.normal(0, 1, Y.shape)
    values = metrics.bootstrap(Y, S, n=300, seed=1)
    low, high = metrics.interval(values)
    assert low < metrics.macro_auc(Y, S) < high
    np.testing.assert_array_equal(values, metrics.bootstrap(Y, S, n=300, seed=1))
    assert (values != metrics.bootstrap(Y, S, n=300, seed=2)).any()


def test_labels_left_out_are_named():
    Y = np.array([[1, 0, 1], [1, 0, 0], [1, 0, 1]])
    result = metrics.evaluate(Y, Y.astype(float), ["Pop", "Polka", "Rock"], resamples=10)
    assert result["labels_left_out"] == {"no positive": ["Polka"], "no negative": ["Pop"]}
    assert result["auc"] == 1
    assert "coverage@5" not in result


def test_nan_scores_are_an_error_that_says_where():
    S = np.zeros((3, 2))
    S[2, 1] = np.nan
    with pytest.raises(BadDataError, match="album row 2, label column 1"):
        metrics.macro_auc(np.eye(3, 2), S)
    with pytest.raises(BadDataError):
        metrics.coverage_at_k(S, 1)
    S[2, 1] = np.inf
    with pytest.raises(BadDataError, match="NaN or infinity"):
        metrics.ranking_precision_per_album(np.eye(3, 2), S)


@pytest.mark.parametrize(
    ("Y", "S"), [(np.eye(3), np.zeros((3, 2))), (np.full((2, 2), 2), np.zeros((2, 2))), ([1, 0], [1, 0])]
)
def test_malformed_truth_is_an_error(Y, S):
    with pytest.raises(BadDataError):
        metrics.macro_auc(Y, S)


def test_an_empty_test_split_is_an_error():
    with pytest.raises(BadDataError, match="split is empty"):
        metrics.evaluate(np.zeros((0, 2)), np.zeros((0, 2)), ["a", "b"])
    with pytest.raises(BadDataError, match="no album in common"):
        metrics.paired(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros((0, 2)))


@pytest.mark.parametrize("k", [0, 3, -1])
def test_k_outside_the_labels_is_an_error(k):
    with pytest.raises(ParameterError, match="between 1 and the 2 labels"):
        metrics.coverage_at_k(np.zeros((4, 2)), k)


def test_what_is_not_said_is_a_thousand_resamples_from_seed_0():
    rng = np.random.default_rng(3)
    Y, S = rng.random((30, 4)) < 0.4, rng.normal(size=(30, 4))
    for metric in ("auc", "lrap"):
        np.testing.assert_array_equal(metrics.bootstrap(Y, S, metric), metrics.bootstrap(Y, S, metric, n=1000, seed=0))
    assert metrics.paired(Y, S, -S) == metrics.paired(Y, S, -S, "auc", n=1000, seed=0)
    low, high = metrics.interval(metrics.bootstrap(Y, S, n=1000, seed=0))
    result = metrics.evaluate(Y, S, list("abcd"))
    assert (result["auc_low"], result["auc_high"], result["albums"]) == (low, high, 30)
    again = metrics.evaluate(Y, S, list("abcd"), resamples=40, seed=2)
    assert (again["auc_low"], again["auc_high"]) == metrics.interval(metrics.bootstrap(Y, S, n=40, seed=2))


def test_every_metric_of_a_run_is_the_one_of_its_name():
    rng = np.random.default_rng(5)
    Y, S = rng.random((40, 5)) < 0.4, rng.normal(size=(40, 5))
    result = metrics.evaluate(Y, S, list("abcde"), resamples=0)
    assert np.isnan(result["auc_low"])
    for k in (1, 3, 5):
        assert result[f"coverage@{k}"] == metrics.coverage_at_k(S, k)
        assert result[f"precision@{k}"] == metrics.precision_per_album(Y, S, k).mean()
    assert {name for name in result if "@" in name} == {
        f"{of}@{k}" for of in ("coverage", "precision") for k in (1, 3, 5)
    }
    assert list(metrics.frequency_groups(range(9))) == ["head", "middle", "tail"]
    function = metrics.bootstrap(Y, S, lambda y, s: metrics.macro_auc(y, s), n=6)
    np.testing.assert_allclose(function, metrics.bootstrap(Y, S, n=6, seed=0), atol=1e-12)


def test_an_album_with_no_genre_or_all_is_ranked_right():
    Y = np.array([[0, 0, 0], [1, 1, 1], [0, 1, 0]])
    S = np.array([[3, 2, 1], [1, 1, 1], [2, 1, 0]])
    np.testing.assert_allclose(metrics.ranking_precision_per_album(Y, S), [1, 1, 0.5])


def test_scores_may_be_given_as_lists():
    assert metrics.macro_auc([[1], [0], [0]], [[0.5], [0.1], [0.5]]) == 0.75
    assert metrics.coverage_at_k([[1, 2], [3, 4]], 1) == 0.5
    assert isinstance(metrics.macro_auc([[1], [0]], [[1], [0]]), float)
    assert np.isnan(metrics.mean_average_precision(np.zeros((2, 2)), np.eye(2)))
    with pytest.raises(BadDataError, match="albums x labels"):
        metrics.macro_auc(np.eye(3)[:, 0], np.eye(3)[:, 0])
    with pytest.raises(BadDataError, match="0 and 1 only"):
        metrics.macro_auc([[1.0], [0.5]], [[1.0], [0.5]])


@pytest.mark.filterwarnings("error")
def test_labels_without_a_pair_have_no_auc():
    np.testing.assert_array_equal(metrics.auc_per_label(np.zeros((0, 2)), np.zeros((0, 2))), [np.nan, np.nan])
    np.testing.assert_array_equal(metrics.auc_per_label([[1, 0], [1, 0]], np.eye(2)), [np.nan, np.nan])


def test_the_first_columns_of_many_equal_scores_come_first_whatever_kind_of_number_they_are():
    assert metrics.coverage_at_k(np.zeros((3, 300)), 10) == 10 / 300
    assert metrics.precision_per_album(np.eye(2, 300), np.zeros((2, 300)), 2).tolist() == [0.5, 0.5]
    assert metrics.precision_per_album([[0, 0, 1]], np.array([[0, 1, 2]], np.uint8), 1).tolist() == [1]
