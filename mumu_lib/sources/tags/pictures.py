"""Read the pictures in sound files, the front cover first.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

import base64
import binascii
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

from mutagen import MutagenError, apev2, id3
from mutagen.flac import Picture

from mumu_lib.core.files import open_regular
from mumu_lib.sources.tags import chunks, kinds, openers

# ID3 numbers for types of pictures, also used by FLAC, Ogg and Windows Media.
OTHER = 0
FRONT = 3
# Larger pictures are not accepted as covers.
MAX_BYTES = 32 << 20

# Pairs of the type and the data of a picture.
Found = list[tuple[int, bytes]]


def read(path: str | Path) -> list[bytes]:
    """Return the pictures in a sound file that can be its cover, best first; no file raises an error.

    Front covers come before pictures without a type; others (back cover, artist, leaflet) are left out.

    Examples
    --------
    >>> read("nothing.mp3")
    []
    """
    try:
        with open_regular(path) as file:
            found = _read(file)
    except Exception:  # as in mumu_lib.sources.tags.read
        return []
    pictures = []
    for preferred in (FRONT, OTHER):
        for kind, data in found:
            if kind == preferred and 0 < len(data) <= MAX_BYTES:
                pictures.append(data)
    return pictures


def _read(file: BinaryIO) -> Found:
    """Return all pictures in an open file."""
    kind, start = kinds.kind_of(file)
    if kind in ("wav", "aiff"):
        data, _, _ = chunks.read(file, start)
        if not data:
            return []
        return _of_id3(id3.ID3(io.BytesIO(data)))
    found: Found = []
    if kind in openers.CLASSES and kind != "mpeg":
        opened = openers.CLASSES[kind](openers.from_start(file, kind, start))
        for picture in getattr(opened, "pictures", ()):
            found.append((picture.type, picture.data))
        found += _of_tag(opened.tags)
    return found + _around(file)


def _around(file: BinaryIO) -> Found:
    """Return the pictures in the ID3 and APEv2 tags before and after the sound."""
    found: Found = []
    for load in (id3.ID3, apev2.APEv2):
        file.seek(0)
        try:
            found += _of_tag(load(file))
        except MutagenError:
            continue
    return found


def _of_tag(tag: Any) -> Found:
    """Return the pictures in a tag."""
    if tag is None:
        return []
    if isinstance(tag, id3.ID3):
        return _of_id3(tag)
    found: Found = []
    for key in tag.keys():  # noqa: SIM118  # not a dict
        name = str(key).lower()
        values = tag[key]
        if name == "metadata_block_picture":
            found += _coded(values)
        elif name == "coverart":
            found += _as_front(map(base64.b64decode, values))
        elif name == "covr":
            found += _as_front(map(bytes, values))
        elif name == "cover art (front)":
            found.append((FRONT, bytes(values.value).partition(b"\0")[2]))
        elif name == "wm/picture":
            for value in values:
                found.append(_of_windows(bytes(value.value)))
    return found


def _as_front(pictures: Iterable[bytes]) -> Found:
    """Return pictures of a field for front covers."""
    return [(FRONT, data) for data in pictures]


def _of_id3(tag: id3.ID3) -> Found:
    found: Found = []
    for picture in tag.getall("APIC"):
        found.append((int(picture.type), picture.data))
    return found


def _coded(values: list[str]) -> Found:
    """Return the pictures in Vorbis comments; damaged ones are left out."""
    found: Found = []
    for value in values:
        try:
            picture = Picture(base64.b64decode(value))
        except (MutagenError, binascii.Error, ValueError, TypeError):
            continue
        found.append((picture.type, picture.data))
    return found


def _of_windows(data: bytes) -> tuple[int, bytes]:
    """Return type and data of a WM/Picture: type, length, two texts in UTF-16 that end with NUL, the data."""
    at = 5
    for _ in range(2):
        while at + 2 <= len(data) and data[at : at + 2] != b"\0\0":
            at += 2
        at += 2
    if not data:
        return OTHER, b""
    return data[0], data[at:]
