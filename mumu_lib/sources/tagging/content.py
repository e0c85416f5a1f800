"""Hash the sound in a file independently of its tags.

Paper: none.  Notebooks: none; ``python -m mumu_lib predict``.
"""

from pathlib import Path
from typing import BinaryIO

from mumu_lib.core.files import open_regular
from mumu_lib.core.fingerprints import hash_of, hash_of_file
from mumu_lib.sources.tagging import inventory
from mumu_lib.sources.tags import chunks, containers, kinds

# First and last byte of the stream information in FLAC, after the header of its block.
FLAC_FORM = (8, 42)
# Header of the first page in an Ogg stream, which has the parameters of the codec and no tags.
OGG_PAGE = 27
FORM_CHUNKS = (b"fmt ", b"fact", b"COMM")
# Atoms of an MP4 file with the format of its samples and their order of playback.
MP4_FORMS = (
    (b"moov", b"trak", b"edts"),
    (b"moov", b"trak", b"mdia", b"mdhd"),
    (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd"),
    (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stts"),
    (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsc"),
    (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsz"),
)


def of_sound(path: Path) -> str:
    """Return a hash of the sound and its format, or of the whole file if the format is unknown.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    with open_regular(path) as file:
        kind, start = kinds.kind_of(file)
        form = _form(file, kind, start)
        if form is not None:
            return hash_of(kind, form, inventory.sound(file, kind, start))
    return hash_of_file(path)


def _form(file: BinaryIO, kind: str, start: int) -> bytes | None:
    """Return the parameters for the decoder; None for an unknown kind of file."""
    if kind == "mpeg":
        return b""
    if kind == "flac":
        first, last = FLAC_FORM
        file.seek(start + first)
        return file.read(last - first)
    if kind.startswith("ogg "):
        file.seek(start)
        head = file.read(OGG_PAGE)
        segments = 0
        if len(head) == OGG_PAGE:
            segments = head[-1]
        sizes = file.read(segments)
        return sizes + file.read(sum(sizes))
    if kind in ("wav", "aiff"):
        return _of_chunks(file, kind, start)
    if kind == "mp4":
        return _of_mp4(file, start)
    return None


def _of_chunks(file: BinaryIO, kind: str, start: int) -> bytes:
    """Return the format chunks of a WAV or AIFF file."""
    end = file.seek(0, 2)
    found = b""
    for name, at, size in chunks.walk(file, start + 12, end, chunks.ORDERS[kind]):
        if name in FORM_CHUNKS:
            found += name + b"".join(inventory.between(file, at, at + size))
    return found


def _of_mp4(file: BinaryIO, start: int) -> bytes:
    """Return hashes of the format atoms in an MP4 file."""
    end = file.seek(0, 2)
    found = ""
    for names in MP4_FORMS:
        spans = [(start, end)]
        for name in names:
            spans = containers.atoms(file, spans, name)
        for first, last in spans:
            found += hash_of(*inventory.between(file, first, last))
    return found.encode()
