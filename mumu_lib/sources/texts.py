"""Texts beside music: which are reviews, which name genres, which are neither; and how each was saved.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

import codecs
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path, PurePath

from mumu_lib.core.files import open_regular
from mumu_lib.core.formats import TEXTS, ending
from mumu_lib.sources.tags.vocabulary import KNOWN, folded

# The longer mark first: that of UTF-32 begins as that of UTF-16 does.
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
MOST_BYTES = 16 << 20

GENRES = re.compile(
    r"genres?|styles?|tags|g[eé]neros?|generi|genere|gêneros?|musikrichtung|stilrichtung|gatunek|gatunki|žánry?|жанры?|ジャンル|流派|장르",
    re.IGNORECASE,
)
# With these words a name is that of a list of genres, whatever else is in it.
GENRE_WORDS = frozenset(["genre", "genres", "género", "géneros", "жанр", "жанры"])
LIST_OF_GENRES = "a list of genres (call it genres.txt to have them read)"
# A name with one of these words is no review's, each with what such a file is.
NO_REVIEW = (
    ("md5 sha1 sha256 sha512 sfv crc crc32 checksum checksums ffp fingerprint fingerprints st5", "checksums"),
    ("eac xld cuetools accuraterip audiochecker aucdtect dbpoweramp riplog spek", "the log of a rip"),
    ("tracklist tracklisting tracklistings setlist playlist filelist songlist cue m3u m3u8 pls", "a list of tracks"),
    ("readme nfo torrent torrents downloaded uploader uploaded lineage changelog", "a note about the files"),
)
# A name of nothing but these is none either; beside other words they may be part of a title.
NO_REVIEW_ALONE = (
    ("log logs rip ripped", "the log of a rip"),
    ("dr dr14 foo replaygain dynamic range", "measurements"),
    ("tracks songs list contents titles files dir", "a list of tracks"),
    (
        "info infos information source sources about read me first visit www website url link links seed please shared by from credits license "
        "licence copyright todo important attention notice",
        "a note about the files",
    ),
)  # fmt: skip
# These make it one in any case.
REVIEW = frozenset(
    ["review", "reviews", "lyrics", "notes", "liner", "essay", "text", "words", "songtext", "rezension", "kritik"]
)
WORDS = re.compile(r"[\W_]+")
HASH = r"[0-9a-fA-F]{32,128}"
CHECKSUM = re.compile(rf"{HASH}\b.*|.*[\s:*=]{HASH}|.*\.\w{{2,4}}\s+[0-9a-fA-F]{{8}}")
TRACK = re.compile(r"\[?\d{1,3}\s*[.):\]-]\s*\S.{0,90}|.{0,90}\s[(\[]?\d{1,2}:\d\d[)\]]?")
ADDRESS = re.compile(r"\S*(https?://|www\.)\S+")
BEGINNINGS = (
    ("exact audio copy", "the log of a rip"),
    ("x lossless decoder", "the log of a rip"),
    ("[cuetools log", "the log of a rip"),
    ("dbpoweramp", "the log of a rip"),
    ("audiochecker", "the log of a rip"),
    ("eac extraction logfile", "the log of a rip"),
    ("foobar2000", "measurements"),
    ("rem ", "a list of tracks"),
    ("#extm3u", "a list of tracks"),
    ("[playlist]", "a list of tracks"),
)


@dataclass(frozen=True)
class Text:
    r"""A text file.

    Attributes
    ----------
    text : str
        Without outer blanks, with ``\n`` as line end; "" if it could not be read.
    encoding : str
    problem : str
        What to tell: a guessed encoding, an empty file, a file that is no text; "" where all is well.
    """

    text: str
    encoding: str = ""
    problem: str = ""


def decode(data: bytes) -> Text:
    """Decode a text: by its mark, else as UTF-8, else as the code page of Windows, which is told.

    Examples
    --------
    >>> decode("très bien".encode("cp1252")).text
    'très bien'
    """
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return _with(data[len(mark) :], encoding)
    if b"\0" in data:
        return Text(
            "", problem="is no text, or lacks the mark of its encoding: it holds NUL bytes; not read, save it as UTF-8"
        )
    try:
        return _plain(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        pass
    try:
        text, encoding = data.decode("cp1252"), "cp1252"
    except UnicodeDecodeError:
        text, encoding = data.decode("latin-1"), "latin-1"
    return _plain(text, encoding, f"not UTF-8; read as {encoding}, save it as UTF-8 if letters are wrong")


def _with(data: bytes, encoding: str) -> Text:
    """Decode a text whose mark names the encoding; what does not fit is told."""
    try:
        return _plain(data.decode(encoding), encoding)
    except UnicodeDecodeError:
        text = data.decode(encoding, errors="replace")
    return _plain(text, encoding, f"marked as {encoding.upper()}; {text.count(chr(0xFFFD))} characters in it are not")


def _plain(text: str, encoding: str, problem: str = "") -> Text:
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not text:
        return Text("", encoding, "text file is empty")
    return Text(text, encoding, problem)


def read(path: str | Path) -> Text:
    """Read a text file, whatever program saved it; nothing is raised, ``problem`` says what is wrong."""
    try:
        with open_regular(path) as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        return Text("", problem=f"text cannot be read ({error.strerror or error})")
    if len(data) > MOST_BYTES:
        return Text("", problem=f"text is longer than {MOST_BYTES >> 20} MB; not read")
    return decode(data)


def names_genres(name: str) -> bool:
    """Whether a file's name says that genres are in it: ``genres.txt``, ``Genre.TXT``, ``Genres.md``."""
    path = PurePath(name)
    return ending(path) in TEXTS and bool(GENRES.fullmatch(unicodedata.normalize("NFC", path.stem.strip())))


def no_review(name: str, text: str) -> str:
    """Say why a text beside music is no review, by its name or its content; "" for one that may be.

    Examples
    --------
    >>> no_review("md5.txt", "")
    'checksums'
    """
    stem = unicodedata.normalize("NFC", PurePath(name).stem.lower())
    words = {word for word in WORDS.split(stem) if word}
    if words & REVIEW:
        return ""
    if words & GENRE_WORDS:
        return LIST_OF_GENRES
    for listed, what in NO_REVIEW:
        if words.intersection(listed.split()):
            return what
    for listed, what in NO_REVIEW_ALONE:
        if words and words.issubset(listed.split()):
            return what
    return _by_content([line.strip() for line in text.splitlines() if line.strip()])


def _by_content(lines: list[str]) -> str:
    """Say what a text is whose lines show that it is no review."""
    if not lines:
        return ""
    if all(folded(line.strip("-*• \t,;")) in KNOWN for line in lines):
        return LIST_OF_GENRES
    first = lines[0].lower()
    for beginning, what in BEGINNINGS:
        if first.startswith(beginning):
            return what
    if _most(CHECKSUM, [line for line in lines if not line.startswith((";", "#"))]):
        return "checksums"
    if len(lines) > 1 and _most(TRACK, lines):
        return "a list of tracks"
    if _most(ADDRESS, lines):
        return "a note about the files"
    return ""


def _most(pattern: re.Pattern, lines: list[str]) -> bool:
    """Whether at least four of five lines, and at least one, have a form."""
    fitting = sum(bool(pattern.fullmatch(line)) for line in lines)
    return fitting > 0 and 5 * fitting >= 4 * len(lines)
