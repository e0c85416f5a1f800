"""What the tables of a catalogue hold.

Paper: Section 3.  Notebooks: 01_dataset_mapping.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mumu_lib.core.errors import BadDataError

SPLITS = ("train", "val", "test")
COLUMNS = {
    "albums": ("album_id", "title", "artist", "release_group_mbid", "genres", "cover", "split"),
    "tracks": ("track_id", "album_id", "recording_mbid", "title", "audio"),
    "reviews": ("album_id", "text", "summary", "rating", "helpful"),
    "taxonomy": ("branch",),
}


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


# What catalogue.json must say besides, and how it is known to be that.
INFO: dict[str, Callable[[Any], bool]] = {
    "name": lambda name: isinstance(name, str),
    "synthetic": lambda flag: isinstance(flag, bool),
    "labels": lambda names: _texts(names) and len(set(names)) == len(names),
    "rare_labels": _texts,
    "min_label_albums": lambda number: isinstance(number, int),
    "roots": lambda roots: (
        isinstance(roots, dict) and {"audio", "covers"} <= roots.keys() and _texts([*roots.values()])
    ),
}


def keep_labels(genres: Iterable[Sequence[str]], min_albums: int) -> tuple[list[str], list[str]]:
    """Labels on enough albums, and those that are not (paper 3.1: at least 12 albums).

    Returns
    -------
    kept, rare : list of str
        Each in alphabetical order.
    """
    counts = Counter(g for album in genres for g in set(album))
    return (
        sorted(g for g, n in counts.items() if n >= min_albums),
        sorted(g for g, n in counts.items() if n < min_albums),
    )


def fill(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Table with exactly the columns it must have; what is optional and missing is filled.

    Parameters
    ----------
    name : {'albums', 'tracks', 'reviews', 'taxonomy'}
    """
    table = table.reindex(columns=list(COLUMNS[name]))
    for column in COLUMNS[name]:
        if column in ("rating", "helpful"):
            table[column] = table[column].astype(float)
        elif column == "genres":
            table[column] = [list(g) if np.iterable(g) else [] for g in table[column]]
        elif column != "branch":
            table[column] = table[column].astype(object).fillna("").astype(str)
    return table.reset_index(drop=True)


def holds(column: str, cells: pd.Series) -> bool:
    """Whether a column that was read holds what it must, in every row: texts, lists of texts, or numbers."""
    if cells.empty:
        return True
    if column in ("rating", "helpful"):
        return pd.api.types.is_numeric_dtype(cells)
    try:
        kind = pa.list_(pa.string()) if column in ("genres", "branch") else pa.string()
        found = pa.array(cells, type=kind)
        texts = found.flatten() if column in ("genres", "branch") else found
    except (pa.ArrowException, TypeError, ValueError):
        return False
    # The first name of a branch is its top level.
    empty = column == "branch" and (np.diff(found.offsets.to_numpy()) == 0).any()
    return not (found.null_count or texts.null_count or empty)


def check_tables(tables: dict[str, pd.DataFrame], source: str) -> None:
    """Refuse tables that contradict themselves or each other.

    Parameters
    ----------
    source : str
        Where they come from, for the message.

    Raises
    ------
    BadDataError
        An id that is missing or stands twice, a track or review of an unknown album, an unknown split, no album.
    """
    albums = tables["albums"]
    if albums.empty:
        raise BadDataError(f"{source}: no album in it")
    for key, column in (("albums", "album_id"), ("tracks", "track_id")):
        ids = tables[key][column]
        if (ids == "").any():
            raise BadDataError(f"{source}: row {(ids == '').argmax()} of {key} has no {column}; give it one")
        if (twice := ids[ids.duplicated()]).size:
            raise BadDataError(
                f"{source}: {column} {twice.iloc[0]!r} stands on more than one row of {key}; ids must be unique"
            )
    for key in ("tracks", "reviews"):
        stray = tables[key].loc[~tables[key]["album_id"].isin(albums["album_id"]), "album_id"]
        if stray.size:
            raise BadDataError(f"{source}: {key} row {stray.index[0]} names the unknown album {stray.iloc[0]!r}")
    wrong = set(albums["split"]) - {*SPLITS, "none"}
    if wrong:
        raise BadDataError(f"{source}: split must be train, val, test or none, got {sorted(wrong)}")
