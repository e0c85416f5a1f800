"""Find identical recordings under different names by their audio data, not by tags or names.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

import struct
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from mumu_lib.core.files import open_regular
from mumu_lib.sources.tags import payload

# A recording on more albums than this, and on more than half of all (silence, a jingle), does not keep them in one
# split.
MAX_ALBUMS = 4


def identical(paths: Iterable[Path]) -> list[list[int]]:
    """Return groups of files with the same audio data, as indices into the list; other files are left out.

    Tags are ignored. The encoded audio data are compared: the length first, then a hash, which is only computed for
    files of the same length. WAV, AIFF and FLAC are compared by their samples, and may thus equal one another. Two
    lossy encodings of one recording are not found.

    Examples
    --------
    >>> identical([Path("missing.mp3"), Path("missing.flac")])
    []
    """
    paths = list(paths)
    by_key: dict[tuple, list[int]] = defaultdict(list)
    for index, path in enumerate(paths):
        key = _key(path)
        if key:
            by_key[key].append(index)
    by_content: dict[tuple, list[int]] = defaultdict(list)
    for key, indices in by_key.items():
        if len(indices) < 2:
            continue
        for index in indices:
            content = _content(paths[index], key)
            if content:
                by_content[key, content].append(index)
    return sorted(indices for indices in by_content.values() if len(indices) > 1)


def _key(path: Path) -> tuple:
    """Return a key that files with the same audio data share; empty if there are no audio data."""
    try:
        with open_regular(path) as file:
            return payload.key(file)
    except (OSError, ValueError, struct.error):
        return ()


def _content(path: Path, key: tuple) -> str:
    """Return a hash of the audio data of a file; ``""`` if it cannot be read."""
    try:
        with open_regular(path) as file:
            return payload.content(file, key)
    except (OSError, ValueError, struct.error):
        return ""


def united(albums: Sequence[str], groups: Iterable[Iterable[int]]) -> tuple[dict[str, str], int]:
    """Return a common id for albums that share recordings and must therefore be in the same split.

    Parameters
    ----------
    albums : sequence of str
        Album id of each file.
    groups : iterable
        Groups of files, returned by :func:`identical`.

    Returns
    -------
    common : dict
        Album id -> the first id among the albums that it shares recordings with, directly or through other albums.
    too_many : int
        Number of groups that are ignored because they are on more than half of the albums and on more than four.

    Examples
    --------
    >>> united(["A", "B", "C"], [[0, 2]])
    ({'A': 'A', 'B': 'B', 'C': 'A'}, 0)
    """
    parents = {album: album for album in albums}
    most = max(MAX_ALBUMS, len(parents) // 2)
    too_many = 0
    for group in groups:
        members = {albums[index] for index in group}
        if len(members) > most:
            too_many += 1
            continue
        roots = {_root(parents, album) for album in members}
        first = min(roots)
        for root in roots:
            parents[root] = first
    for album in parents:
        parents[album] = _root(parents, album)
    return parents, too_many


def _root(parents: dict[str, str], album: str) -> str:
    """Follow the parents of an album to the first one (union-find)."""
    while parents[album] != album:
        album = parents[album]
    return album
