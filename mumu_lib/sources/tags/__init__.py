"""Read the tags of sound files with mutagen: genres, artists, album and disc, from any container and tag format.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import lazy_loader

from mumu_lib.core.files import open_regular
from mumu_lib.core.parsing import storable
from mumu_lib.sources.tags import openers
from mumu_lib.sources.tags.genres import by_name
from mumu_lib.sources.tags.kinds import START, kind_of, no_sound

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submodules=[
        "chunks",
        "containers",
        "genres",
        "kinds",
        "openers",
        "payload",
        "pictures",
        "spelling",
        "tally",
        "vocabulary",
    ],
)

YES = ("1", "true", "yes", "y", "t")
LARGEST_NUMBER = 10_000


@dataclass(frozen=True)
class Tags:
    """Tags of one file.

    Attributes
    ----------
    genres : tuple of str
        Values as written in the tag, with ID3 numbers replaced by names; a value may have several genres, see
        :func:`mumu_lib.sources.tags.genres.split`.
    artists : tuple of str
    album_artist, album, title : str
        Empty if missing.
    disc, discs, track : int or None
    compilation : bool
        Whether the file is marked as part of a compilation.
    seconds : float or None
        Duration in the header, for comparison with the decoded duration.
    has_picture : bool
    kind : str
        Kind of file by its content, e.g. ``mpeg``, ``flac``, ``ogg opus``.
    problem : str
        Why tags could not be read, or not all; empty if there is no problem.
    """

    genres: tuple[str, ...] = ()
    artists: tuple[str, ...] = ()
    album_artist: str = ""
    album: str = ""
    title: str = ""
    disc: int | None = None
    discs: int | None = None
    track: int | None = None
    compilation: bool = False
    seconds: float | None = None
    has_picture: bool = False
    kind: str = ""
    problem: str = ""

    @property
    def artist(self) -> str:
        """All artists in one text."""
        return ", ".join(self.artists)


def read(path: str | Path) -> Tags:
    """Read the tags of a sound file, whose kind is recognised by its content.

    No file raises an error: the attribute ``problem`` describes what is wrong.

    Examples
    --------
    >>> from mumu_lib.sources import tags
    >>> tags.read("nothing.mp3").problem
    'cannot be opened (No such file or directory)'
    """
    try:
        with open_regular(path) as file:
            return _read(file)
    except OSError as error:
        return Tags(problem=f"cannot be opened ({error.strerror or error})")


def _read(file: BinaryIO) -> Tags:
    """Read the tags of an open file; after an error read at least the ID3 and APEv2 tags."""
    kind, start = kind_of(file)
    if not kind:
        return _without_sound(file, start)
    if kind not in ("wav", "aiff", *openers.CLASSES):
        return Tags(kind=kind, problem=f"tags of this kind of file ({kind}) are not read")
    try:
        return _cleaned(openers.open_tags(file, kind, start), kind)
    except Exception as error:  # mutagen may raise any error on damaged files
        problem = f"tags cannot be read in full ({reason(error, file)}); the sound may be damaged too"
    try:
        return _cleaned(openers.tags_alone(file), kind, problem)
    except Exception:
        return Tags(kind=kind, problem=problem)


def reason(error: Exception, file: BinaryIO) -> str:
    """Return the message of an error without the path of the file, which mutagen adds to some messages."""
    path = repr(getattr(file, "name", ""))
    message = str(error).replace(path, "").strip()
    return storable(message[:200]) or type(error).__name__


def _without_sound(file: BinaryIO, start: int) -> Tags:
    """Return the tags of a file that has no sound after ``start`` bytes of tags."""
    file.seek(start)
    if start:
        return _cleaned(openers.tags_alone(file), "", "is not a sound file: no sound follows its tags")
    return Tags(problem=f"is not a sound file: it is {no_sound(file.read(START))}")


def _cleaned(opened: openers.Opened, kind: str, problem: str = "") -> Tags:
    """Return the tags of an opened file with cleaned texts."""
    fields = opened.fields
    disc, discs = _number(fields, "disc")
    track, _ = _number(fields, "track")
    return Tags(
        genres=by_name(_texts(fields, "genre")),
        artists=_texts(fields, "artist"),
        album_artist=_one(fields, "album_artist"),
        album=_one(fields, "album"),
        title=_one(fields, "title"),
        disc=disc,
        discs=discs or _number(fields, "discs")[0],
        track=track,
        compilation=_one(fields, "compilation").casefold() in YES,
        seconds=opened.seconds,
        has_picture=opened.has_picture,
        kind=kind,
        problem=problem,
    )


def _texts(fields: dict[str, list[str]], name: str) -> tuple[str, ...]:
    """Return the distinct values of a field, cleaned."""
    found: list[str] = []
    for value in fields.get(name, ()):
        text = cleaned(value, keep_lines=name == "genre")
        if text and text not in found:
            found.append(text)
    return tuple(found)


def _one(fields: dict[str, list[str]], name: str) -> str:
    values = _texts(fields, name)
    if not values:
        return ""
    return values[0]


def _number(fields: dict[str, list[str]], name: str) -> tuple[int | None, int | None]:
    """Return the number and the total in a text such as ``1/2``; None for 0 and other texts."""
    number, _, total = _one(fields, name).partition("/")
    return _positive(number), _positive(total)


def _positive(text: str) -> int | None:
    text = text.strip()
    if not text.isascii() or not text.isdecimal() or len(text) > 5:
        return None
    number = int(text)
    if not 0 < number < LARGEST_NUMBER:
        return None
    return number


@lru_cache(1 << 12)
def cleaned(text: str, keep_lines: bool = False) -> str:
    r"""Return the text of a tag in normal form NFC, repaired, without control characters and outer blanks.

    Parameters
    ----------
    keep_lines : bool
        Keep line ends and NUL, which separate genres.

    Examples
    --------
    >>> cleaned(" Caf\u00c3\u00a9\x00 ")
    'Café'
    """
    text = unicodedata.normalize("NFC", storable(repaired(text)))
    if keep_lines:
        return text.strip(" \t\r\n\0\ufeff")
    return " ".join(text.replace("\0", " ").replace("\ufeff", "").split())


def repaired(text: str) -> str:
    """Undo the decoding of UTF-8 as Latin-1 or cp1252, a frequent error of programs that may occur twice.

    Examples
    --------
    >>> repaired("Sigur R\u00c3\u00b3s")
    'Sigur Rós'
    """
    for encoding in ("latin-1", "cp1252", "latin-1", "cp1252"):
        if text.isascii():
            break
        try:
            text = text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
    return text
