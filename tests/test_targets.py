import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist

from mumu_lib import labels, targets
from mumu_lib.core.errors import ParameterError


@pytest.fixture
def M(tiny):
    return tiny.label_matrix()


def test_logistic_targets_are_zero_and_one_and_scores_are_probabilities(M):
    objective = targets.Logistic(M.shape[1])
    encoded = objective.encode(M)
    assert objective.n_outputs == encoded.shape[1] == M.shape[1]
    np.testing.assert_array_equal(encoded, M.toarray())
    np.testing.assert_array_equal(objective.scores(encoded * 0.3), encoded * 0.3)


def test_cosine_targets_are_unit_vectors_towards_the_album(M):
    C = labels.label_factors(M)
    objective = targets.Cosine(C)
    encoded = objective.encode(M)
    assert objective.n_outputs == C.shape[1]
    np.testing.assert_allclose(np.linalg.norm(encoded, axis=1), 1, rtol=1e-5)


def test_cosine_scores_are_cosine_similarities(M):
    C = labels.label_factors(M)
    outputs = np.random.default_rng(0).normal(size=(7, C.shape[1]))
    np.testing.assert_allclose(targets.Cosine(C).scores(outputs), 1 - cdist(outputs, C, "cosine"), atol=1e-10)


def test_the_targets_own_labels_come_first(M):
    C = labels.label_factors(M)
    objective = targets.Cosine(C)
    scores = objective.scores(objective.encode(M))
    one_label = M.getnnz(axis=1) == 1
    np.testing.assert_array_equal(scores[one_label].argmax(axis=1), M[one_label].indices)


def test_a_zero_vector_scores_zero_not_nan():
    objective = targets.Cosine(np.array([[1.0, 0], [0, 0], [0, 1]]))
    np.testing.assert_array_equal(objective.scores(np.zeros((2, 2))), np.zeros((2, 3)))
    assert not objective.encode(np.array([[0, 1, 0]])).any()


def test_no_album_at_all_has_no_scores():
    assert targets.Cosine(np.eye(3)).scores(np.zeros((0, 3))).shape == (0, 3)


def test_losses_by_hand():
    y, p = np.array([[0.6, 0.8]], np.float32), np.array([[0.8, 0.6]], np.float32)
    assert float(targets.Cosine(np.eye(2)).loss(y, p)) == pytest.approx(-0.96)
    y, p = np.array([[1.0, 0.0]], np.float32), np.array([[0.8, 0.4]], np.float32)
    assert float(targets.Logistic(2).loss(y, p)) == pytest.approx(-(np.log(0.8) + np.log(0.6)) / 2)


def test_unknown_target_is_named(tiny):
    with pytest.raises(ParameterError, match="did you mean 'cosine'"):
        targets.make(tiny, "cosin", 4)


def test_the_target_of_a_catalogue(tiny):
    np.testing.assert_array_equal(targets.make(tiny, "cosine", 2).C, labels.learned_factors(tiny, 2))
    assert targets.make(tiny, "logistic", 2).n_outputs == len(tiny.labels)


def test_plain_arrays_and_lists_do_too():
    encoded = targets.Logistic(2).encode(np.array([[0, 1]]))
    assert (encoded.dtype, encoded.tolist()) == (np.float32, [[0.0, 1.0]])
    np.testing.assert_array_equal(targets.Logistic(2).scores([[0.25, 0.5]]) * 2, [[0.5, 1]])
    assert targets.Cosine(np.eye(2, dtype=np.float32)).scores(np.eye(2, dtype=np.float32)).dtype == np.float64


@pytest.mark.parametrize("name", ["logistic", "cosine"])
def test_a_label_that_no_training_album_has_comes_last_and_one_of_all_first(tiny, name):
    assert not targets.make(tiny, name, 2).constant.any()
    rows = np.flatnonzero(tiny.albums["genres"].map(list).isin([["Pop"], ["Pop", "Rock"]]))
    objective = targets.make(tiny, name, 2, rows)
    assert dict(zip(tiny.labels, objective.constant, strict=True)) == {
        "Pop": 1,
        "Rock": 0,
        "Jazz": -1,
        "Vocal Jazz": -1,
    }
    outputs = np.random.default_rng(0).random((40, objective.n_outputs)).astype(np.float32)
    outputs[0], outputs[1] = 0, 1
    scores = pd.DataFrame(objective.scores(outputs), columns=tiny.labels)
    assert (scores["Pop"] > scores["Rock"]).all()
    assert (scores["Rock"] > scores["Jazz"]).all()
    assert (scores["Vocal Jazz"] == scores["Jazz"]).all()
    unlike = targets.make(tiny, name, 2).scores(outputs)
    np.testing.assert_allclose(scores["Rock"], unlike[:, tiny.labels.index("Rock")], atol=1e-7)


def test_a_fold_learns_from_its_own_training_albums_only(tiny):
    jazz = np.flatnonzero(tiny.albums["genres"].map(lambda genres: "Jazz" in genres))
    train = tiny.rows("train")
    fold = np.setdiff1d(np.arange(len(tiny.albums)), np.intersect1d(jazz, train))
    constant = targets.never_or_always(tiny, fold)
    assert constant[tiny.labels.index("Jazz")] == -1
    repeated = np.concatenate([fold, fold])
    np.testing.assert_array_equal(targets.never_or_always(tiny, repeated), constant)
    assert (targets.never_or_always(tiny, tiny.rows("test")) == -1).all()


def test_losses_are_of_full_precision_whatever_the_precision_of_outputs():
    y, p = np.array([[0.6, 0.8]], np.float16), np.array([[0.8, 0.6]], np.float16)
    for objective in (targets.Cosine(np.eye(2)), targets.Logistic(2)):
        assert objective.loss.dtype == "float32"
        assert objective.loss(y, p).dtype == "float32"


def test_probabilities_of_constant_labels_are_zero_and_one_and_no_other_label_ties_with_them():
    outputs = np.array([[0.5, 0.5, 1.0], [0.5, 0.5, 0.0]], np.float32)
    scores = targets.Logistic(3, [-1, 1, 0]).scores(outputs)
    np.testing.assert_array_equal(scores[:, :2], [[0, 1], [0, 1]])
    assert 0 < scores[1, 2] < scores[0, 2] < 1


def test_cosines_of_constant_labels_are_the_least_and_the_largest():
    C = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 2.0], [0.0, -2.0]])
    scores = targets.Cosine(C, [-1, 1, 0, 0]).scores(np.array([[0.0, 1.0], [0.0, -3.0]]))
    np.testing.assert_array_equal(scores[:, :2], [[-1, 1], [-1, 1]])
    assert (np.abs(scores[:, 2:]) < 1).all()
    np.testing.assert_allclose(scores[:, 2:], [[1, -1], [-1, 1]], atol=1e-6)


def test_a_label_without_factors_is_at_a_right_angle_to_all_albums():
    scores = targets.Cosine(np.array([[0.0, 0.0], [3.0, 4.0]])).scores(np.array([[6.0, 8.0]]))
    np.testing.assert_allclose(scores, [[0, 1]], atol=1e-6)
