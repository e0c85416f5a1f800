"""Locate the sound in a file, without the tags.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from mumu_lib.core.fingerprints import checksum_of_samples, hash_of_stream
from mumu_lib.sources.tags import chunks, containers, kinds

# Bytes read at a time, a multiple of all sample sizes.
PIECE = 12 << 18
ID3V1 = 128
APE_FOOTER = 32
LYRICS = b"LYRICS200"
STREAM_HEADERS = (b"Xing", b"Info", b"VBRI")
# Bit rates of MPEG layer III in version 1, and in versions 2 and 2.5 [kbit/s].
BITRATES = (
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),
)
# Sampling rates by the bits of the version [Hz].
RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
ASF_DATA = b"\x36\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c"
# Bytes at the end of an Ogg file that contain the last page.
LAST_PAGES = 1 << 17

Spans = list[tuple[int, int]]


@dataclass(frozen=True)
class Samples:
    """Format of lossless integer samples, which can be compared across file formats.

    Attributes
    ----------
    frames, channels, bits, rate : int
    """

    frames: int
    channels: int
    bits: int
    rate: int


def key(file: BinaryIO) -> tuple:
    """Return a key that files with the same sound share, from their beginnings and ends.

    Returns
    -------
    key : tuple
        :class:`Samples` of WAV, AIFF and FLAC, otherwise kind and length; empty for a file without sound.
    """
    kind, start = kinds.kind_of(file)
    if not kind:
        return ()
    samples = None
    if kind == "flac":
        samples, checksum = _of_flac(file, start)
        if not any(checksum):
            samples = None
    elif kind in ("wav", "aiff"):
        samples = _of_pcm(file, kind, start)
    if samples is not None:
        return (samples,)
    length = _length(file, kind, start)
    if length <= 0:
        return ()
    return kind, length


def _length(file: BinaryIO, kind: str, start: int) -> int:
    """Return the length of the sound: in samples for Ogg, otherwise in bytes."""
    if kind.startswith("ogg"):
        return _last_granule(file)
    return _total(spans(file, kind, start))


def _total(parts: Spans) -> int:
    """Return the total length of some spans.

    Examples
    --------
    >>> _total([(0, 10), (12, 15)])
    13
    """
    total = 0
    for begin, end in parts:
        total += end - begin
    return total


def content(file: BinaryIO, found: tuple) -> str:
    """Return a hash of the sound in a file with a known :func:`key`."""
    if not isinstance(found[0], Samples):
        return hash_of_stream(pieces(file), length=32)
    kind, start = kinds.kind_of(file)
    if kind == "flac":
        return _of_flac(file, start)[1].hex()
    return checksum_of_samples(_lowest_byte_first(pieces(file), found[0].bits, kind))


def _of_flac(file: BinaryIO, start: int) -> tuple[Samples, bytes]:
    """Return the format and the checksum of the samples in the header of a FLAC file."""
    file.seek(start + 18)
    packed = int.from_bytes(file.read(8), "big")
    checksum = file.read(16)
    channels = (packed >> 41 & 7) + 1
    bits = (packed >> 36 & 31) + 1
    return Samples(packed & (1 << 36) - 1, channels, bits, packed >> 44), checksum


def _of_pcm(file: BinaryIO, kind: str, start: int) -> Samples | None:
    """Return the format of the samples in a WAV or AIFF file; None if they are not integers of at least 16 bits."""
    form = chunks.form(file, start)
    if form is None or form.bits not in (16, 24, 32) or form.channels == 0:
        return None
    stored = _total(spans(file, kind, start))
    return Samples(stored // (form.channels * form.bits // 8), form.channels, form.bits, form.rate)


def _lowest_byte_first(parts: Iterator[bytes], bits: int, kind: str) -> Iterator[bytes]:
    """Yield samples in little-endian order, as in FLAC; those of AIFF are converted."""
    size = bits // 8
    for part in parts:
        if kind == "aiff" and len(part) % size == 0:
            part = np.frombuffer(part, np.uint8).reshape(-1, size)[:, ::-1].tobytes()
        yield part


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """Yield the sound of a file in pieces."""
    kind, start = kinds.kind_of(file)
    if kind.startswith("ogg"):
        yield from _ogg_bodies(file, start)
        return
    for begin, end in spans(file, kind, start):
        file.seek(begin)
        left = end - begin
        while left > 0:
            piece = file.read(min(PIECE, left))
            if not piece:
                return
            left -= len(piece)
            yield piece


def spans(file: BinaryIO, kind: str, start: int) -> Spans:
    """Return begin and end of each part of the sound [bytes]; an unknown kind of file is one part."""
    file.seek(0, 2)
    end = file.tell()
    if kind in ("wav", "aiff"):
        return _of_chunks(file, start, end, kind)
    if kind == "mp4":
        return containers.atoms(file, [(start, end)], b"mdat")
    if kind == "asf":
        return _of_asf(file, start, end)
    end = before_tags(file, start, end)
    if kind == "flac":
        start = _behind_blocks(file, start)
    elif kind == "mpeg":
        start += _stream_header(file, start)
    return [(start, end)]


def _of_chunks(file: BinaryIO, start: int, end: int, kind: str) -> Spans:
    """Return the sound in a WAV or AIFF file."""
    found = []
    for name, at, size in chunks.walk(file, start + 12, end, chunks.ORDERS[kind]):
        if name == b"data":
            found.append((at, at + size))
        elif name == b"SSND":
            # Skip offset and size of blocks, which are not used.
            found.append((min(at + 8, at + size), at + size))
    return found


def _of_asf(file: BinaryIO, start: int, end: int) -> Spans:
    """Return the packets of a Windows Media file, after the header of the data object, which identifies the file."""
    while start + 24 <= end:
        file.seek(start)
        head = file.read(24)
        size = int.from_bytes(head[16:], "little")
        if size < 24:
            break
        if head[:16] == ASF_DATA:
            return [(start + 50, min(end, start + size))]
        start += size
    return []


def is_id3v1(tail: bytes) -> bool:
    """Return whether the last 128 bytes of a file are an ID3v1 tag.

    The mark ``APETAGEX`` at the beginning of an APEv2 tag may have its ``TAG`` at the same place.
    """
    return len(tail) == ID3V1 and tail.startswith(b"TAG") and not tail[-APE_FOOTER:].startswith(b"APETAGEX")


def before_tags(file: BinaryIO, start: int, end: int) -> int:
    """Return the end of the sound: before ID3v1, APEv2 and lyrics in any order."""
    while end > start:
        file.seek(max(start, end - ID3V1))
        tail = file.read(min(ID3V1, end - start))
        size = 0
        if is_id3v1(tail):
            size = ID3V1
        elif tail[-APE_FOOTER:].startswith(b"APETAGEX"):
            footer = tail[-APE_FOOTER:]
            size = int.from_bytes(footer[12:16], "little")
            if footer[23] & 0x80:
                size += APE_FOOTER
        elif tail.endswith(LYRICS) and tail[-15:-9].isdigit():
            size = int(tail[-15:-9]) + 15
        if not 0 < size <= end - start:
            return end
        end -= size
    return end


def _behind_blocks(file: BinaryIO, start: int) -> int:
    """Return the offset of the first frame in a FLAC file."""
    at = start + 4
    while True:
        file.seek(at)
        head = file.read(4)
        if len(head) < 4:
            return at
        at += 4 + int.from_bytes(head[1:], "big")
        if head[0] & 0x80:
            return at


def _stream_header(file: BinaryIO, start: int) -> int:
    """Return the length of the first frame of an mp3 if it has the length of the stream instead of sound."""
    file.seek(start)
    head = file.read(200)
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return 0
    if not any(mark in head for mark in STREAM_HEADERS):
        return 0
    version = head[1] >> 3 & 3
    rates = RATES.get(version)
    number = head[2] >> 2 & 3
    if rates is None or number > 2:
        return 0
    kbits = BITRATES[version != 3][head[2] >> 4]
    samples = 576
    if version == 3:
        samples = 1152
    return samples * 125 * kbits // rates[number] + (head[2] >> 1 & 1)


def _last_granule(file: BinaryIO) -> int:
    """Return the position in the sound at the end of an Ogg file's last page [samples]; 0 if there is none."""
    file.seek(0, 2)
    file.seek(max(0, file.tell() - LAST_PAGES))
    tail = file.read()
    at = tail.rfind(b"OggS")
    if at < 0:
        return 0
    return int.from_bytes(tail[at + 6 : at + 14], "little")


def _ogg_bodies(file: BinaryIO, start: int) -> Iterator[bytes]:
    """Yield the bodies of the pages in an Ogg file after the headers, whose pages have the position 0."""
    after_headers = False
    at = start
    while True:
        file.seek(at)
        head = file.read(27)
        if len(head) < 27 or head[:4] != b"OggS":
            return
        sizes = file.read(head[26])
        body = file.read(sum(sizes))
        granule = int.from_bytes(head[6:14], "little", signed=True)
        after_headers = after_headers or granule > 0
        if after_headers:
            yield body
        at += 27 + len(sizes) + len(body)
