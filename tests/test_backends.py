"""The same training on another Keras backend; needs jax installed beside TensorFlow."""

import importlib.util
import json
import os
import subprocess
import sys

import pytest

TRAIN = """
import json, sys
import keras, numpy as np
from mumu_lib import models, targets, training

target = sys.argv[1]
rng = np.random.default_rng(0)
X = rng.uniform(-80, 0, (24, 322, 96)).astype(np.float16)
goal = targets.Logistic(5) if target == "logistic" else targets.Cosine(rng.normal(size=(5, 3)))
Y = goal.encode(rng.random((24, 5)) < 0.5)
network = models.cnn("low_4x96", target, 5, 3, mean=[-40.0] * 96, std=[20.0] * 96)
network.set_weights([rng.uniform(-0.05, 0.05, w.shape) for w in network.get_weights()])
train = training.Batches(X, np.arange(16), Y[:16], batch_size=8, seed=0)
val = training.Batches(X, np.arange(16, 24), Y[16:], batch_size=8)
history = training.fit(network, goal.loss, train, val, epochs=3, patience=9, learning_rate=1e-3, seed=0)
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
