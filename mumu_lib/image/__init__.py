"""Read cover files safely into arrays, and count their colours.

Paper: Section 5.3.  Notebooks: 06_image.

See :mod:`mumu_lib.core.pictures` for the formats that are decoded or refused. Colours are interpreted as sRGB; embedded
colour profiles are not applied.
"""

from collections.abc import Iterable
from pathlib import Path

import lazy_loader
import numpy as np
from PIL import Image

from mumu_lib.core.pictures import read as read
from mumu_lib.image.augment import SIDE, centre_view

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__, submodules=["augment", "class_activation", "finetuning", "store"]
)


def squeezed(path: str | Path) -> tuple[np.ndarray, tuple[int, int]]:
    """Return a cover in the form that the store keeps: the whole picture, resized to a square.

    Random crops in training need the whole picture, and a memory map needs rows of one size. With the original size a
    crop regains its original proportions (:mod:`mumu_lib.image.augment`). A square cover loses nothing; a cover twice as
    wide as high loses half of its horizontal resolution.

    Returns
    -------
    pixels : np.ndarray [shape=(256, 256, 3), uint8]
    size : (width, height)
        Size of the original picture.
    """
    # Decode at 512 pixels or more: the averaging filter then removes the aliasing of a coarse JPEG decode.
    image, size = read(path, at_least=2 * SIDE)
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BICUBIC)), size


def load(path: str | Path, size: int = 224) -> np.ndarray:
    """Load a cover as input of a network of :func:`mumu_lib.models.resnet`.

    Take the test crop: shorter side to 256, centre 224 (in proportion for another size). The network itself applies mean
    and scale of the pre-training.

    Parameters
    ----------
    size : int > 0
        Side in pixels; ``model.input_shape[1]``.

    Returns
    -------
    pixels : np.ndarray [shape=(size, size, 3), uint8]

    Raises
    ------
    ImageError
        If the file cannot be used.

    Examples
    --------
    >>> model.predict(load("cover.jpg")[None])  # doctest: +SKIP
    """
    pixels, whole = squeezed(path)
    return centre_view(pixels, whole, size)


def colour_histogram(covers: Iterable[np.ndarray], bins: int = 4) -> np.ndarray:
    """Compute the share of pixels in each cell of the RGB cube, the features of the colour baseline.

    Parameters
    ----------
    covers : iterable of n arrays [shape=(h, w, 3), uint8]
        An iterator saves memory: at the paper's size all covers take some GB.
    bins : int
        Cells along each axis; a power of two, at most 256.

    Returns
    -------
    shares : np.ndarray [shape=(n, bins ** 3), float32]
        Rows sum to 1.

    Examples
    --------
    >>> black = np.zeros((8, 8, 3), np.uint8)
    >>> colour_histogram([black, black + 255], bins=2)
    array([[1., 0., 0., 0., 0., 0., 0., 0.],
           [0., 0., 0., 0., 0., 0., 0., 1.]], dtype=float32)
    """
    strides = np.array([bins * bins, bins, 1])
    histograms = []
    for pixels in covers:
        cells = (pixels.astype(np.int64) * bins // 256) @ strides
        histograms.append(np.bincount(cells.ravel(), minlength=bins**3))
    counts = np.stack(histograms)
    return (counts / counts.sum(axis=1, keepdims=True)).astype(np.float32)
