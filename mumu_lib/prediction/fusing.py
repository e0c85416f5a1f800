"""Several modalities of one album together: which finished fusion it can feed, and what that says.

Paper: Section 5.4.  Notebooks: 09_your_album.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mumu_lib import runs
from mumu_lib.core.errors import NothingUsableError
from mumu_lib.core.parsing import read_json
from mumu_lib.prediction import encoding
from mumu_lib.prediction.album import OwnAlbum
from mumu_lib.prediction.encoding import Encoded

if TYPE_CHECKING:
    from mumu_lib.prediction.trained import Trained


class Encoder:
    """Applies runs to one album, each run once; what it cannot do it notes in ``skipped``."""

    def __init__(self, album: OwnAlbum, known: "Trained", skipped: list[tuple[str, str]]) -> None:
        self.album = album
        self.known = known
        self.skipped = skipped
        self.done: dict[str, Encoded | None] = {}

    def __call__(self, folder: str) -> Encoded | None:
        """Put the album through the run in a folder; None where it cannot be."""
        if folder not in self.done:
            try:
                self.done[folder] = encoding.encode(Path(folder), self.album, self.known, self.skipped)
            except NothingUsableError as error:
                self.skipped.append((Path(folder).name, str(error)))
                self.done[folder] = None
        return self.done[folder]


def fused(known: "Trained", encode: Encoder) -> Encoded | None:
    """Put an album through the best finished fusion that it can feed; None if there is none."""
    usable, harmful = choices(known.finished(), encode.album.modalities)
    for name in harmful:
        encode.skipped.append((name, "not used: a source alone is better on validation albums"))
    for run, origins in usable:
        found = [encode(origin) if modality_of(origin) in encode.album.modalities else None for origin in origins]
        have = sum(one is not None for one in found)
        if have == len(found) or (have > 1 and run["missing"] == "dropout"):
            vectors = []
            for one, source in zip(found, run["sources"], strict=True):
                vectors.append(np.zeros(source["length"]) if one is None else one.vector)
            return encoding.fuse(Path(run["folder"]), vectors, known, _by_track(found, vectors))
    return None


def choices(finished: pd.DataFrame, there: Sequence[str]) -> tuple[list[tuple[dict[Any, Any], list[str]]], list[str]]:
    """Find the fusions that an album with some modalities can feed; one trained with missing modalities may lack some.

    Parameters
    ----------
    finished : pd.DataFrame
        As of :func:`mumu_lib.runs.table`.
    there : sequence of str
        Modalities of the album.

    Returns
    -------
    usable : list of (run, origins)
        The best first: what is missing least, then by validation AUC; folders of its sources.
    harmful : list of str
        Names of those that are not used, since a source alone is better.
    """
    table = finished.reindex(columns=["sources", "missing", "folder", "val_auc", "worse_than"])
    usable = []
    harmful = []
    for run in table[table["sources"].notna()].to_dict("records"):
        if _does_harm(run, table):
            harmful.append(Path(run["folder"]).name)
            continue
        origins = [str(Path(run["folder"]).parent / source["origin"]) for source in run["sources"]]
        known = [modality_of(origin) in there for origin in origins]
        if sum(known) > 1 and (all(known) or run["missing"] == "dropout"):
            usable.append((known.count(False), -np.nan_to_num(run["val_auc"], nan=-1), run, origins))
    usable.sort(key=lambda entry: entry[:2])
    return [(run, origins) for *_, run, origins in usable], harmful


def _by_track(found: list[Encoded | None], vectors: list[np.ndarray]) -> dict[str, list[np.ndarray]]:
    """Vectors of an album with those of one recording in the place of all, for each recording that is in all of them."""
    of_sound = {number: one.track_vectors for number, one in enumerate(found) if one and one.track_vectors}
    by_track = {}
    for name in next(iter(of_sound.values()), {}):
        if all(name in own for own in of_sound.values()):
            single = list(vectors)
            for number, own in of_sound.items():
                single[number] = own[name]
            by_track[name] = single
    return by_track


def _does_harm(run: dict[Any, Any], finished: pd.DataFrame) -> bool:
    """Whether a source of a fusion is better than the fusion on the validation albums."""
    if isinstance(run["worse_than"], list):
        return bool(run["worse_than"])
    # A run of before says nothing of this; its sources have AUCs of their own.
    origins = [source["origin"] for source in run["sources"]]
    names = finished["folder"].map(lambda folder: Path(folder).name)
    return bool((finished.loc[names.isin(origins), "val_auc"] > run["val_auc"]).any())


def modality_of(origin: str) -> str:
    """Modality of a source of a fusion; a file of vectors has none that a new album could be put through."""
    path = Path(origin) / "metrics.json"
    return runs.modality_of(read_json(path, runs.RERUN_HINT)) if path.is_file() else ""
