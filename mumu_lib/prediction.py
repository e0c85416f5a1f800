"""Genres of an album of your own, from its recordings, its cover and texts about it.

Paper: none; it is what sections 5 and 6 are for.  Notebooks: 09_your_album.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.preprocessing import normalize

from mumu_lib import encoders, labels, runs
from mumu_lib.catalogue import Catalogue
from mumu_lib.core.errors import MissingDataError, NothingUsableError, ParameterError, did_you_mean
from mumu_lib.core.files import make_folder, write_atomically
from mumu_lib.core.parsing import read_json
from mumu_lib.core.paths import home
from mumu_lib.encoders import Encoded, OwnAlbum
from mumu_lib.params import Training
from mumu_lib.sources import open_catalogue

COLUMNS = ["modality", "genre", "score", "rank", "run"]


@dataclass(frozen=True)
class Prediction:
    """What the runs say about one album.

    Attributes
    ----------
    genres : pd.DataFrame
        A row a genre and modality: ``modality`` (audio, text, image, fused), ``genre``, ``score``, ``rank`` from 1, ``run``.
    tracks : pd.DataFrame [shape=(recordings, genres)]
        Scores of each recording by itself; no rows without audio.
    place : np.ndarray [shape=(d,)]
        The album in the space of label factors, by the fusion or else by the best modality.
    skipped : pd.DataFrame
        ``file`` and ``reason``: what could not be used.
    """

    genres: pd.DataFrame
    tracks: pd.DataFrame
    place: np.ndarray
    skipped: pd.DataFrame


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
        ``rank``, ``run``. ``attrs["skipped"]`` lists the files that were not used, and why.

    Raises
    ------
    MissingDataError
        No such folder; no finished run for anything that is in it, with the notebook to run.
    NothingUsableError
        Nothing usable in the folder, with the reasons.
    """
    music = catalogue if isinstance(catalogue, Catalogue) else open_catalogue(catalogue)
    predicted = predict(encoders.read_album(folder), music)
    predicted.genres.attrs["skipped"] = predicted.skipped.to_dict("records")
    return predicted.genres


def predict(album: OwnAlbum, catalogue: Catalogue) -> Prediction:
    """As :func:`predict_album`, with tracks and the place in factor space."""
    skipped = list(album.skipped)
    encode = _Encoder(album, catalogue, skipped)
    chosen, lacking = {}, {}
    for modality in album.modalities:
        try:
            chosen[modality] = runs.best_run(catalogue, modality, encoders.judges_new_albums)["folder"]
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
        table.reset_index(drop=True), tracks, _place(best, catalogue), pd.DataFrame(skipped, columns=["file", "reason"])
    )


class _Encoder:
    """Applies runs to one album, each run once; what it cannot do it notes in ``skipped``."""

    def __init__(self, album: OwnAlbum, catalogue: Catalogue, skipped: list[tuple[str, str]]) -> None:
        self.album, self.catalogue, self.skipped = album, catalogue, skipped
        self.done: dict[str, Encoded | None] = {}

    def __call__(self, folder: str) -> Encoded | None:
        if folder not in self.done:
            try:
                self.done[folder] = encoders.encode(Path(folder), self.album, self.catalogue, self.skipped)
            except NothingUsableError as error:
                self.skipped.append((Path(folder).name, str(error)))
                self.done[folder] = None
        return self.done[folder]


def _fused(catalogue: Catalogue, encode: _Encoder) -> Encoded | None:
    """The best finished fusion that this album can feed; one trained with missing modalities may lack some."""
    finished = runs.table(catalogue).reindex(columns=["sources", "missing", "folder", "val_auc"])
    usable = []
    for run in finished[finished["sources"].notna()].to_dict("records"):
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
            return encoders.fuse(Path(run["folder"]), vectors, catalogue)
    return None


def _modality(origin: str) -> str:
    """Modality of a source of a fusion; a file of vectors has none that a new album could be put through."""
    path = Path(origin) / "metrics.json"
    return read_json(path, runs.AGAIN)["modality"] if path.is_file() else ""


def _ranked(modality: str, found: Encoded, catalogue: Catalogue) -> pd.DataFrame:
    table = pd.DataFrame({"modality": modality, "genre": catalogue.labels, "score": found.scores, "run": found.run})
    table = table.sort_values("score", ascending=False, kind="stable")
    return table.assign(rank=np.arange(1, len(table) + 1))[COLUMNS]


def _place(found: Encoded, catalogue: Catalogue) -> np.ndarray:
    """Cosine outputs are a place already; probabilities weigh the factors of their labels, as labels do (paper 4.1)."""
    if found.target == "cosine":
        return found.outputs
    return found.outputs @ labels.learned_factors(catalogue, found.dimensions)


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


def nearest_albums(place: np.ndarray, catalogue: Catalogue, n: int = 5) -> pd.DataFrame:
    """Albums of a catalogue whose genres lie nearest to a place in factor space, by cosine similarity.

    Parameters
    ----------
    place : np.ndarray [shape=(d,)]
        From :attr:`Prediction.place`.

    Returns
    -------
    table : pd.DataFrame
        ``title``, ``artist``, ``genres``, ``similarity``, nearest first; index: row of the album table.
    """
    F = labels.album_factors(catalogue.label_matrix(), labels.learned_factors(catalogue, len(place)))
    similarity = pd.Series(cosine_similarity(place[None], F)[0]).nlargest(n)
    return catalogue.albums.loc[similarity.index, ["title", "artist", "genres"]].assign(similarity=similarity)


def query(mix: str, catalogue: Catalogue, n: int = 10) -> pd.DataFrame:
    """Albums that sound, read and look like a mix of labels, also of labels that no album has together.

    The labels' factors, each of length 1, add up to a place between them; the albums nearest to it, as the best cosine
    run places them, are the answer.

    Parameters
    ----------
    mix : str
        Labels joined by ``+``, e.g. ``"Jazz + Reggae"``.

    Returns
    -------
    table : pd.DataFrame
        ``title``, ``artist``, ``genres``, ``split``, ``similarity``; ``attrs["run"]``, and ``attrs["together"]``: how many
        training albums have all the labels.

    Raises
    ------
    ParameterError
        An unknown label, with the nearest known one.
    MissingDataError
        No finished cosine run.
    """
    wanted = [_label(part.strip(), catalogue.labels) for part in mix.split("+")]
    finished = runs.table(catalogue).reindex(columns=["target", "val_auc", "folder"])
    cosine = finished[finished["target"] == "cosine"]
    if cosine.empty:
        raise MissingDataError(
            f"no finished run of {catalogue.name!r} with the cosine target; run notebook 04 with  -p target cosine"
        )
    best = runs.by_validation(cosine).iloc[0]
    run = runs.Run(str(best.name), Path(best["folder"]), catalogue)
    params = runs.parameters(run.folder, Training)
    columns = [catalogue.labels.index(label) for label in wanted]
    C = normalize(labels.learned_factors(catalogue, params["dimensions"])[columns])
    # A run's scores are the cosines with each label; with their sum it is the sum of these, up to its length.
    similarity = run.array("scores")[:, columns].sum(axis=1) / np.linalg.norm(C.sum(axis=0))
    table = catalogue.albums.set_index("album_id").loc[run.album_ids, ["title", "artist", "genres", "split"]]
    table = table.assign(similarity=similarity).nlargest(n, "similarity")
    together = catalogue.label_matrix("train")[:, columns].getnnz(axis=1) == len(columns)
    table.attrs |= {"run": run.id, "together": int(together.sum())}
    return table


def unseen_mix(catalogue: Catalogue) -> str:
    """Two frequent labels that no training album has together, e.g. ``"Jazz + Reggae"``; the first two if there are none."""
    M = catalogue.label_matrix("train")
    often = np.argsort(-M.getnnz(axis=0), kind="stable")
    together = (M.T @ M).toarray()[np.ix_(often, often)]
    i, j = min(zip(*np.nonzero(np.triu(together == 0, 1)), strict=True), key=sum, default=(0, min(1, len(often) - 1)))
    return f"{catalogue.labels[often[i]]} + {catalogue.labels[often[j]]}"


def _label(asked: str, known: list[str]) -> str:
    by_fold = {label.casefold(): label for label in known}
    if asked.casefold() not in by_fold:
        raise ParameterError(f"unknown label {asked!r}{did_you_mean(asked, known)}")
    return by_fold[asked.casefold()]


def example_album(catalogue: Catalogue) -> Path:
    """The first test album of a catalogue that has everything, as files in a folder of its own.

    Returns
    -------
    folder : Path
        ``data/your-album/<catalogue>``; what else lay in it goes.

    Raises
    ------
    MissingDataError
        There is no test album.
    """
    there = catalogue.tracks[[bool(p) and os.path.isfile(catalogue.audio_path(p)) for p in catalogue.tracks["audio"]]]
    audio = there.groupby("album_id")["audio"].agg(list)
    text = catalogue.reviews.groupby("album_id")["text"].agg("\n\n".join)
    test = catalogue.albums[catalogue.albums["split"] == "test"].set_index("album_id")
    if test.empty:
        raise MissingDataError(f"catalogue {catalogue.name!r} has no test album; give one with  -p folder FOLDER")
    covered = [bool(cover) and os.path.isfile(catalogue.cover_path(cover)) for cover in test["cover"]]
    whole = test[covered & test.index.isin(text.index) & test.index.isin(audio.index)]
    album = (whole if len(whole) else test).iloc[0]
    folder = home() / "data" / "your-album" / catalogue.name
    found = {
        f"{number:02d}{Path(name).suffix}": catalogue.audio_path(name)
        for number, name in enumerate(audio.get(album.name, []), 1)
    }
    if album["cover"]:
        found[f"cover{Path(album['cover']).suffix}"] = catalogue.cover_path(album["cover"])
    contents = {name: path.read_bytes() for name, path in found.items() if os.path.isfile(path)}
    if album.name in text:
        contents["review.txt"] = text[str(album.name)].encode()
    make_folder(folder)
    for name, content in contents.items():
        write_atomically(folder / name, content)
    for stranger in [path for path in folder.iterdir() if path.name not in contents]:
        shutil.rmtree(stranger) if stranger.is_dir() else stranger.unlink(missing_ok=True)
    return folder
