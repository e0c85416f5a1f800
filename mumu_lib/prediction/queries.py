"""Albums near a place among the genres: like this album, or like a mix of labels that no album has.

Paper: none; the space is that of section 4.1.  Notebooks: 09_your_album.
"""

import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.preprocessing import normalize

from mumu_lib import labels, runs
from mumu_lib.catalogue import Catalogue, commands
from mumu_lib.core.errors import MissingDataError, ParameterError, did_you_mean
from mumu_lib.params import Training

# What a table of albums says of each.
SHOWN = ["title", "artist", "genres"]
NO_ALBUMS = "a .mumu file holds no albums to compare with"


def nearest_albums(place: np.ndarray, catalogue: Catalogue | None, n: int = 5) -> pd.DataFrame:
    """Albums of a catalogue whose genres lie nearest to a place in factor space, by cosine similarity.

    Parameters
    ----------
    place : np.ndarray [shape=(d,)]
        From :attr:`mumu_lib.prediction.Prediction.place`.
    catalogue : Catalogue or None
        None where what was learned came without its albums.

    Returns
    -------
    table : pd.DataFrame
        ``title``, ``artist``, ``genres``, ``similarity``, nearest first; index: row of the album table. No rows without
        albums.
    """
    if catalogue is None:
        print(NO_ALBUMS)
        return pd.DataFrame(columns=[*SHOWN, "similarity"])
    F = labels.album_factors(catalogue.label_matrix(), labels.learned_factors(catalogue, len(place)))
    similarity = pd.Series(cosine_similarity(place[None], F)[0]).nlargest(n)
    return catalogue.albums.loc[similarity.index, SHOWN].assign(similarity=similarity)


def query(mix: str, catalogue: Catalogue | None, n: int = 10) -> pd.DataFrame:
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
        training albums have all the labels. No rows, and None for both, without albums (``catalogue`` is None).

    Raises
    ------
    ParameterError
        An unknown label, with the nearest known one.
    MissingDataError
        No finished cosine run.
    """
    if catalogue is None:
        table = pd.DataFrame(columns=[*SHOWN, "split", "similarity"])
        table.attrs |= {"run": None, "together": None}
        return table
    wanted = _labels(mix, catalogue.labels)
    finished = runs.table(catalogue).reindex(columns=["target", "val_auc", "folder"])
    cosine = finished[finished["target"] == "cosine"]
    if cosine.empty:
        raise MissingDataError(
            f"no finished run of {catalogue.name!r} with the cosine target; "
            f"{commands.any_run(catalogue, target='cosine')}"
        )
    best = runs.by_validation(cosine).iloc[0]
    run = runs.Run(str(best.name), Path(best["folder"]), catalogue)
    params = runs.parameters(run.folder, Training)
    columns = [catalogue.labels.index(label) for label in wanted]
    C = normalize(labels.learned_factors(catalogue, params["dimensions"])[columns])
    # A run's scores are the cosines with each label; with their sum it is the sum of these, up to its length.
    similarity = run.array("scores")[:, columns].sum(axis=1) / np.linalg.norm(C.sum(axis=0))
    table = catalogue.albums.set_index("album_id").loc[run.album_ids, [*SHOWN, "split"]]
    table = table.assign(similarity=similarity).nlargest(n, "similarity")
    together = catalogue.label_matrix("train")[:, columns].getnnz(axis=1) == len(columns)
    table.attrs |= {"run": run.id, "together": int(together.sum())}
    return table


def said(mix: str, answer: pd.DataFrame) -> str:
    """Say how many training albums have all labels of a mix, of the answer of :func:`query`."""
    if answer.attrs["together"] is None:
        return NO_ALBUMS
    return f"{mix}: {answer.attrs['together']} training albums have all of these"


def unseen_mix(catalogue: Catalogue | None) -> str:
    """Two frequent labels that no training album has together, e.g. ``"Jazz + Reggae"``; the first two if there are none.

    Without albums (None) there is no such mix: an empty text.
    """
    if catalogue is None:
        return ""
    M = catalogue.label_matrix("train")
    often = np.argsort(-M.getnnz(axis=0), kind="stable")
    together = (M.T @ M).toarray()[np.ix_(often, often)]
    i, j = min(zip(*np.nonzero(np.triu(together == 0, 1)), strict=True), key=sum, default=(0, min(1, len(often) - 1)))
    return f"{catalogue.labels[often[i]]} + {catalogue.labels[often[j]]}"


def _labels(mix: str, known: list[str]) -> list[str]:
    """Return the labels of a mix; a label that holds a ``+`` itself wins over its parts."""
    parts = mix.split("+")
    wanted = []
    while parts:
        length = 1
        for longer in range(len(parts), 1, -1):
            if "+".join(parts[:longer]).strip().casefold() in map(str.casefold, known):
                length = longer
                break
        wanted.append(_label("+".join(parts[:length]).strip(), known))
        parts = parts[length:]
    return wanted


def _label(asked: str, known: list[str]) -> str:
    """Return the label that was asked for: by its exact name, else by one that differs in capitals only."""
    asked = unicodedata.normalize("NFC", asked)
    if asked in known:
        return asked
    by_fold = {label.casefold(): label for label in known}
    if asked.casefold() not in by_fold:
        raise ParameterError(f"unknown label {asked!r}{did_you_mean(asked, known)}")
    return by_fold[asked.casefold()]
