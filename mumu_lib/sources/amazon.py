"""Read Amazon's reviews and album metadata: the 2014 release that the paper used, 2018 and 2023.

Paper: Section 3.  Notebook: 01.

The 2014 release has one Python literal per line, several branches of categories and no artist. The releases of 2018 and
2023 have JSON lines with one branch and the artist, in ``brand`` and in ``store``. All three use the same ids, and
:func:`fill_names` takes names that are missing in 2014 from the later releases.
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

# The shop's placeholders for a video and for a link to another album.
_VIDEO = re.compile(r"\[\[VIDEOID:[^\[\]]{0,100}\]\]")
_LINK = re.compile(r"\[\[ASIN:\w{1,20}\s?([^\[\]]{0,500})\]\]")


def metadata(path: str | Path) -> pd.DataFrame:
    """Read the albums of a metadata file of any release.

    Parameters
    ----------
    path : path
        ``meta_CDs_and_Vinyl.json.gz``, ``meta_CDs_and_Vinyl.jsonl`` or MuMu's ``amazon_metadata_MuMu.json``.

    Returns
    -------
    albums : pd.DataFrame
        ``album_id``, ``title``, ``artist`` (``""`` if missing), ``branches`` (lists of names from the top level down,
        without the shop's root) and ``cover_url``; one row per id, with the first non-empty value of each column.
        Markup is removed from titles, artists and genres; scripts and style sheets are left out.
        ``.attrs["problems"]`` lists what was left out, ``.attrs["cleaned"]`` counts the cleaned values.

    Raises
    ------
    BadDataError
        If the file is of another kind.
    """
    problems: list[str] = []
    cleaned: Counter[str] = Counter()
    albums = []
    for record in reading.records(path, problems):
        album = _album(record, path, problems, cleaned)
        if album:
            albums.append(album)
    table = _unique(pd.DataFrame(albums, columns=METADATA), path, problems)
    if cleaned:
        counts = []
        for column, count in sorted(cleaned.items()):
            counts.append(f"{column} {count}")
        warnings.warn(f"{path}: removed text of the shop's pages from {', '.join(counts)}", stacklevel=2)
    table = reading.attach_problems(table, problems, path)
    table.attrs["cleaned"] = dict(cleaned)
    return table


def reviews(path: str | Path, keep: Collection[str] | None = None) -> pd.DataFrame:
    """Read the reviews of any release.

    Parameters
    ----------
    keep : ids, optional
        Albums whose reviews are kept in memory; all by default.

    Returns
    -------
    reviews : pd.DataFrame
        ``album_id``, ``text``, ``summary``, ``rating`` (1 to 5), ``helpful`` (number of helpful votes).
        ``.attrs["problems"]`` lists what was left out.
    """
    problems: list[str] = []
    wanted = None
    if keep is not None:
        wanted = frozenset(keep)
    return reading.attach_problems(pd.DataFrame(_reviews(path, wanted, problems), columns=REVIEWS), problems, path)


def _reviews(path: str | Path, wanted: Collection[str] | None, problems: list[str]) -> Iterator[tuple]:
    """Yield the reviews of the wanted albums as rows of ``REVIEWS``; list records without an album id."""
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
    """Fill missing titles and artists from the metadata of other releases, by ``album_id``.

    Returns
    -------
    albums : pd.DataFrame
        A copy; earlier tables take precedence.

    Examples
    --------
    >>> albums = pd.DataFrame({"album_id": ["B01"], "title": [""], "artist": ["Ann"]})
    >>> newer = pd.DataFrame({"album_id": ["B01"], "title": ["Blue"], "artist": ["Bob"]})
    >>> fill_names(albums, newer).to_numpy().tolist()
    [['B01', 'Blue', 'Ann']]
    """
    filled = albums.copy()
    for other in others:
        by_id = other.drop_duplicates("album_id").set_index("album_id")
        for column in ("title", "artist"):
            spare = filled["album_id"].map(by_id[column]).fillna("")
            filled[column] = filled[column].where(filled[column] != "", spare)
    return filled


def clean_artist(credit: str) -> str:
    """Return the first artist of a shop's credit line, without format and role.

    Examples
    --------
    >>> clean_artist("John Barry  (Composer),     Barry, John  (Composer)    Format: Audio CD")
    'John Barry'
    """
    return categories.artist(credit).text


def genre_branches(listed: Any) -> list[list[str]]:
    """Return the branches of a record's categories (see :func:`mumu_lib.sources.categories.branches`).

    Parameters
    ----------
    listed : list of lists of str, one list of str, or str
        Several branches in 2014, one in 2018 and 2023.

    Examples
    --------
    >>> genre_branches([["CDs & Vinyl", "Jazz", "Bebop"], ["CDs & Vinyl", "Pop"]])
    [['Jazz', 'Bebop'], ['Pop']]
    """
    return categories.branches(listed, [])


def nodes(branches: Iterable[Iterable[str]]) -> list[str]:
    """Return every node of every branch once: an album's genres (paper 3.1).

    Examples
    --------
    >>> nodes([["Jazz", "Bebop"], ["Jazz", "Swing"]])
    ['Jazz', 'Bebop', 'Swing']
    """
    names: dict[str, None] = {}
    for branch in branches:
        names.update(dict.fromkeys(branch))
    return list(names)


def _album(
    record: dict[str, Any], path: str | Path, problems: list[str], cleaned: Counter[str]
) -> dict[str, Any] | None:
    """Return the album of a record; list what is left out and count what is cleaned."""
    album_id = _album_id(record)
    if not album_id:
        problems.append(f"{path}: a record without asin, parent_asin or amazon_id, but with {list(record)!r:.80}")
        return None
    fields = {
        "title": (_written(record, "title"), categories.title),
        "artist": (_written(record, "store", "brand", "artist"), categories.artist),
    }
    album: dict[str, Any] = {"album_id": album_id}
    for column, (value, parse) in fields.items():
        name = parse(value)
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
    """Merge the rows of an album to one with the first non-empty value of each column; list the repeated ids."""
    repeated = albums["album_id"].duplicated()
    if not repeated.any():
        return albums
    for album_id in albums["album_id"][repeated]:
        problems.append(f"{path}: album {album_id} is listed more than once; rows merged")
    empty = albums.map(len) == 0
    merged = albums.mask(empty).groupby("album_id", sort=False).first().reset_index()
    texts = merged.drop(columns="branches").fillna("")
    return texts.assign(branches=merged["branches"].map(_list_or_empty))[METADATA]


def _list_or_empty(value: Any) -> list:
    if isinstance(value, list):
        return value
    return []


def _album_id(record: dict[str, Any]) -> str:
    # 2023: "the asin in previous Amazon datasets is actually parent ID".
    return _text(record, "parent_asin", "asin", "amazon_id")


def _text(record: dict[str, Any], *keys: str) -> str:
    return storable(html.unescape(_written(record, *keys))).strip()


def _written(record: dict[str, Any], *keys: str) -> str:
    """Return the first non-empty text among some fields of a record, with its character references."""
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
    if not url:
        url = _first_image(images)
    if "no-img" in url or url.endswith(".gif"):
        return ""
    return url


def _first_image(images: Any) -> str:
    """Return the address of the first image of a record: a text, a dict of sizes, or a dict of lists."""
    first: Any = ""
    if isinstance(images, dict):
        # The 2023 release as Hugging Face serves it.
        first = {key: values[0] for key, values in images.items() if isinstance(values, list) and values}
    elif isinstance(images, list) and images:
        first = images[0]
    if isinstance(first, dict):
        return _text(first, "hi_res", "large", "thumb")
    if isinstance(first, str):
        return first
    return ""
