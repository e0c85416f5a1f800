"""Maps by t-SNE: of how many points, how seeded, when computed again."""

import numpy as np
import pytest

from mumu_lib.core import progress
from mumu_lib.core.errors import BadDataError
from mumu_lib.figures import projection


@pytest.mark.parametrize("n", [5, 9])
def test_a_map_of_a_handful(n):
    assert np.isfinite(projection.tsne(np.random.default_rng(0).normal(size=(n, 3)))).all()


def test_too_few_for_a_map_is_said():
    with pytest.raises(BadDataError, match="at least 5"):
        projection.tsne(np.eye(4))


def test_tsne_counts_to_its_end_and_is_not_changed_by_it(monkeypatch):
    from openTSNE import TSNE

    moved = []
    monkeypatch.setattr(progress._Line, "update", lambda self, n=1: moved.append(n))
    X = np.random.default_rng(0).normal(size=(30, 4))
    plain = TSNE(perplexity=5, metric="cosine", neighbors="exact", random_state=0, n_jobs=1).fit(X)
    np.testing.assert_array_equal(projection.tsne(X, perplexity=5), plain)
    assert sum(moved) == 750


def test_coordinates_are_computed_once_for_what_made_them(tmp_path, monkeypatch):
    X = np.random.default_rng(0).normal(size=(20, 4))
    xy = projection.coordinates(tmp_path / "run", X, seed=1)
    monkeypatch.setattr(projection, "tsne", lambda *_, **__: np.full((20, 2), 7.0))
    np.testing.assert_array_equal(projection.coordinates(tmp_path / "run", X, seed=1), xy)
    rounded = X + np.random.default_rng(1).normal(0, 1e-7, X.shape)
    np.testing.assert_array_equal(projection.coordinates(tmp_path / "run", rounded, seed=1), xy)
    for other in ({"seed": 2}, {"seed": 1, "perplexity": 5}):
        assert projection.coordinates(tmp_path / "run", X, **other)[0, 0] == 7
    assert projection.coordinates(tmp_path / "run", X + 1, seed=1)[0, 0] == 7
    one_moved = X + 0.1 * (np.arange(20) == 3)[:, None]
    assert projection.coordinates(tmp_path / "run", one_moved, seed=1)[0, 0] == 7


def test_vectors_without_a_direction_are_named(tmp_path):
    X = np.eye(8)
    X[5] = 0
    with pytest.raises(BadDataError, match=r"1 of 8 vectors .* row 5"):
        projection.coordinates(tmp_path, X)
