"""The rows that are written of one album: its genres, and how far its tags agree with them.

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
    """Which rows are wanted of each album.

    Attributes
    ----------
    everything : bool
        Every genre by every modality; else by the one that decides.
    top : int
        So many genres of the highest scores; 0 for those that are kept.
    """

    everything: bool = False
    top: int = 0

    def __post_init__(self) -> None:
        if self.top < 0:
            raise ParameterError(f"--top {self.top} is below 0; give how many genres of each album")


def of_album(predicted: Prediction, wanted: Wanted) -> list[dict[str, Any]]:
    """Return the rows of one album, the best genre first; where none is kept one row without a genre says why."""
    table = predicted.genres
    if not wanted.everything:
        table = table[table["modality"] == predicted.decides]
        table = table.head(wanted.top) if wanted.top else table[table["keep"]]
    found = []
    for row in table[list(OF_GENRE)].to_dict("records"):
        found.append({str(name): _plain(value) for name, value in row.items()})
    if not found:
        found.append(_without(predicted))
    return found


def _without(predicted: Prediction) -> dict[str, Any]:
    """Return the row of an album of which no genre is kept."""
    own = predicted.genres[predicted.genres["modality"] == predicted.decides]
    reasons = [why for why in own["why"] if why]
    return {
        "genre": "", "score": None, "rank": None, "modality": predicted.decides, "run": str(own["run"].iloc[0]),
        "threshold": None, "keep": False, "precision": None, "sure": str(own["sure"].iloc[0]),
        "why": reasons[0] if reasons and own["threshold"].isna().all() else NO_GENRE,
    }  # fmt: skip


def _plain(value: Any) -> Any:
    """Return a value as JSON takes it."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and math.isnan(value):
        return None
    return value


def kept(predicted: Prediction) -> list[list[Any]]:
    """Return each genre that is kept by the modality that decides, whether that is sure, and the expected precision."""
    own = predicted.genres[(predicted.genres["modality"] == predicted.decides) & predicted.genres["keep"]]
    found = []
    for row in own[["genre", "sure", "precision"]].itertuples(index=False, name=None):
        found.append([_plain(value) for value in row])
    return found


def about(album: Shelved, root: str) -> dict[str, Any]:
    """Return the cells that all rows of an album share."""
    return {
        "album": album.album_id, "folder": root, "artist": album.artist, "title": album.title,
        "tags": SEPARATOR.join(album.tags),
    }  # fmt: skip


def agreement(
    heard: Collection[str], tags: Collection[str], names: Names, labels: list[str], parents: dict[str, set[str]]
) -> float:
    """Compute how far tags agree with what was heard: genres in both, of those in either (Jaccard).

    Parameters
    ----------
    heard : collection of str
        Labels that are kept.
    tags : collection of str
        Genres in the tags, as they are written there.
    names : Names
        Under which names labels are written.
    labels : list of str
        Of the catalogue. A genre in the tags that is none of them agrees with nothing.
    parents : dict of str -> set of str
        Of each label. A parent that was heard, and goes without saying for a tag, is not held against the tags.

    Returns
    -------
    agreement : float
        From 0 to 1; NaN where the tags name no genre.

    Examples
    --------
    >>> agreement(["Jazz", "Pop"], ["jazz", "Zydeco"], Names(), ["Jazz", "Pop"], {})
    0.3333333333333333
    >>> agreement(["Jazz", "Vocal Jazz"], ["Vocal Jazz"], Names(), ["Jazz", "Vocal Jazz"], {"Vocal Jazz": {"Jazz"}})
    1.0
    """
    said = names.labels(tags, labels)
    if not said:
        return math.nan
    for label in list(said):
        said |= parents.get(label, set()) & set(heard)
    return len(said & set(heard)) / len(said | set(heard))


def parents_of(labels: list[str], links: Any) -> dict[str, set[str]]:
    """Return all labels above each label, from child and parent by number."""
    direct: dict[str, set[str]] = {}
    for child, parent in links:
        direct.setdefault(labels[child], set()).add(labels[parent])
    above = {}
    for label in direct:
        found: set[str] = set()
        waiting = list(direct[label])
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += direct.get(one, ())
        above[label] = found
    return above


def problems(lines: list[tuple[str, str, str]]) -> pd.DataFrame:
    """Return what could not be used as a table: ``album``, ``file``, ``reason``."""
    return pd.DataFrame(lines, columns=["album", "file", "reason"])
