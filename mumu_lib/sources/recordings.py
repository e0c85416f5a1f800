"""Identical recordings under several names, found by the sound itself and not by tags or names.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path


def identical(paths: Sequence[Path]) -> list[list[int]]:
    """Return groups of files with the same sound, as places in the list; files that are like no other are in none.

    Tags do not count: the sound without them is compared, by its length first and by a hash only where lengths agree.
    """
    raise NotImplementedError


def united(albums: Sequence[str], groups: Iterable[Iterable[int]]) -> dict[str, str]:
    """Return a common name for albums that share recordings, which must not part.

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
    """
    first: dict[str, str] = {album: album for album in albums}

    def root(album: str) -> str:
        while first[album] != album:
            album = first[album]
        return album

    for group in groups:
        members = sorted({albums[place] for place in group})
        for member in members[1:]:
            one, other = sorted((root(members[0]), root(member)))
            first[other] = one
    common: dict[str, str] = defaultdict(str)
    for album in first:
        common[album] = root(album)
    return dict(common)
