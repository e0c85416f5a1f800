"""Read the tags of a collection's recordings into a table.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import filterfalse
from pathlib import Path

import pandas as pd

from mumu_lib.core import progress
from mumu_lib.sources import tags
from mumu_lib.sources.collection import report as listed
from mumu_lib.sources.collection.artists import is_unknown
from mumu_lib.sources.collection.genres import canonical
from mumu_lib.sources.collection.naming import album_title
from mumu_lib.sources.collection.report import Report
from mumu_lib.sources.tags import Tags, genres
from mumu_lib.sources.tags.tally import Tally

COLUMNS = ("album", "artist", "title", "genre", "picture")
# Artist of a compilation without an artist in its tags.
VARIOUS = "Various Artists"


def read_all(root: Path, paths: Iterable[str], report: Report, rows: Mapping[str, int | str]) -> dict[str, Tags]:
    """Return the tags of recordings; unreadable tags are reported and empty.

    Parameters
    ----------
    rows : dict
        Row of each path for the report.
    """
    found = {}
    place = str(root)
    for path in progress.bar(list(paths), "tags", unit="file"):
        read = tags.read(os.path.join(place, path))
        if read.problem:
            report.add(listed.TAGS, path, f"{read.problem}; kept", rows.get(path, ""))
        found[path] = read
    return found


def without_unknown(read: Tags) -> Tags:
    """Return tags without artists such as ``Unknown Artist``.

    Examples
    --------
    >>> without_unknown(Tags(artists=("Unknown Artist", "Ann"))).artists
    ('Ann',)
    """
    artists = tuple(filterfalse(is_unknown, read.artists))
    album_artist = read.album_artist
    if is_unknown(album_artist):
        album_artist = ""
    if artists == read.artists and album_artist == read.album_artist:
        return read
    return replace(read, artists=artists, album_artist=album_artist)


def tally_of(found: Iterable[Tags], separators: str) -> Tally:
    """Return a tally that splits the genres of files by the genres that are a value of their own in any file."""
    values: list[str] = []
    for file_tags in found:
        values.extend(file_tags.genres)
    return Tally(genres.standing_alone(values), separators)


def cells(read: Tags | None, tally: Tally) -> dict[str, str]:
    """Return album, artist, title and genre of a file as texts, and ``yes`` or ``no`` for a picture.

    Examples
    --------
    >>> cells(Tags(artists=("Can",), title="Vitamin C", genres=("Rock", "Krautrock")), Tally())
    {'album': '', 'artist': 'Can', 'title': 'Vitamin C', 'genre': 'Krautrock | Rock', 'picture': 'no'}
    """
    if read is None:
        return dict.fromkeys(COLUMNS, "")
    artist = read.album_artist or read.artist
    if read.compilation and not read.album_artist:
        artist = VARIOUS
    picture = "no"
    if read.has_picture:
        picture = "yes"
    return {
        "album": album_title(read),
        "artist": artist,
        "title": read.title,
        "genre": canonical("|".join(tally.genres(read.genres))),
        "picture": picture,
    }


def table(paths: pd.Series, found: Mapping[str, Tags], tally: Tally) -> pd.DataFrame:
    """Return the tags of rows as columns ``tag_album`` and so on; empty for a row without a recording."""
    lines = []
    for path in paths:
        lines.append(cells(found.get(path), tally))
    return pd.DataFrame(lines, paths.index, columns=list(COLUMNS)).astype(object).add_prefix("tag_")
