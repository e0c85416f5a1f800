"""The image network's training: its two stages, its rates, its views, its devices."""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pandas as pd
import pytest

from mumu_lib import params, targets, training
from mumu_lib.core.errors import ParameterError
from mumu_lib.image import finetuning
from mumu_lib.image.finetuning import CoverBatches
from mumu_lib.image.store import CoverStore
from small_networks import small


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
        "weight_decay": 1e-4, "precision": "float32", "workers": 1, "recipe": "paper",
    }  # fmt: skip
    return params.Image(**{**values, **changes})


def tuned(folder, workers=1, **changes):
    store, network = Fake(), small(n_labels=2)
    encoded_targets = np.eye(2, dtype=np.float32)[store.kind]
    table = pd.DataFrame(
        {"album": np.arange(12), "row": np.arange(12), "split": ["train"] * 8 + ["val"] * 4, "has_target": True}
    )
    fed = finetuning.batches(store, table, encoded_targets, size=32, batch_size=4, seed=3, workers=workers)
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
        with pytest.raises(ParameterError, match="requires frozen_statistics=False and head_epochs=0"):
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


class Noise(CoverStore):
    def __init__(self, n):
        rng = np.random.default_rng(0)
        self.values = np.stack([rng.integers(0, 256, (256, 256, 3), np.uint8) for _ in range(n)])
        self._sizes = np.full((n, 2), 300)

    @property
    def sizes(self):
        return self._sizes


def test_views_depend_on_seed_epoch_and_cover_alone():
    store = Noise(6)

    def views(rows, seed, epoch=0, batch_size=2):
        batches = CoverBatches(store, np.array(rows), np.array(rows), size=32, batch_size=batch_size, seed=seed)
        batches.shuffle_for(epoch)
        return {row: v for i in range(len(batches)) for v, row in zip(*batches[i], strict=True)}

    one, other = views([0, 1, 2, 3, 4, 5], 7), views([5, 3, 1], 7, batch_size=3)
    for row in (1, 3, 5):
        np.testing.assert_array_equal(one[row], other[row])
        assert not np.array_equal(one[row], views([row], 7, epoch=1)[row])
        assert not np.array_equal(one[row], views([row], 8)[row])
    assert not np.array_equal(one[0], one[1])


def test_without_a_seed_the_test_crop():
    store = Noise(3)
    (batch,) = (CoverBatches(store, np.arange(3), size=224, batch_size=3)[i] for i in range(1))
    np.testing.assert_array_equal(batch, store.values[:, 16:240, 16:240])
