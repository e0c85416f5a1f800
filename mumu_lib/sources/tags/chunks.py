"""The chunks of WAV and AIFF files: where their tags are, beside ID3.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

# No tag is as long as this.
LONGEST = 64 << 20
MOST_CHUNKS = 10_000
INFO = {
    b"IGNR": "genre",
    b"ISGN": "genre",
    b"IART": "artist",
    b"IPRD": "album",
    b"INAM": "title",
    b"ITRK": "track",
    b"IPRT": "track",
}
AIFF = {b"NAME": "title", b"AUTH": "artist"}


def walk(file: BinaryIO, start: int, end: int, order: str) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, place and length [bytes] of each chunk.

    Parameters
    ----------
    order : {'<', '>'}
        Of the lengths' bytes: RIFF has the lowest first, AIFF the highest.
    """
    for _ in range(MOST_CHUNKS):
        if start + 8 > end:
            return
        file.seek(start)
        head = file.read(8)
        if len(head) < 8:
            return
        size = struct.unpack(f"{order}I", head[4:])[0]
        yield head[:4], start + 8, min(size, max(0, end - start - 8))
        start += 8 + size + size % 2


@dataclass(frozen=True)
class Form:
    """How the samples of a WAV or AIFF file are stored, as whole numbers."""

    channels: int
    bits: int
    rate: int


def form(file: BinaryIO, start: int) -> Form | None:
    """Return how samples are stored; None where they are packed, floating or with the unusual order of bytes."""
    file.seek(0, 2)
    end = file.tell()
    file.seek(start)
    head = file.read(12)
    order = ">" if head[:4] == b"FORM" else "<"
    for name, at, size in walk(file, start + 12, end, order):
        if name == b"fmt " and size >= 16:
            kind, channels, rate, _, _, bits = struct.unpack("<HHIIHH", _bytes(file, at, 16))
            if kind == 0xFFFE and size >= 26:
                kind = int.from_bytes(_bytes(file, at + 24, 2), "little")
            return Form(channels, bits, rate) if kind == 1 else None
        if name == b"COMM" and size >= 18:
            channels, _, bits = struct.unpack(">HIH", _bytes(file, at, 8))
            packed = head[8:] == b"AIFC" and _bytes(file, at + 18, 4) not in (b"NONE", b"twos")
            return None if packed else Form(channels, bits, round(_extended(_bytes(file, at + 8, 10))))
    return None


def read(file: BinaryIO, start: int) -> tuple[bytes, dict[str, str], float | None]:
    """Return the ID3 tag of a WAV or AIFF file, what its own chunks say, and its length in seconds."""
    file.seek(0, 2)
    end = file.tell()
    file.seek(start)
    order = ">" if file.read(4) == b"FORM" else "<"
    id3 = b""
    found: dict[str, str] = {}
    rate = 0.0
    stored: float | None = None
    for name, at, size in walk(file, start + 12, end, order):
        if name.lower().strip() == b"id3" and size <= LONGEST:
            id3 = _bytes(file, at, size)
        elif name == b"LIST" and _bytes(file, at, 4) == b"INFO":
            found |= _texts(file, walk(file, at + 4, at + size, order), INFO)
        elif name in AIFF and order == ">":
            found |= _texts(file, iter([(name, at, size)]), AIFF)
        elif name == b"fmt " and size >= 16:
            rate = float(struct.unpack("<I", _bytes(file, at + 8, 4))[0])
        elif name == b"data":
            stored = float(size)
        elif name == b"COMM" and size >= 18:
            stored = float(struct.unpack(">I", _bytes(file, at + 2, 4))[0])
            rate = _extended(_bytes(file, at + 8, 10))
    seconds = None
    if stored is not None and rate > 0:
        seconds = stored / rate
    return id3, found, seconds


def _bytes(file: BinaryIO, at: int, size: int) -> bytes:
    file.seek(at)
    return file.read(size)


def _texts(file: BinaryIO, chunks: Iterator[tuple[bytes, int, int]], names: dict[bytes, str]) -> dict[str, str]:
    """Return the texts among some chunks; no encoding is stated there: UTF-8 if it can be, else that of Windows."""
    found: dict[str, str] = {}
    for name, at, size in chunks:
        if name not in names or size > LONGEST:
            continue
        data = _bytes(file, at, size).rstrip(b"\0")
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
        field = names[name]
        if not text.strip():
            continue
        if field == "genre" and field in found:
            text = f"{found.pop(field)}\0{text}"
        found.setdefault(field, text)
    return found


def _extended(data: bytes) -> float:
    """Return a number of 80 bits, as AIFF has for the sampling rate."""
    exponent, mantissa = struct.unpack(">HQ", data)
    power = (exponent & 0x7FFF) - 16383 - 63
    if not -63 <= power <= 0:
        return 0.0
    return mantissa * 2.0**power
