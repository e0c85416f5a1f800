"""Backbones of image networks: from pixels to the last feature map, with pretrained or random weights.

Paper: Section 5.3.  Notebooks: 06_image.
"""

import os
import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from mumu_lib.core.errors import BadDataError, MissingDataError, ParameterError, did_you_mean
from mumu_lib.core.fingerprints import hash_of_file

# Pixels are scaled in float32 under every policy; batch normalisation uses float32 anyway.
FULL = "float32"
SMALL_WIDTHS = (16, 32, 64, 128)
# Name in Keras Applications, and the pixel scale of its pre-training.
APPLICATIONS = {
    "mobilenet_v2": ("MobileNetV2", "unit"),
    "resnet50": ("ResNet50", "caffe"),
    "resnet101": ("ResNet101", "caffe"),
    "resnet152": ("ResNet152", "caffe"),
}
# Share of the former statistics that batch normalisation keeps in a step, as in fb.resnet.torch. Keras Applications keep 0.99
# or 0.999: after an epoch of 15 steps from random weights the validation loss of ResNet-101 was 1e12.
MOMENTUM = 0.9
# A backbone that is added here needs a row in params/experiments.tsv.
BACKBONES = ("small", *APPLICATIONS)
# Channel means of ImageNet, in the order blue, green, red.
CAFFE_MEANS_BGR = (103.939, 116.779, 123.68)


def body(pixels: Any, backbone: str, weights: str) -> Any:
    """Apply a backbone to images.

    Parameters
    ----------
    pixels : Keras tensor [shape=(n, side, side, 3), uint8, RGB]
    backbone : str
        One of :data:`BACKBONES`; ``small`` has four convolutions and is meant for the sample.
    weights : str
        ``random``; ``imagenet``, downloaded by Keras on first use and kept in its cache; or the path of a weights file,
        either the one Keras downloads (``..._notop.h5``) or ``.weights.h5`` from ``save_weights``.

    Returns
    -------
    maps : Keras tensor [shape=(n, side / 32, side / 32, channels)]
        For ``small``, side / 16.

    Raises
    ------
    ParameterError
        The backbone is unknown, or pretrained weights are requested for ``small``.
    MissingDataError
        The weights are missing and cannot be downloaded; the message names the folder to put them in.
    BadDataError
        The file holds weights of another network.

    Examples
    --------
    >>> body(keras.Input((64, 64, 3), dtype="uint8"), "small", "random").shape
    (None, 4, 4, 128)
    """
    if backbone not in BACKBONES:
        raise ParameterError(
            f"backbone={backbone!r} is not one of {list(BACKBONES)}{did_you_mean(backbone, BACKBONES)}"
        )
    if backbone == "small":
        if weights != "random":
            raise ParameterError(
                f"backbone 'small' has no weights={weights!r}; write  -p weights random  or take another backbone"
            )
        return _small(layers.Rescaling(1 / 127.5, -1.0, dtype=FULL)(pixels))
    name, scale = APPLICATIONS[backbone]
    make = getattr(keras.applications, name)
    x = _as_trained(pixels, scale)
    if weights == "random":
        network = make(include_top=False, weights=None, input_tensor=x)
    elif weights == "imagenet":
        network = _imagenet(make, backbone, x)
    else:
        network = _from_file(make, backbone, x, weights)
    for layer in network.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = MOMENTUM
    return network.output


def _from_file(make: Any, backbone: str, x: Any, weights: str) -> keras.Model:
    """Apply a backbone with weights from a file."""
    if not Path(weights).is_file():
        suggestion = did_you_mean(weights, ["imagenet", "random"])
        raise MissingDataError(f"weights={weights!r} is neither 'imagenet' nor 'random' nor a file{suggestion}")
    try:
        return make(include_top=False, weights=weights, input_tensor=x)
    except (ValueError, OSError, KeyError) as error:
        raise BadDataError(
            f"{weights} does not hold weights of {backbone} without its top ({_first_line(error)}); "
            f"use the file whose name ends in _notop.h5"
        ) from None


def _imagenet(make: Any, backbone: str, x: Any) -> keras.Model:
    """Apply a backbone with ImageNet weights; if they cannot be downloaded, raise an error that tells what to do."""
    try:
        return make(include_top=False, weights="imagenet", input_tensor=x)
    except Exception as error:  # Keras raises a bare Exception when a download fails
        address = re.search(r"https?://\S+\.h5", str(error))
        folder = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "models"
        source = address[0] if address else "them"
        raise MissingDataError(
            f"the ImageNet weights of {backbone} are not here and cannot be downloaded ({_first_line(error)}).\n"
            f"Download {source} on another machine and put the file into {folder}, or name it:  -p weights FILE\n"
            f"To train without them:  -p weights random  (not the paper's experiment)"
        ) from None


def _first_line(error: Exception) -> str:
    """Return the first line of an error's message, or its class if it has no message."""
    lines = str(error).strip().splitlines()
    if lines:
        return lines[0]
    return type(error).__name__


def _as_trained(pixels: Any, scale: str) -> Any:
    """Scale pixels as in the pre-training of a backbone; the layers are saved with the model."""
    if scale == "unit":
        return layers.Rescaling(1 / 127.5, -1.0, name="as_trained", dtype=FULL)(pixels)
    blue_first = keras.ops.flip(pixels, axis=-1)
    offset = (-np.array(CAFFE_MEANS_BGR)).tolist()
    return layers.Rescaling(1.0, offset, name="as_trained", dtype=FULL)(blue_first)


def _small(x: Any) -> Any:
    for width in SMALL_WIDTHS:
        x = layers.Conv2D(width, 3, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=MOMENTUM)(x)
        x = layers.MaxPooling2D()(layers.ReLU()(x))
    return x


def provenance(weights: str) -> str:
    """Describe where weights come from; a file is identified by its name and its hash.

    Examples
    --------
    >>> provenance("imagenet")
    'ImageNet, by Keras Applications'
    """
    if weights == "imagenet":
        return "ImageNet, by Keras Applications"
    if weights == "random":
        return "random"
    return f"{Path(weights).name}, sha256 {hash_of_file(weights, length=16)}"
