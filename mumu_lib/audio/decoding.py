"""Decode a sound file to mono with soundfile or ffmpeg.

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
# Tags at the end of an MP3 are usually shorter.
_TAGS = 1 << 14
# Ten minutes of stereo at 48 kHz; recordings with more channels or a higher rate are read in several blocks.
_BLOCK_SAMPLES = 600 * 48_000 * 2


@dataclass
class Decoded:
    """A decoded recording.

    Attributes
    ----------
    y : np.ndarray [shape=(n,), float32]
        Mean of the channels.
    rate : int
        Samples per second.
    promised : float
        Seconds stated in the file's header; decoded seconds if it states none.
    fault : str
        Error that stopped the decoder, or its first warning; usually empty.
    energy : float
        Sum of the squares of all channels, divided by their number.
    """

    y: np.ndarray
    rate: int
    promised: float
    fault: str = ""
    energy: float = 0.0


class Stitched(io.RawIOBase):
    """A file with a replaced beginning.

    Parameters
    ----------
    path : Path
    head : bytes
        Bytes to read first.
    start, stop : int
        Offsets in the file where to continue and where to stop; 0 is its end.
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
        """Return the current position."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a position relative to the beginning, the current position or the end."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read up to the size of the buffer, or up to the end of the head."""
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
        """Return FOLLOWS if an MP3 has sound after the position that a decoder has reached; else an empty string."""
        position = max(self._at - len(self._head), 0) + self._start
        if self._size - self._at < _TAGS:
            return ""
        if mpeg.sound_from(self._file, position):
            return FOLLOWS
        return ""

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


class _Forwards(soundfile.SoundFile):
    """A sound file that is never seeked: soundfile seeks after each read, which fails if the length is unknown."""

    def seekable(self) -> bool:
        return False


def decode(path: Path, longest: float) -> Decoded:
    """Decode a recording to the mean of its channels.

    Parameters
    ----------
    path : Path
    longest : float [s]
        Maximum length; the rest is ignored.

    Raises
    ------
    AudioError
        If nothing can be decoded, ffmpeg is needed but missing, or decoding does not finish.
    """
    found = contents.look(path)
    if found.way == contents.BY_FFMPEG:
        return _by_ffmpeg(path, found.name, longest)
    decoded = _by_soundfile(path, found, longest)
    if found.way == contents.AS_IT_IS and decoded.fault == FOLLOWS:
        # Either the length in the header is too small, or another file is joined to the end.
        to_its_end = _by_soundfile(path, contents.without_length(path), longest)
        if len(to_its_end.y) > len(decoded.y) + decoded.rate:
            return to_its_end
    if not decoded.fault and contents.is_joined(path, found.name):
        decoded.fault = "another recording is joined to its end; make a file of each"
    if not decoded.fault and contents.is_cut(path, found.name):
        decoded.fault = "its header promises more, the file is cut; get it again"
    return decoded


def _by_soundfile(path: Path, found: Contents, longest: float) -> Decoded:
    """Decode a whole file at once; if an error stops that, decode in blocks up to the error."""
    try:
        return _read(path, found, longest, longest)
    except soundfile.LibsndfileError as error:
        fault = error.error_string
    # Small blocks keep the samples before the error. They are used only now because soundfile seeks between two reads,
    # after which an mp3 decoder is inexact for some samples.
    small = _SMALL_BLOCK_SECONDS
    if found.way == contents.AS_IT_IS:
        small = _BLOCK_SECONDS
    try:
        decoded = _read(path, found, longest, small)
    except soundfile.LibsndfileError:
        return _refused(path, found, fault, longest)
    # Data after the sound of an MP3 may stop the decoder; that is not an error.
    if found.name != "MP3" or decoded.fault:
        decoded.fault = fault.rstrip(".")
    return decoded


def _refused(path: Path, found: Contents, fault: str, longest: float) -> Decoded:
    """Decode by ffmpeg a container of which soundfile supports only some codecs; refuse other files."""
    why = fault.rstrip(".")
    if "does not exist" in fault:
        # libsndfile reports unknown formats like this; the caller has checked that the file exists.
        why = "not audio"
    if found.name in contents.CONTAINERS:
        if not ffmpeg.program():
            hint = f"ffmpeg, which is not installed, may support it: {ffmpeg.INSTALL} and run again"
            raise AudioError(ffmpeg.UNREAD, f"{path}: {found.name} that soundfile cannot decode ({why}); {hint}")
        with suppress(AudioError):
            return _by_ffmpeg(path, found.name, longest)
    raise AudioError("corrupt", f"{path}: cannot be decoded ({why})") from None


def _by_ffmpeg(path: Path, name: str, longest: float) -> Decoded:
    """Decode a file by ffmpeg."""
    mixing = Mixing()
    result = ffmpeg.decode(path, name, longest, mixing.add)
    return mixing.finished(result.rate, result.promised, result.fault)


class Mixing:
    """Average channels, block by block."""

    def __init__(self) -> None:
        self._mono = [np.empty(0, np.float32)]
        self._energy = 0.0

    def add(self, block: np.ndarray) -> None:
        """Add the next samples [shape=(n, channels), float32]."""
        channels = block.shape[1]
        # A matrix product is 30 times faster than numpy's mean.
        self._mono.append(block @ np.full(channels, 1 / channels, np.float32))
        if channels > 1:
            self._energy += float(np.vdot(block, block)) / channels

    def finished(self, rate: int, promised: float, fault: str = "") -> Decoded:
        """Return all added samples as a recording."""
        y = np.concatenate(self._mono)
        return Decoded(y, rate, promised or len(y) / rate, fault, self._energy)


def _open(path: Path, found: Contents) -> tuple[soundfile.SoundFile, Stitched | None]:
    """Open a file for its way of reading; return also the stream with the replaced beginning, if there is one."""
    opener = soundfile.SoundFile
    if found.way:
        opener = _Forwards
    if found.name != "MP3" and not found.head and not found.stop:
        return opener(path), None
    stream = Stitched(path, found.head, found.start, found.stop)
    try:
        return opener(stream), stream
    except soundfile.LibsndfileError:
        stream.close()
        if found.way:
            raise
    # libsndfile identifies an MP3 with unknown bytes at its beginning by the ending of its name.
    return opener(path), None


def _read(path: Path, found: Contents, longest: float, block_seconds: float) -> Decoded:
    """Read a file in blocks up to the first error; raise the error if the whole file is one block."""
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
        promised = 0.0
        if not found.way:
            promised = file.frames / rate
    return mixing.finished(rate, promised, fault)


def _blocks(file: soundfile.SoundFile, mixing: Mixing, surplus: int, longest: int, block_seconds: float) -> bool:
    """Read block after block; return whether the file ended before the maximum length."""
    # soundfile allocates a whole block, even if the file is shorter than its header states.
    length = max(1, min(int(block_seconds * file.samplerate), _BLOCK_SAMPLES // file.channels))
    longest += surplus
    for start in range(0, longest, length):
        wanted = min(length, longest - start)
        block = file.read(wanted, dtype="float32", always_2d=True)
        if not len(block):
            return True
        is_last = len(block) < wanted
        if start == 0:
            block = block[surplus:]
        mixing.add(block)
        if is_last:
            return True
    return False
