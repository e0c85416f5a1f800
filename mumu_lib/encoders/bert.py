"""BERT's encoder followed by the mean over tokens, in Keras, for every backend.

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
# Variables of a complete file that the network does not use.
_UNUSED = ("embeddings.position_ids", "pooler.dense.weight", "pooler.dense.bias")


def network(weights: Mapping[str, np.ndarray], path: Path, hint: str) -> keras.Model:
    """Build BERT's encoder followed by the mean over tokens, and load its weights.

    Parameters
    ----------
    weights : mapping
        Name of a variable -> its values, as in the file.
    path : Path
        Of the file, for messages.
    hint : str
        How to get a complete file, for messages.

    Returns
    -------
    network : keras.Model
        Tokens, positions and ``known`` [shape=(n, tokens) each] -> embeddings [shape=(n, width)], not normalised.

    Raises
    ------
    BadDataError
        A variable is missing, is superfluous, or has another shape than its layer.
    """
    taken = _Weights(weights, path, hint)
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    places = keras.Input((None,), dtype="int32", name="places")
    known = keras.Input((None,), dtype=FULL, name="known")
    x = _embedded(taken, tokens, places)
    # Padding has no weight in the attention: exp(-10000) is 0 in single precision.
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

    def __init__(self, weights: Mapping[str, np.ndarray], path: Path, hint: str) -> None:
        self.weights = weights
        self.path = path
        self.hint = hint
        self.layers: list[tuple[keras.Layer, list[str], list[np.ndarray]]] = []

    def of(self, name: str) -> np.ndarray:
        """Return the values of a variable."""
        if name not in self.weights:
            raise BadDataError(f"{self.path} has no variable {name!r}; {self.hint}")
        return np.asarray(self.weights[name], np.float32)

    def layer(self, layer: keras.Layer, names: list[str], values: list[np.ndarray]) -> keras.Layer:
        """Register the values of a layer, to be set when the network is complete; return the layer."""
        self.layers.append((layer, names, values))
        return layer

    def put(self) -> None:
        """Set the values of every layer; refuse superfluous variables."""
        used = {*_UNUSED}
        for layer, names, values in self.layers:
            used.update(names)
            expected = [tuple(variable.shape) for variable in layer.weights]
            if expected != [value.shape for value in values]:
                raise BadDataError(f"{self.path}: the shapes of {names} do not fit together; {self.hint}")
            layer.set_weights(values)
        left = sorted(set(self.weights) - used)
        if left:
            raise BadDataError(f"{self.path} has variables of another network, such as {left[0]!r}; {self.hint}")


def _embedded(taken: _Weights, tokens: Any, places: Any) -> Any:
    """Return the normalised sum of token and position embeddings; all tokens belong to the first of two sentences."""
    word_name = "embeddings.word_embeddings.weight"
    type_name = "embeddings.token_type_embeddings.weight"
    place_name = "embeddings.position_embeddings.weight"
    word = taken.of(word_name) + taken.of(type_name)[:1]
    place = taken.of(place_name)
    by_token = taken.layer(layers.Embedding(*word.shape, dtype=FULL), [word_name, type_name], [word])
    by_place = taken.layer(layers.Embedding(*place.shape, dtype=FULL), [place_name], [place])
    return _normalised(taken, by_token(tokens) + by_place(places), "embeddings.LayerNorm")


def _normalised(taken: _Weights, x: Any, name: str) -> Any:
    """Apply layer normalisation with the scale and shift of the file."""
    names = [f"{name}.weight", f"{name}.bias"]
    layer = layers.LayerNormalization(epsilon=1e-12, dtype=FULL)
    return taken.layer(layer, names, [taken.of(names[0]), taken.of(names[1])])(x)


def _dense(taken: _Weights, x: Any, *names: str, activation: Any = None) -> Any:
    """Apply one dense layer for one matrix of the file, or for several concatenated ones."""
    kernels = []
    biases = []
    variables = []
    for name in names:
        kernels.append(taken.of(f"{name}.weight").T)
        biases.append(taken.of(f"{name}.bias"))
        variables += [f"{name}.weight", f"{name}.bias"]
    kernel = np.concatenate(kernels, axis=1)
    bias = np.concatenate(biases)
    layer = layers.Dense(len(bias), activation=activation, dtype=FULL)
    return taken.layer(layer, variables, [kernel, bias])(x)


def _gelu(x: Any) -> Any:
    return ops.gelu(x, approximate=False)


def _layer(taken: _Weights, x: Any, hidden: Any, name: str) -> Any:
    """Apply one layer of the encoder: attention, then two dense layers, each with a residual connection."""
    width = x.shape[-1]
    attention = f"{name}.attention.self"
    projected = _dense(taken, x, f"{attention}.query", f"{attention}.key", f"{attention}.value")
    heads = layers.Reshape((-1, 3, width // HEAD_WIDTH, HEAD_WIDTH), dtype=FULL)(projected)
    query = heads[:, :, 0]
    key = heads[:, :, 1]
    value = heads[:, :, 2]
    weight = ops.einsum("nqhd,nkhd->nhqk", query, key) / np.sqrt(np.float32(HEAD_WIDTH))
    attended = ops.einsum("nhqk,nkhd->nqhd", ops.softmax(weight + hidden, axis=-1), value)
    attended = _dense(taken, layers.Reshape((-1, width), dtype=FULL)(attended), f"{name}.attention.output.dense")
    x = _normalised(taken, x + attended, f"{name}.attention.output.LayerNorm")
    wide = _dense(taken, x, f"{name}.intermediate.dense", activation=_gelu)
    narrow = _dense(taken, wide, f"{name}.output.dense")
    return _normalised(taken, x + narrow, f"{name}.output.LayerNorm")
