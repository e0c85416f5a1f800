"""Where in a cover the evidence for a label lies."""

import keras
import numpy as np
import pandas as pd
import pytest

from mumu_lib import targets
from mumu_lib.image import class_activation
from small_networks import small


@pytest.mark.parametrize("target", ["logistic", "cosine"])
def test_the_mean_of_a_class_map_is_the_evidence_for_the_label(target):
    rng = np.random.default_rng(0)
    objective = targets.Logistic(4) if target == "logistic" else targets.Cosine(rng.normal(size=(4, 3)))
    network = small(target, size=64)
    views, labels = rng.integers(0, 256, (3, 64, 64, 3), np.uint8), np.array([2, 0, 3])
    directions = class_activation.label_weights(network, objective)
    maps = class_activation.class_maps(network, views, directions[:, labels].T)
    assert maps.shape == (3, 4, 4)
    outputs = network.predict(views, verbose=0)
    evidence, scores = maps.mean(axis=(1, 2)), objective.scores(outputs)[np.arange(3), labels]
    if target == "logistic":
        np.testing.assert_allclose(1 / (1 + np.exp(-evidence)), scores, rtol=1e-4)
    else:
        linear = keras.Model(network.inputs, network.get_layer("linear").output).predict(views, verbose=0)
        np.testing.assert_allclose(evidence / np.linalg.norm(linear, axis=1), scores, rtol=1e-3, atol=1e-5)


def test_the_surest_covers_of_a_genre_have_it_and_are_test_albums(tiny):
    rng = np.random.default_rng(0)
    scores = rng.random((30, 4))
    table = pd.DataFrame({"album": np.arange(30), "row": np.arange(30), "split": tiny.albums["split"]})
    found = class_activation.top_scoring(tiny, table, scores, ["Jazz", "Pop"], n=2)
    for row in found.itertuples():
        assert row.genre in tiny.albums["genres"][row.row]
        assert tiny.albums["split"][row.row] == "test"
        assert row.score == scores[row.row, tiny.labels.index(row.genre)]
    jazz = [i for i in tiny.rows("test") if "Jazz" in tiny.albums["genres"][i]]
    column = tiny.labels.index("Jazz")
    assert found["row"][0] == max(jazz, key=lambda i: scores[i, column])
