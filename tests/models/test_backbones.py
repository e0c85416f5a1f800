"""The image network's body: its pixels, its weights, and what is refused."""

import keras
import numpy as np
import pytest

from mumu_lib import image, models
from mumu_lib.core.errors import BadDataError, MissingDataError, ParameterError
from mumu_lib.models import backbones


@pytest.mark.parametrize(
    ("backbone", "reference"),
    [("resnet50", keras.applications.resnet.preprocess_input), ("mobilenet_v2", keras.applications.mobilenet_v2.preprocess_input)],
)  # fmt: skip
def test_pixels_are_prepared_inside_as_keras_applications_do_it(backbone, reference):
    network = models.resnet(backbone, "cosine", 9, 5, weights="random", image_size=32)
    pixels = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), np.uint8)
    seen = keras.Model(network.inputs, network.get_layer("as_trained").output).predict(pixels, verbose=0)
    np.testing.assert_allclose(seen, reference(pixels.astype(np.float32)), atol=1e-4)


def test_a_saved_network_judges_a_new_cover(tmp_path):
    from PIL import Image

    network = models.resnet("mobilenet_v2", "logistic", 5, weights="random", image_size=32)
    network.save(tmp_path / "model.keras")
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (90, 80, 3), np.uint8)).save(tmp_path / "new.png")
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    cover = image.load(tmp_path / "new.png", loaded.input_shape[1])[None]
    np.testing.assert_allclose(loaded.predict(cover, verbose=0), network.predict(cover, verbose=0), atol=1e-6)


@pytest.mark.parametrize("ending", [".h5", ".weights.h5"])
def test_weights_from_a_file(tmp_path, ending):
    keras.utils.set_random_seed(1)
    source = keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=(32, 32, 3))
    if ending == ".h5":
        source.save(tmp_path / "w.h5")
    else:
        source.save_weights(tmp_path / "w.weights.h5")
    keras.utils.set_random_seed(2)
    network = models.resnet("mobilenet_v2", "logistic", 3, weights=str(tmp_path / f"w{ending}"), image_size=32)
    layer = source.layers[-3].name
    np.testing.assert_array_equal(network.get_layer(layer).get_weights()[0], source.get_layer(layer).get_weights()[0])
    assert backbones.provenance(str(tmp_path / f"w{ending}")).startswith(f"w{ending}, sha256 ")


@pytest.mark.filterwarnings("ignore:Skipping nested container")
def test_weights_of_another_network_are_refused(tmp_path):
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save_weights(tmp_path / "other.weights.h5")
    (tmp_path / "words.h5").write_text("no weights")
    for name in ("other.weights.h5", "words.h5"):
        with pytest.raises(BadDataError, match=f"{name} does not hold weights of mobilenet_v2.*_notop"):
            models.resnet("mobilenet_v2", "logistic", 3, weights=str(tmp_path / name), image_size=32)


def test_imagenet_weights_that_cannot_be_had_stop_with_the_remedy(monkeypatch, tmp_path):
    def offline(name, address, **_):
        raise Exception(f"URL fetch failure on {address}: None -- [Errno -2] Name or service not known")

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(keras.src.utils.file_utils, "get_file", offline)
    with pytest.raises(MissingDataError) as caught:
        models.resnet("resnet101", "logistic")
    said = str(caught.value)
    for part in (
        "resnet101_weights_tf_dim_ordering_tf_kernels_notop.h5 on another machine",
        str(tmp_path / "models"),
        "-p weights random",
    ):
        assert part in said


@pytest.mark.parametrize(
    ("backbone", "weights", "kind", "message"),
    [
        ("resnet11", "random", ParameterError, "did you mean 'resnet101'"),
        ("small", "imagenet", ParameterError, "-p weights random"),
        ("resnet50", "imagnet", MissingDataError, "did you mean 'imagenet'"),
        ("resnet50", "gone.h5", MissingDataError, "nor a file"),
    ],
)
def test_wrong_choices(backbone, weights, kind, message):
    with pytest.raises(kind, match=message):
        models.resnet(backbone, "logistic", 3, weights=weights, image_size=32)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("sight", ["unit", "caffe"])
def test_pixels_are_brought_to_scale_in_full_precision(policy, sight):
    pixels = keras.Input((1, 256, 3), dtype="uint8")
    values = np.tile(np.arange(256, dtype=np.uint8)[:, None], (1, 1, 1, 3))
    keras.config.set_dtype_policy(policy)
    try:
        scaled = keras.Model(pixels, backbones._as_trained(pixels, sight)).predict(values, verbose=0)
    finally:
        keras.config.set_dtype_policy("float32")
    full = keras.Model(pixels, backbones._as_trained(pixels, sight)).predict(values, verbose=0)
    assert scaled.dtype == np.float32
    np.testing.assert_array_equal(scaled, full)


@pytest.mark.parametrize("backbone", ["small", "mobilenet_v2", "resnet50"])
def test_batch_normalisation_follows_within_few_steps_also_after_loading(tmp_path, backbone):
    network = models.resnet(backbone, "logistic", 3, weights="random", image_size=32)
    network.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    for each in (network, loaded):
        kept = {layer.momentum for layer in each.layers if isinstance(layer, keras.layers.BatchNormalization)}
        assert kept == {0.9}
