import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import roc_auc_score

from mumu_lib import metrics
from mumu_lib.errors import BadDataError, ParameterError


@st.composite
def truth_and_scores(draw):
    """Small cases full of ties, empty labels, full labels and constant scores."""
    shape = draw(st.tuples(st.integers(1, 12), st.integers(1, 5)))
    Y = draw(arrays(np.int8, shape, elements=st.integers(0, 1)))
    S = draw(arrays(np.float64, shape, elements=st.sampled_from([-1.0, 0.0, 0.25, 0.5, 1e9])))
    return Y, S


def brute_force_auc(y, s):
    pairs = [(a, b) for a in s[y == 1] for b in s[y == 0]]
    return np.mean([1.0 if a > b else 0.5 if a == b else 0.0 for a, b in pairs]) if pairs else np.nan


@given(truth_and_scores())
@settings(max_examples=300)
def test_auc_equals_counting_pairs(case):
    Y, S = case
    expected = [brute_force_auc(y, s) for y, s in zip(Y.T, S.T, strict=True)]
    np.testing.assert_allclose(metrics.auc_per_label(Y, S), expected)
    assert metrics.macro_auc(sp.csr_matrix(Y), S) == pytest.approx(
        np.nanmean(expected) if np.isfinite(expected).any() else np.nan, nan_ok=True
    )


@given(truth_and_scores())
@settings(max_examples=200)
def test_auc_equals_scikit_learn_where_it_is_defined(case):
    Y, S = case
    both = Y.any(axis=0) & ~Y.all(axis=0)
    assume(both.any())
    expected = np.mean([roc_auc_score(Y[:, j], S[:, j]) for j in np.flatnonzero(both)])
    assert metrics.macro_auc(Y, S) == pytest.approx(expected)


@given(truth_and_scores(), st.integers(1, 5))
@settings(max_examples=200)
def test_coverage_equals_its_definition(case, k):
    _, S = case
    assume(k <= S.shape[1])
    seen = set()
    for row in S:
        seen |= set(sorted(range(len(row)), key=lambda j: (-row[j], j))[:k])
    assert metrics.coverage_at_k(S, k) == len(seen) / S.shape[1]


@given(truth_and_scores())
def test_coverage_never_falls_with_k(case):
    _, S = case
    values = [metrics.coverage_at_k(S, k) for k in range(1, S.shape[1] + 1)]
    assert values == sorted(values)
    assert values[-1] == 1


@given(truth_and_scores(), st.integers(0, 3))
@settings(max_examples=100)
def test_fast_bootstrap_equals_scikit_learn_on_the_same_resamples(case, seed):
    Y, S = case
    fast = metrics.bootstrap(Y, S, n=8, seed=seed)
    slow = metrics.bootstrap(Y, S, metric=lambda y, s: metrics.macro_auc(y, s), n=8, seed=seed)
    np.testing.assert_allclose(fast, slow, atol=1e-12)


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


@pytest.mark.parametrize(
    ("Y", "S"), [(np.eye(3), np.zeros((3, 2))), (np.full((2, 2), 2), np.zeros((2, 2))), ([1, 0], [1, 0])]
)
def test_malformed_truth_is_an_error(Y, S):
    with pytest.raises(BadDataError):
        metrics.macro_auc(Y, S)


def test_an_empty_test_split_is_an_error():
    with pytest.raises(BadDataError, match="split is empty"):
        metrics.evaluate(np.zeros((0, 2)), np.zeros((0, 2)), ["a", "b"])


@pytest.mark.parametrize("k", [0, 3, -1])
def test_k_outside_the_labels_is_an_error(k):
    with pytest.raises(ParameterError, match="between 1 and the 2 labels"):
        metrics.coverage_at_k(np.zeros((4, 2)), k)


def test_an_interval_of_nothing_is_nan():
    assert np.isnan(metrics.interval([np.nan, np.nan])).all()
    assert metrics.interval([1.0, np.nan, 1.0]) == (1, 1)
