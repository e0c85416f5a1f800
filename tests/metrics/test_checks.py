import numpy as np
import pytest
import scipy.sparse as sp

from mumu_lib.core.errors import BadDataError, ParameterError
from mumu_lib.metrics import checks


def test_truth_becomes_bool_and_scores_float64():
    truth, scores = checks.checked(sp.csr_matrix(np.eye(2)), np.eye(2, dtype=np.float32))
    assert (truth.dtype, scores.dtype) == (bool, np.float64)
    np.testing.assert_array_equal(truth, np.eye(2, dtype=bool))


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_a_score_that_is_no_number_is_named_by_its_place(wrong):
    with pytest.raises(BadDataError, match="album row 1, label column 0"):
        checks.checked(np.eye(2), [[0.0, 0.0], [wrong, 0.0]])


def test_of_equal_scores_the_lower_column_comes_first():
    np.testing.assert_array_equal(checks.top(np.array([[1.0, 3.0, 3.0, 2.0]]), 3), [[1, 2, 3]])


@pytest.mark.parametrize("k", [0, 3])
def test_k_lies_between_one_and_the_labels(k):
    with pytest.raises(ParameterError, match="between 1 and the 2 labels"):
        checks.top(np.eye(2), k)
