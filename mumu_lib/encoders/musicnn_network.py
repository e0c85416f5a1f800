"""The network of musicnn and its input, a mel spectrogram, for every backend of Keras.

Paper: none.  Notebooks: 04_audio, 09_your_album.
"""

from functools import cache
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from mumu_lib.core.errors import ParameterError

RATE = 16_000
FFT = 512
HOP = 256
BANDS = 96
# 3 s.
WINDOW = 187
TAGS = 50
# Layers of embeddings: the one below the tags, and the 1,506 pooled numbers below that one.
PENULTIMATE = "penultimate"
POOLED = "pooled"
LENGTHS = {PENULTIMATE: 200, POOLED: 1506}

_VERTICAL = (38, 67)
_HORIZONTAL = (128, 64, 32)
_MIDDLE = 3
_FRONT = 204 * len(_VERTICAL) + 51 * len(_HORIZONTAL)
# Largest finite number in half precision.
_LARGEST = float(np.finfo(np.float16).max)


def log_mel(y: np.ndarray) -> np.ndarray:
    """Compute the input of the network.

    Parameters
    ----------
    y : np.ndarray [shape=(samples,)]
        Mono, at 16,000 Hz.

    Returns
    -------
    frames : np.ndarray [shape=(1 + samples // 256, 96), float32]
        log10(10000 m + 1) of a mel spectrogram m, rounded to half precision before the logarithm as in training.

    Raises
    ------
    ParameterError
        There is more than one channel, or no sample.

    Examples
    --------
    >>> log_mel(np.zeros(16000, np.float32)).shape
    (63, 96)
    """
    import librosa

    if y.ndim != 1 or not y.size:
        raise ParameterError(f"musicnn takes one channel of samples, got shape {y.shape}")
    mel = librosa.feature.melspectrogram(
        y=np.ascontiguousarray(y, np.float32), sr=RATE, n_fft=FFT, hop_length=HOP, n_mels=BANDS
    )
    rounded = np.minimum(mel, _LARGEST).astype(np.float16)
    # In float32: the product would overflow half precision.
    return np.log10(10_000 * rounded.astype(np.float32) + 1).T


def network(vectors: str = PENULTIMATE) -> keras.Model:
    """Build the network, without weights.

    Parameters
    ----------
    vectors : str
        A key of ``LENGTHS``.

    Returns
    -------
    model : keras.Model
        Windows [shape=(n, 187, 96)] -> embeddings and scores of tags [shape=(n, 50)]. The layers have the names of the
        checkpoints' variables: by kind, numbered in order of creation.
    """
    before = keras.config.dtype_policy()
    # Scores must not depend on the precision in which a notebook trains.
    keras.config.set_dtype_policy("float32")
    try:
        return _network(vectors)
    finally:
        keras.config.set_dtype_policy(before)


def _network(vectors: str) -> keras.Model:
    """Build the layers: front end, three convolutions with residual connections, pooling, two dense layers."""
    mel = keras.Input((WINDOW, BANDS), name="mel")
    front = _front(_normalised(layers.Reshape((WINDOW, BANDS, 1))(mel), 0))
    outputs = [front]
    x = front
    for number in range(_MIDDLE):
        y = _middle(x, len(_VERTICAL) + len(_HORIZONTAL) + number)
        # The front end has another width than the first convolution: they cannot be added.
        if number:
            y = layers.Add()([y, x])
        x = y
        outputs.append(x)
    joined = layers.Concatenate()(outputs)
    # Maximum and mean of the first feature, of the second, and so on.
    interleaved = ops.stack([ops.max(joined, axis=1), ops.mean(joined, axis=1)], axis=-1)
    pooled = layers.Reshape((LENGTHS[POOLED],), name=POOLED)(interleaved)
    hidden = _dense(_normalised(pooled, 9), 0, LENGTHS[PENULTIMATE], "relu")
    scores = _dense(_normalised(hidden, 10), 1, TAGS, "sigmoid")
    return keras.Model(mel, [{PENULTIMATE: hidden, POOLED: pooled}[vectors], scores])


def _front(x: Any) -> Any:
    """Concatenate the maxima over frequency of vertical and of horizontal filters [shape=(n, 187, 561)]."""
    padded = layers.ZeroPadding2D((3, 0))(x)
    outputs: list[Any] = []
    for bands in _VERTICAL:
        y = _convolved(layers.Conv2D, padded, len(outputs), 204, (7, bands), "valid")
        outputs.append(ops.max(y, axis=2))
    for frames in _HORIZONTAL:
        y = _convolved(layers.Conv2D, x, len(outputs), 51, (frames, 1), "same")
        outputs.append(ops.max(y, axis=2))
    return layers.Concatenate()(outputs)


def _middle(x: Any, number: int) -> Any:
    """Convolve 7 frames and all features, as a 1-D convolution: equal to the 2-D one and much faster."""
    return _convolved(layers.Conv1D, x, number, 64, 7, "same")


def _convolved(kind: Any, x: Any, number: int, filters: int, size: Any, padding: str) -> Any:
    name = _numbered("conv2d", number)
    layer = kind(filters, size, padding=padding, activation="relu", name=name)
    return _normalised(layer(x), number + 1)


def _normalised(x: Any, number: int) -> Any:
    name = _numbered("batch_normalization", number)
    return layers.BatchNormalization(epsilon=1e-3, name=name)(x)


def _dense(x: Any, number: int, width: int, activation: str) -> Any:
    return layers.Dense(width, activation, name=_numbered("dense", number))(x)


def _numbered(kind: str, number: int) -> str:
    """Return the name of a layer as TensorFlow 1 numbers them: ``dense``, ``dense_1``, ..."""
    if not number:
        return kind
    return f"{kind}_{number}"


@cache
def shapes() -> dict[str, tuple[int, ...]]:
    """Return name and shape of the checkpoint's variables that the network uses."""
    by_name = {}
    for layer in network().layers:
        for variable in layer.weights:
            shape = tuple(variable.shape)
            if isinstance(layer, layers.Conv1D) and variable.name == "kernel":
                shape = (*shape[:2], 1, shape[2])
            by_name[f"{layer.name}/{variable.name}"] = shape
    return by_name
