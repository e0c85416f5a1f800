"""Decode by ffmpeg what soundfile does not: a program of its own, started without a shell.

Paper: Section 5.1.  Notebooks: 04_audio.

All channels come as float32 at the file's own rate: ffmpeg's own mixing is 3 dB off, its resampling another than ours.
Its exit code misses most damage; therefore every complaint counts, and so does the length that the file promises.
"""

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np

from mumu_lib.core.errors import AudioError

INSTALL = (
    "install it (apt install ffmpeg, brew install ffmpeg, winget install ffmpeg, conda install -c conda-forge ffmpeg)"
)
# The reason of what is refused because ffmpeg is not installed.
UNREAD = "unread"
# Shorter than the time after which a worker is ended that hangs at one file.
SECONDS = 100
# Formats that hold sound themselves. Others name further files or addresses to be read: playlists, concat, image2.
FORMATS = (
    "aac,loas,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,caf,dsf,dts,dtshd,eac3,flac,iff,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mlp,"
    "mp3,mpc,mpc8,ogg,oma,rm,shn,tak,truehd,tta,w64,wav,wv,xwma"
)
# DSD has 2,822,400 or twice as many bits a second, which come as an eighth of that.
MAX_RATE = 705_600
_HEADER = 24
_FLOAT = 6
_CHUNK = 1 << 20
_MOST_LINES = 400
_MOST_CHANNELS = 64
_COMPLAINT = re.compile(r"(?:\[[^\]]* @ [^\]]*\] )*\[(?:error|fatal|panic)\] (.*)")
# A film, which may be longer than its sound; no picture of the cover.
_FILM = re.compile(r"Stream #0:\d.*: Video: (?!.*\(attached pic\))")
_DURATION = re.compile(r"Duration: (\d+):(\d\d):(\d\d\.\d+)")


@dataclass
class Heard:
    """What ffmpeg says of a file: its rate, the seconds its header promises (0: none) and the first complaint."""

    rate: int
    promised: float
    fault: str


@dataclass
class _Words:
    """What ffmpeg writes beside the sound, as far as it is kept."""

    lines: list[str] = field(default_factory=list)

    def listen(self, stream: IO[bytes]) -> None:
        """Read to the end, so that the program never waits; keep the first lines."""
        for line in stream:
            if len(self.lines) < _MOST_LINES:
                self.lines.append(line[:1000].decode("utf-8", "replace").strip())

    def complaint(self) -> str:
        """Return the first error, if any."""
        for line in self.lines:
            found = _COMPLAINT.match(line)
            if found:
                return found[1]
        return ""

    def promised(self) -> float:
        """Return the seconds that the header of the file promises; 0 where they are estimated, not known, or a film's."""
        text = "\n".join(self.lines).partition("Output #0")[0]
        found = _DURATION.search(text)
        if not found or "Estimating duration" in text or _FILM.search(text):
            return 0.0
        return int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3])


def program() -> str:
    """Return where ffmpeg is; empty where it is not installed."""
    found = shutil.which("ffmpeg") or ""
    # Windows looks into the current folder too, which may hold anything.
    return found if os.path.isabs(found) else ""


def command(path: Path, longest: float) -> list[str]:
    """Return the arguments that decode the first sound of a file to float32, in the container AU.

    Whatever the file is called, its name is neither an option nor a protocol: it stands, absolute, behind ``file:``.
    """
    return [
        program(), "-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+info",
        "-protocol_whitelist", "file,pipe", "-format_whitelist", FORMATS,
        "-i", f"file:{os.path.abspath(path)}",
        "-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1", "-t", str(longest),
        "-c:a", "pcm_f32be", "-f", "au", "pipe:1",
    ]  # fmt: skip


def decode(path: Path, name: str, longest: float, take: Callable[[np.ndarray], None]) -> Heard:
    """Decode the first sound of a file.

    Parameters
    ----------
    path : Path
    name : str
        What the file is, for messages.
    longest : float [s]
        What follows is left out.
    take : function
        Is given block after block [shape=(n, channels), float32].

    Returns
    -------
    heard : Heard

    Raises
    ------
    AudioError
        ffmpeg is not installed (``unread``), finds no sound (``corrupt``), or does not finish (``timeout``).
    """
    if not program():
        raise AudioError(UNREAD, f"{path}: {name} needs ffmpeg: {INSTALL}, or convert the file to flac, and run again")
    words = _Words()
    rate = _run(command(path, longest), path, name, words, take)
    fault = words.complaint()
    if "not on whitelist" in fault:
        fault = "a format that names other files, or none of sound"
    if not 0 < rate <= MAX_RATE:
        raise AudioError("corrupt", f"{path}: {name}, ffmpeg finds no sound in it ({fault or 'no reason given'})")
    return Heard(rate, words.promised(), fault)


def _run(arguments: list[str], path: Path, name: str, words: _Words, take: Callable[[np.ndarray], None]) -> int:
    """Start ffmpeg, hand on what it decodes and keep what it says; return the rate, 0 where nothing came."""
    late = threading.Event()
    with subprocess.Popen(
        arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        listening = threading.Thread(target=words.listen, args=[process.stderr], daemon=True)
        listening.start()
        alarm = threading.Timer(SECONDS, _end, [process, late])
        alarm.start()
        try:
            rate = _blocks(process.stdout, path, take)
            process.wait()
            listening.join()
        finally:
            alarm.cancel()
            process.kill()
    if late.is_set():
        raise AudioError("timeout", f"{path}: {name}, not decoded by ffmpeg after {SECONDS} s")
    return rate


def _end(process: subprocess.Popen, late: threading.Event) -> None:
    late.set()
    process.kill()


def _blocks(stream: IO[bytes], path: Path, take: Callable[[np.ndarray], None]) -> int:
    """Hand on the samples of a stream in AU; return its rate, 0 where nothing came."""
    header = stream.read(_HEADER)
    if len(header) < _HEADER:
        return 0
    magic, offset, _, encoding, rate, channels = np.frombuffer(header, ">u4").tolist()
    if magic != 0x2E736E64 or encoding != _FLOAT or not rate or not 0 < channels <= _MOST_CHANNELS:
        raise AudioError("corrupt", f"{path}: ffmpeg gives {channels} channels of {rate:,} samples a second")
    stream.read(offset - _HEADER)
    size = _CHUNK - _CHUNK % (4 * channels)
    while True:
        data = stream.read(size)
        whole = len(data) // (4 * channels)
        if whole:
            take(np.frombuffer(data, ">f4", whole * channels).reshape(whole, channels).astype(np.float32))
        if len(data) < size:
            return rate
