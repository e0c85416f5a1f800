"""Bodies of image networks: from pixels to the last map of features, with learned or random weights.

Paper: Section 5.3.  Notebooks: 06_image.
"""

import os
import re
from pathlib import Path
from typing import Any

import keras
from keras import layers

from mumu_lib.core.errors import BadDataError, MissingDataError, ParameterError, did_you_mean
from mumu_lib.core.fingerprints import hash_of_file

# Pixels are brought to scale in full precision under every policy; batch normalisation computes so by itself.
FULL = "float32"
SMALL_WIDTHS = (16, 32, 64, 128)
# Name in Keras Applications, and how its weights were trained to see pixels.
APPLICATIONS = {
    "mobilenet_v2": ("MobileNetV2", "unit"),
    "resnet50": ("ResNet50", "caffe"),
    "resnet101": ("ResNet101", "caffe"),
    "resnet152": ("ResNet152", "caffe"),
}
# One that is added here needs a row in params/experiments.tsv.
BACKBONES = ("small", *APPLICATIONS)
# Means of ImageNet, subtracted in the order blue, green, red.
CAFFE_MEANS_BGR = (103.939, 116.779, 123.68)


def body(pixels: Any, backbone: str, weights: str) -> Any:
    """Apply a backbone to pictures.

    Parameters
    ----------
    pixels : Keras tensor [shape=(n, side, side, 3), uint8, RGB]
    backbone : str
        One of :data:`BACKBONES`; ``small`` is four convolutions for the sample.
    weights : str
        ``imagenet``: downloaded by Keras on first use, and kept in its cache. ``random``. Otherwise the path of a
        weights file: the one Keras downloads (``..._notop.h5``), or ``.weights.h5`` from ``save_weights``.

    Returns
    -------
    maps : Keras tensor [shape=(n, side / 32, side / 32, channels)]
        Of ``small``, side / 16.

    Raises
    ------
    ParameterError
        Unknown backbone; learned weights for ``small``.
    MissingDataError
        The weights are not there and cannot be downloaded; with where to put them.
    BadDataError
        The file holds weights of another network.
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
    name, sight = APPLICATIONS[backbone]
    make, x = getattr(keras.applications, name), _as_trained(pixels, sight)
    if weights == "random":
        return make(include_top=False, weights=None, input_tensor=x).output
    if weights == "imagenet":
        return _imagenet(make, backbone, x)
    if not Path(weights).is_file():
        near = did_you_mean(weights, ["imagenet", "random"])
        raise MissingDataError(f"weights={weights!r} is neither 'imagenet' nor 'random' nor a file{near}")
    try:
        return make(include_top=False, weights=weights, input_tensor=x).output
    except (ValueError, OSError, KeyError) as error:
        raise BadDataError(
            f"{weights} does not hold weights of {backbone} without its top ({_first_line(error)}); "
            f"take the file whose name ends in _notop.h5"
        ) from None


def _imagenet(make: Any, backbone: str, x: Any) -> Any:
    try:
        return make(include_top=False, weights="imagenet", input_tensor=x).output
    except Exception as error:  # Keras raises a bare Exception when a download fails
        address = re.search(r"https?://\S+\.h5", str(error))
        folder = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "models"
        what = f"Download {address[0]} elsewhere" if address else "Download them elsewhere"
        raise MissingDataError(
            f"the ImageNet weights of {backbone} are not here and cannot be downloaded ({_first_line(error)}).\n"
            f"{what} and put the file into {folder}, or name it:  -p weights FILE\n"
            f"To do without:  -p weights random  (another experiment than the paper's)"
        ) from None


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _as_trained(pixels: Any, sight: str) -> Any:
    """Pixels the way a backbone's learned weights expect them, as layers that are saved with the model."""
    if sight == "unit":
        return layers.Rescaling(1 / 127.5, -1.0, name="as_trained", dtype=FULL)(pixels)
    blue_first = keras.ops.flip(pixels, axis=-1)
    return layers.Rescaling(1.0, [-mean for mean in CAFFE_MEANS_BGR], name="as_trained", dtype=FULL)(blue_first)


def _small(x: Any) -> Any:
    for width in SMALL_WIDTHS:
        x = layers.Conv2D(width, 3, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.MaxPooling2D()(layers.ReLU()(x))
    return x


def provenance(weights: str) -> str:
    """Where weights came from, for the record: a file by its name and content."""
    if weights in ("imagenet", "random"):
        return {"imagenet": "ImageNet, by Keras Applications", "random": "random"}[weights]
    return f"{Path(weights).name}, sha256 {hash_of_file(weights, length=16)}"
