"""List what must not change when the genre of a file is written: the sound and all other tags.

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

# Names of the chunk with the ID3 tag, in lower case.
ID3_CHUNKS = (b"id3", b"id3 ")


@dataclass(frozen=True)
class Inventory:
    """Content of a file without its genre.

    Attributes
    ----------
    sound : str
        Hash of the bytes of the sound.
    others : tuple of str
        A text for each other tag, from :meth:`mumu_lib.sources.tagging.editors.Editor.others`.
    around : tuple of str
        Hashes of the rest of the file: chunks, and tags in another format.
    """

    sound: str
    others: tuple[str, ...]
    around: tuple[str, ...]


def take(path: Path, editor: Editor) -> Inventory:
    """Return the inventory of a file.

    Parameters
    ----------
    path : Path
    editor : Editor
        Editor of this file.
    """
    with open_regular(path) as file:
        kind, start = kinds.kind_of(file)
        if kind in ("wav", "aiff"):
            return Inventory(sound(file, kind, start), tuple(editor.others()), _chunks(file, kind, start))
        return Inventory(sound(file, kind, start), tuple(editor.others()), _tail(file, kind, start, editor.name))


def sound(file: BinaryIO, kind: str, start: int) -> str:
    """Return the hash of the sound in a file of a known kind that begins after its ID3 tags."""
    if kind not in ("mpeg", "true audio"):
        return hash_of_stream(payload.pieces(file))
    # Including the first frame, which may have the length of the stream instead of sound.
    size = file.seek(0, 2)
    end = payload.before_tags(file, start, size)
    return hash_of_stream(between(file, start, end))


def between(file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    """Yield the bytes of a file between two offsets in pieces."""
    file.seek(start)
    left = end - start
    while left > 0:
        piece = file.read(min(payload.PIECE, left))
        if not piece:
            return
        left -= len(piece)
        yield piece


def _chunks(file: BinaryIO, kind: str, start: int) -> tuple[str, ...]:
    """Return name and hash of every chunk except the tag; the sound is already hashed and only has its size."""
    end = file.seek(0, 2)
    found = []
    for name, at, size in chunks.walk(file, start + 12, end, chunks.ORDERS[kind]):
        if name.lower() in ID3_CHUNKS:
            continue
        if name in (b"data", b"SSND"):
            found.append(f"{name!r} {size}")
        else:
            found.append(f"{name!r} {hash_of_stream(between(file, at, at + size))}")
    return tuple(found)


def _tail(file: BinaryIO, kind: str, start: int, tag: str) -> tuple[str, ...]:
    """Return the hash of the tags after the sound without the tag that is edited."""
    if kind not in ("mpeg", "true audio", "flac"):
        return ()
    size = file.seek(0, 2)
    end = payload.before_tags(file, start, size)
    file.seek(end)
    tail = file.read()
    if tag != "APEv2":
        return (hash_of(tail),)
    # An ID3v1 tag may follow the APEv2 tag.
    version_1 = tail[-payload.ID3V1 :]
    if not payload.is_id3v1(version_1):
        return ()
    return (hash_of(version_1),)
