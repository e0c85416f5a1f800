"""Amazon's reviews and album metadata: the 2014 release that the paper used, 2018 and 2023.

Paper: Section 3.  Notebook: 01.

2014 has one Python literal a line, branches of categories and no artist; 2018 JSON lines, one branch,
the artist in ``brand``; 2023 JSON lines, one branch, the artist in ``store``. The ids are the same
throughout, so names missing in 2014 can be taken from 2018 or 2023 (:func:`fill_names`).
"""

import html
import re
import warnings
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from mumu_lib.core.parsing import storable
from mumu_lib.sources import categories, reading

METADATA = ["album_id", "title", "artist", "branches", "cover_url"]
REVIEWS = ["album_id", "text", "summary", "rating", "helpful"]

# What the shop's page puts a video, or the link to another album, for.
_VIDEO = re.compile(r"\[\[VIDEOID:[^\[\]]{0,100}\]\]")
_LINK = re.compile(r"\[\[ASIN:\w{1,20}\s?([^\[\]]{0,500})\]\]")


def metadata(path: str | Path) -> pd.DataFrame:
    """Albums of a metadata file of any release, streamed.

    Parameters
    ----------
    path : path
        ``meta_CDs_and_Vinyl.json.gz``, ``meta_CDs_and_Vinyl.jsonl`` or MuMu's ``amazon_metadata_MuMu.json``.

    Returns
    -------
    albums : pd.DataFrame
        ``album_id``, ``title``, ``artist`` (``""`` where the file has none), ``branches`` (lists of
        names from the top level down, without the shop's root) and ``cover_url``; one row an id, the
        first that is not empty in each column. Titles, artists and genres have no markup, and none that is nothing but
        a script, a style sheet or markup is taken. What was left out is in ``.attrs["problems"]``, how many values were
        cleaned in ``.attrs["cleaned"]``.

    Raises
    ------
    BadDataError
        Not a file of this kind.
    """
    problems: list[str] = []
    cleaned: Counter[str] = Counter()
    found = []
    for record in reading.records(path, problems):
        album = _album(record, path, problems, cleaned)
        if album:
            found.append(album)
    table = _unique(pd.DataFrame(found, columns=METADATA), path, problems)
    if cleaned:
        counts = ", ".join(f"{what} {count}" for what, count in sorted(cleaned.items()))
        warnings.warn(f"{path}: cleaned of what else stood on the shop's pages: {counts}", stacklevel=2)
    table = reading.finished(table, problems, path)
    table.attrs["cleaned"] = dict(cleaned)
    return table


def reviews(path: str | Path, keep: Collection[str] | None = None) -> pd.DataFrame:
    """Reviews of any release, streamed.

    Parameters
    ----------
    keep : ids, optional
        Only reviews of these albums are held in memory.

    Returns
    -------
    reviews : pd.DataFrame
        ``album_id``, ``text``, ``summary``, ``rating`` (1 to 5), ``helpful`` (how many found it
        helpful). What was left out is in ``.attrs["problems"]``.
    """
    problems: list[str] = []
    wanted = None if keep is None else frozenset(keep)
    return reading.finished(pd.DataFrame(_reviews(path, wanted, problems), columns=REVIEWS), problems, path)


def _reviews(path: str | Path, wanted: Collection[str] | None, problems: list[str]) -> Iterator[tuple]:
    for record in reading.records(path, problems):
        album_id = _album_id(record)
        if not album_id:
            problems.append(f"{path}: a review without asin, parent_asin or amazon_id, but with {list(record)!r:.80}")
        elif wanted is None or album_id in wanted:
            text = _VIDEO.sub("", _text(record, "reviewText", "review_text", "text"))
            text = _LINK.sub(r"\1", text).strip()
            summary = _text(record, "summary", "title")
            yield album_id, text, summary, _number(record, "overall", "rating"), _helpful(record)


def fill_names(albums: pd.DataFrame, *others: pd.DataFrame) -> pd.DataFrame:
    """Take titles and artists that ``albums`` lacks from other releases' metadata, by ``album_id``.

    Returns
    -------
    albums : pd.DataFrame
        A copy; earlier tables win.
    """
    filled = albums.copy()
    for other in others:
        by_id = other.drop_duplicates("album_id").set_index("album_id")
        for column in ("title", "artist"):
            spare = filled["album_id"].map(by_id[column]).fillna("")
            filled[column] = filled[column].where(filled[column] != "", spare)
    return filled


def clean_artist(credit: str) -> str:
    """First artist of a shop's credit line, without format and role.

    >>> clean_artist("John Barry  (Composer),     Barry, John  (Composer)    Format: Audio CD")
    'John Barry'
    """
    return categories.artist(credit).text


def genre_branches(listed: Any) -> list[list[str]]:
    """Branches of a record's categories, as of :func:`mumu_lib.sources.categories.branches`.

    Parameters
    ----------
    listed : list of lists of str, one list of str, or str
        2014 has many branches, 2018 and 2023 one.
    """
    return categories.branches(listed, [])


def nodes(branches: Iterable[Iterable[str]]) -> list[str]:
    """Every node of every branch once: an album's genres (paper 3.1)."""
    return list(dict.fromkeys(name for branch in branches for name in branch))


def _album(
    record: dict[str, Any], path: str | Path, problems: list[str], cleaned: Counter[str]
) -> dict[str, Any] | None:
    """Return the album of a record; what is left out of it, or all of it, is listed, what is cleaned counted."""
    album_id = _album_id(record)
    if not album_id:
        problems.append(f"{path}: a record without asin, parent_asin or amazon_id, but with {list(record)!r:.80}")
        return None
    said = {
        "title": (_written(record, "title"), categories.title),
        "artist": (_written(record, "store", "brand", "artist"), categories.artist),
    }
    album: dict[str, Any] = {"album_id": album_id}
    for column, (value, read) in said.items():
        name = read(value)
        album[column] = name.text
        if name.reason:
            problems.append(f"{path}: album {album_id}: its {column} {value!r:.80} {name.reason}; left out")
        if name.cleaned:
            cleaned[f"{column}s"] += 1
    left_out: list[tuple[str, str]] = []
    album["branches"] = categories.branches(record.get("categories") or record.get("category"), left_out)
    for value, reason in left_out:
        problems.append(f"{path}: album {album_id}: its category {value!r:.80} {reason}; left out")
    album["cover_url"] = _cover_url(record)
    return album


def _unique(albums: pd.DataFrame, path: str | Path, problems: list[str]) -> pd.DataFrame:
    twice = albums["album_id"].duplicated()
    if not twice.any():
        return albums
    problems.extend(f"{path}: album {i} stands there more than once; rows merged" for i in albums["album_id"][twice])
    empty = albums.map(lambda value: len(value) == 0)
    return albums.mask(empty).groupby("album_id", sort=False).first().reset_index().pipe(_refill)


def _refill(albums: pd.DataFrame) -> pd.DataFrame:
    texts = albums.drop(columns="branches").fillna("")
    branches = albums["branches"].map(lambda b: b if isinstance(b, list) else [])
    return texts.assign(branches=branches)[METADATA]


def _album_id(record: dict[str, Any]) -> str:
    # 2023: "the asin in previous Amazon datasets is actually parent ID".
    return _text(record, "parent_asin", "asin", "amazon_id")


def _text(record: dict[str, Any], *keys: str) -> str:
    return storable(html.unescape(_written(record, *keys))).strip()


def _written(record: dict[str, Any], *keys: str) -> str:
    """Return the first text of a record that is not empty, with its character references."""
    for key in keys:
        value = record.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""


def _number(record: dict[str, Any], *keys: str) -> float:
    for key in keys:
        try:
            return float(str(record[key]).replace(",", ""))
        except (KeyError, ValueError):
            continue
    return float("nan")


def _helpful(record: dict[str, Any]) -> float:
    votes = record.get("helpful")
    if isinstance(votes, list) and votes:
        return _number({"up": votes[0]}, "up")
    return _number(record, "helpful", "helpful_vote", "vote")


def _cover_url(record: dict[str, Any]) -> str:
    url = _text(record, "imUrl")
    images = record.get("imageURLHighRes") or record.get("imageURL") or record.get("images") or []
    if isinstance(images, dict):  # The 2023 release as Hugging Face serves it: a dict of lists.
        images = [{key: values[0] for key, values in images.items() if isinstance(values, list) and values}]
    first = images[0] if isinstance(images, list) and images else ""
    if not url and isinstance(first, dict):
        url = _text(first, "hi_res", "large", "thumb")
    elif not url and isinstance(first, str):
        url = first
    return "" if "no-img" in url or url.endswith(".gif") else url
