"""Genres of an album of your own, from its recordings, its cover and texts about it.

Paper: none; it is what sections 5 and 6 are for.  Notebooks: 09_your_album.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lazy_loader
import numpy as np
import pandas as pd

from mumu_lib import labels, runs
from mumu_lib.catalogue import Catalogue
from mumu_lib.core.errors import MissingDataError, NothingUsableError
from mumu_lib.core.parsing import read_json
from mumu_lib.metrics import thresholds
from mumu_lib.prediction import album, encoding
from mumu_lib.prediction.album import OwnAlbum
from mumu_lib.prediction.encoding import Encoded
from mumu_lib.sources import open_catalogue

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submodules=["album", "encoding", "listening", "queries"],
    submod_attrs={"listening": ["listen"], "queries": ["_label"]},
)


COLUMNS = ["modality", "genre", "score", "rank", "run", "threshold", "predicted"]


@dataclass(frozen=True)
class Prediction:
    """What the runs say about one album.

    Attributes
    ----------
    genres : pd.DataFrame
        A row a genre and modality: ``modality`` (audio, text, image, fused), ``genre``, ``score``, ``rank`` from 1,
        ``run``, ``threshold`` (NaN where the run has none), ``predicted`` (whether the score reaches it).
    tracks : pd.DataFrame [shape=(recordings, genres)]
        Scores of each recording by itself; no rows without audio.
    place : np.ndarray [shape=(d,)]
        The album in the space of label factors, by the fusion or else by the best modality.
    skipped : pd.DataFrame
        ``file`` and ``reason``: what could not be used.
    thresholds : dict
        Run -> how its thresholds were chosen, or why it has none.
    """

    genres: pd.DataFrame
    tracks: pd.DataFrame
    place: np.ndarray
    skipped: pd.DataFrame
    thresholds: dict[str, str]


def predict_album(folder: str | Path, catalogue: str | Path | Catalogue = "sample") -> pd.DataFrame:
    """Genres of the album in a folder, by the best finished runs of a catalogue.

    Parameters
    ----------
    folder : path
        Recordings (in folders such as ``CD 1`` too), an image named cover, folder or front or the only one, texts as
        ``*.txt`` or ``*.md``; any of them may be missing.
    catalogue : name, path or Catalogue
        Whose runs to use. The best run of a modality, and of the fusions, is that with the highest validation AUC.

    Returns
    -------
    genres : pd.DataFrame
        A row a genre and modality, best first: ``modality`` (fused, audio, text, image), ``genre``, ``score``,
        ``rank``, ``run``, ``threshold``, ``predicted``: whether the score reaches the threshold of that genre, chosen
        on the validation albums. ``attrs["thresholds"]`` says how, by run; ``attrs["skipped"]`` lists the files that
        were not used, and why.

    Raises
    ------
    MissingDataError
        No such folder; no finished run for anything that is in it, with the notebook to run.
    NothingUsableError
        Nothing usable in the folder, with the reasons.
    """
    music = catalogue if isinstance(catalogue, Catalogue) else open_catalogue(catalogue)
    predicted = predict(album.read_album(folder), music)
    predicted.genres.attrs["skipped"] = predicted.skipped.to_dict("records")
    predicted.genres.attrs["thresholds"] = predicted.thresholds
    return predicted.genres


def predict(album: OwnAlbum, catalogue: Catalogue) -> Prediction:
    """As :func:`predict_album`, with tracks and the place in factor space."""
    skipped = list(album.skipped)
    encode = _Encoder(album, catalogue, skipped)
    chosen, lacking = {}, {}
    for modality in album.modalities:
        try:
            chosen[modality] = runs.best_run(catalogue, modality, encoding.judges_new_albums)["folder"]
        except MissingDataError as error:
            lacking[modality] = str(error)
    if not chosen:
        raise MissingDataError("; ".join(lacking.values()))
    skipped += lacking.items()
    heard = {modality: found for modality, folder in chosen.items() if (found := encode(folder)) is not None}
    if not heard:
        reasons = "\n  ".join(f"{file}: {reason}" for file, reason in skipped)
        raise NothingUsableError(f"{album.folder}: nothing usable\n  {reasons}")
    fused = _fused(catalogue, encode)
    everything = ({"fused": fused} if fused else {}) | heard
    table = pd.concat([_ranked(modality, found, catalogue) for modality, found in everything.items()])
    best = fused or max(heard.values(), key=lambda found: np.nan_to_num(found.val_auc, nan=-1))
    tracks = heard["audio"].tracks if "audio" in heard else pd.DataFrame(columns=catalogue.labels)
    return Prediction(
        table.reset_index(drop=True), tracks, _place(best, catalogue),
        pd.DataFrame(skipped, columns=["file", "reason"]),
        {found.run: str(found.decisions) for found in everything.values()},
    )  # fmt: skip


class _Encoder:
    """Applies runs to one album, each run once; what it cannot do it notes in ``skipped``."""

    def __init__(self, album: OwnAlbum, catalogue: Catalogue, skipped: list[tuple[str, str]]) -> None:
        self.album, self.catalogue, self.skipped = album, catalogue, skipped
        self.done: dict[str, Encoded | None] = {}

    def __call__(self, folder: str) -> Encoded | None:
        if folder not in self.done:
            try:
                self.done[folder] = encoding.encode(Path(folder), self.album, self.catalogue, self.skipped)
            except NothingUsableError as error:
                self.skipped.append((Path(folder).name, str(error)))
                self.done[folder] = None
        return self.done[folder]


def _fused(catalogue: Catalogue, encode: _Encoder) -> Encoded | None:
    """The best finished fusion that this album can feed; one trained with missing modalities may lack some."""
    finished = runs.table(catalogue).reindex(columns=["sources", "missing", "folder", "val_auc", "worse_than"])
    usable = []
    for run in finished[finished["sources"].notna()].to_dict("records"):
        if _does_harm(run, finished):
            encode.skipped.append((Path(run["folder"]).name, "not used: a source alone is better on validation albums"))
            continue
        origins = [str(Path(run["folder"]).parent / source["origin"]) for source in run["sources"]]
        there = [_modality(origin) in encode.album.modalities for origin in origins]
        if sum(there) > 1 and (all(there) or run["missing"] == "dropout"):
            usable.append((there.count(False), -np.nan_to_num(run["val_auc"], nan=-1), run, origins))
    for *_, run, origins in sorted(usable, key=lambda entry: entry[:2]):
        found = [encode(origin) if _modality(origin) in encode.album.modalities else None for origin in origins]
        have = sum(one is not None for one in found)
        if have == len(found) or (have > 1 and run["missing"] == "dropout"):
            vectors = [
                np.zeros(source["length"]) if one is None else one.vector
                for one, source in zip(found, run["sources"], strict=True)
            ]
            return encoding.fuse(Path(run["folder"]), vectors, catalogue)
    return None


def _does_harm(run: dict[Any, Any], finished: pd.DataFrame) -> bool:
    """Whether a source of a fusion is better than the fusion on the validation albums."""
    if isinstance(run["worse_than"], list):
        return bool(run["worse_than"])
    # A run of before says nothing of this; its sources have AUCs of their own.
    origins = [source["origin"] for source in run["sources"]]
    names = finished["folder"].map(lambda folder: Path(folder).name)
    return bool((finished.loc[names.isin(origins), "val_auc"] > run["val_auc"]).any())


def _modality(origin: str) -> str:
    """Modality of a source of a fusion; a file of vectors has none that a new album could be put through."""
    path = Path(origin) / "metrics.json"
    return runs.modality_of(read_json(path, runs.AGAIN)) if path.is_file() else ""


def _ranked(modality: str, found: Encoded, catalogue: Catalogue) -> pd.DataFrame:
    table = pd.DataFrame({"modality": modality, "genre": catalogue.labels, "score": found.scores, "run": found.run})
    table["threshold"] = found.decisions.values
    table["predicted"] = thresholds.apply(found.scores, found.decisions.values)
    table = table.sort_values("score", ascending=False, kind="stable")
    return table.assign(rank=np.arange(1, len(table) + 1))[COLUMNS]


def _place(found: Encoded, catalogue: Catalogue) -> np.ndarray:
    """Cosine outputs are a place already; probabilities weigh the factors of their labels, as labels do (paper 4.1)."""
    if found.target == "cosine":
        return found.outputs
    return found.outputs @ labels.learned_factors(catalogue, found.dimensions)


def said(predicted: Prediction) -> str:
    """Say which genres reach their thresholds, a line a modality, and how the thresholds of each run were chosen."""
    lines = []
    for modality, part in predicted.genres.groupby("modality", sort=False):
        reached = list(part.loc[part["predicted"], "genre"])
        lines.append(f"{modality}: {', '.join(reached) or 'no genre reaches its threshold'}")
    lines += [f"{run}: {how}" for run, how in predicted.thresholds.items()]
    return "\n".join(lines)


def pulling_tracks(tracks: pd.DataFrame, genres: list[str]) -> pd.DataFrame:
    """Which recordings pull the album towards a genre.

    Parameters
    ----------
    tracks : pd.DataFrame [shape=(recordings, labels)]
        From :attr:`Prediction.tracks`.

    Returns
    -------
    table : pd.DataFrame
        A row a genre: the recording with the highest score, that score, and how far it is above the mean of all.
    """
    best = tracks[genres].idxmax()
    top = tracks[genres].max()
    return pd.DataFrame({"track": best, "score": top, "above the mean": top - tracks[genres].mean()}).rename_axis(
        "genre"
    )
