"""Thumbnails and audio clips, small enough for a web page or notebook.

Paper: none.  Notebooks: 03_label_factors, 04_audio, 06_image, 07_multimodal, 09_your_album.
"""

import base64
import io
import os
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
import soxr
from IPython.display import Audio
from PIL import ImageOps

from mumu_lib import audio
from mumu_lib.core.parsing import open_picture
from mumu_lib.core.pictures import to_rgb

THUMBNAIL = 160
SECONDS = 30
# Length in notebooks, which are stored in git.
CLIP_SECONDS = 20
SENT_WHOLE = 1_000_000
# 30 seconds of eight channels at 96 kHz; a header that claims more is not trusted.
MOST_SAMPLES = 30 * 96_000 * 8
PLAYABLE = {".mp3": "mpeg", ".ogg": "ogg", ".oga": "ogg", ".opus": "ogg", ".flac": "flac", ".wav": "wav", ".m4a": "mp4"}


MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)


@lru_cache(maxsize=1024)
def thumbnail(path: str) -> str:
    """Return a small JPEG of a cover as a ``data:`` URI; empty if there is none or it cannot be read."""
    if not path:
        return ""
    small = _shrunk(path, THUMBNAIL, "JPEG", 85)
    if not small:
        return ""
    return "data:image/jpeg;base64," + base64.b64encode(small).decode()


def small_cover(path: str, side: int) -> bytes:
    """Return a cover as a WebP of at most ``side`` pixels, for pages with many covers; empty if it cannot be read."""
    return _shrunk(path, side, "WEBP", 60)


def _shrunk(path: str, side: int, kind: str, quality: int) -> bytes:
    """Encode a cover of at most ``side`` pixels; return empty bytes if it cannot be read."""
    small = io.BytesIO()
    try:
        with open_picture(path) as picture:
            picture.draft("RGB", (side, side))
            cover = to_rgb(ImageOps.exif_transpose(picture))
        cover.thumbnail((side, side))
        cover.save(small, kind, quality=quality)
    except Exception:  # Pillow's decoders raise exceptions of many kinds on damaged files
        return b""
    return small.getvalue()


def clip(path: str) -> tuple[bytes, str]:
    """Return a recording for playback: the file itself if it is small, else its first 30 seconds as mp3.

    Returns
    -------
    sound : bytes
        Empty if the recording does not exist or cannot be read.
    kind : str
        The media type after ``audio/``; without sound, the reason.
    """
    if not path:
        return b"", "no recording"
    file = Path(path)
    if not os.path.isfile(file):
        return b"", "no recording on this machine"
    if file.suffix.lower() in PLAYABLE and file.stat().st_size <= SENT_WHOLE:
        return file.read_bytes(), PLAYABLE[file.suffix.lower()]
    beginning = io.BytesIO()
    try:
        with soundfile.SoundFile(file) as sound:
            frames = min(SECONDS * sound.samplerate, MOST_SAMPLES // sound.channels)
            samples = sound.read(frames, dtype="float32", always_2d=True)
            rate = sound.samplerate
        # An mp3 has at most two channels and a standard rate.
        if samples.shape[1] > 2:
            samples = samples.mean(axis=1, keepdims=True)
        if rate not in MP3_RATES:
            samples = soxr.resample(samples, rate, MP3_RATES[-2])
            rate = MP3_RATES[-2]
        soundfile.write(beginning, samples, rate, format="MP3")
    except (soundfile.LibsndfileError, ValueError, MemoryError) as error:
        return b"", f"the recording cannot be played: {error}"
    return beginning.getvalue(), "mpeg"


def excerpt(path: str, seconds: int) -> bytes:
    """Return some seconds from the middle of a recording as mono mp3.

    Raises
    ------
    AudioError
        As :func:`mumu_lib.audio.load`.
    """
    y = audio.load(path)
    length = seconds * audio.SAMPLE_RATE
    start = max(0, (len(y) - length) // 2)
    sound = io.BytesIO()
    soundfile.write(sound, y[start : start + length], audio.SAMPLE_RATE, format="MP3")
    return sound.getvalue()


def player(y: np.ndarray, seconds: int = CLIP_SECONDS) -> Audio:
    """Return a player of the first seconds of a recording, small enough for a notebook.

    Parameters
    ----------
    y : np.ndarray [shape=(samples,)]
        From :func:`mumu_lib.audio.load`, at its default rate.
    seconds : int
    """
    file = io.BytesIO()
    soundfile.write(file, y[: seconds * audio.SAMPLE_RATE], audio.SAMPLE_RATE, format="MP3")
    player = Audio(data=file.getvalue())
    player.mimetype = "audio/mpeg"
    return player
