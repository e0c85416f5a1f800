"""Picture files -> pixels: every usual kind of file, and none that harms.

Pillow only, and of it the decoders of JPEG, PNG, GIF (first frame), WebP, BMP, TIFF (first page) and AVIF.
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
# A picture of one colour has a deviation of 0, of 2 at most after JPEG.
LEAST_DEVIATION = 2.0
PLACEHOLDER = re.compile(r"(no[-_ ]?(img|image|cover|art|artwork|photo|picture)|placeholder)(?![a-z])", re.I)


def read(
    path: str | Path, *, at_least: int | None = None, data: bytes | None = None
) -> tuple[Image.Image, tuple[int, int]]:
    """Decode one cover, upright, in RGB, transparent parts white.

    Parameters
    ----------
    at_least : int, optional
        Pixels of the shorter side that suffice: a larger JPEG is decoded at a half, a quarter or an eighth.
    data : bytes, optional
        The file's content, where it is not to be read from ``path``.

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
        with _opened(path, data) as file, open_picture(file) as image:
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
        raise ImageError("not_image", f"{path}: {_kind(path, data)}, no {NAMES}") from None
    except Exception as error:  # Pillow's decoders raise nearly anything on damaged files
        raise ImageError("corrupt", f"{path}: {str(error) or type(error).__name__}") from None
    if min(size) < MIN_SIDE:
        raise ImageError("tiny", f"{path}: only {size[0]} x {size[1]} pixels")
    if max(np.asarray(upright.reduce(max(1, min(upright.size) // 32))).std(axis=(0, 1))) < LEAST_DEVIATION:
        raise ImageError("placeholder", f"{path}: {name} is of one colour all over")
    return upright, size[::-1] if turned else size


def _opened(path: str | Path, data: bytes | None) -> BinaryIO:
    """Open a file, or content as one."""
    if data is None:
        return open_regular(path)
    return BytesIO(data)


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        # 16 bits in grey; Pillow would cut off all that is above 255.
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        layered = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layered.size, "white"), layered).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def _kind(path: str | Path, data: bytes | None) -> str:
    """Say what a file is that is no picture."""
    if data is None:
        with open(path, "rb") as file:
            data = file.read(512)
    start = data[:512].lstrip().lower()
    if not start:
        return "an empty file"
    return "an HTML page" if start.startswith((b"<!doctype html", b"<html")) else "an unknown kind of file"


def fault(path: str | Path, data: bytes | None = None) -> str:
    """Say in a few words why a picture cannot be used, ``""`` if it can; as :func:`read` would.

    Parameters
    ----------
    data : bytes, optional
        As of :func:`read`.
    """
    try:
        read(path, at_least=MIN_SIDE, data=data)
    except ImageError as error:
        return str(error).removeprefix(f"{path}: ")
    return ""
