"""How unlike an album is: distances to the centres of labels, and the validation albums' own."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from mumu_lib.prediction import likeness


def two_kinds(n, rng):
    """Vectors around two directions, and which kind each is."""
    kind = np.arange(n) % 2
    vectors = np.zeros((n, 8))
    vectors[np.arange(n), kind] = 5
    return vectors + rng.normal(0, 0.5, vectors.shape), np.stack([kind == 0, kind == 1], axis=1)


@pytest.fixture
def found():
    X, has = two_kinds(200, np.random.default_rng(0))
    return likeness.measure(X, has, range(100), range(100, 200))


def test_distances_are_those_to_the_nearest_centre_in_standard_deviations(found):
    X, _ = two_kinds(7, np.random.default_rng(1))
    expected = cdist((X - found.mean) / found.scale, found.centres).min(axis=1)
    np.testing.assert_allclose(found.distances(X), expected, rtol=1e-9)
    assert found.centres.shape == (2, 8)


def test_albums_of_the_kind_are_flagged_one_time_in_twenty_and_others_always(found):
    rng = np.random.default_rng(2)
    X, _ = two_kinds(1000, rng)
    ranks = np.array([found.rank(x)[0] for x in X])
    assert abs((ranks > 95).mean() - 0.05) < 0.03
    strangers = np.zeros((50, 8))
    strangers[:, 5] = 5
    strangers += rng.normal(0, 0.5, strangers.shape)
    assert all(found.rank(x) == (100, 100) for x in strangers)


def test_a_number_that_is_always_the_same_does_not_make_an_album_unlike():
    X, has = two_kinds(200, np.random.default_rng(4))
    X[:, 7] = 1.0
    found = likeness.measure(X, has, range(100), range(100, 200))
    last_bit = X[150].copy()
    last_bit[7] = np.nextafter(1.0, 2)
    assert found.distances(last_bit[None])[0] == pytest.approx(found.distances(X[150:151])[0])
    same = likeness.measure(np.ones((200, 3)), has, range(100), range(100, 200))
    assert same.rank(np.ones(3)) == (0, 100)


def test_no_centre_is_that_of_a_few_albums():
    X, has = two_kinds(40, np.random.default_rng(3))
    rare = np.zeros(len(X), bool)
    rare[:4] = True
    found = likeness.measure(X, np.column_stack([has, rare]), range(30), range(30, 40))
    assert len(found.centres) == 2
    assert likeness.measure(X, rare[:, None], range(30), range(30, 40)) is None
    assert likeness.measure(X, has, range(30), []) is None


def test_a_run_without_enough_training_albums_has_none(music):
    assert likeness.of_run(music, music.folder.parents[1] / "runs" / "mine" / "text-cosine-vsm") is None


def test_of_a_run_by_its_own_albums(music, monkeypatch):
    monkeypatch.setattr(likeness, "FEWEST", 1)
    folder = music.folder.parents[1] / "runs" / "mine" / "text-cosine-vsm"
    found = likeness.of_run(music, folder)
    assert found.centres.shape == (4, 2048)
    E = np.load(folder / "embeddings.npy")
    np.testing.assert_allclose(found.others, np.sort(found.distances(E[4:8])))
