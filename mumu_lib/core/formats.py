"""List the file extensions of audio, pictures and texts, in lower case and with their dot.

Paper: none.  Notebooks: all, for collections and albums of the user.
"""

import os
from pathlib import PurePath

# Decoded by soundfile. Not .raw, which has no header.
SOUND = (
    ".mp3", ".flac", ".wav", ".ogg", ".opus", ".aif", ".aiff", ".oga", ".mp2", ".mpga", ".mp1", ".mpa", ".fla", ".wave",
    ".bwf", ".w64", ".rf64", ".aifc", ".au", ".snd", ".caf", ".voc",
)  # fmt: skip
# Decoded only by ffmpeg, if it is installed.
SOUND_BY_FFMPEG = (
    ".m4a", ".aac", ".mp4", ".m4b", ".m4r", ".m4p", ".wma", ".asf", ".ape", ".wv", ".mpc", ".mp+", ".tta", ".tak", ".dsf",
    ".dff", ".webm", ".weba", ".mka", ".amr", ".awb", ".3gp", ".3ga", ".ac3", ".eac3", ".dts", ".mlp", ".thd", ".spx",
    ".ra", ".rm", ".shn", ".oma", ".aa3", ".alac",
)  # fmt: skip
PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".jpe", ".jfif")
TEXTS = (".txt", ".md")
# Pictures and texts of unsupported formats.
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
    """Return the extension of a file name in lower case, such as ``".mp3"``; empty if it has none.

    Examples
    --------
    >>> ending("Scans/Front.JPG"), ending(".mp3")
    ('.jpg', '')
    """
    return os.path.splitext(name)[1].lower()


def kind(name: str | PurePath) -> str:
    """Return the kind of a file by its extension: ``"sound"``, ``"picture"``, ``"text"``, or empty for others.

    Examples
    --------
    >>> kind("01 Intro.M4A"), kind("cover.tif"), kind("album.cue")
    ('sound', 'picture', '')
    """
    extension = ending(name)
    for kind_of_file, extensions in KINDS.items():
        if extension in extensions:
            return kind_of_file
    return ""


def needs_ffmpeg(name: str | PurePath) -> bool:
    """Return whether a file can be decoded only by ffmpeg, by its extension.

    Examples
    --------
    >>> needs_ffmpeg("01 Intro.m4a"), needs_ffmpeg("01 Intro.mp3")
    (True, False)
    """
    return ending(name) in SOUND_BY_FFMPEG
