"""Clean the names of albums in folders and tags: remove years, formats and placeholders.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

import re
from collections import Counter
from collections.abc import Sequence

from mumu_lib.sources.collection import discs
from mumu_lib.sources.collection.artists import SEVERAL, artist_key, everyone, folded, without_guests
from mumu_lib.sources.tags import Tags

YEAR = re.compile(r"(?:19|20)\d\d")
_DATE = r"(?:19|20)\d\d(?:[-.]\d\d){0,2}"
# "1999 - Wide", "[1999.05.21] Wide", "1999-05-21 Wide", "1999-Wide"; not "1999 Wide", which may be its name.
YEAR_FIRST = re.compile(
    rf"(?:[\[(]{_DATE}[\])][\s._-]*|{_DATE}(?:\s+-\s+|\s*[–—_]\s*|\.\s+)|(?:19|20)\d\d(?:[-.]\d\d){{2}}\s+|(?:19|20)\d\d-(?=[^\d\s]))(?=\S)"
)
YEAR_LAST = re.compile(r"\s*[\[(](?:19|20)\d\d[\])]\s*$")
FORMAT_LAST = re.compile(
    r"(?:\s*[\[({][^\])}]*\b(?:flac|mp3|v0|v2|320|lossless|web|24-?bit|16-?bit|aac|alac|m4a|ogg|opus)\b[^\])}]*[\])}])+\s*$",
    re.IGNORECASE,
)
NUMBER = re.compile(r"\d{1,2}")
DASH = re.compile(r"\s+[-–—]\s+")
# Folders between an artist and the albums.
SHELVES = frozenset({
    "albums", "studio albums", "album", "eps", "ep", "singles", "singles & eps", "singles and eps", "compilations", "live",
    "live albums", "demos", "bootlegs", "discography", "lps", "soundtracks", "remixes", "flac", "mp3", "lossless",
})  # fmt: skip
# Placeholders for a missing name.
NO_ALBUM = frozenset({
    "unknown album", "unknown", "unbekanntes album", "album inconnu", "album desconocido", "album sconosciuto", "no album",
    "untitled album", "[no album]", "[non-album tracks]", "non-album tracks", "none", "n/a", "-", "?", "single", "singles",
})  # fmt: skip


def is_year(name: str) -> bool:
    """Return whether the name of a folder is a year.

    Examples
    --------
    >>> is_year("1971"), is_year("1971 - Tago Mago")
    (True, False)
    """
    return bool(YEAR.fullmatch(name))


def is_shelf(name: str) -> bool:
    """Return whether a folder is between an artist and the albums, such as ``Singles``.

    Examples
    --------
    >>> is_shelf("Singles"), is_shelf("Tago Mago")
    (True, False)
    """
    return name.casefold() in SHELVES


def parted(name: str) -> tuple[str, bool, str]:
    """Split ``Artist - Album`` at the dash, and return whether there is one.

    Examples
    --------
    >>> parted("Can - Tago Mago"), parted("Post-Punk")
    (('Can', True, 'Tago Mago'), ('Post-Punk', False, ''))
    """
    parts = DASH.split(name, maxsplit=1)
    if len(parts) == 2 and parts[0] and parts[1] and not NUMBER.fullmatch(parts[0]):
        return parts[0], True, parts[1]
    return name, False, ""


def clean_title(name: str) -> str:
    """Return the name of an album's folder without year and file format.

    Examples
    --------
    >>> clean_title("1973 - The Dark Side"), clean_title("[1999] Agaetis"), clean_title("1999"), clean_title("Blue (1971)")
    ('The Dark Side', 'Agaetis', '1999', 'Blue')
    """
    cleaned = YEAR_LAST.sub("", YEAR_FIRST.sub("", FORMAT_LAST.sub("", name.strip())))
    return cleaned or name


def album_title(tags: Tags) -> str:
    """Return the name of the album in tags without the disc; empty for a placeholder.

    Examples
    --------
    >>> album_title(Tags(album="The Wall (Disc 1)")), album_title(Tags(album="Unknown Album"))
    ('The Wall', '')
    """
    title = discs.without(tags.album)
    if folded(title) in NO_ALBUM:
        return ""
    return title


def names_of(tags: Sequence[Tags]) -> tuple[str, str, bool]:
    """Return the most frequent name of the album, its artist, and whether there are many artists.

    Examples
    --------
    >>> names_of([Tags(album="Ege Bamyasi", artists=("Can",)), Tags(album="Ege Bamyasi", artists=("Can",))])
    ('Ege Bamyasi', 'Can', False)
    """
    titles = Counter(filter(None, map(album_title, tags)))
    album_artists: Counter[str] = Counter()
    artists: Counter[str] = Counter()
    for track in tags:
        if track.album_artist:
            album_artists[track.album_artist] += 1
        if track.artists:
            artists[track.artist] += 1
    title = _most_frequent(titles)
    if album_artists:
        return title, _most_frequent(album_artists), False
    if len(set(map(artist_key, artists))) == 1:
        return title, without_guests(artists), False
    if len(artists) > 1 and any(track.compilation for track in tags):
        return title, "", True
    return title, on_most(artists), False


def on_most(credits: Counter[str]) -> str:
    """Return the artist of more than half of the tracks, with or without guests; empty if there is none.

    Examples
    --------
    >>> on_most(Counter(["Ann", "Ann; Dee", "Bert & Cy"])), on_most(Counter(["Ann", "Bert"]))
    ('Ann', '')
    """
    named: Counter[str] = Counter()
    for credit, number in credits.items():
        for key in everyone(credit):
            named[key] += number
    main = {key for key, number in named.items() if 2 * number > credits.total()}
    if not main:
        return ""
    fitting = [credit for credit in credits if main <= everyone(credit)]
    if not fitting:
        return ""
    best = min(fitting, key=lambda credit: (len(credit), credit))
    for name in SEVERAL.split(best):
        if main == {artist_key(name)}:
            return name
    return best


def _most_frequent(counts: Counter[str]) -> str:
    if not counts:
        return ""
    return min(counts, key=lambda name: (-counts[name], name))
