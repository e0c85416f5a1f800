"""Cover files -> pictures: every usual kind of file, and none that harms.

Paper: Section 5.3.  Notebooks: 06_image.

What is decoded, and what is refused, :mod:`mumu_lib.core.pictures` says. Colours are taken as sRGB: embedded colour
profiles are not applied.
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
    """One cover as the store keeps it: the whole picture, squeezed into a square.

    Random crops of the training need the whole picture, and a memory map rows of one size. Its true size
    beside it lets a crop have its true proportions (:mod:`mumu_lib.image.augment`). Of a square cover nothing is
    lost; a cover twice as wide as high has half of its horizontal resolution.

    Returns
    -------
    pixels : np.ndarray [shape=(256, 256, 3), uint8]
    size : (width, height)
        Of the whole picture.
    """
    # Decoded at no less than 512, of which the filter still averages: the aliasing of a coarse JPEG decode is gone.
    image, size = read(path, at_least=2 * SIDE)
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BICUBIC)), size


def load(path: str | Path, size: int = 224) -> np.ndarray:
    """One cover as a network of :func:`mumu_lib.models.resnet` takes it, e.g. ``model.predict(load(path)[None])``.

    The test crop: shorter side to 256, centre 224 (in proportion for another size). Mean and scale of the
    pre-training are applied inside the network.

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
        As :func:`read`.
    """
    pixels, whole = squeezed(path)
    return centre_view(pixels, whole, size)


def colour_histogram(covers: Iterable[np.ndarray], bins: int = 4) -> np.ndarray:
    """Share of pixels in each cell of the RGB cube: the baseline that sees colours and nothing else.

    Parameters
    ----------
    covers : n arrays [shape=(h, w, 3), uint8]
        One after the other: at the paper's size all of them take some GB.
    bins : int
        A power of two at most 256; cells along each axis.

    Returns
    -------
    shares : np.ndarray [shape=(n, bins ** 3), float32]
        Rows sum to 1.
    """
    places = np.array([bins * bins, bins, 1])
    cells = ((pixels.astype(np.int64) * bins // 256) @ places for pixels in covers)
    counts = np.stack([np.bincount(cell.ravel(), minlength=bins**3) for cell in cells])
    return (counts / counts.sum(axis=1, keepdims=True)).astype(np.float32)
