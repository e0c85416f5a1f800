"""The layout of the convolutions: the numbers, weights and files of the former one."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from former_layout import former
from mumu_lib import models, targets, training
from mumu_lib.core import environment, processor
from mumu_lib.models import convolution
from mumu_lib.models.convolution import ConvolutionPool

SETTINGS = {"mean": np.linspace(-50, -20, 96), "std": np.linspace(5, 20, 96)}


def patches(n, seed=0):
    return np.random.default_rng(seed).uniform(-80, 0, (n, *models.PATCH_SHAPE)).astype(np.float32)


@pytest.fixture(params=[True, False], ids=["avx512", "without"])
def vectors(request, monkeypatch):
    """Both ways in which the first layer of 4x70 is computed, whatever this processor has."""
    monkeypatch.setattr(processor, "has_avx512", lambda: request.param)


@pytest.mark.parametrize("filters", ["low_3x3", "low_4x96", "low_4x70", "high_4x96", "high_4x70"])
def test_outputs_weights_and_first_values_are_those_of_the_former_layout(filters, vectors):
    networks = []
    for make in (former, models.cnn):
        keras.utils.set_random_seed(3)
        networks.append(make(filters, "cosine", 9, 5, **SETTINGS))
    before, now = networks
    for a, b in zip(before.get_weights(), now.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    X = patches(3)
    np.testing.assert_allclose(now.predict(X, verbose=0), before.predict(X, verbose=0), atol=1e-6)


def test_what_a_layer_cannot_improve_is_laid_out_as_before():
    kinds = [[type(layer) for layer in make("low_4x96", "cosine", 9, 5).layers] for make in (former, models.cnn)]
    assert kinds[0] == kinds[1]


@pytest.mark.parametrize(
    ("kernel", "sides"), [((4,), (9,)), ((3, 3), (6, 5)), ((1,), (4,)), ((1, 1), (3, 2)), ((1, 3), (4, 6))]
)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_the_gradients_of_wide_convolutions_are_the_backends_own(kernel, sides, dtype, vectors):
    def gradients(convolve, wanted):
        a, b = (tf.Variable(tf.cast(array, wanted)) for array in (x, k))
        with tf.GradientTape() as tape:
            maps = convolve(tf.identity(a), tf.identity(b))
            loss = tf.reduce_sum(tf.sin(tf.cast(maps, "float32")))
        return maps, *tape.gradient(loss, [a, b])

    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, *sides, convolution.WIDE)).astype(np.float32)
    k = rng.normal(size=(*kernel, convolution.WIDE, 7)).astype(np.float32) / 30
    ours = gradients(convolution._convolve, dtype)
    theirs = gradients(lambda maps, weights: keras.ops.conv(maps, weights, padding="valid"), "float32")
    for found, expected in zip(ours, theirs, strict=True):
        assert found.dtype == dtype
        near = 1e-5 if dtype == "float32" else 0.05
        scale = float(tf.reduce_max(tf.abs(expected)))
        np.testing.assert_allclose(tf.cast(found, "float32"), expected, atol=near * scale)


@pytest.mark.parametrize(
    ("avx512", "gpus", "channels", "kernel", "products"),
    [
        (True, [], convolution.WIDE, (4,), True),
        (False, [], convolution.WIDE, (4,), True),
        (True, [], convolution.WIDE, (3, 3), True),
        (False, [], convolution.WIDE, (3, 3), False),
        (True, [(9, 0)], convolution.WIDE, (4,), False),
        (True, [], convolution.WIDE - 1, (4,), False),
    ],
)
def test_products_stand_for_the_gradient_only_where_they_are_faster(
    monkeypatch, avx512, gpus, channels, kernel, products
):
    taken = []
    monkeypatch.setattr(convolution, "_convolve_wide", lambda *arguments: taken.append(arguments))
    monkeypatch.setattr(processor, "gpu_capabilities", lambda: gpus)
    monkeypatch.setattr(processor, "has_avx512", lambda: avx512)
    x = np.ones((1, *[5 for _ in kernel], channels), np.float32)
    convolution._convolve(x, np.ones((*kernel, channels, 3), np.float32))
    assert bool(taken) is products


@pytest.mark.parametrize(
    ("kernel", "pool", "channels"), [((3, 3), (2, 4), 1), ((3, 3), (4, 1), 5), ((4, 17), (4, 4), 1)]
)
def test_the_layer_is_convolution_bias_relu_and_pooling_to_the_last_bit(kernel, pool, channels):
    keras.utils.set_random_seed(0)
    X = np.random.default_rng(0).normal(size=(2, 25, 30, channels)).astype(np.float32)
    ours, plain = ConvolutionPool(8, kernel, pool), keras.layers.Conv2D(8, kernel, activation="relu")
    outputs = np.asarray(ours(X))
    assert outputs.shape == ours.compute_output_shape(X.shape)
    plain.build(X.shape)
    rng = np.random.default_rng(1)
    for layer in (ours, plain):
        rng = np.random.default_rng(1)
        layer.set_weights([rng.normal(size=w.shape).astype(np.float32) for w in layer.get_weights()])
    expected = np.asarray(keras.layers.MaxPooling2D(pool)(plain(X)))
    if kernel[1] > pool[1] and channels == 1:
        np.testing.assert_allclose(np.asarray(ours(X)), expected, atol=1e-4)
    else:
        np.testing.assert_array_equal(np.asarray(ours(X)), expected)


def example():
    rng = np.random.default_rng(0)
    X = rng.uniform(-80, 0, (12, *models.PATCH_SHAPE)).astype(np.float16)
    objective = targets.Cosine(rng.normal(size=(9, 5)))
    Y = objective.encode(rng.random((12, 9)) < 0.5)
    train = training.Batches(X, np.arange(8), Y[:8], batch_size=4, seed=0)
    return objective, train, training.Batches(X, np.arange(8, 12), Y[8:], batch_size=4)


def fit(make, folder, epochs, policy="float32", filters="low_4x70"):
    environment.seed_everything(0, policy)
    try:
        network = make(filters, "cosine", 9, 5, **SETTINGS)
    finally:
        keras.config.set_dtype_policy("float32")
    objective, train, val = example()
    options = {"patience": 9, "learning_rate": 1e-3, "seed": 0, "folder": folder, "lines": False}
    return network, training.fit(network, objective.loss, train, val, epochs=epochs, **options)


class Stopped(Exception):
    pass


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_a_training_that_the_former_layout_began_goes_on(tmp_path, monkeypatch, capsys, policy):
    def broken_off(self, *arguments):
        saved(self, *arguments)
        raise Stopped

    saved = training._Keeper._save
    monkeypatch.setattr(training._Keeper, "_save", broken_off)
    with pytest.raises(Stopped):
        fit(former, tmp_path / "run", 3)
    monkeypatch.undo()
    assert (tmp_path / "run" / "state.json").is_file()
    _, resumed = fit(models.cnn, tmp_path / "run", 3, policy)
    assert len(resumed) == 3
    said = capsys.readouterr().out
    if policy == "float32":
        assert said == ""
        _, whole = fit(former, tmp_path / "whole", 3)
        np.testing.assert_allclose(resumed["val_loss"], whole["val_loss"], rtol=1e-4)
    else:
        assert said == "run was begun in float32 and goes on in bfloat16 and float32\n"


@pytest.mark.parametrize("filters", ["low_4x70", "high_4x96"])
def test_a_finished_training_of_the_former_layout_is_used_as_it_is(tmp_path, filters):
    before, _ = fit(former, tmp_path, 1, filters=filters)
    now, _ = fit(models.cnn, tmp_path, 1, filters=filters)
    X = patches(2)
    np.testing.assert_allclose(now.predict(X, verbose=0), before.predict(X, verbose=0), atol=1e-6)
    again = training.trained(tmp_path)
    np.testing.assert_array_equal(again.predict(X, verbose=0), before.predict(X, verbose=0))


OPEN = """
import sys
import numpy as np
from mumu_lib import training
from pathlib import Path

folder = Path(sys.argv[1])
outputs = training.trained(folder).predict(np.load(folder / "X.npy"), verbose=0)
np.save(folder / "Y.npy", outputs)
"""


def test_another_process_opens_a_saved_network(tmp_path):
    network = models.cnn("low_3x3", "cosine", 9, 5, **SETTINGS)
    network.save(tmp_path / "model.keras")
    X = patches(2)
    np.save(tmp_path / "X.npy", X)
    subprocess.run([sys.executable, "-c", OPEN, str(tmp_path)], check=True, capture_output=True)
    np.testing.assert_allclose(np.load(tmp_path / "Y.npy"), network.predict(X, verbose=0), atol=1e-6)
