"""Read the length of an MP3 from its header, or prepare a stream that is decoded to its end.

Paper: Section 5.1.  Notebooks: 04_audio.

The decoder of soundfile (mpg123) reads the number of frames stated in the first one, a Xing or Info header. Without that
header it estimates the number from the first few frames; at a variable bit rate it may stop far from the end.
"""

import re
from dataclasses import dataclass
from typing import BinaryIO

_RATES = (44100, 48000, 32000)
_KILOBITS = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MONO = 3
# Second bytes of a frame of layer III: MPEG 1, 2 and 2.5, with and without a checksum.
_SYNC = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb]")
# Maximum number of bytes before the first frame, after tags.
_JUNK = 1 << 17
_FRAMES_IN_A_ROW = 3
_LONGEST_FRAME = 2881
# Number of places at which to check for a constant bit rate, and for sound after the stated length.
_PLACES = 16
_TOO_MUCH = 1 << 14
# Offset of Fraunhofer's header in a frame.
_VBRI = 36
# More frames than a file can have.
_ENDLESS = 0x7FFFFFFF // 1152
# Samples of decoder delay, which mpg123 removes if a length is given.
_DELAY = 529


@dataclass(frozen=True)
class Frame:
    """A frame of layer III, described by its four-byte header."""

    header: bytes

    @property
    def is_first_version(self) -> bool:
        """Return whether it is MPEG 1, not 2 or 2.5."""
        return self.header[1] >> 3 & 3 == 3

    @property
    def rate(self) -> int:
        """Return samples per second."""
        halvings = {3: 0, 2: 1, 0: 2}[self.header[1] >> 3 & 3]
        return _RATES[self.header[2] >> 2 & 3] >> halvings

    @property
    def bitrate(self) -> int:
        """Return kilobits per second."""
        return _KILOBITS[self.is_first_version][self.header[2] >> 4]

    @property
    def samples(self) -> int:
        """Return the number of samples after decoding."""
        if self.is_first_version:
            return 1152
        return 576

    @property
    def length(self) -> int:
        """Return the number of bytes, including the header."""
        return self.samples // 8 * 1000 * self.bitrate // self.rate + (self.header[2] >> 1 & 1)

    @property
    def side_information(self) -> int:
        """Return the number of bytes between header and sound."""
        mono = self.header[3] >> 6 == _MONO
        if self.is_first_version and not mono:
            return 32
        if self.is_first_version or not mono:
            return 17
        return 9

    def like(self, other: "Frame") -> bool:
        """Return whether version and sampling rate are the same."""
        return self.header[1] | 1 == other.header[1] | 1 and self.rate == other.rate

    def silent(self, bitrate: int) -> bytes:
        """Return a silent frame of the same format; ``bitrate`` is an index of the table of bit rates."""
        third = bitrate << 4 | self.header[2] & 0x0C
        changed = Frame(bytes([self.header[0], self.header[1] | 1, third, self.header[3]]))
        return changed.header.ljust(changed.length, b"\0")


@dataclass(frozen=True)
class Mp3:
    """First frame and stated length of an MP3.

    Attributes
    ----------
    start : int
        Offset of its first frame.
    frame : Frame
        The first frame.
    tag : int
        Offset of a Xing or Info header in the first frame; 0 without one.
    counted : int
        Number of frames stated in that header; 0 if unknown.
    whole : bool
        Whether the file ends where that header states.
    is_vbri : bool
        Whether the frame before the first one is a Fraunhofer header, which the decoder ignores.
    """

    start: int
    frame: Frame
    tag: int
    counted: int
    whole: bool
    is_vbri: bool = False

    @property
    def has_length(self) -> bool:
        """Return whether the length in its header is reliable."""
        return self.counted > 0 and self.whole


def look(file: BinaryIO, start: int = 0) -> Mp3 | None:
    """Find the first frame of an MP3 and the length stated there.

    Parameters
    ----------
    file : binary file
    start : int
        Offset to begin at: 0, or the data in a WAV.

    Returns
    -------
    mp3 : Mp3 or None
        None if it is not MPEG layer III, or is of free format.
    """
    start = after_tags(file, start)
    for size in (2 * _LONGEST_FRAME * _FRAMES_IN_A_ROW, _JUNK):
        file.seek(start)
        data = file.read(size)
        at = _first_of_a_row(data)
        if at >= 0:
            return _described(file, data[at : at + _LONGEST_FRAME], start + at)
    return None


def after_tags(file: BinaryIO, start: int) -> int:
    """Return the end of the ID3v2 tags, of which there may be several, that begin at an offset.

    Parameters
    ----------
    file : binary file
    start : int
    """
    while True:
        file.seek(start)
        head = file.read(10)
        if len(head) < 10 or head[:3] != b"ID3":
            return start
        size = 0
        for byte in head[6:]:
            size = size << 7 | byte & 0x7F
        start += 10 + size
        has_footer = head[5] & 0x10
        if has_footer:
            start += 10


def end(file: BinaryIO) -> int:
    """Return the end of the sound, before ID3v1, Lyrics3 and APE tags, which disturb the decoder.

    Parameters
    ----------
    file : binary file
    """
    stop = file.seek(0, 2)
    while True:
        size = _tag_before(file, stop)
        if not 0 < size <= stop:
            return stop
        stop -= size


def _tag_before(file: BinaryIO, stop: int) -> int:
    """Return the length of the tag that ends at an offset; 0 if there is none."""
    file.seek(max(0, stop - 128))
    last = file.read(min(128, stop))
    if len(last) == 128 and last.startswith(b"TAG"):
        return 128
    footer = last[-32:]
    if len(footer) == 32 and footer.startswith(b"APETAGEX"):
        size = int.from_bytes(footer[12:16], "little")
        has_header = footer[23] & 0x80
        if has_header:
            size += 32
        return size
    if last.endswith(b"LYRICS200") and last[-15:-9].isdigit():
        return int(last[-15:-9]) + 15
    return 0


def _frame(data: bytes, at: int) -> Frame | None:
    """Return the frame with its header at an offset, if there is one."""
    header = data[at : at + 4]
    if len(header) < 4 or not _SYNC.match(header) or header[2] >> 4 in (0, 15) or header[2] >> 2 & 3 == 3:
        return None
    return Frame(header)


def _first_of_a_row(data: bytes) -> int:
    """Return the offset of the first of several consecutive frames; -1 if there are none."""
    for match in _SYNC.finditer(data):
        at = match.start()
        first = _frame(data, at)
        for _ in range(_FRAMES_IN_A_ROW):
            frame = _frame(data, at)
            if first is None or frame is None or not frame.like(first):
                break
            at += frame.length
        else:
            return match.start()
    return -1


def _described(file: BinaryIO, data: bytes, start: int) -> Mp3:
    """Read the length header in the first frame, which begins at ``start``, if there is one."""
    frame = Frame(data[:4])
    tag = 4 + frame.side_information
    if data[_VBRI : _VBRI + 4] == b"VBRI":
        return Mp3(start + frame.length, frame, 0, 0, whole=True, is_vbri=True)
    if data[tag : tag + 4] not in (b"Xing", b"Info"):
        return Mp3(start, frame, 0, 0, whole=True)
    flags = int.from_bytes(data[tag + 4 : tag + 8], "big")
    counted = 0
    size = 0
    if flags & 1:
        counted = int.from_bytes(data[tag + 8 : tag + 12], "big")
    if flags & 3 == 3:
        size = int.from_bytes(data[tag + 12 : tag + 16], "big")
    # No frame is that long, hence the count is wrong.
    impossible = size > (counted + 2) * _LONGEST_FRAME
    whole = not impossible and not (size and _sound_after(file, start + size, frame))
    return Mp3(start, frame, tag, counted, whole)


def _sound_after(file: BinaryIO, start: int, like: Frame) -> bool:
    """Return whether frames follow the end stated in a header, as in files that were joined."""
    end = file.seek(0, 2)
    if end - start < _TOO_MUCH:
        return False
    return any(frame.like(like) for frame in _frames_between(file, start + _TOO_MUCH // 2, end))


def sound_from(file: BinaryIO, start: int) -> bool:
    """Return whether frames follow an offset, directly or after other data.

    Parameters
    ----------
    file : binary file
    start : int
    """
    return look(file, start) is not None or bool(_frames_between(file, start, file.seek(0, 2)))


def _frames_between(file: BinaryIO, start: int, end: int) -> list[Frame]:
    """Return frames found at evenly spaced places of a part of the file."""
    frames = []
    for number in range(_PLACES):
        file.seek(start + (end - start) * number // _PLACES)
        data = file.read(_LONGEST_FRAME * (_FRAMES_IN_A_ROW + 1))
        at = _first_of_a_row(data)
        if at >= 0:
            frames.append(Frame(data[at : at + 4]))
    return frames


def varies(file: BinaryIO, mp3: Mp3) -> bool:
    """Return whether the bit rate varies, in which case the first frames do not give the length.

    Parameters
    ----------
    file : binary file
    mp3 : Mp3
        From :func:`look`.
    """
    if mp3.is_vbri:
        return True
    rates = {frame.bitrate for frame in _frames_between(file, mp3.start, file.seek(0, 2))}
    return len(rates | {mp3.frame.bitrate}) > 1


def endless(mp3: Mp3, first: bytes) -> tuple[bytes, int, int]:
    """Return the beginning of a stream that the decoder reads to its end.

    Parameters
    ----------
    mp3 : Mp3
        An MP3 without a length, or with a wrong one.
    first : bytes
        The file's first frame.

    Returns
    -------
    head : bytes
        Bytes to read first.
    start : int
        Offset in the file where to continue.
    surplus : int
        Number of first decoded samples to drop.
    """
    count = _ENDLESS.to_bytes(4, "big")
    if mp3.tag and first[mp3.tag + 7] & 1:
        return first[: mp3.tag + 8] + count + first[mp3.tag + 12 :], mp3.start + len(first), 0
    header = bytearray(mp3.frame.silent(9))
    tag = 4 + mp3.frame.side_information
    header[tag : tag + 12] = b"Xing" + (1).to_bytes(4, "big") + count
    if mp3.tag:
        return bytes(header), mp3.start + len(first), 0
    # A silent frame absorbs the delay, hence no sample of the recording is lost.
    return bytes(header) + mp3.frame.silent(1), mp3.start, mp3.frame.samples - _DELAY
