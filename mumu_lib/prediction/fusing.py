"""Apply a finished fusion to the modalities of one album.

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
    """Apply runs to one album, each run once; add failures to ``skipped``."""

    def __init__(self, album: OwnAlbum, learned: "Trained", skipped: list[tuple[str, str]]) -> None:
        self.album = album
        self.learned = learned
        self.skipped = skipped
        self.done: dict[str, Encoded | None] = {}

    def __call__(self, folder: str) -> Encoded | None:
        """Put the album through the run in a folder; None if that fails."""
        if folder not in self.done:
            try:
                self.done[folder] = encoding.encode(Path(folder), self.album, self.learned, self.skipped)
            except NothingUsableError as error:
                self.skipped.append((Path(folder).name, str(error)))
                self.done[folder] = None
        return self.done[folder]


def fused(learned: "Trained", encode: Encoder) -> Encoded | None:
    """Put an album through the best finished fusion of its modalities; None if there is none."""
    usable, harmful = choices(learned.finished(), encode.album.modalities)
    for name in harmful:
        encode.skipped.append((name, "not used: a source alone is better on validation albums"))
    for run, origins in usable:
        encoded: list[Encoded | None] = []
        for origin in origins:
            source = None
            if modality_of(origin) in encode.album.modalities:
                source = encode(origin)
            encoded.append(source)
        number = len(encoded) - encoded.count(None)
        if number == len(encoded) or (number > 1 and run["missing"] == "dropout"):
            vectors = _vectors(encoded, run["sources"])
            return encoding.fuse(Path(run["folder"]), vectors, learned, _by_track(encoded, vectors))
    return None


def _vectors(encoded: list[Encoded | None], sources: list[dict[str, Any]]) -> list[np.ndarray]:
    """Return the vector of each source of a fusion; zeros for a missing one."""
    vectors = []
    for one, source in zip(encoded, sources, strict=True):
        if one is None:
            vectors.append(np.zeros(source["length"]))
        else:
            vectors.append(one.vector)
    return vectors


def choices(
    finished: pd.DataFrame, modalities: Sequence[str]
) -> tuple[list[tuple[dict[Any, Any], list[str]]], list[str]]:
    """Find the fusions for an album; one trained with missing modalities needs two of its sources, others all.

    Parameters
    ----------
    finished : pd.DataFrame
        From :func:`mumu_lib.runs.table`.
    modalities : sequence of str
        Of the album.

    Returns
    -------
    usable : list of (run, origins)
        Fusions with the folders of their sources: fewest missing sources first, then highest validation AUC.
    harmful : list of str
        Names of fusions that are not used, because one source alone is better.
    """
    table = finished.reindex(columns=["sources", "missing", "folder", "val_auc", "worse_than"])
    usable: list[tuple[dict[Any, Any], list[str]]] = []
    harmful = []
    order = []
    for run in table[table["sources"].notna()].to_dict("records"):
        if _does_harm(run, table):
            harmful.append(Path(run["folder"]).name)
            continue
        origins = [str(Path(run["folder"]).parent / source["origin"]) for source in run["sources"]]
        missing = 0
        for origin in origins:
            missing += modality_of(origin) not in modalities
        if len(origins) - missing > 1 and (not missing or run["missing"] == "dropout"):
            order.append((missing, -np.nan_to_num(run["val_auc"], nan=-1), len(usable)))
            usable.append((run, origins))
    return [usable[number] for *_, number in sorted(order)], harmful


def _by_track(encoded: list[Encoded | None], vectors: list[np.ndarray]) -> dict[str, list[np.ndarray]]:
    """Replace the album's audio vectors by those of a recording, for each recording that all audio sources have."""
    track_vectors = {}
    for number, source in enumerate(encoded):
        if source is not None and source.track_vectors:
            track_vectors[number] = source.track_vectors
    by_track = {}
    for name in next(iter(track_vectors.values()), {}):
        replaced = list(vectors)
        for number, by_name in track_vectors.items():
            if name not in by_name:
                break
            replaced[number] = by_name[name]
        else:
            by_track[name] = replaced
    return by_track


def _does_harm(run: dict[Any, Any], finished: pd.DataFrame) -> bool:
    """Return whether a source of a fusion is better than the fusion on the validation albums."""
    if isinstance(run["worse_than"], list):
        return bool(run["worse_than"])
    # Older runs do not store it: compare the validation AUCs.
    origins = [source["origin"] for source in run["sources"]]
    names = finished["folder"].map(lambda folder: Path(folder).name)
    return bool((finished.loc[names.isin(origins), "val_auc"] > run["val_auc"]).any())


def modality_of(origin: str) -> str:
    """Return the modality of a source of a fusion; empty for a file of vectors, which cannot encode a new album."""
    path = Path(origin) / "metrics.json"
    if not path.is_file():
        return ""
    return runs.modality_of(read_json(path, runs.RERUN_HINT))
