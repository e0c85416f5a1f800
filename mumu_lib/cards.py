"""What the t-SNE browser shows of a point: escaped HTML, a thumbnail of the cover, a clip of the recording.

Everything travels from the kernel to the page as data; the page asks no server for anything. Colours are
those of JupyterLab's theme.

Notebooks: 03_label_factors, 04_audio, 06_image, 07_multimodal.
"""

import base64
import html
import io
import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import pandas as pd
import soundfile
import soxr

from mumu_lib.core.parsing import open_picture

THUMBNAIL = 160
SECONDS = 30
SENT_WHOLE = 1_000_000
# 30 seconds of a recording with eight channels at 96 kHz; more is claimed than played.
MOST_SAMPLES = 30 * 96_000 * 8
PLAYABLE = {".mp3": "mpeg", ".ogg": "ogg", ".oga": "ogg", ".opus": "ogg", ".flac": "flac", ".wav": "wav", ".m4a": "mp4"}
MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
LISTED = 100
INK, FAINT = "var(--jp-ui-font-color1, inherit)", "var(--jp-ui-font-color2, gray)"


@lru_cache(maxsize=1024)
def thumbnail(path: str) -> str:
    """Small JPEG of a cover as a ``data:`` address; empty if there is none or it cannot be read."""
    if not path:
        return ""
    small = io.BytesIO()
    try:
        with open_picture(path) as picture:
            picture.draft("RGB", (THUMBNAIL, THUMBNAIL))
            cover = picture.convert("RGB")
        cover.thumbnail((THUMBNAIL, THUMBNAIL))
        cover.save(small, "JPEG", quality=85)
    except Exception:  # Pillow's decoders raise nearly anything on damaged files
        return ""
    return "data:image/jpeg;base64," + base64.b64encode(small.getvalue()).decode()


def clip(path: str) -> tuple[bytes, str]:
    """A recording as the page can play it: the file itself if it is small, else its first 30 seconds as mp3.

    Returns
    -------
    sound : bytes
        Empty if the recording is not there or cannot be read.
    kind : str
        The type after ``audio/``; without sound the reason, in words.
    """
    file = Path(path)
    if not path or not os.path.isfile(file):
        return b"", "no recording on this machine" if path else "no recording"
    if file.suffix.lower() in PLAYABLE and file.stat().st_size <= SENT_WHOLE:
        return file.read_bytes(), PLAYABLE[file.suffix.lower()]
    beginning = io.BytesIO()
    try:
        with soundfile.SoundFile(file) as sound:
            frames = min(SECONDS * sound.samplerate, MOST_SAMPLES // sound.channels)
            samples, rate = sound.read(frames, dtype="float32", always_2d=True), sound.samplerate
        # What mp3 can hold.
        if samples.shape[1] > 2:
            samples = samples.mean(axis=1, keepdims=True)
        if rate not in MP3_RATES:
            samples, rate = soxr.resample(samples, rate, MP3_RATES[-2]), MP3_RATES[-2]
        soundfile.write(beginning, samples, rate, format="MP3")
    except (soundfile.LibsndfileError, ValueError, MemoryError) as error:
        return b"", f"the recording cannot be played: {error}"
    return beginning.getvalue(), "mpeg"


def hovered(point: pd.Series) -> str:
    """What is shown of the point under the pointer: cover, title, artist, genres."""
    return _framed(
        _cover(point, 72) + f"<div style='min-width:0'>{_names(point)}{_line(', '.join(point.genres))}</div>"
    )


def pinned(point: pd.Series, note: str = "") -> str:
    """The card of a chosen point: true and predicted genres side by side, those in both marked.

    Parameters
    ----------
    note : str
        For instance why there is no sound.
    """
    guess = point.get("predicted")
    columns = [("true genres", point.genres, guess), ("predicted genres", guess, point.genres)]
    cells = "".join(
        f"<td style='vertical-align:top;padding:0 14px 0 0'><div style='color:{FAINT}'>{head}</div>{_genres(own, other)}</td>"
        for head, own, other in columns
        if own is not None
    )
    facts = [f"split: {point.split}"] if "split" in point else []
    facts += [f"genres found: {point.correct}"] if "correct" in point else []
    text = _names(point) + _line(" · ".join([*facts, note] if note else facts))
    table = (
        f"<table class='mumu-genres' style='margin-top:6px;border-spacing:0;line-height:1.35'><tr>{cells}</tr></table>"
    )
    return _framed(_cover(point, 110) + f"<div style='min-width:0'>{text}</div>") + table


def listing(points: pd.DataFrame) -> str:
    """Selected points as a table, the first hundred."""
    first = points.head(LISTED)
    table = zip(first["title"], first["artist"], first["genres"].map(", ".join), strict=True)
    cells = "<td style='padding:1px 16px 1px 0'>{}</td>"
    rows = "".join(f"<tr>{''.join(cells.format(_escaped(cell)) for cell in row)}</tr>" for row in table)
    more = _line(f"and {len(points) - LISTED:,} more") if len(points) > LISTED else ""
    return (
        f"<div style='max-height:200px;overflow:auto;color:{INK};line-height:1.35'>"
        f"<table class='mumu-selection' style='text-align:left'>"
        f"<tr><th>title</th><th>artist</th><th>genres</th></tr>{rows}</table>{more}</div>"
    )


def faint(text: str) -> str:
    """A line of secondary text."""
    return _line(text)


def _framed(inside: str) -> str:
    return f"<div style='display:flex;gap:10px;color:{INK};line-height:1.35;overflow-wrap:anywhere'>{inside}</div>"


def _cover(point: pd.Series, size: int) -> str:
    address = thumbnail(point.get("cover", ""))
    box = f"flex:none;width:{size}px;height:{size}px"
    if not address:
        return (
            f"<div style='{box};border:1px dashed {FAINT};color:{FAINT};display:grid;place-items:center'>no cover</div>"
        )
    return f"<img src='{address}' alt='cover of {_escaped(point.title)}' style='{box};object-fit:contain'>"


def _names(point: pd.Series) -> str:
    album = f" · {point.album}" if "album" in point else ""
    return f"<b>{_escaped(point.title)}</b>{_line(point.artist + album, INK)}"


def _line(text: str, colour: str = FAINT) -> str:
    return f"<div style='color:{colour};line-height:1.35'>{_escaped(text)}</div>"


def _genres(own: Iterable[str], other: Iterable[str] | None) -> str:
    both = set(other or ())
    return "".join(f"<div>{'<b>✓</b> ' if g in both else ''}{_escaped(g)}</div>" for g in own) or "none"


def _escaped(text: object) -> str:
    return html.escape(str(text))
