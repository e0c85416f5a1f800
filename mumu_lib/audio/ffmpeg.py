"""Decode formats that soundfile does not support with the program ffmpeg, started without a shell.

Paper: Section 5.1.  Notebooks: 04_audio.

ffmpeg returns all channels as float32 at the file's own rate: its mixing is 3 dB off, and its resampling differs from
ours. Its exit code does not show most damage; therefore its error messages and the length in the header are checked.
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
# Reason of files refused because ffmpeg is not installed.
UNREAD = "unread"
# Shorter than the time limit of a worker for one file.
SECONDS = 100
# Formats that contain sound. Others refer to further files or addresses: playlists, concat, image2.
FORMATS = (
    "aac,loas,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,caf,dsf,dts,dtshd,eac3,flac,iff,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mlp,"
    "mp3,mpc,mpc8,ogg,oma,rm,shn,tak,truehd,tta,w64,wav,wv,xwma"
)
# DSD has 2,822,400 or twice as many bits per second, which ffmpeg returns at an eighth of that rate.
MAX_RATE = 705_600
_HEADER = 24
_FLOAT = 6
_CHUNK = 1 << 20
_MOST_LINES = 400
_MOST_CHANNELS = 64
_COMPLAINT = re.compile(r"(?:\[[^\]]* @ [^\]]*\] )*\[(?:error|fatal|panic)\] (.*)")
# A video stream, which may be longer than the sound, but not a cover picture.
_FILM = re.compile(r"Stream #0:\d.*: Video: (?!.*\(attached pic\))")
_DURATION = re.compile(r"Duration: (\d+):(\d\d):(\d\d\.\d+)")


@dataclass
class Result:
    """Sampling rate, seconds stated in the header (0: unknown), and the first error message of ffmpeg."""

    rate: int
    promised: float
    fault: str


@dataclass
class _Log:
    """The first lines of ffmpeg's log."""

    lines: list[str] = field(default_factory=list)

    def listen(self, stream: IO[bytes]) -> None:
        """Read the log to its end, otherwise the program would block; keep the first lines."""
        for line in stream:
            if len(self.lines) < _MOST_LINES:
                self.lines.append(line[:1000].decode("utf-8", "replace").strip())

    def complaint(self) -> str:
        """Return the first error, if any."""
        for line in self.lines:
            match = _COMPLAINT.match(line)
            if match:
                return match[1]
        return ""

    def promised(self) -> float:
        """Return the seconds stated in the header; 0 if they are estimated, unknown, or those of a video."""
        text = "\n".join(self.lines).partition("Output #0")[0]
        match = _DURATION.search(text)
        if not match or "Estimating duration" in text or _FILM.search(text):
            return 0.0
        return int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3])


def program() -> str:
    """Return the path of ffmpeg; empty if it is not installed."""
    path = shutil.which("ffmpeg") or ""
    # Windows also searches the current folder, which is not trusted.
    if not os.path.isabs(path):
        return ""
    return path


def command(path: Path, longest: float) -> list[str]:
    """Return the command that decodes the first audio stream of a file to float32, in the container AU.

    The absolute path after ``file:`` cannot be read as an option or protocol.
    """
    return [
        program(), "-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+info",
        "-protocol_whitelist", "file,pipe", "-format_whitelist", FORMATS,
        "-i", f"file:{os.path.abspath(path)}",
        "-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1", "-t", str(longest),
        "-c:a", "pcm_f32be", "-f", "au", "pipe:1",
    ]  # fmt: skip


def decode(path: Path, name: str, longest: float, take: Callable[[np.ndarray], None]) -> Result:
    """Decode the first audio stream of a file.

    Parameters
    ----------
    path : Path
    name : str
        Name of the format, for messages.
    longest : float [s]
        Maximum length; the rest is ignored.
    take : function
        Called with each block [shape=(n, channels), float32].

    Returns
    -------
    result : Result

    Raises
    ------
    AudioError
        If ffmpeg is not installed (``unread``), finds no sound (``corrupt``), or does not finish (``timeout``).
    """
    if not program():
        raise AudioError(UNREAD, f"{path}: {name} needs ffmpeg: {INSTALL}, or convert the file to flac, and run again")
    log = _Log()
    rate = _run(command(path, longest), path, name, log, take)
    fault = log.complaint()
    if "not on whitelist" in fault:
        fault = "the format refers to other files or is not audio"
    if not 0 < rate <= MAX_RATE:
        raise AudioError("corrupt", f"{path}: {name}, ffmpeg finds no sound in it ({fault or 'no reason given'})")
    return Result(rate, log.promised(), fault)


def _run(arguments: list[str], path: Path, name: str, log: _Log, take: Callable[[np.ndarray], None]) -> int:
    """Run ffmpeg, pass on its samples and keep its log; return the sampling rate, 0 without output."""
    late = threading.Event()
    with subprocess.Popen(
        arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        listening = threading.Thread(target=log.listen, args=[process.stderr], daemon=True)
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
    """Kill a process that takes too long, and record that it was late."""
    late.set()
    process.kill()


def _blocks(stream: IO[bytes], path: Path, take: Callable[[np.ndarray], None]) -> int:
    """Pass on the samples of an AU stream; return its sampling rate, 0 without output."""
    header = stream.read(_HEADER)
    if len(header) < _HEADER:
        return 0
    magic, offset, _, encoding, rate, channels = np.frombuffer(header, ">u4").tolist()
    if magic != 0x2E736E64 or encoding != _FLOAT or not rate or not 0 < channels <= _MOST_CHANNELS:
        raise AudioError("corrupt", f"{path}: ffmpeg gives {channels} channels of {rate:,} samples per second")
    stream.read(offset - _HEADER)
    size = _CHUNK - _CHUNK % (4 * channels)
    while True:
        data = stream.read(size)
        whole = len(data) // (4 * channels)
        if whole:
            take(np.frombuffer(data, ">f4", whole * channels).reshape(whole, channels).astype(np.float32))
        if len(data) < size:
            return rate
