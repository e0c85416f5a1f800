"""Pictures inside sound files, the front cover first.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

import base64
import binascii
import io
from pathlib import Path
from typing import Any, BinaryIO

from mutagen import MutagenError, apev2, id3
from mutagen.flac import Picture

from mumu_lib.core.files import open_regular
from mumu_lib.sources.tags import chunks, kinds, openers

# Of ID3's numbers for what a picture shows; FLAC, Ogg and Windows Media have the same.
OTHER, FRONT = 0, 3
# Larger ones are refused as covers anyway.
MOST_BYTES = 32 << 20

Found = list[tuple[int, bytes]]


def read(path: str | Path) -> list[bytes]:
    """Return the pictures in a sound file that can be its cover, best first; nothing is raised.

    The front comes before pictures of no stated kind; all others (the back, the artist, a leaflet) are left out.
    """
    try:
        with open_regular(path) as file:
            found = _read(file)
    except Exception:  # as of mumu_lib.sources.tags.read
        return []
    ranked = []
    for order, (kind, data) in enumerate(found):
        if kind in (FRONT, OTHER) and 0 < len(data) <= MOST_BYTES:
            ranked.append((kind != FRONT, order, data))
    ranked.sort(key=lambda entry: entry[:2])
    return [data for _, _, data in ranked]


def _read(file: BinaryIO) -> Found:
    kind, start = kinds.kind_of(file)
    if kind in ("wav", "aiff"):
        data, _, _ = chunks.read(file, start)
        return _of_id3(id3.ID3(io.BytesIO(data))) if data else []
    found: Found = []
    if kind in openers.CLASSES and kind != "mpeg":
        opened = openers.CLASSES[kind](openers.from_start(file, kind, start))
        for picture in getattr(opened, "pictures", ()):
            found.append((picture.type, picture.data))
        found += _of_tag(opened.tags)
    return found + _around(file)


def _around(file: BinaryIO) -> Found:
    found: Found = []
    for load in (id3.ID3, apev2.APEv2):
        file.seek(0)
        try:
            found += _of_tag(load(file))
        except MutagenError:
            continue
    return found


def _of_tag(tag: Any) -> Found:
    if tag is None:
        return []
    if isinstance(tag, id3.ID3):
        return _of_id3(tag)
    found: Found = []
    for key in tag.keys():  # noqa: SIM118  # tags are no dicts
        name = str(key).lower()
        values = tag[key]
        if name == "metadata_block_picture":
            found += _coded(values)
        elif name == "coverart":
            found += [(FRONT, base64.b64decode(value)) for value in values]
        elif name == "covr":
            found += [(FRONT, bytes(value)) for value in values]
        elif name == "cover art (front)":
            found.append((FRONT, bytes(values.value).partition(b"\0")[2]))
        elif name == "wm/picture":
            found += [_of_windows(bytes(value.value)) for value in values]
    return found


def _of_id3(tag: id3.ID3) -> Found:
    found: Found = []
    for picture in tag.getall("APIC"):
        found.append((int(picture.type), picture.data))
    return found


def _coded(values: list[str]) -> Found:
    found: Found = []
    for value in values:
        try:
            picture = Picture(base64.b64decode(value))
        except (MutagenError, binascii.Error, ValueError, TypeError):
            continue
        found.append((picture.type, picture.data))
    return found


def _of_windows(data: bytes) -> tuple[int, bytes]:
    """Return kind and picture of a WM/Picture: kind, length, two texts that end with NUL in UTF-16, the picture."""
    at = 5
    for _ in range(2):
        while at + 2 <= len(data) and data[at : at + 2] != b"\0\0":
            at += 2
        at += 2
    return data[0] if data else OTHER, data[at:]
