"""Training, validation and test parts of a collection: what must not part stays together.

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
    """Return for each album the name of what must stay in one split with it; empty where it is alone.

    Parameters
    ----------
    albums : pd.DataFrame
        ``album_id``, ``artist``, ``unit``, ``nobody``.
    same : dict of str -> str
        One name for the albums that share identical recordings, by album id.
    artist_disjoint : bool
        Keep the albums of an artist together; nobody in particular, as of a compilation, is no artist.
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
    size: dict[str, int] = defaultdict(int)
    for name in leader.values():
        size[name] += 1
    return [leader[a] if size[leader[a]] > 1 else "" for a in albums["album_id"]]


def _leaders(ids: Iterable[str], groups: Iterable[list[str]]) -> dict[str, str]:
    """Return for each id the first of all those that groups tie it to."""
    leader = {}
    for name in ids:
        leader[name] = name

    def of(name: str) -> str:
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for group in groups:
        for other in group[1:]:
            low, high = sorted((of(group[0]), of(other)))
            leader[high] = low
    return {name: of(name) for name in leader}


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
    """Return the split of the albums that have a label; the others get none.

    Parameters
    ----------
    albums : pd.DataFrame
        ``album_id``, ``artist``, ``genres`` and the given ``split``.
    together : list of str
        From :func:`units`.
    source : str
        Where the albums come from, for messages.

    Raises
    ------
    BadDataError
        Splits that are given for some albums only, that are unknown, or that break ``artist_disjoint``.
    """
    labels = set(keep_labels(albums["genres"], min_albums)[0])
    own = albums["genres"].map(labels.intersection)
    given = _known_splits(albums, source)
    found = given.where((own.map(len) > 0) | (given == "none"), "none")
    parts = [s for s in SPLITS if (found == s).any()]
    open_ones, share = _to_deal(albums, found, parts, fractions, source)
    if open_ones.any():
        names = pd.Series(together, albums.index, dtype=object)[open_ones].tolist()
        found[open_ones] = splits.assign(own[open_ones].tolist(), seed=seed, fractions=share, groups=names)
    empty = [s for s in SPLITS if not (found == s).any()]
    if empty:
        why = (
            "too few albums with a genre, too few artists, or too many that stay together (discs, identical recordings)"
        )
        print(f"no {' and no '.join(empty)} albums: {why}")
    if artist_disjoint:
        _check_artists(albums, found, source)
    return found


def _to_deal(
    albums: pd.DataFrame, found: pd.Series, parts: list[str], fractions: tuple[float, float, float], source: str
) -> tuple[pd.Series, tuple[float, float, float]]:
    """Return which albums still need a split, and the fractions they are dealt out by."""
    open_ones = found == ""
    if open_ones.any() and parts:
        lacking = albums.loc[open_ones, "album_id"].iloc[0]
        raise BadDataError(
            f"{source}: album {lacking!r} has no split while others have; fill the column or leave it empty"
        )
    if not parts or len(parts) == 3:
        return open_ones, fractions
    if "train" not in parts:
        raise BadDataError(
            f"{source}: no album with a genre has the split 'train'; name some, or leave the column empty"
        )
    taken = [s for s in SPLITS if s not in parts]
    print(f"the manifest has no {' and no '.join(taken)} albums: taken out of its training albums")
    share = np.array(fractions, float)
    share *= [s == "train" or s in taken for s in SPLITS]
    share /= share.sum()
    train, val, test = share.tolist()
    return found == "train", (train, val, test)


def _known_splits(albums: pd.DataFrame, source: str) -> pd.Series:
    given = albums["split"].str.lower().replace(SPLIT_NAMES)
    wrong = ~given.isin(["", "none", *SPLITS])
    if wrong.any():
        album_id, value = albums.loc[wrong, ["album_id", "split"]].iloc[0]
        raise BadDataError(f"{source}: album {album_id!r} has the split {value!r}; write train, val, test or none")
    return given


def _check_artists(albums: pd.DataFrame, found: pd.Series, source: str) -> None:
    """Refuse splits in which an artist has albums on both sides."""
    key = albums["artist"].map(artist_key)
    used = (key != "") & ~albums["nobody"] & (found != "none")
    parts = found[used].groupby(key[used]).unique()
    for name, several in parts[parts.map(len) > 1].items():
        artist = albums.loc[key == name, "artist"].iloc[0]
        raise BadDataError(
            f"{source}: artist {artist!r} has albums in {' and '.join(several)}; "
            f"correct the split column or do without artist_disjoint"
        )


def parted(same: Mapping[str, str], albums: pd.DataFrame) -> int:
    """Return how many groups of albums with identical recordings lie in several splits, as a manifest may say.

    Parameters
    ----------
    albums : pd.DataFrame
        ``album_id``, ``split``.
    """
    used = albums[albums["split"] != "none"]
    several = used["split"].groupby(used["album_id"].map(dict(same))).nunique() > 1
    return int(several.sum())
