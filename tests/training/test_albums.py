"""From tracks to albums: means of features, and albums without a direction."""

import shutil

import keras
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from mumu_lib import metrics, models, training
from mumu_lib.labels import label_factors
from mumu_lib.metrics.ranking import constant_labels
from mumu_lib.targets import Cosine, Logistic
from mumu_lib.training import albums
from tiny_networks import network


def test_album_vectors_are_means_of_track_features():
    X = np.random.default_rng(0).normal(size=(7, 8)).astype(np.float32)
    album = np.array([0, 0, 2, 2, 2, 3, 0])
    model = network()
    vectors = albums.album_embeddings(model, training.Batches(X, np.arange(7), batch_size=3), album, 5)
    features = keras.Model(model.inputs, model.get_layer(models.FEATURES).output).predict(X, verbose=0)
    expected = pd.DataFrame(features).groupby(album).mean()
    np.testing.assert_allclose(vectors[[0, 2, 3]], expected, rtol=1e-5)
    assert np.isnan(vectors[[1, 4]]).all()
    assert list(albums.rows_without_nan(vectors)) == [0, 2, 3]
    np.testing.assert_allclose(albums.album_means(features, album, 5)[[0, 2, 3]], expected, rtol=1e-5)


def test_an_album_without_direction_takes_no_part(tmp_path):
    C = np.array([[1.0, 0], [0, 1], [0, 0]])
    objective = Cosine(C)
    Y = objective.encode(np.eye(3)[[0, 1, 2, 0, 1, 2]])
    assert list(albums.has_target(Y)) == [True, True, False, True, True, False]
    vectors = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
    splits = pd.Series(["train", "train", "train", "val", "val", "val"])
    keras.utils.set_random_seed(0)
    history = albums.fit_albums(
        models.album_mlp(4, "cosine", d=2), objective, vectors, Y, splits,
        batch_size=2, epochs=3, patience=3, learning_rate=0.1, seed=0, folder=tmp_path,
    )  # fmt: skip
    assert np.isfinite(history["loss"]).all()
    shutil.rmtree(tmp_path)


def made(n=240, labels=9):
    """Vectors and labels that they tell; the last label stands on no training album."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 12)).astype(np.float32)
    told = (X @ rng.normal(size=(12, labels)) + rng.normal(size=(n, labels))).argmax(axis=1)
    M = np.zeros((n, labels + 1), int)
    M[np.arange(n), told] = 1
    splits = pd.Series(np.repeat(["train", "val", "test"], n // 3))
    M[-8:, labels] = 1
    return X, M, splits


def fitted(X, M, splits, objective, policy="float32", epochs=40):
    """Scores of all albums by an album network."""
    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy(policy)
    try:
        network = models.album_mlp(X.shape[1], objective.name, M.shape[1], objective.n_outputs)
        albums.fit_albums(
            network, objective, X, objective.encode(M), splits, batch_size=16, epochs=epochs, patience=epochs,
            learning_rate=0.03, seed=0,
        )  # fmt: skip
    finally:
        keras.config.set_dtype_policy("float32")
    return objective.scores(network.predict(X, verbose=0))


def goals(M, splits, constant):
    C = label_factors(sp.csr_matrix(M[splits != "test"]), 6)
    return {"logistic": Logistic(M.shape[1], constant), "cosine": Cosine(C, constant)}


@pytest.mark.parametrize("target", ["logistic", "cosine"])
def test_a_label_without_a_training_album_comes_last_in_a_trained_network(target):
    X, M, splits = made()
    train, test = splits == "train", splits == "test"
    constant = constant_labels(M[train].sum(axis=0), train.sum())
    put = fitted(X, M, splits, goals(M, splits, constant)[target])
    assert (put[:, -1] < put[:, :-1].min(axis=1)).all()
    plain = fitted(X, M, splits, goals(M, splits, None)[target])
    precision = metrics.METRICS["precision@1"]
    assert precision(M[test], put[test]) >= precision(M[test], plain[test])
    np.testing.assert_array_equal(put[:, :-1], plain[:, :-1])


@pytest.mark.parametrize("target", ["logistic", "cosine"])
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("length", [3e-4, 1, 300])
def test_mixed_precision_learns_as_full_precision_does_whatever_the_length_of_vectors(policy, length, target):
    X, M, splits = made()
    X = X / np.linalg.norm(X, axis=1, keepdims=True) * np.float32(length)
    objective = goals(M, splits, None)[target]
    full, mixed = (fitted(X, M, splits, objective, p, epochs=4) for p in ("float32", policy))
    np.testing.assert_allclose(mixed, full, atol=1e-4)


def test_vectors_of_half_precision_layers_are_averaged_in_full_precision():
    keras.utils.set_random_seed(0)
    x = inputs = keras.Input((1,))
    x = keras.layers.Identity(name=models.FEATURES, dtype="bfloat16")(x)
    model = keras.Model(inputs, keras.layers.Dense(1)(x))
    X = np.ones((1000, 1), np.float32)
    vectors = albums.album_embeddings(model, training.Batches(X, np.arange(1000)), np.zeros(1000, int), 1)
    assert vectors.dtype == np.float32
    assert vectors[0, 0] == 1


def test_vectors_that_differ_by_rounding_find_the_network_that_was_trained_on_them(tmp_path):
    from mumu_lib.targets import Logistic

    objective = Logistic(2)
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(6, 4)).astype(np.float32)
    Y = np.eye(2, dtype=np.float32)[[0, 1, 0, 1, 0, 1]]
    splits = pd.Series(["train"] * 4 + ["val"] * 2)
    folder = albums.folder_for(tmp_path, "network", vectors, Y, splits)
    albums.fit_albums(
        models.album_mlp(4, "logistic", 2), objective, vectors, Y, splits,
        batch_size=2, epochs=1, patience=1, learning_rate=0.1, seed=0, folder=tmp_path / folder,
    )  # fmt: skip
    assert albums.folder_for(tmp_path, "network", vectors, Y, splits) == folder
    assert albums.folder_for(tmp_path, "network", vectors * (1 + 1e-6), Y, splits) == folder
    assert albums.folder_for(tmp_path, "network", vectors[::-1].copy(), Y, splits) != folder
    assert albums.folder_for(tmp_path, "albums", vectors * (1 + 1e-6), Y, splits) != folder
