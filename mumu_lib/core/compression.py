"""Decompress a stream by what it holds: gzip, bzip2, xz and Zstandard, all of its parts, to the last byte.

Archives of many gigabytes are compressed in parts (pbzip2, pixz, pzstd, bgzip) or joined by ``cat``, with marks or
zeros between the parts. Python's own readers of bzip2 and xz end at such zeros, without a word.
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
# A frame to be skipped, of any of 16 kinds; pzstd begins each of its parts by one.
_ZSTD_SKIPPABLE = b"\x2a\x4d\x18"
_REFUSED = {
    b"PK\x03\x04": "a zip archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a rar archive",
    b"\x04\x22\x4d\x18": "compressed by lz4",
    b"\x1f\x9d": "compressed by the old compress",
}


def decompressed(raw: io.BufferedReader) -> BinaryIO:
    """Return a stream of what a stream holds, decompressed if it begins as gzip, bzip2, xz or Zstandard.

    Parameters
    ----------
    raw : io.BufferedReader
        At its start.

    Returns
    -------
    stream : file
        ``raw`` itself if it is not compressed. Reading raises ``EOFError`` where it breaks off and ``OSError``,
        ``zlib.error`` or ``lzma.LZMAError`` where it is damaged, or where something else stands behind a part of it.

    Raises
    ------
    ValueError
        An archive or a compression that is not read.

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
    """Compressed parts one after the other, with any number of zeros between and behind them."""

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
        """Go to the next part; false if there is none."""
        rest = self._decoder.unused_data.lstrip(b"\0")
        while len(rest) < len(self._magic):
            more = self._raw.read(CHUNK)
            if not more:
                break
            rest = (rest + more).lstrip(b"\0")
        if not rest:
            return False
        if not rest.startswith(self._magic):
            raise OSError(f"behind a whole part stand bytes that begin no other: {rest[:8]!r}")
        self._decoder = self._make()
        self._ahead = rest
        return True
