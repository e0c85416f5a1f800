"""Texts beside music: which are reviews, which name genres, which are neither; and how each was saved.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path, PurePath

from mumu_lib.core.files import open_regular

SUFFIXES = (".txt", ".md")
# The longer mark first: that of UTF-32 begins as that of UTF-16 does.
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
MOST_BYTES = 16 << 20

GENRES = re.compile(r"(genre|genres|style|styles|tags)", re.IGNORECASE)
# Words of names that no review has, each with what such a file is.
NO_REVIEW = (
    (r"md5|sha\d*|crc\d*|checksums?|ffp|fingerprints?|hash|hashes|st5", "checksums"),
    (r"log|logs|eac|xld|cuetools|accuraterip|audiochecker|aucdtect|rip|dbpoweramp|lac|spek", "the log of a rip"),
    (r"dr|dr\d+|foo_dr|dynamic|replaygain", "measurements"),
    (r"tracks?|tracklist|tracklisting|setlist|playlist|contents|songs|songlist|filelist|dir|list|listing|cue|m3u8?", "a list of tracks"),
    (r"readme|read|nfo|info|information|downloaded|torrent|torrents|uploader|shared|seed|source|sources|about|lineage|visit|www|website|url|link|links|credits|license|licence|copyright|changelog|todo", "a note about the files"),
)  # fmt: skip
WORDS = re.compile(r"[\W_]+")
CHECKSUM = re.compile(r"[0-9a-fA-F]{8}([0-9a-fA-F]{24,56})?\b.*|.*[\s:*][0-9a-fA-F]{32,64}|;.*")
LOGS = (
    "exact audio copy",
    "x lossless decoder",
    "cuetools",
    "foobar2000",
    "dbpoweramp",
    "audiochecker",
    "log created by",
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
        return Text("", problem="is no text: it holds NUL bytes and no mark of an encoding; not read")
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
    return path.suffix.lower() in SUFFIXES and bool(GENRES.fullmatch(path.stem.strip()))


def no_review(name: str, text: str) -> str:
    """Say why a text beside music is no review; "" for one that may be.

    Examples
    --------
    >>> no_review("md5.txt", "")
    'checksums'
    """
    words = [word for word in WORDS.split(PurePath(name).stem.lower()) if word]
    for pattern, what in NO_REVIEW:
        if any(re.fullmatch(pattern, word) for word in words):
            return what
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return ""
    if all(CHECKSUM.fullmatch(line) for line in lines):
        return "checksums"
    if lines[0].lower().startswith(LOGS):
        return "the log of a rip"
    return ""
