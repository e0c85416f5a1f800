"""Every network, as functions that return a Keras model.

Paper: Sections 5 and 6.1.  Notebooks: 04 to 07.

Layer by layer the authors' code speaks where the paper is silent: ``valid`` convolutions, no batch
normalisation, kernels from uniform(-0.05, 0.05), a fourth convolution of one frame, no pooling after
it in the 4x96 and 4x70 networks. Only the first layer has the advertised filter size.
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
# Layers that normalise, average or leave out are of full precision under every policy: a sum of squares overflows
# float16 from a length of 256 on, and bfloat16 keeps three digits only.
FULL = backbones.FULL


@dataclass(frozen=True)
class Convolutions:
    """Layers of one audio network of Table 2.

    Attributes
    ----------
    widths : tuple of int
        Filters of each convolution.
    kernels, pools : tuples of (frames, bins)
        Of each convolution, and of the pooling after it; None: no pooling.
    used : (frames, bins)
        What of a patch reaches the features; pooling drops the rest, so that cropping it changes nothing.
    cosine_dropout : float
        After each convolution, with the cosine target.
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
    """One of the twelve audio networks of Table 2.

    Parameters
    ----------
    filters : str
        ``low_3x3``, ``high_3x3``, ``low_4x96``, ``high_4x96``, ``low_4x70`` or ``high_4x70``.
    target : {'logistic', 'cosine'}
    n_labels, d : int > 0
        Outputs for logistic and for cosine.
    mean, std : sequences of float [shape=(96,), dB], optional
        Standardisation per frequency bin, kept in the model as constants.
    plain : bool
        Two-dimensional convolutions throughout, as the paper reads. Otherwise the same sums in a cheaper
        layout: what pooling would drop is cropped, a kernel over all bins is a one-dimensional one, and the others
        are a :class:`mumu_lib.models.convolution.ConvolutionPool`.

    Returns
    -------
    model : keras.Model
        Patches [shape=(n, 322, 96), dB] -> outputs; the layer ``features`` holds the track vector.

    Raises
    ------
    ParameterError
        Unknown ``filters`` or ``target``, with the nearest known name.
    """
    if filters not in NETWORKS:
        raise ParameterError(f"filters={filters!r} is no convolutional network{did_you_mean(filters, NETWORKS)}")
    shape = NETWORKS[filters]
    dropout = shape.cosine_dropout if target == "cosine" else 0.0
    x = inputs = keras.Input(PATCH_SHAPE, name="patch")
    if mean is not None and std is not None:
        offset = [-m / s for m, s in zip(mean, std, strict=True)]
        x = layers.Rescaling([1 / float(s) for s in std], [float(o) for o in offset], name="standardise", dtype=FULL)(x)
    x = layers.Reshape((*PATCH_SHAPE, 1))(x)
    if not plain:
        frames, bins = shape.used
        x = layers.Cropping2D(((0, PATCH_SHAPE[0] - frames), (0, PATCH_SHAPE[1] - bins)))(x)
    for width, kernel, pool in zip(shape.widths, shape.kernels, shape.pools, strict=True):
        x = _convolution(x, width, kernel, pool, plain)
        if dropout:
            x = layers.Dropout(dropout)(x)
    x = layers.Flatten(name=FEATURES)(x)
    return keras.Model(inputs, head(x, target, n_labels, d), name=f"{filters}_{target}")


def _convolution(x: Any, width: int, kernel: tuple[int, int], pool: tuple[int, int] | None, plain: bool) -> Any:
    uniform = _uniform()
    if len(x.shape) == 4 and not plain and x.shape[2] == kernel[1]:
        # The kernel spans every bin that is left: bins and channels become channels of a 1-d convolution.
        x = layers.Reshape((x.shape[1], x.shape[2] * x.shape[3]))(x)
    if len(x.shape) == 3 and width >= convolution.WIDE:
        return ConvolutionPool(width, kernel[:1], pool[:1] if pool else (1,), uniform)(x)
    if len(x.shape) == 3:
        x = layers.Conv1D(width, kernel[0], activation="relu", kernel_initializer=uniform)(x)
        return layers.MaxPooling1D(pool[0])(x) if pool else x
    if pool and not plain:
        return ConvolutionPool(width, kernel, pool, uniform)(x)
    x = layers.Conv2D(width, kernel, activation="relu", kernel_initializer=uniform)(x)
    return layers.MaxPooling2D(pool)(x) if pool else x


def load(path: Path, **options: Any) -> keras.Model:
    """Open a saved network; importing this module makes its layers known to Keras.

    Parameters
    ----------
    options
        As of ``keras.saving.load_model``.
    """
    return keras.saving.load_model(path, **options)


def album_mlp(n_features: int, target: str, n_labels: int = 250, d: int = 50) -> keras.Model:
    """Shallow album network: l2-normalised album vector, directly connected to the output (paper 5.1).

    With 48 timbre statistics per album it is the TIMBRE-MLP of Table 2 (paper 6.1).

    Parameters
    ----------
    n_features : int > 0
        Length of an album vector: 256 or 4,096 from the networks, 48 timbre statistics.
    """
    inputs = keras.Input((n_features,), name="album_vector")
    x = layers.UnitNormalization(name=FEATURES, dtype=FULL)(inputs)
    return keras.Model(inputs, head(x, target, n_labels, d), name=f"album_{target}")


def vector_mlp(
    n_features: int, target: str, n_labels: int = 250, d: int = 50, *, hidden: Sequence[int] = (), dropout: float = 0.0,
    penalty: float = 0.0, mean: np.ndarray | None = None, std: np.ndarray | None = None,
) -> keras.Model:  # fmt: skip
    """Network over album vectors of any kind, scaled to length 1 inside. Ours; not in the paper.

    Parameters
    ----------
    n_features : int > 0
        Length of an album vector.
    hidden : sequence of int > 0
        Widths of the ReLU layers; with none the output is linear in the scaled vector.
    dropout : float in [0, 1)
        After each hidden layer.
    penalty : float >= 0
        On the squares of all weights but the biases.
    mean, std : np.ndarray [shape=(n_features,)], optional
        Standardisation of each number before the scaling, kept in the model as constants.

    Returns
    -------
    model : keras.Model
        Vectors [shape=(n, n_features)] -> outputs; the layer ``features`` holds what the output layer is given.

    Examples
    --------
    >>> vector_mlp(128, "cosine", d=50, hidden=(512, 512), dropout=0.5).output_shape
    (None, 50)
    """
    x = inputs = keras.Input((n_features,), name="album_vector")
    if mean is not None and std is not None:
        x = layers.Rescaling((1 / std).tolist(), (-mean / std).tolist(), dtype=FULL, name="standardise")(x)
    names = [f"dense_{number}" for number in range(len(hidden))]
    last = names[-1] if names else "scale"
    x = layers.UnitNormalization(dtype=FULL, name=FEATURES if last == "scale" else "scale")(x)
    options: dict[str, Any] = {"activation": "relu", "kernel_regularizer": keras.regularizers.L2(penalty)}
    for name, width in zip(names, hidden, strict=True):
        x = layers.Dense(width, name=FEATURES if name == last else name, **options)(x)
        x = layers.Dropout(dropout)(x)
    output = head(x, target, n_labels, d, initializer="glorot_uniform", penalty=penalty)
    return keras.Model(inputs, output, name=f"vector_{target}")


def text_mlp(n_features: int, target: str, n_labels: int = 250, d: int = 50) -> keras.Model:
    """Text network: two dense layers of 2,048 with ReLU (paper 5.2).

    Dropout before each of the three dense layers, as the authors' code had it at the time of the paper, which
    does not mention it: 0.5 with the logistic target, 0.3 with the cosine one.

    Parameters
    ----------
    n_features : int > 0
        Size of the vocabulary, or length of any other album vector.

    Returns
    -------
    model : keras.Model
        tf-idf [shape=(n, n_features)] -> outputs; the layer ``features`` holds the album vector [shape=(n, 2048)].
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
    """Image network: a residual network, mean over the picture, one output layer (paper 5.3).

    Parameters
    ----------
    backbone : str
        ``resnet101`` as in the paper, or another of :data:`mumu_lib.models.backbones.BACKBONES`.
    weights : str
        ``imagenet``, ``random``, or the path of a weights file (:func:`mumu_lib.models.backbones.body`).
    image_size : int
        Side of the pictures.

    Returns
    -------
    model : keras.Model
        Pictures [shape=(n, image_size, image_size, 3), uint8, RGB] -> outputs; the layer ``features`` holds the
        album vector [shape=(n, 2048)] of a ResNet. Mean and scale of the pre-training are applied inside.
    """
    inputs = keras.Input((image_size, image_size, 3), dtype="uint8", name="cover")
    x = layers.GlobalAveragePooling2D(name=FEATURES, dtype=FULL)(backbones.body(inputs, backbone, weights))
    return keras.Model(inputs, head(x, target, n_labels, d), name=f"{backbone}_{target}")


def fusion(
    sizes: Sequence[int], target: str, n_labels: int = 250, d: int = 50, *, modality_dropout: float = 0.0
) -> keras.Model:
    """Late fusion: each modality's vector l2-normalised, concatenated, directly connected to the output (paper 5.4).

    Dropout of 0.7 before the output with the cosine target, none with the logistic one (paper 6.4).

    Parameters
    ----------
    sizes : sequence of int > 0
        Lengths of the vectors, in the order in which they stand in one row of the input.
    modality_dropout : float in [0, 1)
        How often a whole vector is left out of a training example. Ours, for albums that lack a modality: their
        vector is zero, and stays zero.
    """
    inputs = keras.Input((sum(sizes),), name="album_vectors")
    ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
    parts = keras.ops.split(inputs, ends[:-1], axis=1) if len(sizes) > 1 else [inputs]
    parts = [layers.UnitNormalization(name=f"normalise_{i}", dtype=FULL)(part) for i, part in enumerate(parts)]
    if modality_dropout:
        parts = [layers.Dropout(modality_dropout, noise_shape=(None, 1), dtype=FULL)(part) for part in parts]
    joining = layers.Concatenate(name=FEATURES, dtype=FULL)
    x = joining(parts) if len(parts) > 1 else layers.Identity(name=FEATURES, dtype=FULL)(parts[0])
    if target == "cosine":
        x = layers.Dropout(0.7, dtype=FULL)(x)
    return keras.Model(inputs, head(x, target, n_labels, d), name=f"fusion_{target}")


def head(x: Any, target: str, n_labels: int, d: int, *, initializer: Any = None, penalty: float = 0.0) -> Any:
    """Output layer: sigmoid per label, or a linear l2-normalised vector of d factors.

    Always float32, also under mixed precision. Never a sigmoid before the l2-normalisation: factors
    are negative half of the time.

    Parameters
    ----------
    initializer : Keras initializer, optional
        Of the weights, the authors' by default.
    penalty : float >= 0
        On the squares of the weights.
    """
    if target not in TARGETS:
        raise ParameterError(f"target={target!r} is not one of {list(TARGETS)}{did_you_mean(target, TARGETS)}")
    options: dict[str, Any] = {"kernel_initializer": _uniform() if initializer is None else initializer}
    if penalty:
        options["kernel_regularizer"] = keras.regularizers.L2(penalty)
    if target == "logistic":
        return layers.Dense(n_labels, "sigmoid", dtype="float32", name="output", **options)(x)
    x = layers.Dense(d, dtype="float32", name="linear", **options)(x)
    return layers.UnitNormalization(dtype="float32", name="output")(x)


def _uniform() -> keras.initializers.Initializer:
    return keras.initializers.RandomUniform(-0.05, 0.05)
