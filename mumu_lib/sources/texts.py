"""Read text files in an album's folder in any encoding, and tell reviews and genres from other texts.

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

# Byte order marks, the longer first: that of UTF-32 begins with that of UTF-16.
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
MAX_BYTES = 16 << 20

GENRES = re.compile(
    r"genres?|styles?|tags|g[eé]neros?|generi|genere|gêneros?|musikrichtung|stilrichtung|gatunek|gatunki|žánry?|"
    r"жанры?|ジャンル|流派|장르",
    re.IGNORECASE,
)
# A file with one of these words in its name is a list of genres, even if there are other words.
GENRE_WORDS = frozenset(["genre", "genres", "género", "géneros", "жанр", "жанры"])
LIST_OF_GENRES = "a list of genres (call it genres.txt to have them read)"
# Words in the names of files that are not reviews, each with the kind of file.
NOT_A_REVIEW = (
    ("md5 sha1 sha256 sha512 sfv crc crc32 checksum checksums ffp fingerprint fingerprints st5", "checksums"),
    ("eac xld cuetools accuraterip audiochecker aucdtect dbpoweramp riplog spek", "the log of a rip"),
    ("tracklist tracklisting tracklistings setlist playlist filelist songlist cue m3u m3u8 pls", "a list of tracks"),
    ("readme nfo torrent torrents downloaded uploader uploaded lineage changelog", "a note about the files"),
)
# Names that consist of these words only are not those of reviews; with other words they may be part of a title.
NOT_A_REVIEW_ALONE = (
    ("log logs rip ripped", "the log of a rip"),
    ("dr dr14 foo replaygain dynamic range", "measurements"),
    ("tracks songs list contents titles files dir", "a list of tracks"),
    (
        "info infos information source sources about read me first visit www website url link links seed please "
        "shared by from credits license licence copyright todo important attention notice",
        "a note about the files",
    ),
)  # fmt: skip
# A file with one of these words in its name is a review in any case.
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
    r"""Hold the content of a text file.

    Attributes
    ----------
    text : str
        Without outer blanks, with ``\n`` as line end; ``""`` if it cannot be read.
    encoding : str
    problem : str
        A guessed encoding, an empty file, or a file that is not a text; ``""`` if there is no problem.
    """

    text: str
    encoding: str = ""
    problem: str = ""


def decode(data: bytes) -> Text:
    """Decode a text by its byte order mark, else as UTF-8, else as Windows-1252 with a message in ``problem``.

    Examples
    --------
    >>> decode("très bien".encode("cp1252")).text
    'très bien'
    """
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return _decode_marked(data[len(mark) :], encoding)
    if b"\0" in data:
        return Text(
            "", problem="not a text, or UTF-16 without a byte order mark: it has NUL bytes; not read, save it as UTF-8"
        )
    try:
        return _plain(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        pass
    encoding = "cp1252"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        encoding = "latin-1"
        text = data.decode(encoding)
    return _plain(text, encoding, f"not UTF-8; read as {encoding}, save it as UTF-8 if letters are wrong")


def _decode_marked(data: bytes, encoding: str) -> Text:
    """Decode a text with a byte order mark; count the characters that are not in its encoding."""
    try:
        return _plain(data.decode(encoding), encoding)
    except UnicodeDecodeError:
        text = data.decode(encoding, errors="replace")
    wrong = text.count("\ufffd")
    return _plain(text, encoding, f"marked as {encoding.upper()}, but {wrong} characters are not; save it as UTF-8")


def _plain(text: str, encoding: str, problem: str = "") -> Text:
    """Return a text with unified line ends and without outer blanks."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not text:
        return Text("", encoding, "text file is empty")
    return Text(text, encoding, problem)


def read(path: str | Path) -> Text:
    """Read a text file in any encoding; errors are described in ``problem`` and never raised."""
    try:
        with open_regular(path) as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        return Text("", problem=f"text cannot be read ({error.strerror or error})")
    if len(data) > MAX_BYTES:
        return Text("", problem=f"text is longer than {MAX_BYTES >> 20} MB; not read")
    return decode(data)


def names_genres(name: str) -> bool:
    """Return whether a file is a list of genres by its name: ``genres.txt``, ``Genre.TXT``, ``Genres.md``.

    Examples
    --------
    >>> names_genres("Genre.TXT")
    True
    """
    path = PurePath(name)
    return ending(path) in TEXTS and bool(GENRES.fullmatch(unicodedata.normalize("NFC", path.stem.strip())))


def no_review(name: str, text: str) -> str:
    """Return what a text file is by its name or content if it is not a review; ``""`` if it may be one.

    Examples
    --------
    >>> no_review("md5.txt", "")
    'checksums'
    """
    stem = unicodedata.normalize("NFC", PurePath(name).stem.lower())
    words = set(WORDS.split(stem)) - {""}
    if words & REVIEW:
        return ""
    if words & GENRE_WORDS:
        return LIST_OF_GENRES
    for listed, what in NOT_A_REVIEW:
        if words.intersection(listed.split()):
            return what
    for listed, what in NOT_A_REVIEW_ALONE:
        if words and words.issubset(listed.split()):
            return what
    return _by_content(text)


def _by_content(text: str) -> str:
    """Return what a text is by its lines if it is not a review; ``""`` if it may be one."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return ""
    if all(folded(line.strip("-*• \t,;")) in KNOWN for line in lines):
        return LIST_OF_GENRES
    first = lines[0].lower()
    for beginning, what in BEGINNINGS:
        if first.startswith(beginning):
            return what
    without_comments = [line for line in lines if not line.startswith((";", "#"))]
    if _most(CHECKSUM, without_comments):
        return "checksums"
    if len(lines) > 1 and _most(TRACK, lines):
        return "a list of tracks"
    if _most(ADDRESS, lines):
        return "a note about the files"
    return ""


def _most(pattern: re.Pattern, lines: list[str]) -> bool:
    """Return whether at least four of five lines, and at least one, match a pattern."""
    matches = 0
    for line in lines:
        if pattern.fullmatch(line):
            matches += 1
    return matches > 0 and 5 * matches >= 4 * len(lines)
