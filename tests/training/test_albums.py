"""From tracks to albums: means of features, and albums without a direction."""

import shutil

import keras
import numpy as np
import pandas as pd

from mumu_lib import models, training
from mumu_lib.training import albums
from tiny_networks import network


def test_album_vectors_are_means_of_track_features():
    X = np.random.default_rng(0).normal(size=(7, 8)).astype(np.float32)
    album = np.array([0, 0, 2, 2, 2, 3, 0])
    model = network()
    vectors = albums.album_vectors(model, training.Batches(X, np.arange(7), batch_size=3), album, 5)
    features = keras.Model(model.inputs, model.get_layer(models.FEATURES).output).predict(X, verbose=0)
    expected = pd.DataFrame(features).groupby(album).mean()
    np.testing.assert_allclose(vectors[[0, 2, 3]], expected, rtol=1e-5)
    assert np.isnan(vectors[[1, 4]]).all()
    assert list(albums.complete(vectors)) == [0, 2, 3]
    np.testing.assert_allclose(albums.album_means(features, album, 5)[[0, 2, 3]], expected, rtol=1e-5)


def test_an_album_without_direction_takes_no_part(tmp_path):
    from mumu_lib.targets import Cosine

    C = np.array([[1.0, 0], [0, 1], [0, 0]])
    goal = Cosine(C)
    Y = goal.encode(np.eye(3)[[0, 1, 2, 0, 1, 2]])
    assert list(albums.learnable(Y)) == [True, True, False, True, True, False]
    vectors = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
    splits = pd.Series(["train", "train", "train", "val", "val", "val"])
    keras.utils.set_random_seed(0)
    history = albums.fit_albums(
        models.album_mlp(4, "cosine", d=2), goal, vectors, Y, splits,
        batch_size=2, epochs=3, patience=3, learning_rate=0.1, seed=0, folder=tmp_path,
    )  # fmt: skip
    assert np.isfinite(history["loss"]).all()
    shutil.rmtree(tmp_path)
