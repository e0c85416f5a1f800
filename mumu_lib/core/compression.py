"""Decompress streams of gzip, bzip2, xz and Zstandard that consist of several parts.

Large archives are compressed in parts (pbzip2, pixz, pzstd, bgzip) or joined by ``cat``, with marks or zeros between
the parts. Python's own readers of bzip2 and xz stop at such zeros without an error.
"""

import bz2
import gzip
import io
import lzma
from collections.abc import Callable
from typing import Any, BinaryIO, cast

import pyarrow as pa

CHUNK = 1 << 20
LONGEST_MAGIC = 6

_ZSTD = b"\x28\xb5\x2f\xfd"
# A skippable frame, of one of 16 kinds; pzstd writes one before each part.
_ZSTD_SKIPPABLE = b"\x2a\x4d\x18"
_REFUSED = {
    b"PK\x03\x04": "a zip archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a rar archive",
    b"\x04\x22\x4d\x18": "compressed by lz4",
    b"\x1f\x9d": "compressed by the old compress",
}


def decompressed(raw: io.BufferedReader) -> BinaryIO:
    """Return the decompressed contents of a stream; the compression is detected from its first bytes.

    Parameters
    ----------
    raw : io.BufferedReader
        Positioned at its start.

    Returns
    -------
    stream : file
        ``raw`` itself if it is not compressed. Reading raises ``EOFError`` if the stream is cut off, and ``OSError``,
        ``zlib.error`` or ``lzma.LZMAError`` if it is damaged or other data follow a part.

    Raises
    ------
    ValueError
        The archive format or compression is not supported.

    Examples
    --------
    >>> two_parts = gzip.compress(b"one, ") + gzip.compress(b"two")
    >>> decompressed(io.BufferedReader(io.BytesIO(two_parts))).read()
    b'one, two'
    """
    start = raw.peek(LONGEST_MAGIC)[:LONGEST_MAGIC]
    for magic, what in _REFUSED.items():
        if start.startswith(magic):
            raise ValueError(f"it is {what}")
    if start.startswith(b"\x1f\x8b"):
        return cast(BinaryIO, gzip.GzipFile(fileobj=raw))
    if start.startswith(b"BZh"):
        return _buffered(_Parts(raw, b"BZh", bz2.BZ2Decompressor))
    if start.startswith(b"\xfd7zXZ"):
        return _buffered(_Parts(raw, b"\xfd7zXZ", lzma.LZMADecompressor))
    if start.startswith(_ZSTD) or (start[1:].startswith(_ZSTD_SKIPPABLE) and start[0] >> 4 == 5):
        return _buffered(cast(io.RawIOBase, pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd")))
    return raw


def _buffered(stream: io.RawIOBase) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(stream, CHUNK))


class _Parts(io.RawIOBase):
    """Decompress consecutive parts, with any number of zeros between and after them."""

    def __init__(self, raw: io.BufferedReader, magic: bytes, make: Callable[[], Any]) -> None:
        self._raw = raw
        self._magic = magic
        self._make = make
        self._decoder = make()
        self._ahead = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while True:
            if self._decoder.eof and not self._next_part():
                return 0
            if self._decoder.needs_input and not self._ahead:
                self._ahead = self._raw.read(CHUNK)
                if not self._ahead:
                    raise EOFError("the compressed file ends before its end mark")
            ahead = self._ahead
            self._ahead = b""
            piece = self._decoder.decompress(ahead, len(buffer))
            if piece:
                buffer[: len(piece)] = piece
                return len(piece)

    def _next_part(self) -> bool:
        """Start the next part; return False if there is none."""
        rest = self._decoder.unused_data.lstrip(b"\0")
        while len(rest) < len(self._magic):
            more = self._raw.read(CHUNK)
            if not more:
                break
            rest = (rest + more).lstrip(b"\0")
        if not rest:
            return False
        if not rest.startswith(self._magic):
            raise OSError(f"the bytes after a complete part are not the start of another: {rest[:8]!r}")
        self._decoder = self._make()
        self._ahead = rest
        return True
