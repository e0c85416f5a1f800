"""Cover files -> pictures: every usual kind of file, and none that harms.

Paper: Section 5.3.  Notebooks: 06_image.

Pillow only, and of it the decoders of JPEG, PNG, GIF (first frame) and WebP. Colours are taken as sRGB:
embedded colour profiles are not applied.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import lazy_loader
import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from mumu_lib.core.errors import ImageError
from mumu_lib.core.parsing import MAX_PIXELS, open_picture
from mumu_lib.image.augment import SIDE, centre_view

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__, submodules=["augment", "class_activation", "finetuning", "store"]
)


MIN_SIDE = 16
# A picture of one colour has a deviation of 0, of 2 at most after JPEG.
LEAST_DEVIATION = 2.0
PLACEHOLDER = re.compile(r"(no[-_ ]?(img|image|cover|art|artwork|photo|picture)|placeholder)(?![a-z])", re.I)


def read(path: str | Path, *, at_least: int | None = None) -> tuple[Image.Image, tuple[int, int]]:
    """Decode one cover, upright, in RGB, transparent parts white.

    Parameters
    ----------
    at_least : int, optional
        Pixels of the shorter side that suffice: a larger JPEG is decoded at a half, a quarter or an eighth.

    Returns
    -------
    image : PIL.Image.Image
    size : (width, height)
        Of the whole picture, upright.

    Raises
    ------
    ImageError
        No such file, no picture of these formats, broken off or damaged, more than 64 million pixels, a side
        under 16 pixels, a name such as ``no-img-lg.gif``, or one colour all over.
    """
    name = Path(path).name
    if PLACEHOLDER.match(Path(path).stem):
        raise ImageError("placeholder", f"{path}: by its name no cover but a stand-in for one")
    try:
        with open_picture(path) as image:
            size = image.size
            if at_least:
                image.draft(None, (at_least, at_least))
            turned = image.getexif().get(ExifTags.Base.Orientation, 1) >= 5
            upright = _rgb(ImageOps.exif_transpose(image))
    except FileNotFoundError:
        raise ImageError("missing", f"{path}: no such file") from None
    except Image.DecompressionBombError as error:
        raise ImageError("bomb", f"{path}: {error}; at most {MAX_PIXELS:,} pixels are decoded") from None
    except UnidentifiedImageError:
        raise ImageError("not_image", f"{path}: {_kind(Path(path))}, no JPEG, PNG, GIF or WebP") from None
    except Exception as error:  # Pillow's decoders raise nearly anything on damaged files
        raise ImageError("corrupt", f"{path}: {str(error) or type(error).__name__}") from None
    if min(size) < MIN_SIDE:
        raise ImageError("tiny", f"{path}: only {size[0]} x {size[1]} pixels")
    if max(np.asarray(upright.reduce(max(1, min(upright.size) // 32))).std(axis=(0, 1))) < LEAST_DEVIATION:
        raise ImageError("placeholder", f"{path}: {name} is of one colour all over")
    return upright, size[::-1] if turned else size


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        # 16 bits in grey; Pillow would cut off all that is above 255.
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        layered = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layered.size, "white"), layered).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def _kind(path: Path) -> str:
    with open(path, "rb") as file:
        start = file.read(512).lstrip().lower()
    if not start:
        return "an empty file"
    return "an HTML page" if start.startswith((b"<!doctype html", b"<html")) else "an unknown kind of file"


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
