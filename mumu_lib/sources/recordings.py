"""Identical recordings under several names, found by the sound itself and not by tags or names.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

import struct
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from mumu_lib.core.files import open_regular
from mumu_lib.sources.tags import payload

# Groups over at least so many albums, and over more than half of all, keep nothing apart: silence, a jingle.
MOST_ALBUMS = 4


def identical(paths: Iterable[Path]) -> list[list[int]]:
    """Return groups of files with the same sound, as places in the list; files that are like no other are in none.

    Tags do not count. The sound is compared as it is stored: by its length first, and by a hash where lengths agree,
    so that a file unlike all others is never read whole. Of WAV, AIFF and FLAC the samples are compared, which are the same
    in each; a recording that was coded with loss in two ways is not found.

    Examples
    --------
    >>> identical([Path("nothing.mp3"), Path("nothing.flac")])
    []
    """
    paths = list(paths)
    alike: dict[tuple, list[int]] = defaultdict(list)
    for place, path in enumerate(paths):
        key = _key(path)
        if key:
            alike[key].append(place)
    same: dict[tuple, list[int]] = defaultdict(list)
    for key, places in alike.items():
        if len(places) > 1:
            for place in places:
                content = _content(paths[place], key)
                if content:
                    same[key, content].append(place)
    return sorted(places for places in same.values() if len(places) > 1)


def _key(path: Path) -> tuple:
    """Return what files of the same sound have in common; empty for a file without any."""
    try:
        with open_regular(path) as file:
            return payload.key(file)
    except (OSError, ValueError, struct.error):
        return ()


def _content(path: Path, key: tuple) -> str:
    """Return a hash of the sound in a file, "" if it cannot be read."""
    try:
        with open_regular(path) as file:
            return payload.content(file, key)
    except (OSError, ValueError, struct.error):
        return ""


def united(albums: Sequence[str], groups: Iterable[Iterable[int]]) -> tuple[dict[str, str], int]:
    """Return a common name for albums that share recordings, which no split may part.

    Parameters
    ----------
    albums : sequence of str
        Album id of each file.
    groups : iterable
        From :func:`identical`.

    Returns
    -------
    names : dict
        Album id to the first id of all those that it shares recordings with, also by way of others.
    too_many : int
        Groups that are on more than half of the albums, and on more than four, and keep none together.

    Examples
    --------
    >>> united(["A", "B", "C"], [[0, 2]])
    ({'A': 'A', 'B': 'B', 'C': 'A'}, 0)
    """
    names = {album: album for album in albums}
    most = max(MOST_ALBUMS, len(names) // 2)
    too_many = 0
    for group in groups:
        members = {albums[place] for place in group}
        if len(members) > most:
            too_many += 1
            continue
        roots = {_root(names, album) for album in members}
        first = min(roots)
        for root in roots:
            names[root] = first
    for album in names:
        names[album] = _root(names, album)
    return names, too_many


def _root(names: dict[str, str], album: str) -> str:
    while names[album] != album:
        album = names[album]
    return album
