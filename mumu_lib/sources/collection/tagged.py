"""Tags of a collection's recordings, one after the other, with a bar.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
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
# The artist of a compilation whose tags name none.
VARIOUS = "Various Artists"


def read_all(root: Path, paths: Iterable[str], report: Report, rows: Mapping[str, int | str]) -> dict[str, Tags]:
    """Return the tags of recordings; what cannot be read is listed and has none.

    Parameters
    ----------
    rows : dict
        What to call the row of each path in the report.
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
    """Return tags without artists such as ``Unknown Artist``, which are no names to go by.

    Examples
    --------
    >>> without_unknown(Tags(artists=("Unknown Artist", "Ann"))).artists
    ('Ann',)
    """
    artists = tuple(name for name in read.artists if not is_unknown(name))
    album_artist = "" if is_unknown(read.album_artist) else read.album_artist
    if artists == read.artists and album_artist == read.album_artist:
        return read
    return replace(read, artists=artists, album_artist=album_artist)


def tally_of(found: Iterable[Tags], separators: str) -> Tally:
    """Return what takes the genres of all these files apart, by what stands alone in any of them."""
    values: list[str] = []
    for one in found:
        values.extend(one.genres)
    return Tally(genres.standing_alone(values), separators)


def cells(read: Tags | None, tally: Tally) -> dict[str, str]:
    """Return album, artist, title and genre of one file as texts, and ``yes`` or ``no`` for a picture."""
    if read is None:
        return dict.fromkeys(COLUMNS, "")
    artist = read.album_artist or read.artist
    if read.compilation and not read.album_artist:
        artist = VARIOUS
    return {
        "album": album_title(read),
        "artist": artist,
        "title": read.title,
        "genre": canonical("|".join(tally.genres(read.genres))),
        "picture": "yes" if read.has_picture else "no",
    }


def table(paths: pd.Series, found: Mapping[str, Tags], tally: Tally) -> pd.DataFrame:
    """Return the tags of rows as columns ``tag_album`` and so on; empty where a row has no recording."""
    lines = []
    for path in paths:
        lines.append(cells(found.get(path), tally))
    return pd.DataFrame(lines, paths.index, columns=list(COLUMNS)).astype(object).add_prefix("tag_")
