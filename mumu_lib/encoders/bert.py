"""BERT's encoder with the mean over tokens behind it, in Keras, so that it runs on every backend.

Paper: none.  Notebooks: 05_text.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from mumu_lib.core.errors import BadDataError

HEAD_WIDTH = 32
FULL = "float32"
# Of a file that is whole nothing is left over but these.
_UNUSED = ("embeddings.position_ids", "pooler.dense.weight", "pooler.dense.bias")


def network(weights: Mapping[str, np.ndarray], path: Path, remedy: str) -> keras.Model:
    """Return BERT's encoder with the mean over tokens behind it, and its weights in place.

    Parameters
    ----------
    weights : mapping
        Name of a variable -> its values, as the file has them.
    path : Path
        Of the file, for messages.
    remedy : str
        What to do if the file is not whole.

    Returns
    -------
    network : keras.Model
        Tokens, places and ``known`` [shape=(n, tokens) each] -> vectors [shape=(n, width)], not scaled.

    Raises
    ------
    BadDataError
        A variable is not there, is left over, or has another shape than its layer.
    """
    taken = _Weights(weights, path, remedy)
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    places = keras.Input((None,), dtype="int32", name="places")
    known = keras.Input((None,), dtype=FULL, name="known")
    x = _embedded(taken, tokens, places)
    # What is filled up weighs nothing: exp(-10000) is 0 in single precision.
    hidden = (1.0 - known[:, None, None, :]) * -1e4
    number = 0
    while f"encoder.layer.{number}.output.dense.weight" in weights:
        x = _layer(taken, x, hidden, f"encoder.layer.{number}")
        number += 1
    total = ops.sum(x * known[:, :, None], axis=1)
    mean = total / ops.sum(known, axis=1, keepdims=True)
    model = keras.Model([tokens, places, known], mean, name="bert")
    taken.put()
    return model


class _Weights:
    """Weights by their names in the file, and the layers that they belong to."""

    def __init__(self, weights: Mapping[str, np.ndarray], path: Path, remedy: str) -> None:
        self.weights = weights
        self.path = path
        self.remedy = remedy
        self.layers: list[tuple[keras.Layer, list[str], list[np.ndarray]]] = []

    def of(self, name: str) -> np.ndarray:
        """Return the values of a variable."""
        if name not in self.weights:
            raise BadDataError(f"{self.path} has no variable {name!r}; {self.remedy}")
        return np.asarray(self.weights[name], np.float32)

    def layer(self, layer: keras.Layer, names: list[str], values: list[np.ndarray]) -> keras.Layer:
        """Return a layer, having noted the values that it gets once the network stands."""
        self.layers.append((layer, names, values))
        return layer

    def put(self) -> None:
        """Give every layer its values; nothing may be left over."""
        used = {*_UNUSED}
        for layer, names, values in self.layers:
            used.update(names)
            shapes = [tuple(variable.shape) for variable in layer.weights]
            if shapes != [value.shape for value in values]:
                raise BadDataError(f"{self.path}: {names} do not fit together; {self.remedy}")
            layer.set_weights(values)
        left = sorted(set(self.weights) - used)
        if left:
            raise BadDataError(f"{self.path} has variables of another network, such as {left[0]!r}; {self.remedy}")


def _embedded(taken: _Weights, tokens: Any, places: Any) -> Any:
    """Return the sum of what a token and its place mean, normalised; all tokens are of the first of two sentences."""
    names = [f"embeddings.{part}_embeddings.weight" for part in ("word", "token_type", "position")]
    word = taken.of(names[0]) + taken.of(names[1])[:1]
    place = taken.of(names[2])
    by_token = taken.layer(layers.Embedding(*word.shape, dtype=FULL), names[:2], [word])
    by_place = taken.layer(layers.Embedding(*place.shape, dtype=FULL), names[2:], [place])
    return _normalised(taken, by_token(tokens) + by_place(places), "embeddings.LayerNorm")


def _normalised(taken: _Weights, x: Any, name: str) -> Any:
    """Return a layer that gives every token mean 0 and variance 1, then scales and shifts."""
    names = [f"{name}.weight", f"{name}.bias"]
    layer = layers.LayerNormalization(epsilon=1e-12, dtype=FULL)
    return taken.layer(layer, names, [taken.of(names[0]), taken.of(names[1])])(x)


def _dense(taken: _Weights, x: Any, *names: str, activation: Any = None) -> Any:
    """Return one dense layer for one matrix of the file, or for several side by side."""
    kernels, biases, every = [], [], []
    for name in names:
        kernels.append(taken.of(f"{name}.weight").T)
        biases.append(taken.of(f"{name}.bias"))
        every += [f"{name}.weight", f"{name}.bias"]
    kernel, bias = np.concatenate(kernels, axis=1), np.concatenate(biases)
    layer = layers.Dense(len(bias), activation=activation, dtype=FULL)
    return taken.layer(layer, every, [kernel, bias])(x)


def _gelu(x: Any) -> Any:
    return ops.gelu(x, approximate=False)


def _layer(taken: _Weights, x: Any, hidden: Any, name: str) -> Any:
    """Return one layer of the encoder: attention, then two dense layers, each added to what came before."""
    width = x.shape[-1]
    parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
    heads = layers.Reshape((-1, 3, width // HEAD_WIDTH, HEAD_WIDTH), dtype=FULL)(_dense(taken, x, *parts))
    query, key, value = heads[:, :, 0], heads[:, :, 1], heads[:, :, 2]
    weight = ops.einsum("nqhd,nkhd->nhqk", query, key) / np.sqrt(np.float32(HEAD_WIDTH))
    heard = ops.einsum("nhqk,nkhd->nqhd", ops.softmax(weight + hidden, axis=-1), value)
    heard = _dense(taken, layers.Reshape((-1, width), dtype=FULL)(heard), f"{name}.attention.output.dense")
    x = _normalised(taken, x + heard, f"{name}.attention.output.LayerNorm")
    wide = _dense(taken, x, f"{name}.intermediate.dense", activation=_gelu)
    narrow = _dense(taken, wide, f"{name}.output.dense")
    return _normalised(taken, x + narrow, f"{name}.output.LayerNorm")
