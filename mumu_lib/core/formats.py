"""Endings of the files that are read: sound, pictures and texts, in small letters and with their dot.

Paper: none.  Notebooks: all, through collections and albums of one's own.
"""

import os
from pathlib import PurePath

# What soundfile decodes. Without .raw, whose samples have no header.
SOUND = (
    ".mp3", ".flac", ".wav", ".ogg", ".opus", ".aif", ".aiff", ".oga", ".mp2", ".mpga", ".mp1", ".mpa", ".fla", ".wave",
    ".bwf", ".w64", ".rf64", ".aifc", ".au", ".snd", ".caf", ".voc",
)  # fmt: skip
# What only ffmpeg decodes: read where it is installed, else named as needing it.
SOUND_BY_FFMPEG = (
    ".m4a", ".aac", ".mp4", ".m4b", ".m4r", ".m4p", ".wma", ".asf", ".ape", ".wv", ".mpc", ".mp+", ".tta", ".tak", ".dsf",
    ".dff", ".webm", ".weba", ".mka", ".amr", ".awb", ".3gp", ".3ga", ".ac3", ".eac3", ".dts", ".mlp", ".thd", ".spx",
    ".ra", ".rm", ".shn", ".oma", ".aa3", ".alac",
)  # fmt: skip
PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".jpe", ".jfif")
TEXTS = (".txt", ".md")
# Pictures and texts that are not read.
OTHER_PICTURES = (
    ".heic",
    ".heif",
    ".hif",
    ".jxl",
    ".jp2",
    ".j2k",
    ".jxr",
    ".svg",
    ".psd",
    ".tga",
    ".xcf",
    ".ico",
    ".pcx",
    ".eps",
    ".raw",
    ".dng",
    ".pdf",
)
OTHER_TEXTS = (
    ".rtf",
    ".doc",
    ".docx",
    ".odt",
    ".html",
    ".htm",
    ".nfo",
    ".text",
    ".rst",
    ".markdown",
    ".tex",
    ".lrc",
    ".epub",
)

KINDS = {"sound": (*SOUND, *SOUND_BY_FFMPEG), "picture": PICTURES, "text": TEXTS}


def ending(name: str | PurePath) -> str:
    """Return the ending of a file's name in small letters, ``".mp3"``; empty where it has none.

    Examples
    --------
    >>> ending("Scans/Front.JPG"), ending(".mp3")
    ('.jpg', '')
    """
    return os.path.splitext(name)[1].lower()


def kind(name: str | PurePath) -> str:
    """Return what the ending of a file promises: ``"sound"``, ``"picture"``, ``"text"``, or empty for all else.

    Examples
    --------
    >>> kind("01 Intro.M4A"), kind("cover.tif"), kind("album.cue")
    ('sound', 'picture', '')
    """
    found = ending(name)
    for one, endings in KINDS.items():
        if found in endings:
            return one
    return ""


def needs_ffmpeg(name: str | PurePath) -> bool:
    """Return whether the ending is one that only ffmpeg reads.

    Examples
    --------
    >>> needs_ffmpeg("01 Intro.m4a"), needs_ffmpeg("01 Intro.mp3")
    (True, False)
    """
    return ending(name) in SOUND_BY_FFMPEG
