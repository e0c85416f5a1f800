"""Decode a sound file to one channel: by soundfile, to the end of the file, or by ffmpeg.

Paper: Section 5.1.  Notebooks: 04_audio.
"""

import io
import os
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from mumu_lib.audio import contents, ffmpeg, mpeg
from mumu_lib.audio.contents import Contents
from mumu_lib.core.errors import AudioError

MAX_RATE = 192_000

_BLOCK_SECONDS = 1
_SMALL_BLOCK_SECONDS = 0.02
FOLLOWS = "what follows cannot be decoded; where two files were joined, make a file of each"
# What an MP3 ends with besides sound is mostly shorter.
_TAGS = 1 << 14
# Ten minutes of the most that mp3 can hold; what has more channels or a higher rate comes in several blocks.
_BLOCK_SAMPLES = 600 * 48_000 * 2


@dataclass
class Decoded:
    """What a decoder makes of a file.

    Attributes
    ----------
    y : np.ndarray [shape=(n,), float32]
        The mean of the channels.
    rate : int
        Samples a second.
    promised : float
        Seconds, by the file's header; those decoded where it does not say.
    fault : str
        What stopped the decoder, or what it complained of; mostly empty.
    energy : float
        Sum of the squares of all channels, divided by their number.
    """

    y: np.ndarray
    rate: int
    promised: float
    fault: str = ""
    energy: float = 0.0


class Stitched(io.RawIOBase):
    """A file of which the beginning is replaced.

    Parameters
    ----------
    path : Path
    head : bytes
        To be read first.
    start, stop : int
        Where in the file to go on, and where to end; 0 is its end.
    """

    def __init__(self, path: Path, head: bytes, start: int, stop: int) -> None:
        self._file = open(path, "rb")  # noqa: SIM115, closed with this object
        self._head = head
        self._start = start
        self._size = len(head) + max(0, (stop or os.path.getsize(path)) - start)
        self._at = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the place where reading goes on."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place, counted from the beginning, from here or from the end."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read as much as fits, or as is left of the head."""
        if self._at < len(self._head):
            piece = self._head[self._at : self._at + len(buffer)]
            buffer[: len(piece)] = piece
            read = len(piece)
        else:
            self._file.seek(self._at - len(self._head) + self._start)
            left = max(0, self._size - self._at)
            read = self._file.readinto(memoryview(buffer)[:left])
        self._at += read
        return read

    def left_over(self) -> str:
        """Return FOLLOWS if an MP3 has sound behind the place up to which a decoder has read; else nothing."""
        place = max(self._at - len(self._head), 0) + self._start
        if self._size - self._at < _TAGS:
            return ""
        return FOLLOWS if mpeg.sound_from(self._file, place) else ""

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


class _Forwards(soundfile.SoundFile):
    """Read without going to a place: after each read soundfile seeks, which fails where the length is not known."""

    def seekable(self) -> bool:
        return False


def decode(path: Path, longest: float) -> Decoded:
    """Decode a recording to the mean of its channels.

    Parameters
    ----------
    path : Path
    longest : float [s]
        What follows is left out.

    Raises
    ------
    AudioError
        Nothing of it can be decoded; it needs ffmpeg, which is not there, or does not finish.
    """
    found = contents.look(path)
    if found.way == contents.BY_FFMPEG:
        return _by_ffmpeg(path, found.name, longest)
    decoded = _by_soundfile(path, found, longest)
    if found.way == contents.AS_IT_IS and decoded.fault == FOLLOWS:
        # Either the header counts too few, or something else is joined to the end.
        again = _by_soundfile(path, contents.without_length(path), longest)
        if len(again.y) > len(decoded.y) + decoded.rate:
            return again
    if not decoded.fault and contents.is_joined(path, found.name):
        decoded.fault = "another recording is joined to its end; make a file of each"
    if not decoded.fault and contents.is_cut(path, found.name):
        decoded.fault = "its header promises more, the file is cut; get it again"
    return decoded


def _by_soundfile(path: Path, found: Contents, longest: float) -> Decoded:
    """Decode a file at once, or, where a fault stops that, up to the fault."""
    try:
        return _read(path, found, longest, longest)
    except soundfile.LibsndfileError as error:
        fault = error.error_string
    # Only now in small blocks, which keep what comes before the fault: between two reads soundfile
    # seeks, after which an mp3 decoder is off for some samples.
    small = _BLOCK_SECONDS if found.way == contents.AS_IT_IS else _SMALL_BLOCK_SECONDS
    try:
        decoded = _read(path, found, longest, small)
    except soundfile.LibsndfileError:
        return _refused(path, found, fault, longest)
    # Behind an MP3 may lie what the decoder stumbles over and is no sound.
    if found.name != "MP3" or decoded.fault:
        decoded.fault = fault.rstrip(".")
    return decoded


def _refused(path: Path, found: Contents, fault: str, longest: float) -> Decoded:
    """Decode what soundfile cannot open by ffmpeg, if it is a container of which soundfile knows some codecs only."""
    # That no such file exists is what libsndfile says of any format it does not know; the caller has seen the file.
    why = "not audio" if "does not exist" in fault else fault.rstrip(".")
    if found.name in contents.CONTAINERS:
        if not ffmpeg.program():
            hint = f"ffmpeg, which is not installed, may know it: {ffmpeg.INSTALL} and run again"
            raise AudioError(ffmpeg.UNREAD, f"{path}: {found.name} that soundfile cannot decode ({why}); {hint}")
        with suppress(AudioError):
            return _by_ffmpeg(path, found.name, longest)
    raise AudioError("corrupt", f"{path}: cannot be decoded ({why})") from None


def _by_ffmpeg(path: Path, name: str, longest: float) -> Decoded:
    mixing = Mixing()
    heard = ffmpeg.decode(path, name, longest, mixing.add)
    return mixing.finished(heard.rate, heard.promised, heard.fault)


class Mixing:
    """Average channels, block by block."""

    def __init__(self) -> None:
        self._mono = [np.empty(0, np.float32)]
        self._energy = 0.0

    def add(self, block: np.ndarray) -> None:
        """Add the next samples [shape=(n, channels), float32]."""
        channels = block.shape[1]
        # A matrix product averages the channels 30 times faster than numpy's mean does.
        self._mono.append(block @ np.full(channels, 1 / channels, np.float32))
        if channels > 1:
            self._energy += float(np.vdot(block, block)) / channels

    def finished(self, rate: int, promised: float, fault: str = "") -> Decoded:
        """Return everything that was added."""
        y = np.concatenate(self._mono)
        return Decoded(y, rate, promised or len(y) / rate, fault, self._energy)


def _open(path: Path, found: Contents) -> tuple[soundfile.SoundFile, Stitched | None]:
    """Open a file the way that it must be read, with the stream that lies beneath, if one does."""
    opener = _Forwards if found.way else soundfile.SoundFile
    if found.name != "MP3" and not found.head and not found.stop:
        return opener(path), None
    stream = Stitched(path, found.head, found.start, found.stop)
    try:
        return opener(stream), stream
    except soundfile.LibsndfileError:
        stream.close()
        if found.way:
            raise
    # By the ending of its name, libsndfile knows an MP3 that begins with something else.
    return opener(path), None


def _read(path: Path, found: Contents, longest: float, block_seconds: float) -> Decoded:
    """Read a file in blocks; a fault ends it, unless all is read at once."""
    mixing = Mixing()
    fault = ""
    file, stream = _open(path, found)
    with file, stream or nullcontext():
        rate = file.samplerate
        if rate > MAX_RATE:
            raise AudioError("corrupt", f"{path}: claims {rate:,} samples a second, at most {MAX_RATE:,} are read")
        has_ended = True
        try:
            has_ended = _blocks(file, mixing, found.surplus, int(longest * rate), block_seconds)
        except soundfile.LibsndfileError:
            if block_seconds == longest:
                raise
        if stream is not None and has_ended and found.name == "MP3":
            fault = stream.left_over()
        promised = 0.0 if found.way else file.frames / rate
    return mixing.finished(rate, promised, fault)


def _blocks(file: soundfile.SoundFile, mixing: Mixing, surplus: int, longest: int, block_seconds: float) -> bool:
    """Read block after block; return whether the file has ended before the longest that is read."""
    # Room is made for all that the header promises, whatever the file holds.
    length = max(1, min(int(block_seconds * file.samplerate), _BLOCK_SAMPLES // file.channels))
    longest += surplus
    for start in range(0, longest, length):
        wanted = min(length, longest - start)
        block = file.read(wanted, dtype="float32", always_2d=True)
        if not len(block):
            return True
        mixing.add(block[surplus:] if start == 0 else block)
        if len(block) < wanted:
            return True
    return False
