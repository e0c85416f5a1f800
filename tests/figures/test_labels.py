"""Figures of labels: the map of genres."""

import numpy as np
import pandas as pd

from mumu_lib.figures import labels as label_figures, projection


def test_the_map_keeps_neighbours_together_and_is_seeded():
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(c, 0.05, (40, 4)) for c in np.eye(4)[:3]])
    group = pd.Series(np.repeat(list("abc"), 40))
    one, two = projection.tsne(X, seed=1), projection.tsne(X, seed=1)
    np.testing.assert_array_equal(one, two)
    distances = np.linalg.norm(one[:, None] - one, axis=2) + np.eye(120) * 1e9
    assert (group.to_numpy()[distances.argmin(axis=1)] == group).mean() > 0.95
    assert len(label_figures.genre_map(one, group, most=2).axes[0].collections) == 3
