"""The image network: its sizes, its weights, its two stages, its maps."""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pandas as pd
import pytest

from mumu_lib import image, models, params, targets, training
from mumu_lib.core.errors import BadDataError, MissingDataError, ParameterError
from mumu_lib.image import class_activation, finetuning
from mumu_lib.image.store import CoverStore
from mumu_lib.models import backbones


def small(target="logistic", n_labels=4, d=3, size=32):
    keras.utils.set_random_seed(0)
    return models.resnet("small", target, n_labels, d, weights="random", image_size=size)


def test_resnet101_has_the_parameters_of_the_paper():
    network = models.resnet("resnet101", "logistic", weights="random")
    assert network.count_params() == 43_170_426
    assert network.get_layer(models.FEATURES).output.shape == (None, 2048)
    assert network.output_shape == (None, 250)
    assert network.get_layer("output").activation is keras.activations.sigmoid


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
        "resnet101_weights_tf_dim_ordering_tf_kernels_notop.h5 elsewhere",
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


class Fake(CoverStore):
    """Twelve covers of two kinds: reddish, bluish."""

    def __init__(self, n=12):
        rng = np.random.default_rng(0)
        self.values = rng.integers(0, 120, (n, 256, 256, 3), np.uint8)
        self.kind = np.arange(n) % 2
        for pixels, kind in zip(self.values, self.kind, strict=True):
            pixels[..., 2 * kind] += 130

    @property
    def sizes(self):
        return np.full((len(self.values), 2), 300)


def config(**changes):
    values = {
        "catalogue": "x", "seed": 3, "target": "logistic", "dimensions": 2, "epochs": 2, "batch_size": 4,
        "learning_rate": 0.01, "patience": 9, "backbone": "small", "weights": "given.h5", "image_size": 32,
        "head_epochs": 1, "head_learning_rate": 0.01, "frozen_statistics": False, "optimizer": "adam",
        "weight_decay": 1e-4, "precision": "float32", "workers": 1,
    }  # fmt: skip
    return params.Image(**{**values, **changes})


def tuned(folder, workers=1, **changes):
    store, network = Fake(), small(n_labels=2)
    wanted = np.eye(2, dtype=np.float32)[store.kind]
    table = pd.DataFrame(
        {"album": np.arange(12), "row": np.arange(12), "split": ["train"] * 8 + ["val"] * 4, "learnable": True}
    )
    fed = finetuning.batches(store, table, wanted, size=32, batch_size=4, seed=3, workers=workers)
    before = network.get_weights()
    loss = targets.Logistic(2).loss
    history = finetuning.fine_tune(network, loss, fed["train"], fed["val"], config(**changes), folder)
    return network, before, history, fed


def normalised(network, values, before):
    """Whether each number of batch normalisation (four of four layers) is what it was."""
    triples = zip(network.weights, values, before, strict=True)
    return [np.array_equal(a, b) for w, a, b in triples if "batch_normalization" in w.path]


def test_the_head_learns_first_then_everything(tmp_path):
    network, before, history, _ = tuned(tmp_path, epochs=1)
    assert list(history["stage"]) == ["head", "all"]
    assert list(history["epoch"]) == [1, 2]
    head = keras.saving.load_model(tmp_path / "head" / "model.keras", compile=False).get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(head[:-2], before[:-2], strict=True))
    assert not np.array_equal(head[-2], before[-2])
    assert not np.array_equal(network.get_weights()[0], before[0])
    assert not any(normalised(network, network.get_weights(), before))
    assert (tmp_path / "model.keras").is_file()


def test_batch_normalisation_is_frozen_when_asked(tmp_path):
    network, before, *_ = tuned(tmp_path, frozen_statistics=True, head_epochs=0, epochs=1)
    assert normalised(network, network.get_weights(), before) == [True] * 16
    assert not np.array_equal(network.get_weights()[0], before[0])


def test_random_weights_have_nothing_to_keep(tmp_path):
    for changes in ({"frozen_statistics": True, "head_epochs": 0}, {"head_epochs": 1}):
        with pytest.raises(ParameterError, match="nothing to keep"):
            tuned(tmp_path, weights="random", **changes)


def test_the_result_does_not_depend_on_workers_or_interruptions(tmp_path, monkeypatch):
    network, _, history, fed = tuned(tmp_path / "one")
    saved = training._Keeper._save

    def save_then_die(self, best, folder):
        saved(self, best, folder)
        if len(self.rows) == 1 and folder.name != "head":
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(training._Keeper, "_save", save_then_die)
        with pytest.raises(KeyboardInterrupt):
            tuned(tmp_path / "two", workers=2)
    again, _, resumed, _ = tuned(tmp_path / "two", workers=2)
    pd.testing.assert_frame_equal(history.drop(columns="seconds"), resumed.drop(columns="seconds"), rtol=1e-4)
    for a, b in zip(network.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)
    vectors, outputs = finetuning.describe(network, fed["all"])
    assert vectors.shape == (12, 128)
    whole = np.concatenate([fed["all"][i] for i in range(3)])
    np.testing.assert_allclose(outputs, network.predict(whole, verbose=0), atol=1e-5)


def test_weight_decay_shrinks_as_decay_in_the_gradient_would():
    """fb.resnet.torch adds decay * weight to the gradient, before momentum."""
    rate, decay, steps = 0.1, 1e-3, 100
    weight, bias = keras.Variable(np.ones(3)), keras.Variable(np.full(2, 2.0))
    rule = finetuning.optimizer("sgd", rate, decay, steps=10**6)
    rule.build([weight, bias])
    reference, velocity = 1.0, 0.0
    for _ in range(steps):
        rule.apply([np.zeros(3), np.zeros(2)])
        gradient = decay * reference
        velocity = 0.9 * velocity + gradient
        reference -= rate * (gradient + 0.9 * velocity)
    np.testing.assert_allclose(np.asarray(weight), reference, rtol=0.02)
    np.testing.assert_allclose(np.asarray(bias), 2 * np.asarray(weight)[:2], rtol=1e-5)
    assert reference < 0.95


def test_the_rate_falls_to_a_tenth_every_thirty_epochs():
    rule = finetuning.optimizer("sgd", 0.02, 0, steps=2)
    weight = keras.Variable(np.ones(1))
    rule.build([weight])
    rates = {}
    for step in range(61 * 2):
        rates[step] = float(rule.learning_rate)
        rule.apply([np.ones(1)])
    assert [rates[2 * epoch + 1] for epoch in (0, 29, 30, 59, 60)] == pytest.approx([0.02, 0.02, 0.002, 0.002, 0.0002])


@pytest.mark.parametrize("target", ["logistic", "cosine"])
def test_the_mean_of_a_class_map_is_the_evidence_for_the_label(target):
    rng = np.random.default_rng(0)
    goal = targets.Logistic(4) if target == "logistic" else targets.Cosine(rng.normal(size=(4, 3)))
    network = small(target, size=64)
    views, labels = rng.integers(0, 256, (3, 64, 64, 3), np.uint8), np.array([2, 0, 3])
    directions = class_activation.label_directions(network, goal)
    maps = class_activation.class_maps(network, views, directions[:, labels].T)
    assert maps.shape == (3, 4, 4)
    outputs = network.predict(views, verbose=0)
    evidence, scores = maps.mean(axis=(1, 2)), goal.scores(outputs)[np.arange(3), labels]
    if target == "logistic":
        np.testing.assert_allclose(1 / (1 + np.exp(-evidence)), scores, rtol=1e-4)
    else:
        linear = keras.Model(network.inputs, network.get_layer("linear").output).predict(views, verbose=0)
        np.testing.assert_allclose(evidence / np.linalg.norm(linear, axis=1), scores, rtol=1e-3, atol=1e-5)


def test_the_surest_covers_of_a_genre_have_it_and_are_test_albums(tiny):
    rng = np.random.default_rng(0)
    scores = rng.random((30, 4))
    table = pd.DataFrame({"album": np.arange(30), "row": np.arange(30), "split": tiny.albums["split"]})
    found = class_activation.surest(tiny, table, scores, ["Jazz", "Pop"], n=2)
    for row in found.itertuples():
        assert row.genre in tiny.albums["genres"][row.row]
        assert tiny.albums["split"][row.row] == "test"
        assert row.score == scores[row.row, tiny.labels.index(row.genre)]
    jazz = [i for i in tiny.rows("test") if "Jazz" in tiny.albums["genres"][i]]
    column = tiny.labels.index("Jazz")
    assert found["row"][0] == max(jazz, key=lambda i: scores[i, column])


MIRRORED = """
import json
import tensorflow as tf
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2)
from unittest import mock
import numpy as np
import keras
from mumu_lib.image import finetuning; from mumu_lib import models
from mumu_lib.training import Batches, fit
cpus = tf.config.list_logical_devices("CPU")
X = np.random.default_rng(0).integers(0, 256, (12, 32, 32, 3), np.uint8)
Y = np.eye(2, dtype="float32")[np.arange(12) % 2]
keras.utils.set_random_seed(0)
with mock.patch.object(tf.config, "list_logical_devices", lambda kind: cpus), mock.patch.object(
    tf.distribute, "MirroredStrategy", lambda strategy=tf.distribute.MirroredStrategy: strategy(["CPU:0", "CPU:1"])
):
    with finetuning.every_gpu():
        copies = tf.distribute.get_strategy().num_replicas_in_sync
        network = models.resnet("small", "logistic", 2, weights="random", image_size=32)
        rule = finetuning.optimizer("sgd", 0.01, 1e-4, 2)
        fed = Batches(X, np.arange(8), Y[:8], batch_size=4, seed=0), Batches(X, np.arange(8, 12), Y[8:], batch_size=4)
        history = fit(network, keras.losses.BinaryCrossentropy(), *fed, epochs=2, patience=2, learning_rate=0.01, seed=0,
                      optimizer=rule, lines=False)
print("RESULT", json.dumps([copies, history["loss"].tolist()]))
"""


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="MirroredStrategy is TensorFlow's")
def test_several_devices_share_a_batch():
    done = subprocess.run([sys.executable, "-c", MIRRORED], capture_output=True, text=True, env=dict(os.environ))
    assert done.returncode == 0, done.stderr[-3000:]
    copies, losses = json.loads(done.stdout.split("RESULT")[1])
    assert copies == 2
    assert np.isfinite(losses).all()


def test_one_device_needs_no_strategy():
    import contextlib

    assert isinstance(finetuning.every_gpu(), contextlib.nullcontext)
