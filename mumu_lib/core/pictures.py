"""Decode picture files safely to pixels.

Uses Pillow's decoders of JPEG, PNG, GIF (first frame), WebP, BMP, TIFF (first page) and AVIF only.
"""

import re
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from mumu_lib.core.errors import ImageError
from mumu_lib.core.files import open_regular
from mumu_lib.core.parsing import MAX_PIXELS, open_picture

NAMES = "JPEG, PNG, GIF, WebP, BMP, TIFF or AVIF"
MIN_SIDE = 16
# The standard deviation of a picture of one colour is 0, or at most 2 after JPEG compression.
LEAST_DEVIATION = 2.0
PLACEHOLDER = re.compile(r"(no[-_ ]?(img|image|cover|art|artwork|photo|picture)|placeholder)(?![a-z])", re.I)


def read(
    path: str | Path, *, at_least: int | None = None, data: bytes | None = None
) -> tuple[Image.Image, tuple[int, int]]:
    """Decode a cover to RGB, rotated upright, with transparent parts in white.

    Parameters
    ----------
    at_least : int, optional
        Sufficient pixels of the shorter side: a larger JPEG is decoded at a half, a quarter or an eighth of its size.
    data : bytes, optional
        Contents of the file, instead of reading them from ``path``.

    Returns
    -------
    image : PIL.Image.Image
    size : (width, height)
        Full size of the picture, after rotation.

    Raises
    ------
    ImageError
        The file is missing, has another format, is cut off or damaged, has more than 64 million pixels, a side of fewer
        than 16 pixels, a name such as ``no-img-lg.gif``, or only one colour.
    """
    name = Path(path).name
    if PLACEHOLDER.match(Path(path).stem):
        raise ImageError("placeholder", f"{path}: its name is that of a placeholder, not of a cover")
    try:
        with _opened(path, data) as file, open_picture(file) as image:
            size = image.size
            if at_least:
                image.draft(None, (at_least, at_least))
            rotated = image.getexif().get(ExifTags.Base.Orientation, 1) >= 5
            upright = to_rgb(ImageOps.exif_transpose(image))
    except FileNotFoundError:
        raise ImageError("missing", f"{path}: no such file") from None
    except Image.DecompressionBombError as error:
        raise ImageError("bomb", f"{path}: {error}; at most {MAX_PIXELS:,} pixels are decoded") from None
    except UnidentifiedImageError:
        raise ImageError("not_image", f"{path}: {_kind(path, data)}, no {NAMES}") from None
    except Exception as error:  # Pillow's decoders raise nearly anything on damaged files
        raise ImageError("corrupt", f"{path}: {str(error) or type(error).__name__}") from None
    if min(size) < MIN_SIDE:
        raise ImageError("tiny", f"{path}: only {size[0]} x {size[1]} pixels")
    thumbnail = np.asarray(upright.reduce(max(1, min(upright.size) // 32)))
    if max(thumbnail.std(axis=(0, 1))) < LEAST_DEVIATION:
        raise ImageError("placeholder", f"{path}: {name} is of one colour all over")
    if rotated:
        size = size[::-1]
    return upright, size


def _opened(path: str | Path, data: bytes | None) -> BinaryIO:
    """Open a file, or its contents as a file."""
    if data is None:
        return open_regular(path)
    return BytesIO(data)


def to_rgb(image: Image.Image) -> Image.Image:
    """Return a picture in RGB: 16-bit grey by its high byte, what is transparent on white."""
    if image.mode.startswith("I"):
        # 16-bit grey; Pillow would clip values above 255.
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        layered = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layered.size, "white"), layered).convert("RGB")
    if image.mode == "RGB":
        return image
    return image.convert("RGB")


def _kind(path: str | Path, data: bytes | None) -> str:
    """Describe a file that is not a picture."""
    if data is None:
        with open(path, "rb") as file:
            data = file.read(512)
    start = data[:512].lstrip().lower()
    if not start:
        return "an empty file"
    if start.startswith((b"<!doctype html", b"<html")):
        return "an HTML page"
    return "an unknown kind of file"


def fault(path: str | Path, data: bytes | None = None) -> str:
    """Return why :func:`read` would refuse a picture; empty if it can be used.

    Parameters
    ----------
    data : bytes, optional
        As for :func:`read`.
    """
    try:
        read(path, at_least=MIN_SIDE, data=data)
    except ImageError as error:
        return str(error).removeprefix(f"{path}: ")
    return ""
