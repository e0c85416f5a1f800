"""All networks, as functions that return a Keras model.

Paper: Sections 5 and 6.1.  Notebooks: 04 to 07.

Where the paper is silent, layers follow the authors' code: ``valid`` convolutions, no batch normalisation, kernels from
uniform(-0.05, 0.05), a fourth convolution of one frame, and no pooling after it in the 4x96 and 4x70 networks. Only the
first layer has the filter size in the network's name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import lazy_loader
import numpy as np
from keras import layers

from mumu_lib.core.errors import ParameterError, did_you_mean
from mumu_lib.experiments import TARGETS
from mumu_lib.models import backbones, convolution
from mumu_lib.models.convolution import ConvolutionPool

__getattr__, __dir__, _ = lazy_loader.attach(__name__, submodules=["backbones", "convolution"])


PATCH_SHAPE = (322, 96)
FEATURES = "features"
# Normalisation, averages and dropout are computed in float32 under every policy: a sum of squares overflows float16
# from a length of 256 on, and bfloat16 has three digits only.
FULL = backbones.FULL


@dataclass(frozen=True)
class Convolutions:
    """Layers of one audio network of Table 2.

    Attributes
    ----------
    widths : tuple of int
        Number of filters of each convolution.
    kernels, pools : tuples of (frames, bins)
        Size of each convolution, and of the pooling after it; None: no pooling.
    used : (frames, bins)
        Part of a patch that reaches the features; pooling drops the rest, which can therefore be cropped.
    cosine_dropout : float
        Dropout after each convolution, with the cosine target.
    """

    widths: tuple[int, ...]
    kernels: tuple[tuple[int, int], ...]
    pools: tuple[tuple[int, int] | None, ...]
    used: tuple[int, int]
    cosine_dropout: float = 0.0


LOW = (64, 128, 128, 64)
HIGH = (256, 512, 1024, 1024)
_3X3: dict[str, Any] = {
    "kernels": ((3, 3), (3, 3), (3, 3), (3, 3)), "pools": ((2, 4), (2, 4), (4, 1), (4, 1)), "used": (302, 90),
}  # fmt: skip
_4X96: dict[str, Any] = {
    "kernels": ((4, 96), (4, 1), (4, 1), (1, 1)), "pools": ((4, 1), (4, 1), (4, 1), None), "used": (322, 96),
}  # fmt: skip
_4X70: dict[str, Any] = {
    "kernels": ((4, 70), (4, 6), (4, 1), (1, 1)), "pools": ((4, 4), (4, 1), (4, 1), None), "used": (319, 93),
}  # fmt: skip
# A network that is added here needs a row in params/experiments.tsv.
NETWORKS = {
    "low_3x3": Convolutions(LOW, **_3X3),
    "high_3x3": Convolutions(HIGH, **_3X3, cosine_dropout=0.5),
    "low_4x96": Convolutions(LOW, **_4X96),
    "high_4x96": Convolutions(HIGH, **_4X96, cosine_dropout=0.5),
    "low_4x70": Convolutions(LOW, **_4X70),
    "high_4x70": Convolutions(HIGH, **_4X70, cosine_dropout=0.5),
}


def cnn(
    filters: str,
    target: str,
    n_labels: int = 250,
    d: int = 50,
    *,
    mean: Sequence[float] | np.ndarray | None = None,
    std: Sequence[float] | np.ndarray | None = None,
    plain: bool = False,
) -> keras.Model:
    """Build one of the twelve audio networks of Table 2.

    Parameters
    ----------
    filters : str
        ``low_3x3``, ``high_3x3``, ``low_4x96``, ``high_4x96``, ``low_4x70`` or ``high_4x70``.
    target : {'logistic', 'cosine'}
    n_labels, d : int > 0
        Number of outputs for logistic and for cosine.
    mean, std : sequences of float [shape=(96,), dB], optional
        Standardisation of each frequency bin, kept in the model as constants.
    plain : bool
        Use two-dimensional convolutions throughout, as in the paper. By default the same sums are computed in a cheaper
        layout: the part that pooling would drop is cropped, a kernel over all bins becomes one-dimensional, and the
        others become a :class:`mumu_lib.models.convolution.ConvolutionPool`.

    Returns
    -------
    model : keras.Model
        Patches [shape=(n, 322, 96), dB] -> outputs; the layer ``features`` holds the track embedding.

    Raises
    ------
    ParameterError
        ``filters`` or ``target`` is unknown; the message suggests the closest name.

    Examples
    --------
    >>> cnn("low_4x96", "cosine", d=50).output_shape
    (None, 50)
    >>> cnn("low_3x3", "logistic", n_labels=250).count_params()
    360122
    """
    if filters not in NETWORKS:
        raise ParameterError(f"filters={filters!r} is not one of {list(NETWORKS)}{did_you_mean(filters, NETWORKS)}")
    shape = NETWORKS[filters]
    x = inputs = keras.Input(PATCH_SHAPE, name="patch")
    if mean is not None and std is not None:
        x = _standardise(x, mean, std)
    x = layers.Reshape((*PATCH_SHAPE, 1))(x)
    if not plain:
        frames, bins = shape.used
        x = layers.Cropping2D(((0, PATCH_SHAPE[0] - frames), (0, PATCH_SHAPE[1] - bins)))(x)
    for width, kernel, pool in zip(shape.widths, shape.kernels, shape.pools, strict=True):
        x = _convolution(x, width, kernel, pool, plain)
        if target == "cosine" and shape.cosine_dropout:
            x = layers.Dropout(shape.cosine_dropout)(x)
    x = layers.Flatten(name=FEATURES)(x)
    return keras.Model(inputs, head(x, target, n_labels, d), name=f"{filters}_{target}")


def _standardise(x: Any, mean: Any, std: Any) -> Any:
    """Subtract ``mean`` and divide by ``std`` along the last axis, as a layer with constants."""
    scale = 1 / np.asarray(std, dtype=np.float64)
    offset = -np.asarray(mean) / np.asarray(std)
    return layers.Rescaling(scale.tolist(), offset.tolist(), dtype=FULL, name="standardise")(x)


def _convolution(x: Any, width: int, kernel: tuple[int, int], pool: tuple[int, int] | None, plain: bool) -> Any:
    """Apply a convolution with ReLU, and pooling if there is any."""
    if len(x.shape) == 4 and not plain and x.shape[2] == kernel[1]:
        # The kernel spans all remaining bins: bins and channels become channels of a 1-d convolution.
        x = layers.Reshape((x.shape[1], x.shape[2] * x.shape[3]))(x)
    if len(x.shape) == 3:
        return _convolution_over_time(x, width, kernel[0], pool[0] if pool else 1)
    if pool and not plain:
        return ConvolutionPool(width, kernel, pool, _uniform())(x)
    x = layers.Conv2D(width, kernel, activation="relu", kernel_initializer=_uniform())(x)
    if pool:
        x = layers.MaxPooling2D(pool)(x)
    return x


def _convolution_over_time(x: Any, width: int, frames: int, pool: int) -> Any:
    """Apply a one-dimensional convolution with ReLU, and pooling if ``pool`` is above 1."""
    if width >= convolution.WIDE:
        return ConvolutionPool(width, (frames,), (pool,), _uniform())(x)
    x = layers.Conv1D(width, frames, activation="relu", kernel_initializer=_uniform())(x)
    if pool > 1:
        x = layers.MaxPooling1D(pool)(x)
    return x


def load(path: Path, **options: Any) -> keras.Model:
    """Load a saved network; importing this module registers its layers with Keras.

    Parameters
    ----------
    path : Path
    options
        Passed to ``keras.saving.load_model``.
    """
    return keras.saving.load_model(path, **options)


def album_mlp(n_features: int, target: str, n_labels: int = 250, d: int = 50) -> keras.Model:
    """Build the shallow album network: an l2-normalised album embedding, directly connected to the output (paper 5.1).

    With 48 timbre statistics per album it is the TIMBRE-MLP of Table 2 (paper 6.1).

    Parameters
    ----------
    n_features : int > 0
        Length of an album embedding: 256 or 4,096 from the networks, or 48 timbre statistics.
    target : {'logistic', 'cosine'}
    n_labels, d : int > 0
        Number of outputs for logistic and for cosine.

    Examples
    --------
    >>> album_mlp(48, "logistic", n_labels=250).count_params()
    12250
    """
    inputs = keras.Input((n_features,), name="album_vector")
    x = layers.UnitNormalization(name=FEATURES, dtype=FULL)(inputs)
    return keras.Model(inputs, head(x, target, n_labels, d), name=f"album_{target}")


def vector_mlp(
    n_features: int, target: str, n_labels: int = 250, d: int = 50, *, hidden: Sequence[int] = (), dropout: float = 0.0,
    penalty: float = 0.0, mean: np.ndarray | None = None, std: np.ndarray | None = None,
) -> keras.Model:  # fmt: skip
    """Build a network over embeddings of any kind, scaled to length 1 inside. Ours; not in the paper.

    Parameters
    ----------
    n_features : int > 0
        Length of an embedding.
    target : {'logistic', 'cosine'}
    n_labels, d : int > 0
        Number of outputs for logistic and for cosine.
    hidden : sequence of int > 0
        Widths of the ReLU layers; without them the output is linear in the scaled embedding.
    dropout : float in [0, 1)
        Dropout after each hidden layer.
    penalty : float >= 0
        L2 penalty on all weights except biases.
    mean, std : np.ndarray [shape=(n_features,)], optional
        Standardisation before the scaling to length 1, kept in the model as constants.

    Returns
    -------
    model : keras.Model
        Embeddings [shape=(n, n_features)] -> outputs; the layer ``features`` holds the input of the output layer.

    Examples
    --------
    >>> vector_mlp(128, "cosine", d=50, hidden=(512, 512), dropout=0.5).output_shape
    (None, 50)
    """
    x = inputs = keras.Input((n_features,), name="album_vector")
    if mean is not None and std is not None:
        x = _standardise(x, mean, std)
    # The last layer before the output is the one named FEATURES.
    names = ["scale"]
    for number in range(len(hidden)):
        names.append(f"dense_{number}")
    names[-1] = FEATURES
    x = layers.UnitNormalization(dtype=FULL, name=names[0])(x)
    options: dict[str, Any] = {"activation": "relu", "kernel_regularizer": keras.regularizers.L2(penalty)}
    for name, width in zip(names[1:], hidden, strict=True):
        x = layers.Dense(width, name=name, **options)(x)
        x = layers.Dropout(dropout)(x)
    output = head(x, target, n_labels, d, initializer="glorot_uniform", penalty=penalty)
    return keras.Model(inputs, output, name=f"vector_{target}")


def text_mlp(n_features: int, target: str, n_labels: int = 250, d: int = 50) -> keras.Model:
    """Build the text network: two dense layers of 2,048 units with ReLU (paper 5.2).

    Dropout before each of the three dense layers, as in the authors' code at the time of the paper, which does not
    mention it: 0.5 with the logistic target, 0.3 with the cosine target.

    Parameters
    ----------
    n_features : int > 0
        Size of the vocabulary, or length of any other album vector.
    target : {'logistic', 'cosine'}
    n_labels, d : int > 0
        Number of outputs for logistic and for cosine.

    Returns
    -------
    model : keras.Model
        tf-idf [shape=(n, n_features)] -> outputs; the layer ``features`` holds the album embedding [shape=(n, 2048)].

    Examples
    --------
    >>> text_mlp(100, "cosine").get_layer("features").output.shape
    (None, 2048)
    """
    dropout = 0.5 if target == "logistic" else 0.3
    x = inputs = keras.Input((n_features,), name="text_vector")
    for name in ("dense", FEATURES):
        x = layers.Dropout(dropout)(x)
        x = layers.Dense(2048, activation="relu", kernel_initializer=_uniform(), name=name)(x)
    x = layers.Dropout(dropout)(x)
    return keras.Model(inputs, head(x, target, n_labels, d), name=f"text_{target}")


def resnet(
    backbone: str, target: str, n_labels: int = 250, d: int = 50, *, weights: str = "imagenet", image_size: int = 224
) -> keras.Model:
    """Build the image network: a residual network, the mean over the image, one output layer (paper 5.3).

    Parameters
    ----------
    backbone : str
        ``resnet101`` as in the paper, or another of :data:`mumu_lib.models.backbones.BACKBONES`.
    target : {'logistic', 'cosine'}
    n_labels, d : int > 0
        Number of outputs for logistic and for cosine.
    weights : str
        ``imagenet``, ``random``, or the path of a weights file (:func:`mumu_lib.models.backbones.body`).
    image_size : int
        Width and height of the images.

    Returns
    -------
    model : keras.Model
        Images [shape=(n, image_size, image_size, 3), uint8, RGB] -> outputs; the layer ``features`` holds the album
        embedding, [shape=(n, 2048)] for a ResNet. Pixels are scaled inside as in the pre-training.

    Examples
    --------
    >>> resnet("small", "logistic", n_labels=4, weights="random", image_size=64).output_shape
    (None, 4)
    """
    inputs = keras.Input((image_size, image_size, 3), dtype="uint8", name="cover")
    x = layers.GlobalAveragePooling2D(name=FEATURES, dtype=FULL)(backbones.body(inputs, backbone, weights))
    return keras.Model(inputs, head(x, target, n_labels, d), name=f"{backbone}_{target}")


def fusion(
    sizes: Sequence[int], target: str, n_labels: int = 250, d: int = 50, *, modality_dropout: float = 0.0
) -> keras.Model:
    """Build the late fusion: l2-normalised embeddings, concatenated, directly connected to the output (paper 5.4).

    Dropout of 0.7 before the output with the cosine target, none with the logistic target (paper 6.4).

    Parameters
    ----------
    sizes : sequence of int > 0
        Length of each modality's embedding, in their order in a row of the input.
    target : {'logistic', 'cosine'}
    n_labels, d : int > 0
        Number of outputs for logistic and for cosine.
    modality_dropout : float in [0, 1)
        Probability that a whole embedding is set to zero in a training example. Ours, for albums that lack a modality
        and have a zero embedding.

    Examples
    --------
    >>> fusion([256, 2048], "cosine", d=50).input_shape
    (None, 2304)
    """
    inputs = keras.Input((sum(sizes),), name="album_vectors")
    parts = [inputs]
    if len(sizes) > 1:
        parts = keras.ops.split(inputs, np.cumsum(sizes)[:-1].tolist(), axis=1)
    normalised = []
    for i, part in enumerate(parts):
        normalised.append(layers.UnitNormalization(name=f"normalise_{i}", dtype=FULL)(part))
    if modality_dropout:
        for i, part in enumerate(normalised):
            normalised[i] = layers.Dropout(modality_dropout, noise_shape=(None, 1), dtype=FULL)(part)
    if len(normalised) > 1:
        x = layers.Concatenate(name=FEATURES, dtype=FULL)(normalised)
    else:
        x = layers.Identity(name=FEATURES, dtype=FULL)(normalised[0])
    if target == "cosine":
        x = layers.Dropout(0.7, dtype=FULL)(x)
    return keras.Model(inputs, head(x, target, n_labels, d), name=f"fusion_{target}")


def head(x: Any, target: str, n_labels: int, d: int, *, initializer: Any = None, penalty: float = 0.0) -> Any:
    """Apply the output layer: a sigmoid per label, or a linear, l2-normalised vector of d factors.

    It is float32 also under mixed precision. There is no sigmoid before the l2-normalisation, since half of all factors
    are negative.

    Parameters
    ----------
    x : Keras tensor [shape=(n, features)]
    target : {'logistic', 'cosine'}
    n_labels, d : int > 0
        Number of outputs for logistic and for cosine.
    initializer : Keras initializer, optional
        Initialises the weights; by default as in the authors' code.
    penalty : float >= 0
        L2 penalty on the weights.
    """
    if target not in TARGETS:
        raise ParameterError(f"target={target!r} is not one of {list(TARGETS)}{did_you_mean(target, TARGETS)}")
    options: dict[str, Any] = {"kernel_initializer": initializer or _uniform()}
    if penalty:
        options["kernel_regularizer"] = keras.regularizers.L2(penalty)
    if target == "logistic":
        return layers.Dense(n_labels, "sigmoid", dtype="float32", name="output", **options)(x)
    x = layers.Dense(d, dtype="float32", name="linear", **options)(x)
    return layers.UnitNormalization(dtype="float32", name="output")(x)


def _uniform() -> keras.initializers.Initializer:
    return keras.initializers.RandomUniform(-0.05, 0.05)
