"""The networks: exactly the parameters of the paper, and the cheap layout equal to the plain one."""

import keras
import numpy as np
import pytest

from mumu_lib import models
from mumu_lib.core.errors import ParameterError

# Measured from the authors' settings: 250 labels for logistic, 50 factors for cosine.
PARAMETERS = {
    "low_3x3": (360_122, 308_722),
    "high_3x3": (16_364_794, 15_545_394),
    "low_4x96": (195_706, 144_306),
    "high_4x96": (4_795_386, 3_975_986),
    "low_4x70": (352_890, 301_490),
    "high_4x70": (7_390_202, 6_570_802),
}


@pytest.mark.parametrize("filters", PARAMETERS)
@pytest.mark.parametrize("plain", [False, True])
def test_parameter_counts_and_features(filters, plain):
    for target, count in zip(("logistic", "cosine"), PARAMETERS[filters], strict=True):
        network = models.cnn(filters, target, plain=plain)
        assert network.count_params() == count
        features = network.get_layer(models.FEATURES).output.shape[1]
        assert features == (4096 if filters.startswith("high") else 256)


def test_timbre_baseline_parameters():
    assert models.album_mlp(48, "logistic").count_params() == 12_250


def pair(filters, target, dtype):
    """The cheap layout and the plain reading, with the same weights."""
    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy(dtype)
    try:
        options = {"n_labels": 9, "d": 5, "mean": np.linspace(-50, -20, 96), "std": np.linspace(5, 20, 96)}
        cheap, plain = models.cnn(filters, target, **options), models.cnn(filters, target, plain=True, **options)
    finally:
        keras.config.set_dtype_policy("float32")
    rng = np.random.default_rng(1)
    weights = [rng.normal(0, np.sqrt(2 / max(1, np.prod(w.shape[:-1]))), w.shape) for w in plain.get_weights()]
    plain.set_weights(weights)
    cheap.set_weights([w.reshape(v.shape) for w, v in zip(weights, cheap.get_weights(), strict=True)])
    return cheap, plain


@pytest.mark.parametrize("filters", ["low_3x3", "low_4x96", "low_4x70", "high_4x96"])
def test_cheap_layout_gives_the_outputs_of_the_plain_reading(filters):
    patches = np.random.default_rng(0).uniform(-80, 0, (3, 322, 96)).astype(np.float32)
    cheap, plain = pair(filters, "cosine", "float32")
    a, b = cheap.predict(patches, verbose=0), plain.predict(patches, verbose=0)
    assert np.ptp(b, axis=0).max() > 0.02
    np.testing.assert_allclose(a, b, atol=1e-5)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="gradients are taken with TensorFlow's tape")
@pytest.mark.parametrize("filters", ["low_3x3", "low_4x96", "low_4x70"])
def test_cheap_layout_gives_the_gradients_of_the_plain_reading_in_float64(filters):
    import tensorflow as tf

    patches = np.random.default_rng(0).uniform(-80, 0, (2, 322, 96))
    gradients = []
    for network in pair(filters, "logistic", "float64"):
        with tf.GradientTape() as tape:
            # The head is float32 by design; the features are not.
            features = keras.Model(network.input, network.get_layer(models.FEATURES).output)(patches)
            loss = tf.reduce_sum(features**2)
        gradients.append(tape.gradient(loss, network.trainable_variables[:8]))
    for a, b in zip(*gradients, strict=True):
        a, b = np.asarray(a).ravel(), np.asarray(b).ravel()
        np.testing.assert_allclose(a, b, atol=1e-9 * np.abs(b).max())


def test_cosine_output_is_a_unit_vector_with_negative_entries():
    network = models.cnn("low_4x96", "cosine", d=7)
    out = network.predict(np.random.default_rng(0).uniform(-80, 0, (4, 322, 96)), verbose=0)
    np.testing.assert_allclose(np.linalg.norm(out, axis=1), 1, rtol=1e-5)
    assert (out < 0).any()


def test_dropout_only_where_the_paper_has_it():
    def rates(filters, target):
        return [layer.rate for layer in models.cnn(filters, target).layers if isinstance(layer, keras.layers.Dropout)]

    assert rates("high_4x70", "cosine") == [0.5] * 4
    assert rates("high_4x70", "logistic") == rates("low_4x70", "cosine") == rates("low_4x96", "logistic") == []


def test_standardisation_is_part_of_the_saved_model(tmp_path):
    mean, std = np.linspace(-50, -20, 96), np.linspace(5, 20, 96)
    network = models.cnn("low_4x96", "logistic", 9, mean=mean, std=std)
    bare = models.cnn("low_4x96", "logistic", 9)
    bare.set_weights(network.get_weights())
    patches = np.random.default_rng(0).uniform(-80, 0, (2, 322, 96)).astype(np.float32)
    network.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    expected = bare.predict((patches - mean) / std, verbose=0)
    np.testing.assert_allclose(again.predict(patches, verbose=0), expected, rtol=1e-4)


def test_what_is_cropped_never_reached_the_features():
    patches = np.random.default_rng(0).uniform(-80, 0, (1, 322, 96)).astype(np.float32)
    for filters in ("low_3x3", "low_4x70"):
        _, plain = pair(filters, "logistic", "float32")
        frames, bins = models.NETWORKS[filters].used
        changed = patches.copy()
        changed[:, frames:], changed[:, :, bins:] = 0, 0
        np.testing.assert_array_equal(plain.predict(patches, verbose=0), plain.predict(changed, verbose=0))


@pytest.mark.parametrize(
    ("filters", "target", "meant"), [("high_4x7", "cosine", "high_4x70"), ("low_3x3", "logistik", "logistic")]
)
def test_unknown_names_are_refused(filters, target, meant):
    with pytest.raises(ParameterError, match=f"did you mean '{meant}'"):
        models.cnn(filters, target)


def test_resnet101_has_the_parameters_of_the_paper():
    network = models.resnet("resnet101", "logistic", weights="random")
    assert network.count_params() == 43_170_426
    assert network.get_layer(models.FEATURES).output.shape == (None, 2048)
    assert network.output_shape == (None, 250)
    assert network.get_layer("output").activation is keras.activations.sigmoid


def test_the_network_has_the_papers_parameters_and_vector():
    for target, count in (("logistic", 25_190_650), ("cosine", 24_780_850)):
        network = models.text_mlp(10_000, target)
        assert network.count_params() == count
        assert network.get_layer(models.FEATURES).output.shape[1] == 2048
        rates = [layer.rate for layer in network.layers if layer.name.startswith("dropout")]
        assert rates == [0.5 if target == "logistic" else 0.3] * 3


@pytest.mark.parametrize("target", ["logistic", "cosine"])
def test_a_fusion_of_one_source_is_a_network_too(target):
    outputs = models.fusion([5], target, 4, 3).predict(np.ones((2, 5), np.float32), verbose=0)
    assert outputs.shape == (2, 4 if target == "logistic" else 3)
