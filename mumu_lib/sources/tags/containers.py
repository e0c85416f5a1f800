"""Read genre, artist, album and disc from each tag format: ID3, Vorbis comments, APEv2, MP4, ASF.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.

Each reader returns a dict from the names in ``FIELDS`` to lists of texts, one text per value of the tag; missing fields are
left out.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, BinaryIO

from mutagen.id3 import ID3

Fields = dict[str, list[str]]

FIELDS = ("genre", "artist", "album_artist", "album", "title", "disc", "discs", "track", "compilation")

ID3_FRAMES = {
    "TCON": "genre",
    "TPE1": "artist",
    "TPE2": "album_artist",
    "TALB": "album",
    "TIT2": "title",
    "TPOS": "disc",
    "TRCK": "track",
    "TCMP": "compilation",
}
# Names of free-form fields, compared in lower case without blanks, underscores and hyphens.
NAMES = {
    "genre": "genre",
    "artist": "artist",
    "albumartist": "album_artist",
    "album": "album",
    "title": "title",
    "disc": "disc",
    "discnumber": "disc",
    "disctotal": "discs",
    "totaldiscs": "discs",
    "track": "track",
    "tracknumber": "track",
    "compilation": "compilation",
    "tcmp": "compilation",
    "itunescompilation": "compilation",
    "cpil": "compilation",
}
# Fields read from free-form fields (TXXX, "----" of MP4); the others have their own frames and atoms.
FREE = ("genre", "album_artist", "compilation", "discs")
MP4_ATOMS = {
    "\xa9gen": "genre",
    "\xa9ART": "artist",
    "aART": "album_artist",
    "\xa9alb": "album",
    "\xa9nam": "title",
}
ASF_NAMES = {
    "WM/Genre": "genre",
    "Author": "artist",
    "WM/AlbumArtist": "album_artist",
    "WM/AlbumTitle": "album",
    "Title": "title",
    "WM/PartOfSet": "disc",
    "WM/TrackNumber": "track",
    "WM/IsCompilation": "compilation",
}
# mutagen reads gnre 0 ("none") as the last genre of the list.
LAST_GENRE = "Psybient"


# Characters removed from names of free-form fields.
IGNORED = str.maketrans("", "", " _-")


@lru_cache(1 << 10)
def plain(name: str) -> str:
    """Return the name of a free-form field as in ``NAMES``.

    Examples
    --------
    >>> plain("Album_Artist")
    'albumartist'
    """
    return name.casefold().translate(IGNORED)


def from_id3(tag: ID3) -> Fields:
    """Read an ID3 tag of any version; numbered genres are replaced by their names."""
    found: Fields = {}
    for frame, field in ID3_FRAMES.items():
        for part in tag.getall(frame):
            values = part.text
            if field == "genre":
                values = part.genres
            found.setdefault(field, []).extend(_texts(values))
    for free in tag.getall("TXXX"):
        named = NAMES.get(plain(free.desc))
        if named in FREE and named not in found:
            found[named] = _texts(free.text)
    return found


def from_names(tag: Any) -> Fields:
    """Read Vorbis comments or an APEv2 tag, which have named fields with several values."""
    found: Fields = {}
    if isinstance(tag, list):
        # Vorbis comments are a list of pairs, in which a look-up by name would scan all of them.
        for name, value in list(tag):
            field = NAMES.get(plain(name))
            if field is not None:
                found.setdefault(field, []).extend(_texts([value]))
        return found
    for name, values in tag.items():
        field = NAMES.get(plain(str(name)))
        if field is None or getattr(values, "kind", 0) != 0:
            continue
        found.setdefault(field, []).extend(_texts(list(values)))
    return found


def from_mp4(tag: Any, file: BinaryIO, start: int) -> Fields:
    """Read the tags of an MP4 file; mutagen merges ``gnre`` and ``(c)gen``, and ``gnre`` 0 is not a genre."""
    found: Fields = {}
    for atom, field in MP4_ATOMS.items():
        if atom in tag:
            found[field] = _texts(tag[atom])
    genres = found.get("genre", [])
    if LAST_GENRE in genres and 0 in numbered_genres(file, start):
        genres.remove(LAST_GENRE)
    for atom, field in (("disk", "disc"), ("trkn", "track")):
        for pair in tag.get(atom, [])[:1]:
            found[field] = [f"{pair[0]}/{pair[1]}"]
    if tag.get("cpil"):
        found["compilation"] = ["1"]
    return _free_form_of_mp4(tag) | found


def _free_form_of_mp4(tag: Any) -> Fields:
    """Read the free-form fields of an MP4 file, such as ``----:com.apple.iTunes:GENRE``."""
    found: Fields = {}
    for key in tag.keys():  # noqa: SIM118  # not a dict
        if not key.startswith("----:"):
            continue
        field = NAMES.get(plain(key.rpartition(":")[2]))
        if field in FREE:
            found[field] = [bytes(value).decode("utf-8", "replace") for value in tag[key]]
    return found


def numbered_genres(file: BinaryIO, start: int) -> list[int]:
    """Return the numbers in the ``gnre`` atoms of an MP4 file."""
    file.seek(0, 2)
    spans = [(start, file.tell())]
    for name, skipped in ((b"moov", 0), (b"udta", 0), (b"meta", 4), (b"ilst", 0), (b"gnre", 0), (b"data", 8)):
        spans = atoms(file, spans, name, skipped)
    found = []
    for at, end in spans:
        file.seek(at)
        found.append(int.from_bytes(file.read(min(2, max(0, end - at))), "big"))
    return found


def atoms(file: BinaryIO, spans: list[tuple[int, int]], name: bytes, skipped: int = 0) -> list[tuple[int, int]]:
    """Return begin and end of the contents of all atoms with a name directly inside some spans."""
    found = []
    for at, end in spans:
        while at + 8 <= end:
            file.seek(at)
            head = file.read(16)
            size = int.from_bytes(head[:4], "big")
            header = 8
            if size == 1:
                header = 16
                size = int.from_bytes(head[8:16], "big")
            if size == 0:
                size = end - at
            if size < header:
                break
            if head[4:8] == name:
                found.append((at + header + skipped, min(end, at + size)))
            at += size
    return found


def from_asf(tag: Any) -> Fields:
    """Read the attributes of a Windows Media file."""
    found: Fields = {}
    for name in tag.keys():  # noqa: SIM118  # not a dict
        field = ASF_NAMES.get(name) or NAMES.get(plain(name))
        if field is not None:
            found.setdefault(field, []).extend(_texts(tag[name]))
    return found


def has_picture(tag: Any) -> bool:
    """Return whether a tag has a picture in any form."""
    if tag is None:
        return False
    for key in tag.keys():  # noqa: SIM118  # not a dict
        name = str(key).lower()
        if name.startswith(("apic", "cover art", "covr", "metadata_block_picture", "coverart", "wm/picture")):
            return True
    return False


def _texts(values: Iterable[Any]) -> list[str]:
    return list(map(str, values))


def merged(*tags: Fields) -> Fields:
    """Merge several tags of one file: genres from all tags, other fields from the first tag that has them.

    Examples
    --------
    >>> merged({"genre": ["Rock"], "title": ["A"]}, {"genre": ["Rock", "Jazz"], "title": ["B"]})
    {'genre': ['Rock', 'Jazz'], 'title': ['A']}
    """
    found: Fields = {}
    for tag in tags:
        for field, values in tag.items():
            if field != "genre":
                found.setdefault(field, values)
                continue
            genres = found.setdefault(field, [])
            for value in values:
                if value not in genres:
                    genres.append(value)
    return found
