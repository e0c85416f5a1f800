"""Columns of a catalogue's tables, and checks of their contents.

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


NUMERIC = ("rating", "helpful")
LISTS = ("genres", "branch")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _are_unique_texts(value: Any) -> bool:
    return _are_texts(value) and len(set(value)) == len(value)


def _are_roots(value: Any) -> bool:
    return isinstance(value, dict) and {"audio", "covers"} <= value.keys() and _are_texts([*value.values()])


# Entries of catalogue.json, each with a function that checks its value.
INFO: dict[str, Callable[[Any], bool]] = {
    "name": _is_text,
    "synthetic": _is_flag,
    "labels": _are_unique_texts,
    "rare_labels": _are_texts,
    "min_label_albums": _is_integer,
    "roots": _are_roots,
}


def keep_labels(genres: Iterable[Sequence[str]], min_albums: int) -> tuple[list[str], list[str]]:
    """Separate genres on enough albums, which become labels, from rare ones (paper 3.1: at least 12 albums).

    Returns
    -------
    kept, rare : list of str
        Each in alphabetical order.

    Examples
    --------
    >>> keep_labels([["Jazz", "Polka"], ["Jazz"]], min_albums=2)
    (['Jazz'], ['Polka'])
    """
    counts: Counter[str] = Counter()
    for names in genres:
        counts.update(set(names))
    kept = []
    rare = []
    for name in sorted(counts):
        if counts[name] >= min_albums:
            kept.append(name)
        else:
            rare.append(name)
    return kept, rare


def fill(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with exactly the required columns; missing values are filled.

    Parameters
    ----------
    name : {'albums', 'tracks', 'reviews', 'taxonomy'}
    table : pd.DataFrame

    Examples
    --------
    >>> fill("tracks", pd.DataFrame({"track_id": ["T1"], "album_id": ["A1"], "year": [1999]})).to_dict("records")
    [{'track_id': 'T1', 'album_id': 'A1', 'recording_mbid': '', 'title': '', 'audio': ''}]
    """
    table = table.reindex(columns=list(COLUMNS[name]))
    for column in COLUMNS[name]:
        if column in NUMERIC:
            table[column] = table[column].astype(float)
        elif column == "genres":
            table[column] = [list(genres) if np.iterable(genres) else [] for genres in table[column]]
        elif column != "branch":
            table[column] = table[column].astype(object).fillna("").astype(str)
    return table.reset_index(drop=True)


def holds(column: str, cells: pd.Series) -> bool:
    """Whether all values of a column have the right type: text, lists of text, or numbers.

    Examples
    --------
    >>> holds("genres", pd.Series([["Jazz"], []])), holds("title", pd.Series([1]))
    (True, False)
    """
    if cells.empty:
        return True
    if column in NUMERIC:
        return pd.api.types.is_numeric_dtype(cells)
    try:
        # Large: a plain string column holds 2 GB at most, and the reviews of 300,000 albums are more.
        if column not in LISTS:
            return pa.array(cells, type=pa.large_string()).null_count == 0
        lists = pa.array(cells, type=pa.large_list(pa.large_string()))
        texts = lists.flatten()
    except (pa.ArrowException, TypeError, ValueError):
        return False
    if lists.null_count or texts.null_count:
        return False
    # The first name of a branch is its top level.
    return column != "branch" or bool(np.diff(lists.offsets.to_numpy()).all())


def check_tables(tables: dict[str, pd.DataFrame], source: str) -> None:
    """Raise an error if tables contradict themselves or each other.

    Parameters
    ----------
    tables : dict
        The tables by name, from :func:`fill`.
    source : str
        Origin of the tables, for the message.

    Raises
    ------
    BadDataError
        An id is missing or repeated, a track or review names an unknown album, a split is unknown, or there are no
        albums.
    """
    albums = tables["albums"]
    if albums.empty:
        raise BadDataError(f"{source} has no albums; add at least one")
    for key, column in (("albums", "album_id"), ("tracks", "track_id")):
        ids = tables[key][column]
        if (ids == "").any():
            raise BadDataError(f"{source}: row {(ids == '').argmax()} of {key} has no {column}; give it one")
        repeated = ids[ids.duplicated()]
        if repeated.size:
            raise BadDataError(
                f"{source}: {column} {repeated.iloc[0]!r} is on more than one row of {key}; ids must be unique"
            )
    for key in ("tracks", "reviews"):
        stray = tables[key].loc[~tables[key]["album_id"].isin(albums["album_id"]), "album_id"]
        if stray.size:
            raise BadDataError(f"{source}: {key} row {stray.index[0]} names the unknown album {stray.iloc[0]!r}")
    unknown = set(albums["split"]) - {*SPLITS, "none"}
    if unknown:
        raise BadDataError(f"{source}: split must be train, val, test or none, got {sorted(unknown)}")
