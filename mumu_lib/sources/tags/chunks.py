"""Read the chunks of WAV and AIFF files, which have tags in addition to ID3.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

# Upper limits against damaged files [bytes, chunks].
MAX_BYTES = 64 << 20
MAX_CHUNKS = 10_000
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
# Byte order by the kind of file, as ``struct`` writes it.
ORDERS = {"wav": "<", "aiff": ">"}


def walk(file: BinaryIO, start: int, end: int, order: str) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, offset and length [bytes] of each chunk.

    Parameters
    ----------
    order : {'<', '>'}
        Byte order of the lengths: little-endian in RIFF, big-endian in AIFF.
    """
    for _ in range(MAX_CHUNKS):
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
    """Format of the integer samples in a WAV or AIFF file."""

    channels: int
    bits: int
    rate: int


def form(file: BinaryIO, start: int) -> Form | None:
    """Return the format of integer samples; None if they are compressed, floating-point or in another byte order."""
    file.seek(0, 2)
    end = file.tell()
    file.seek(start)
    head = file.read(12)
    for name, at, size in walk(file, start + 12, end, byte_order(head)):
        if name == b"fmt " and size >= 16:
            return _form_of_wav(file, at, size)
        if name == b"COMM" and size >= 18:
            if head[8:] == b"AIFC" and _bytes(file, at + 18, 4) not in (b"NONE", b"twos"):
                return None
            channels, _, bits = struct.unpack(">HIH", _bytes(file, at, 8))
            return Form(channels, bits, round(_extended(_bytes(file, at + 8, 10))))
    return None


def byte_order(head: bytes) -> str:
    """Return the byte order of a file by its first bytes, as ``struct`` writes it.

    Examples
    --------
    >>> byte_order(b"RIFF"), byte_order(b"FORM")
    ('<', '>')
    """
    if head.startswith(b"FORM"):
        return ">"
    return "<"


def _form_of_wav(file: BinaryIO, at: int, size: int) -> Form | None:
    """Return the format in a chunk ``fmt``; None if the samples are not PCM integers."""
    kind, channels, rate, _, _, bits = struct.unpack("<HHIIHH", _bytes(file, at, 16))
    if kind == 0xFFFE and size >= 26:
        # The extensible format has the actual kind later.
        kind = int.from_bytes(_bytes(file, at + 24, 2), "little")
    if kind != 1:
        return None
    return Form(channels, bits, rate)


def read(file: BinaryIO, start: int) -> tuple[bytes, dict[str, str], float | None]:
    """Return the ID3 tag of a WAV or AIFF file, the tags in its other chunks, and its duration in seconds."""
    file.seek(0, 2)
    end = file.tell()
    file.seek(start)
    order = byte_order(file.read(4))
    id3 = b""
    found: dict[str, str] = {}
    rate = 0.0
    stored: float | None = None
    for name, at, size in walk(file, start + 12, end, order):
        if name.lower().strip() == b"id3" and size <= MAX_BYTES:
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
    if stored is None or rate <= 0:
        return id3, found, None
    return id3, found, stored / rate


def _bytes(file: BinaryIO, at: int, size: int) -> bytes:
    file.seek(at)
    return file.read(size)


def _texts(file: BinaryIO, chunks: Iterator[tuple[bytes, int, int]], names: dict[bytes, str]) -> dict[str, str]:
    """Return the texts in some chunks, which state no encoding: UTF-8 if valid, otherwise cp1252."""
    found: dict[str, str] = {}
    for name, at, size in chunks:
        if name not in names or size > MAX_BYTES:
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
    """Return a floating-point number of 80 bits, the form of the sampling rate in AIFF."""
    exponent, mantissa = struct.unpack(">HQ", data)
    power = (exponent & 0x7FFF) - 16383 - 63
    if not -63 <= power <= 0:
        return 0.0
    return mantissa * 2.0**power
