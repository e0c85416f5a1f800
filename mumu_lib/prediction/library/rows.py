"""Make the rows of the table for one album: its genres, and their agreement with its tags.

Paper: none.  Notebooks: none; ``python -m mumu_lib predict``.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mumu_lib.core.errors import ParameterError
from mumu_lib.prediction import Prediction
from mumu_lib.prediction.library.shelves import Shelved
from mumu_lib.sources.tagging.names import Names

COLUMNS = {
    "album": "string", "folder": "string", "artist": "string", "title": "string", "genre": "string", "score": "float",
    "rank": "int", "modality": "string", "run": "string", "threshold": "float", "keep": "bool", "precision": "float",
    "sure": "string", "why": "string", "tags": "string", "agreement": "float",
}  # fmt: skip
OF_GENRE = ("genre", "score", "rank", "modality", "run", "threshold", "keep", "precision", "sure", "why")
NO_GENRE = "no genre reaches its threshold"
SEPARATOR = "; "


@dataclass(frozen=True)
class Wanted:
    """Which rows each album has in the table.

    Attributes
    ----------
    everything : bool
        Every genre by every modality; by default only genres of the modality that decides.
    top : int
        Number of genres with the highest scores; 0 means the genres that are kept.
    """

    everything: bool = False
    top: int = 0

    def __post_init__(self) -> None:
        if self.top < 0:
            raise ParameterError(f"--top {self.top} is below 0; give the number of genres of each album")


def of_album(predicted: Prediction, wanted: Wanted) -> list[dict[str, Any]]:
    """Return the rows of one album, the best genre first; without a kept genre, one row with the reason."""
    table = predicted.genres
    if not wanted.everything:
        deciding = table[table["modality"] == predicted.decides]
        table = deciding[deciding["keep"]]
        if wanted.top:
            table = deciding.head(wanted.top)
    if table.empty:
        return [_without_genre(predicted)]
    rows = []
    for row in table[list(OF_GENRE)].to_dict("records"):
        rows.append({str(name): _plain(value) for name, value in row.items()})
    return rows


def _without_genre(predicted: Prediction) -> dict[str, Any]:
    """Return the row of an album without a kept genre."""
    table = predicted.genres[predicted.genres["modality"] == predicted.decides]
    why = NO_GENRE
    reasons = table["why"][table["why"] != ""]
    if len(reasons) and table["threshold"].isna().all():
        why = str(reasons.iloc[0])
    return {
        "genre": "", "score": None, "rank": None, "modality": predicted.decides, "run": str(table["run"].iloc[0]),
        "threshold": None, "keep": False, "precision": None, "sure": str(table["sure"].iloc[0]), "why": why,
    }  # fmt: skip


def _plain(value: Any) -> Any:
    """Return a value for JSON: a Python scalar, None for NaN."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and math.isnan(value):
        return None
    return value


def kept(predicted: Prediction) -> list[list[Any]]:
    """Return each genre that the deciding modality keeps, whether it is sure, and the expected precision."""
    genres = predicted.genres[(predicted.genres["modality"] == predicted.decides) & predicted.genres["keep"]]
    rows = []
    for row in genres[["genre", "sure", "precision"]].itertuples(index=False, name=None):
        rows.append([_plain(value) for value in row])
    return rows


def about(album: Shelved, root: str) -> dict[str, Any]:
    """Return the cells that all rows of an album share."""
    return {
        "album": album.album_id, "folder": root, "artist": album.artist, "title": album.title,
        "tags": SEPARATOR.join(album.tags),
    }  # fmt: skip


def agreement(
    heard: Collection[str], tags: Collection[str], names: Names, labels: list[str], parents: dict[str, set[str]]
) -> float:
    """Compute the agreement of tags with predicted genres: intersection over union (Jaccard index).

    Parameters
    ----------
    heard : collection of str
        Predicted labels.
    tags : collection of str
        Genres in the tags, as written there.
    names : Names
        Names of the labels in tags.
    labels : list of str
        Of the catalogue. Genres in the tags that are not among them are errors of the tags.
    parents : dict of str -> set of str
        Of each label. A predicted parent of a tag counts as one of the tags.

    Returns
    -------
    agreement : float
        From 0 to 1; NaN if the tags contain no genre.

    Examples
    --------
    >>> agreement(["Jazz", "Pop"], ["jazz", "Zydeco"], Names(), ["Jazz", "Pop"], {})
    0.3333333333333333
    >>> agreement(["Jazz", "Vocal Jazz"], ["Vocal Jazz"], Names(), ["Jazz", "Vocal Jazz"], {"Vocal Jazz": {"Jazz"}})
    1.0
    """
    predicted = set(heard)
    tagged = names.labels(tags, labels)
    if not tagged:
        return math.nan
    for label in list(tagged):
        tagged |= parents.get(label, set()) & predicted
    return len(tagged & predicted) / len(tagged | predicted)


def parents_of(labels: list[str], links: Any) -> dict[str, set[str]]:
    """Return all ancestors of each label, from links between child and parent by number.

    Examples
    --------
    >>> parents_of(["Jazz", "Vocal Jazz"], [(1, 0)])
    {'Vocal Jazz': {'Jazz'}}
    """
    direct: dict[str, set[str]] = {}
    for child, parent in links:
        direct.setdefault(labels[child], set()).add(labels[parent])
    ancestors = {}
    for label in direct:
        above: set[str] = set()
        waiting = list(direct[label])
        while waiting:
            parent = waiting.pop()
            if parent not in above:
                above.add(parent)
                waiting += direct.get(parent, ())
        ancestors[label] = above
    return ancestors


def problems(lines: list[tuple[str, str, str]]) -> pd.DataFrame:
    """Return the unusable files as a table: ``album``, ``file``, ``reason``."""
    return pd.DataFrame(lines, columns=["album", "file", "reason"])
