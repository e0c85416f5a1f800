"""Split a collection into training, validation and test sets; related albums stay in the same split.

Paper: Section 6.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping

import numpy as np
import pandas as pd

from mumu_lib.catalogue import splits
from mumu_lib.catalogue.schema import SPLITS, keep_labels
from mumu_lib.core.errors import BadDataError
from mumu_lib.sources.collection.artists import artist_key, everyone

SPLIT_NAMES = {name: name for name in (*SPLITS, "none")} | {
    "training": "train",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "testing": "test",
}


def units(albums: pd.DataFrame, same: Mapping[str, str], artist_disjoint: bool) -> list[str]:
    """Return for each album the name of the group that must stay in one split; empty for an album without a group.

    Parameters
    ----------
    albums : pd.DataFrame
        ``album_id``, ``artist``, ``unit``, ``nobody``.
    same : dict of str -> str
        Album id -> a common name of all albums with identical recordings.
    artist_disjoint : bool
        Keep the albums of an artist together; compilations have no artist.

    Examples
    --------
    >>> albums = pd.DataFrame({"album_id": ["a", "b", "c"], "artist": ["Can", "Can", "Neu!"], "unit": "", "nobody": False})
    >>> units(albums, {}, artist_disjoint=True)
    ['a', 'a', '']
    """
    members: dict[Hashable, list[str]] = defaultdict(list)
    for row in albums.to_dict("records"):
        if row["unit"]:
            members["unit", row["unit"]].append(row["album_id"])
        if artist_disjoint and not row["nobody"]:
            for artist in everyone(row["artist"]):
                members["artist", artist].append(row["album_id"])
    for album_id, name in same.items():
        members["same", name].append(album_id)
    leader = _leaders(albums["album_id"], members.values())
    leaders = albums["album_id"].map(leader)
    is_alone = leaders.groupby(leaders).transform("size") == 1
    return leaders.mask(is_alone, "").tolist()


def _leaders(ids: Iterable[str], groups: Iterable[list[str]]) -> dict[str, str]:
    """Return for each id the first id of its connected component, with a disjoint-set forest."""
    leader = {name: name for name in ids}

    def find(name: str) -> str:
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for group in groups:
        for other in group[1:]:
            low, high = sorted((find(group[0]), find(other)))
            leader[high] = low
    return {name: find(name) for name in leader}


def split(
    albums: pd.DataFrame,
    together: list[str],
    *,
    min_albums: int,
    artist_disjoint: bool,
    seed: int,
    fractions: tuple[float, float, float],
    source: str,
) -> pd.Series:
    """Return the split of each album; ``none`` for albums without a label.

    Parameters
    ----------
    albums : pd.DataFrame
        ``album_id``, ``artist``, ``genres`` and the given ``split``.
    together : list of str
        From :func:`units`.
    source : str
        Name of the source, for messages.

    Raises
    ------
    BadDataError
        If splits are given for some albums only, are unknown, or conflict with ``artist_disjoint``.
    """
    labels = set(keep_labels(albums["genres"], min_albums)[0])
    own = albums["genres"].map(labels.intersection)
    given = _known_splits(albums, source)
    found = given.where((own.map(len) > 0) | (given == "none"), "none")
    parts = [s for s in SPLITS if (found == s).any()]
    to_assign, share = _to_assign(albums, found, parts, fractions, source)
    if to_assign.any():
        names = pd.Series(together, albums.index, dtype=object)[to_assign].tolist()
        found[to_assign] = splits.assign(own[to_assign].tolist(), seed=seed, fractions=share, groups=names)
    empty = [s for s in SPLITS if not (found == s).any()]
    if empty:
        why = (
            "too few albums with a genre, too few artists, or too many that stay together (discs, identical recordings)"
        )
        print(f"no {' and no '.join(empty)} albums: {why}")
    if artist_disjoint:
        _check_artists(albums, found, source)
    return found


def _to_assign(
    albums: pd.DataFrame, found: pd.Series, parts: list[str], fractions: tuple[float, float, float], source: str
) -> tuple[pd.Series, tuple[float, float, float]]:
    """Return which albums are to be assigned to splits, and the fractions of the splits."""
    to_assign = found == ""
    if to_assign.any() and parts:
        album_id = albums.loc[to_assign, "album_id"].iloc[0]
        raise BadDataError(
            f"{source}: album {album_id!r} has no split but others have; fill the column or leave it empty"
        )
    if not parts or len(parts) == 3:
        return to_assign, fractions
    if "train" not in parts:
        raise BadDataError(
            f"{source}: no album with a genre has the split 'train'; name some, or leave the column empty"
        )
    taken = [s for s in SPLITS if s not in parts]
    print(f"the manifest has no {' and no '.join(taken)} albums: taken out of its training albums")
    share = np.array(fractions, float)
    for i, name in enumerate(SPLITS):
        if name != "train" and name not in taken:
            share[i] = 0.0
    share /= share.sum()
    train, val, test = share.tolist()
    return found == "train", (train, val, test)


def _known_splits(albums: pd.DataFrame, source: str) -> pd.Series:
    """Return the given splits under their usual names."""
    given = albums["split"].str.lower().replace(SPLIT_NAMES)
    wrong = ~given.isin(["", "none", *SPLITS])
    if wrong.any():
        album_id, value = albums.loc[wrong, ["album_id", "split"]].iloc[0]
        raise BadDataError(f"{source}: album {album_id!r} has the split {value!r}; write train, val, test or none")
    return given


def _check_artists(albums: pd.DataFrame, found: pd.Series, source: str) -> None:
    """Refuse splits in which an artist has albums in several."""
    key = albums["artist"].map(artist_key)
    used = (key != "") & ~albums["nobody"] & (found != "none")
    parts = found[used].groupby(key[used]).unique()
    for name, several in parts[parts.map(len) > 1].items():
        artist = albums.loc[key == name, "artist"].iloc[0]
        raise BadDataError(
            f"{source}: artist {artist!r} has albums in {' and '.join(several)}; "
            f"correct the split column or leave out artist_disjoint"
        )


def parted(same: Mapping[str, str], albums: pd.DataFrame) -> int:
    """Return the number of groups of albums with identical recordings that are in several splits of a manifest.

    Parameters
    ----------
    albums : pd.DataFrame
        ``album_id``, ``split``.
    """
    used = albums[albums["split"] != "none"]
    several = used["split"].groupby(used["album_id"].map(dict(same))).nunique() > 1
    return int(several.sum())
