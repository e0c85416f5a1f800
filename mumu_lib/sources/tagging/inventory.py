"""What must stay as it was when the genre of a file is written: the sound, and every other tag.

Paper: none.  Notebooks: none; ``python -m mumu_lib predict --write-tags``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from mumu_lib.core.files import open_regular
from mumu_lib.core.fingerprints import hash_of, hash_of_stream
from mumu_lib.sources.tagging.editors import Editor
from mumu_lib.sources.tags import chunks, kinds, payload

# Chunks that hold the ID3 tag itself, in small letters.
ID3_CHUNKS = (b"id3", b"id3 ")


@dataclass(frozen=True)
class Inventory:
    """What a file holds besides its genre.

    Attributes
    ----------
    sound : str
        Hash of the bytes of the sound.
    others : tuple of str
        A text for each other tag, from :meth:`mumu_lib.sources.tagging.editors.Editor.others`.
    around : tuple of str
        Hashes of what stands in the file beside sound and tag: chunks, tags of another kind.
    """

    sound: str
    others: tuple[str, ...]
    around: tuple[str, ...]


def take(path: Path, editor: Editor) -> Inventory:
    """Take stock of a file.

    Parameters
    ----------
    editor : Editor
        Of this file.
    """
    with open_regular(path) as file:
        kind, start = kinds.kind_of(file)
        if kind in ("wav", "aiff"):
            return Inventory(sound(file, kind, start), tuple(editor.others()), _chunks(file, kind, start))
        return Inventory(sound(file, kind, start), tuple(editor.others()), _tail(file, kind, start, editor.name))


def sound(file: BinaryIO, kind: str, start: int) -> str:
    """Return the hash of the bytes of the sound in a file of a known kind, which begins behind some ID3 tags."""
    if kind not in ("mpeg", "true audio"):
        return hash_of_stream(payload.pieces(file))
    # With the first frame, which may hold no sound but says how long the rest is.
    size = file.seek(0, 2)
    end = payload.before_tags(file, start, size)
    return hash_of_stream(between(file, start, end))


def between(file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    """Yield the bytes of a file between two places, in pieces."""
    file.seek(start)
    left = end - start
    while left > 0:
        piece = file.read(min(payload.PIECE, left))
        if not piece:
            return
        left -= len(piece)
        yield piece


def _chunks(file: BinaryIO, kind: str, start: int) -> tuple[str, ...]:
    """Return name and hash of every chunk but that of the tag; the sound's is hashed already, and only named."""
    end = file.seek(0, 2)
    order = ">" if kind == "aiff" else "<"
    found = []
    for name, at, size in chunks.walk(file, start + 12, end, order):
        if name.lower() in ID3_CHUNKS:
            continue
        if name in (b"data", b"SSND"):
            found.append(f"{name!r} {size}")
        else:
            found.append(f"{name!r} {hash_of_stream(between(file, at, at + size))}")
    return tuple(found)


def _tail(file: BinaryIO, kind: str, start: int, tag: str) -> tuple[str, ...]:
    """Return the hash of the tags behind the sound, where the one that is written is not among them."""
    if kind not in ("mpeg", "true audio", "flac"):
        return ()
    size = file.seek(0, 2)
    end = payload.before_tags(file, start, size)
    file.seek(end)
    tail = file.read()
    if tag != "APEv2":
        return (hash_of(tail),)
    # Of version 1, which stands behind it.
    return (hash_of(tail[-payload.ID3V1 :]),) if tail[-payload.ID3V1 :].startswith(b"TAG") else ()
