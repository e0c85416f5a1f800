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


# Every network, small; and an input for it.
NETWORKS = {
    "audio": lambda target: models.cnn("low_4x96", target, 4, 3, mean=np.full(96, -40), std=np.full(96, 15)),
    "audio, wide": lambda target: models.cnn("high_4x96", target, 4, 3),
    "album": lambda target: models.album_mlp(48, target, 4, 3),
    "text": lambda target: models.text_mlp(48, target, 4, 3),
    "vectors": lambda target: models.vector_mlp(48, target, 4, 3),
    "vectors, hidden": lambda target: models.vector_mlp(
        48, target, 4, 3, hidden=(16, 16), dropout=0.5, penalty=1e-5, mean=np.full(48, 0.1), std=np.full(48, 0.5)
    ),
    "image": lambda target: models.resnet("small", target, 4, 3, weights="random", image_size=32),
    "one source": lambda target: models.fusion([48], target, 4, 3),
    "fusion": lambda target: models.fusion([20, 28], target, 4, 3),
    "fusion, dropout": lambda target: models.fusion([20, 28], target, 4, 3, modality_dropout=0.5),
}
MIXED = ("mixed_float16", "mixed_bfloat16")
SCALING = (keras.layers.UnitNormalization, keras.layers.Rescaling, keras.layers.GlobalAveragePooling2D)


def in_policy(policy, name, target):
    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy(policy)
    try:
        return NETWORKS[name](target)
    finally:
        keras.config.set_dtype_policy("float32")


def inputs_of(network, lengths):
    """One input for each length; patches and pictures have none."""
    rng = np.random.default_rng(0)
    shape = network.input_shape[1:]
    if len(shape) == 1:
        vectors = rng.normal(size=(len(lengths), *shape))
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True) * np.array(lengths)[:, None]).astype("f4")
    if len(shape) == 2:
        return rng.uniform(-80, 0, (len(lengths), *shape)).astype("f4")
    return rng.integers(0, 256, (len(lengths), *shape), np.uint8)


@pytest.mark.parametrize("target", ["logistic", "cosine"])
@pytest.mark.parametrize("policy", MIXED)
@pytest.mark.parametrize("name", NETWORKS)
def test_mixed_precision_gives_the_outputs_of_full_precision(name, policy, target):
    full, mixed = (in_policy(p, name, target) for p in ("float32", policy))
    mixed.set_weights(full.get_weights())
    X = inputs_of(full, [1, 20])
    outputs = mixed.predict(X, verbose=0)
    assert outputs.dtype == np.float32
    assert np.isfinite(outputs).all()
    np.testing.assert_allclose(outputs, full.predict(X, verbose=0), atol=0.05)
    scaling = [layer for layer in mixed.layers if isinstance(layer, SCALING)]
    assert {layer.compute_dtype for layer in scaling} <= {"float32"}


@pytest.mark.parametrize("target", ["logistic", "cosine"])
@pytest.mark.parametrize("policy", MIXED)
@pytest.mark.parametrize("name", ["album", "vectors", "one source", "fusion", "fusion, dropout"])
def test_what_scales_vectors_to_length_one_is_of_full_precision(name, policy, target):
    full, mixed = (in_policy(p, name, target) for p in ("float32", policy))
    mixed.set_weights(full.get_weights())
    X = inputs_of(full, [0, 1e-4, 1, 300, 1e5, 1e7])
    parts = [keras.Model(n.inputs, [n.get_layer(models.FEATURES).output, n.output]) for n in (full, mixed)]
    (vectors, outputs), (its_vectors, its_outputs) = (part.predict(X, verbose=0) for part in parts)
    assert its_vectors.dtype == np.float32
    np.testing.assert_array_equal(its_vectors, vectors)
    np.testing.assert_allclose(its_outputs, outputs, atol=1e-6)
    length = np.sqrt(2) if name.startswith("fusion") else 1
    np.testing.assert_allclose(np.linalg.norm(its_vectors, axis=1), [0] + [length] * 5, rtol=1e-4)


def test_full_precision_leaves_names_and_weights_of_saved_networks_as_they_were(tmp_path):
    network = in_policy("float32", "fusion", "cosine")
    layers = keras.layers
    inputs = keras.Input((48,), name="album_vectors")
    parts = keras.ops.split(inputs, [20], axis=1)
    parts = [layers.UnitNormalization(name=f"normalise_{i}")(part) for i, part in enumerate(parts)]
    x = layers.Dropout(0.7)(layers.Concatenate(name="features")(parts))
    before = keras.Model(inputs, models.head(x, "cosine", 4, 3), name="fusion_cosine")
    before.save(tmp_path / "before.keras")
    loaded = keras.saving.load_model(tmp_path / "before.keras")
    assert [w.path.split("/")[-2:] for w in loaded.weights] == [w.path.split("/")[-2:] for w in network.weights]
    network.set_weights(loaded.get_weights())
    X = inputs_of(network, [1, 300])
    np.testing.assert_array_equal(network.predict(X, verbose=0), loaded.predict(X, verbose=0))
