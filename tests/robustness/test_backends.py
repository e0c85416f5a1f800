"""The same training on another Keras backend; needs jax installed beside TensorFlow."""

import importlib.util
import json
import os
import subprocess
import sys

import numpy as np
import pytest

TRAIN = """
import json, sys
import keras, numpy as np
from mumu_lib import models, targets, training

target = sys.argv[1]
rng = np.random.default_rng(0)
X = rng.uniform(-80, 0, (24, 322, 96)).astype(np.float16)
objective = targets.Logistic(5) if target == "logistic" else targets.Cosine(rng.normal(size=(5, 3)))
Y = objective.encode(rng.random((24, 5)) < 0.5)
network = models.cnn("low_4x96", target, 5, 3, mean=[-40.0] * 96, std=[20.0] * 96)
network.set_weights([rng.uniform(-0.05, 0.05, w.shape) for w in network.get_weights()])
train = training.Batches(X, np.arange(16), Y[:16], batch_size=8, seed=0)
val = training.Batches(X, np.arange(16, 24), Y[16:], batch_size=8)
history = training.fit(network, objective.loss, train, val, epochs=3, patience=9, learning_rate=1e-3, seed=0)
print("HISTORY", json.dumps(history[["loss", "val_loss"]].to_numpy().tolist()))
"""


def losses(backend, target):
    environment = {**os.environ, "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-c", TRAIN, target]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.split("HISTORY")[1])


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")
@pytest.mark.parametrize("target", ["logistic", "cosine"])
def test_jax_gives_the_losses_of_tensorflow(target):
    ours, reference = losses("jax", target), losses("tensorflow", target)
    for a, b in zip(ours, reference, strict=True):
        assert a == pytest.approx(b, rel=2e-3, abs=2e-4)


OTHERS = """
import json
import numpy as np
from mumu_lib import models, targets, training

rng = np.random.default_rng(0)
objective = targets.Cosine(rng.normal(size=(5, 3)))
Y = objective.encode(rng.random((24, 5)) < 0.5)
for network, X in (
    (models.cnn("low_4x70", "cosine", 5, 3), rng.random((24, 322, 96))),
    (models.text_mlp(7, "cosine", 5, 3), rng.random((24, 7))),
    (models.fusion([4, 3], "cosine", 5, 3, modality_dropout=0.5), rng.normal(size=(24, 7))),
    (models.resnet("small", "cosine", 5, 3, weights="random", image_size=32), rng.integers(0, 255, (24, 32, 32, 3), np.uint8)),
):
    network.set_weights([rng.uniform(0.01, 0.1, w.shape) for w in network.get_weights()])
    print("OUTPUTS", json.dumps(network.predict(X, verbose=0).tolist()))
    train, val = (training.Batches(X.astype("float32"), np.arange(24), Y, batch_size=8, seed=s) for s in (0, None))
    history = training.fit(network, objective.loss, train, val, epochs=2, patience=9, learning_rate=1e-3, seed=0, lines=False)
    print("OUTPUTS", json.dumps([float(history.loss.max() < 1)]))
"""


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")
def test_sound_text_image_and_fusion_networks_run_on_jax():
    outputs = []
    for backend in ("jax", "tensorflow"):
        environment = {**os.environ, "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu"}
        done = subprocess.run([sys.executable, "-c", OTHERS], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]
        outputs.append([json.loads(part.splitlines()[0]) for part in done.stdout.split("OUTPUTS")[1:]])
    for ours, reference in zip(*outputs, strict=True):
        np.testing.assert_allclose(ours, reference, atol=1e-4)


HEARD = """
import json, sys
from pathlib import Path
import numpy as np
from mumu_lib.encoders import musicnn

y = np.random.default_rng(0).normal(0, 0.1, 16000 * 7).astype(np.float32)
heard = musicnn.Musicnn(Path(sys.argv[1])).encode(y)
print("HEARD", json.dumps([heard.scores.tolist(), heard.vectors.tolist()]))
"""


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")
def test_a_pretrained_network_hears_the_same_on_jax(tmp_path):
    import made_musicnn
    from mumu_lib.encoders import musicnn

    musicnn.convert(made_musicnn.source(tmp_path / "source"), tmp_path / "made", "mtt_musicnn")
    found = []
    for backend in ("jax", "tensorflow"):
        environment = {**os.environ, "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu"}
        command = [sys.executable, "-c", HEARD, str(tmp_path / "made")]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]
        found.append(json.loads(done.stdout.split("HEARD")[1]))
    for ours, reference in zip(*found, strict=True):
        np.testing.assert_allclose(ours, reference, rtol=1e-3, atol=1e-4)
