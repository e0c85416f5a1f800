"""Identify a sound file by its first bytes, and decide how to read it.

Paper: Section 5.1.  Notebooks: 04_audio.
"""

import mmap
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from mumu_lib.audio import mpeg
from mumu_lib.core.formats import ending, needs_ffmpeg

# Ways to read a file: directly; to its end, if its header does not state the length; by ffmpeg.
AS_IT_IS = ""
TO_ITS_END = "to its end"
BY_FFMPEG = "ffmpeg"

# Containers of which soundfile decodes some codecs, and ffmpeg more.
CONTAINERS = ("WAV", "AIFF", "CAF", "Ogg", "AU", "Wave64")

_BEGINNINGS = {
    "FLAC": re.compile(rb"fLaC[\0\x80]\0\0\x22"),
    "Ogg": re.compile(rb"OggS\0[\x02\x06]"),
    "WAV": re.compile(rb"RIFF....WAVE", re.DOTALL),
}
_SOUND_PAGE = re.compile(rb"OggS\0[\0\x01\x04\x05]")
_HEAD = 64
_LARGEST_CHUNKS = 64
# Larger lengths are placeholders that programs write into a pipe.
_UNKNOWN_LENGTH = 0x7FFF0000
# Tolerance: some programs count a few bytes too many.
_SLOPPY = 4096
_CONTAINERS = {b"OggS": "Ogg", b"FORM": "AIFF", b"caff": "CAF", b".snd": "AU", b"riff": "Wave64"}
# Names of formats that ffmpeg reads, by the first bytes of a file.
_FOREIGN = {
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11": "Windows Media",
    b"\x1a\x45\xdf\xa3": "Matroska or WebM",
    b"MAC ": "Monkey's Audio",
    b"wvpk": "WavPack",
    b"MPCK": "Musepack",
    b"MP+": "Musepack",
    b"TTA1": "True Audio",
    b"tBaK": "TAK",
    b"DSD ": "DSD",
    b"FRM8": "DSD",
    b"#!AMR": "AMR",
    b"\x0b\x77": "AC-3",
    b"\x7f\xfe\x80\x01": "DTS",
    b".RMF": "RealAudio",
    b"ajkg": "Shorten",
}


@dataclass(frozen=True)
class Contents:
    """The format of a sound file and how to read it.

    Attributes
    ----------
    name : str
        Name of the format; empty if it is unknown without decoding.
    way : str
        How it is read: ``AS_IT_IS``, ``TO_ITS_END`` or ``BY_FFMPEG``.
    head : bytes
        Bytes to read before the file from ``start`` on.
    start, stop, surplus : int
        Offsets where reading begins and ends (0: those of the file), and number of first samples to drop.
    changed : bool
        Whether it is read differently than up to version 0.1.
    """

    name: str = ""
    way: str = AS_IT_IS
    head: bytes = b""
    start: int = 0
    stop: int = 0
    surplus: int = 0
    changed: bool = False


def look(path: str | Path) -> Contents:
    """Identify a sound file by its beginning.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    contents : Contents
        A file that cannot be opened or identified is to be read directly.

    Examples
    --------
    >>> look("nowhere.mp3").way, look("nowhere.m4a").way
    ('', 'ffmpeg')
    """
    try:
        with open(path, "rb") as file:
            contents = _look(file)
    except (OSError, ValueError):
        contents = Contents()
    if not contents.name and needs_ffmpeg(path):
        return Contents(f"a {ending(path)} file", BY_FFMPEG, changed=True)
    return contents


def _look(file: BinaryIO) -> Contents:
    """Identify an open file by the bytes after its tags."""
    start = mpeg.after_tags(file, 0)
    file.seek(start)
    head = file.read(_HEAD)
    foreign = _foreign(head)
    if foreign:
        return Contents(foreign, BY_FFMPEG, changed=True)
    if head.startswith(b"fLaC"):
        return _flac(file, head)
    if not start and head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return _wav(file)
    if head[:4] in _CONTAINERS:
        return Contents(_CONTAINERS[head[:4]])
    return _mp3(file, start)


def _foreign(head: bytes) -> str:
    """Return the name of a format that only ffmpeg reads; empty for other formats."""
    if head[4:8] == b"ftyp":
        return "MP4"
    if head.startswith(b"OggS") and b"\x7fFLAC" in head:
        return "FLAC in Ogg"
    if head.startswith(b"OggS") and b"Speex   " in head:
        return "Speex in Ogg"
    # ADTS: a frame of twelve set bits, and layer 0.
    if len(head) > 3 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return "AAC"
    for start, name in _FOREIGN.items():
        if head.startswith(start):
            return name
    return ""


def _flac(file: BinaryIO, head: bytes) -> Contents:
    """Describe a FLAC: the 36 bits before its checksum are the number of samples, 0 if unknown."""
    samples = int.from_bytes(head[21:26], "big") & (1 << 36) - 1
    if samples:
        return Contents("FLAC")
    return Contents("FLAC", TO_ITS_END, stop=mpeg.end(file), changed=True)


def _wav(file: BinaryIO) -> Contents:
    """Describe a WAV, which may contain an MP3, and whose length is 0 if it was written into a pipe."""
    codec = 0
    at = 12
    for _ in range(_LARGEST_CHUNKS):
        file.seek(at)
        chunk = file.read(8)
        if len(chunk) < 8:
            break
        size = int.from_bytes(chunk[4:], "little")
        if chunk[:4] == b"fmt ":
            codec = int.from_bytes(file.read(2), "little")
        if chunk[:4] == b"data":
            return _wav_data(file, codec, at + 8, size)
        at += 8 + size + size % 2
    return Contents("WAV")


def _wav_data(file: BinaryIO, codec: int, start: int, size: int) -> Contents:
    """Describe a WAV by the offset and stated size of its sound."""
    if codec == 0x55:
        return _mp3(file, start)
    length = file.seek(0, os.SEEK_END) - start
    file.seek(0)
    head = bytearray(file.read(start))
    if head[:4] == b"RF64" and size == 0xFFFFFFFF and head[12:16] == b"ds64":
        size = int.from_bytes(head[28:36], "little")
    if size or not length:
        return _single_wav(file, int.from_bytes(head[4:8], "little"))
    most = min(length, 0xFFFFFFFF)
    head[:4] = b"RIFF"
    head[4:8] = min(most + start - 8, 0xFFFFFFFF).to_bytes(4, "little")
    head[start - 4 : start] = most.to_bytes(4, "little")
    return Contents("WAV", TO_ITS_END, bytes(head), start, changed=True)


def _single_wav(file: BinaryIO, size: int) -> Contents:
    """Describe a WAV of a stated size; if another WAV is joined to it, stop before that: soundfile refuses both."""
    for stop in (8 + size, 8 + size + size % 2):
        file.seek(stop)
        if _BEGINNINGS["WAV"].match(file.read(12)):
            return Contents("WAV", TO_ITS_END, stop=stop, changed=True)
    return Contents("WAV")


def _mp3(file: BinaryIO, start: int) -> Contents:
    """Describe an MP3; return empty contents for other files."""
    mp3 = mpeg.look(file, start)
    if mp3 is None:
        return Contents()
    if mp3.has_length:
        return Contents("MP3")
    # At a constant bit rate the estimated length is right, and features computed with it stay valid.
    changed = bool(mp3.tag) or mpeg.varies(file, mp3)
    return _to_its_end(file, mp3, changed)


def _to_its_end(file: BinaryIO, mp3: mpeg.Mp3, changed: bool) -> Contents:
    """Describe how to read an MP3 to its end."""
    file.seek(mp3.start)
    head, start, surplus = mpeg.endless(mp3, file.read(mp3.frame.length))
    return Contents("MP3", TO_ITS_END, head, start, mpeg.end(file), surplus, changed)


def without_length(path: Path) -> Contents:
    """Return how to read an MP3 to its end, ignoring the length in its header.

    Parameters
    ----------
    path : Path
    """
    with open(path, "rb") as file:
        mp3 = mpeg.look(file)
        if mp3 is None:
            return Contents()
        return _to_its_end(file, mp3, True)


def is_joined(path: Path, name: str) -> bool:
    """Return whether a second recording follows the first, which alone is decoded.

    Parameters
    ----------
    path : Path
    name : str
        Format, from :func:`look`.
    """
    pattern = _BEGINNINGS.get(name)
    if pattern is None or not os.path.getsize(path):
        return False
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if name == "WAV":
            second = 8 + int.from_bytes(data[4:8], "little")
            return bool(pattern.match(data, second)) or bool(pattern.match(data, second + second % 2))
        beginning = pattern
        if name == "Ogg":
            # All simultaneous streams of an Ogg begin before its first page of sound.
            beginning = _SOUND_PAGE
        first = beginning.search(data)
        return first is not None and pattern.search(data, first.end()) is not None


def is_cut(path: Path, name: str) -> bool:
    """Return whether a WAV or AIFF has fewer bytes of sound than its header states, as an incomplete copy does.

    Placeholders for an unknown length, which programs write into a pipe, are ignored.

    Parameters
    ----------
    path : Path
    name : str
        Format, from :func:`look`.
    """
    if name == "WAV":
        sound = b"data"
        byte_order: Literal["little", "big"] = "little"
    elif name == "AIFF":
        sound = b"SSND"
        byte_order = "big"
    else:
        return False
    end = os.path.getsize(path)
    with open(path, "rb") as file:
        if file.read(4) not in (b"RIFF", b"FORM"):
            return False
        place = 12
        for _ in range(_LARGEST_CHUNKS):
            file.seek(place)
            head = file.read(8)
            if len(head) < 8:
                return False
            size = int.from_bytes(head[4:], byte_order)
            if head[:4] == sound:
                return place + 8 + size > end + _SLOPPY and size < _UNKNOWN_LENGTH
            place += 8 + size + size % 2
    return False
