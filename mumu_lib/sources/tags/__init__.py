"""Tags of sound files, by mutagen: genres, artists, album, disc, whatever the container and the kind of tag.

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
    """What the tags of one file say.

    Attributes
    ----------
    genres : tuple of str
        As they are written, one a value that the tag keeps apart, numbers of ID3 already by name;
        :func:`mumu_lib.sources.tags.genres.split` takes apart what is joined.
    artists : tuple of str
    album_artist, album, title : str
        "" where not said.
    disc, discs, track : int or None
    compilation : bool
        Whether the file says that it is part of one.
    seconds : float or None
        By the header; for a decoded length to be compared with.
    has_picture : bool
    kind : str
        Of the file by its content, e.g. ``mpeg``, ``flac``, ``ogg opus``.
    problem : str
        Why nothing, or not all, could be read; "" where all is well.
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
    """Read the tags of a sound file; what kind of file it is its content says, not its name.

    Whatever the file is, nothing is raised: ``problem`` says what is wrong.

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
    kind, start = kind_of(file)
    if not kind or kind not in ("wav", "aiff", *openers.CLASSES):
        file.seek(start)
        if kind:
            return Tags(kind=kind, problem=f"tags of this kind of file ({kind}) are not read")
        if start:
            return _cleaned(openers.tags_alone(file), kind, "is no sound: nothing, or no sound, follows its tags")
        return Tags(problem=f"is no sound: it is {no_sound(file.read(START))}")
    try:
        return _cleaned(openers.open_tags(file, kind, start), kind)
    except Exception as error:  # mutagen raises nearly anything on damaged files
        why = storable(str(error)[:200]) or type(error).__name__
        problem = f"tags cannot be read in full ({why}); the sound may be damaged too"
    try:
        return _cleaned(openers.tags_alone(file), kind, problem)
    except Exception:
        return Tags(kind=kind, problem=problem)


def _cleaned(opened: openers.Opened, kind: str, problem: str = "") -> Tags:
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
    """Return the values of a field, each once, cleaned."""
    found: list[str] = []
    for value in fields.get(name, ()):
        text = cleaned(value, keep_lines=name == "genre")
        if text and text not in found:
            found.append(text)
    return tuple(found)


def _one(fields: dict[str, list[str]], name: str) -> str:
    values = _texts(fields, name)
    return values[0] if values else ""


def _number(fields: dict[str, list[str]], name: str) -> tuple[int | None, int | None]:
    """Return a number and the total behind a slash, e.g. of ``1/2``; 0 and what is no number are none."""
    number, _, total = _one(fields, name).partition("/")
    return _positive(number), _positive(total)


def _positive(text: str) -> int | None:
    text = text.strip()
    if not text.isascii() or not text.isdecimal() or len(text) > 5:
        return None
    number = int(text)
    return number if 0 < number < LARGEST_NUMBER else None


@lru_cache(1 << 12)
def cleaned(text: str, keep_lines: bool = False) -> str:
    r"""Return a text of a tag composed (NFC), repaired, without control characters and outer blanks.

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
    """Undo UTF-8 taken for Latin-1 or for the code page of Windows, once or twice, as many programs write it."""
    for encoding in ("latin-1", "cp1252", "latin-1", "cp1252"):
        if text.isascii():
            break
        try:
            text = text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
    return text
