"""Amazon's reviews and album metadata: the 2014 release that the paper used, 2018 and 2023.

Paper: Section 3.  Notebook: 01.

2014 has one Python literal a line, branches of categories and no artist; 2018 JSON lines, one branch,
the artist in ``brand``; 2023 JSON lines, one branch, the artist in ``store``. The ids are the same
throughout, so names missing in 2014 can be taken from 2018 or 2023 (:func:`fill_names`).
"""

import html
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from mumu_lib.core.parsing import storable
from mumu_lib.sources import reading

ROOTS = ("CDs & Vinyl", "Digital Music")
METADATA = ["album_id", "title", "artist", "branches", "cover_url"]
REVIEWS = ["album_id", "text", "summary", "rating", "helpful"]

_FORMAT = re.compile(r" Format:.*$")
_ROLE = re.compile(
    r" ?\((?:Artist|Composer|Conductor|Orchestra|Performer|Producer|Actor|Author|Primary Contributor|Contributor|Ensemble|Choir|Soloist|Vocals?)[^()]*\)",
    re.IGNORECASE,
)


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
        first that is not empty in each column. What was left out is in ``.attrs["problems"]``.

    Raises
    ------
    BadDataError
        Not a file of this kind.
    """
    problems: list[str] = []
    found = [album for record in reading.records(path, problems) if (album := _album(record, path, problems))]
    table = pd.DataFrame(found, columns=METADATA)
    return reading.finished(_unique(table, path, problems), problems, path)


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
            text = _text(record, "reviewText", "review_text", "text")
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
    # Blanks first: between many of them a search for the patterns takes forever.
    credit = _FORMAT.sub("", " ".join(html.unescape(credit).split()))
    return _ROLE.split(credit, maxsplit=1)[0].strip().rstrip(",")


def genre_branches(categories: Any) -> list[list[str]]:
    """Branches of a record's categories, without the shop's root, empty ones and repetitions.

    Parameters
    ----------
    categories : list of lists of str, or one list of str
        2014 has many branches, 2018 and 2023 one.
    """
    if not isinstance(categories, list):
        return []
    if all(isinstance(c, str) for c in categories):
        categories = [categories]
    kept: dict[tuple[str, ...], None] = {}
    for branch in categories:
        names = (
            [" ".join(html.unescape(n).split()) for n in branch if isinstance(n, str)]
            if isinstance(branch, list)
            else []
        )
        if names and names[0] in ROOTS:
            names = names[1:]
        if names := [n for n in names if n]:
            kept[tuple(names)] = None
    return [list(branch) for branch in kept]


def nodes(branches: Iterable[Iterable[str]]) -> list[str]:
    """Every node of every branch once: an album's genres (paper 3.1)."""
    return list(dict.fromkeys(name for branch in branches for name in branch))


def _album(record: dict[str, Any], path: str | Path, problems: list[str]) -> dict[str, Any] | None:
    album_id = _album_id(record)
    if not album_id:
        problems.append(f"{path}: a record without asin, parent_asin or amazon_id, but with {list(record)!r:.80}")
        return None
    return {
        "album_id": album_id,
        "title": _text(record, "title"),
        "artist": clean_artist(_text(record, "store", "brand", "artist")),
        "branches": genre_branches(record.get("categories") or record.get("category")),
        "cover_url": _cover_url(record),
    }


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
    for key in keys:
        value = record.get(key)
        if isinstance(value, str) and value.strip():
            return storable(html.unescape(value)).strip()
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
