"""The length of an MP3: what its header counts, and a stream that is read to its end where no header does.

Paper: Section 5.1.  Notebooks: 04_audio.

The decoder of soundfile (mpg123) reads as many frames as the first one, a Xing or Info header, counts. Without that
header it estimates them from the first few frames, and stops there: of a variable rate, far from the end.
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
# A picture in the tag before it is skipped; what else precedes the first frame is at most this long.
_JUNK = 1 << 17
_FRAMES_IN_A_ROW = 3
_LONGEST_FRAME = 2881
# At so many places it is looked whether frames are all of one rate, and whether sound follows what a header counts.
_PLACES = 16
_TOO_MUCH = 1 << 14
# Where Fraunhofer's header begins in a frame.
_VBRI = 36
# More frames than a file can hold.
_ENDLESS = 0x7FFFFFFF // 1152
# As soon as a length is given, the decoder leaves out its own delay.
_DELAY = 529


@dataclass(frozen=True)
class Frame:
    """A frame of layer III, as its four bytes of header describe it."""

    header: bytes

    @property
    def is_first_version(self) -> bool:
        """MPEG 1, not 2 or 2.5."""
        return self.header[1] >> 3 & 3 == 3

    @property
    def rate(self) -> int:
        """Samples a second."""
        halvings = {3: 0, 2: 1, 0: 2}[self.header[1] >> 3 & 3]
        return _RATES[self.header[2] >> 2 & 3] >> halvings

    @property
    def bitrate(self) -> int:
        """Bits a second, in thousands."""
        return _KILOBITS[self.is_first_version][self.header[2] >> 4]

    @property
    def samples(self) -> int:
        """How many it decodes to."""
        return 1152 if self.is_first_version else 576

    @property
    def length(self) -> int:
        """Bytes, with the header."""
        return self.samples // 8 * 1000 * self.bitrate // self.rate + (self.header[2] >> 1 & 1)

    @property
    def side_information(self) -> int:
        """Bytes between its header and its sound."""
        mono = self.header[3] >> 6 == _MONO
        if self.is_first_version:
            return 17 if mono else 32
        return 9 if mono else 17

    def like(self, other: "Frame") -> bool:
        """Whether version and rate are the same."""
        return self.header[1] | 1 == other.header[1] | 1 and self.rate == other.rate

    def silent(self, bitrate: int) -> bytes:
        """Return a frame of the same form without sound; its place in the table of bit rates is given."""
        third = bitrate << 4 | self.header[2] & 0x0C
        changed = Frame(bytes([self.header[0], self.header[1] | 1, third, self.header[3]]))
        return changed.header.ljust(changed.length, b"\0")


@dataclass(frozen=True)
class Mp3:
    """An MP3, as far as its length goes.

    Attributes
    ----------
    start : int
        Where its first frame begins.
    frame : Frame
        The first one.
    tag : int
        Where in the first frame a Xing or Info header begins; 0 without one.
    counted : int
        Frames by that header; 0 where nothing counts them.
    whole : bool
        Whether the file ends where that header says.
    is_vbri : bool
        Whether the frame before the first one is a header of Fraunhofer's, which the decoder does not read.
    """

    start: int
    frame: Frame
    tag: int
    counted: int
    whole: bool
    is_vbri: bool = False

    @property
    def has_length(self) -> bool:
        """Whether its header can be relied on."""
        return self.counted > 0 and self.whole


def look(file: BinaryIO, start: int = 0) -> Mp3 | None:
    """Find the first frame of an MP3 and what it says of the length.

    Parameters
    ----------
    file : binary file
    start : int
        Where to begin: 0, or the place of the data in a WAV.

    Returns
    -------
    mp3 : Mp3 or None
        None of what is no MPEG layer III, or of free format.
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
    """Return where the ID3v2 tags end that begin at a place, of which there may be several.

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
        footer = 10 if head[5] & 0x10 else 0
        start += 10 + size + footer


def end(file: BinaryIO) -> int:
    """Return where the sound ends: before ID3v1, Lyrics3 and APE tags, over which the decoder stumbles.

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
    """Return how long the tag is that ends at a place; 0 where none does."""
    file.seek(max(0, stop - 128))
    last = file.read(min(128, stop))
    if len(last) == 128 and last.startswith(b"TAG"):
        return 128
    footer = last[-32:]
    if len(footer) == 32 and footer.startswith(b"APETAGEX"):
        has_header = footer[23] & 0x80
        return int.from_bytes(footer[12:16], "little") + (32 if has_header else 0)
    if last.endswith(b"LYRICS200") and last[-15:-9].isdigit():
        return int(last[-15:-9]) + 15
    return 0


def _frame(data: bytes, at: int) -> Frame | None:
    """Return the frame whose header stands at a place, if one does."""
    header = data[at : at + 4]
    if len(header) < 4 or not _SYNC.match(header) or header[2] >> 4 in (0, 15) or header[2] >> 2 & 3 == 3:
        return None
    return Frame(header)


def _first_of_a_row(data: bytes) -> int:
    """Return where the first of several frames begins that follow one another; -1 where none do."""
    for found in _SYNC.finditer(data):
        at = found.start()
        first = _frame(data, at)
        for _ in range(_FRAMES_IN_A_ROW):
            frame = _frame(data, at)
            if first is None or frame is None or not frame.like(first):
                break
            at += frame.length
        else:
            return found.start()
    return -1


def _described(file: BinaryIO, data: bytes, start: int) -> Mp3:
    """Read the header in the first frame, which begins at a place, if there is one."""
    frame = Frame(data[:4])
    tag = 4 + frame.side_information
    if data[_VBRI : _VBRI + 4] == b"VBRI":
        return Mp3(start + frame.length, frame, 0, 0, whole=True, is_vbri=True)
    if data[tag : tag + 4] not in (b"Xing", b"Info"):
        return Mp3(start, frame, 0, 0, whole=True)
    flags = int.from_bytes(data[tag + 4 : tag + 8], "big")
    counted = int.from_bytes(data[tag + 8 : tag + 12], "big") if flags & 1 else 0
    size = int.from_bytes(data[tag + 12 : tag + 16], "big") if flags & 3 == 3 else 0
    # A frame cannot be as long as that: the count is wrong.
    impossible = size > (counted + 2) * _LONGEST_FRAME
    whole = not impossible and not (size and _sound_after(file, start + size, frame))
    return Mp3(start, frame, tag, counted, whole)


def _sound_after(file: BinaryIO, start: int, like: Frame) -> bool:
    """Whether frames follow where a header says that the sound ends, as in files that were joined."""
    end = file.seek(0, 2)
    if end - start < _TOO_MUCH:
        return False
    return any(frame.like(like) for frame in _frames_between(file, start + _TOO_MUCH // 2, end))


def sound_from(file: BinaryIO, start: int) -> bool:
    """Whether frames follow a place, at once or behind something else.

    Parameters
    ----------
    file : binary file
    start : int
    """
    return look(file, start) is not None or bool(_frames_between(file, start, file.seek(0, 2)))


def _frames_between(file: BinaryIO, start: int, end: int) -> list[Frame]:
    """Return one frame each at places spread evenly over a part of the file, where there is one."""
    found = []
    for number in range(_PLACES):
        file.seek(start + (end - start) * number // _PLACES)
        data = file.read(_LONGEST_FRAME * (_FRAMES_IN_A_ROW + 1))
        at = _first_of_a_row(data)
        if at >= 0:
            found.append(Frame(data[at : at + 4]))
    return found


def varies(file: BinaryIO, mp3: Mp3) -> bool:
    """Whether the bit rate changes, so that the length cannot be estimated from the first frames.

    Parameters
    ----------
    file : binary file
    mp3 : Mp3
        As :func:`look` found it.
    """
    if mp3.is_vbri:
        return True
    rates = {frame.bitrate for frame in _frames_between(file, mp3.start, file.seek(0, 2))}
    return len(rates | {mp3.frame.bitrate}) > 1


def endless(mp3: Mp3, first: bytes) -> tuple[bytes, int, int]:
    """Return how to begin a stream that the decoder reads to its end.

    Parameters
    ----------
    mp3 : Mp3
        Without a length, or with one that is wrong.
    first : bytes
        The file's first frame.

    Returns
    -------
    head : bytes
        What to read first.
    start : int
        Where in the file to go on.
    surplus : int
        Samples to drop from the first that are decoded.
    """
    count = _ENDLESS.to_bytes(4, "big")
    if mp3.tag and first[mp3.tag + 7] & 1:
        return first[: mp3.tag + 8] + count + first[mp3.tag + 12 :], mp3.start + len(first), 0
    header = bytearray(mp3.frame.silent(9))
    tag = 4 + mp3.frame.side_information
    header[tag : tag + 12] = b"Xing" + (1).to_bytes(4, "big") + count
    if mp3.tag:
        return bytes(header), mp3.start + len(first), 0
    # The delay is taken from a frame of silence, so that not a sample of the recording is lost.
    return bytes(header) + mp3.frame.silent(1), mp3.start, mp3.frame.samples - _DELAY
