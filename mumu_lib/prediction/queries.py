"""Find albums near a position in factor space: that of an album, or of a mix of labels that no album has.

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

SHOWN = ["title", "artist", "genres"]
NO_ALBUMS = "a .mumu file contains no albums to compare with"


def nearest_albums(place: np.ndarray, catalogue: Catalogue | None, n: int = 5) -> pd.DataFrame:
    """Find the albums of a catalogue whose genres are nearest to a position in factor space, by cosine similarity.

    Parameters
    ----------
    place : np.ndarray [shape=(d,)]
        From :attr:`mumu_lib.prediction.Prediction.place`.
    catalogue : Catalogue or None
        None if the trained collection came without its albums.

    Returns
    -------
    table : pd.DataFrame
        ``title``, ``artist``, ``genres``, ``similarity``, nearest first; index: row of the album table. Empty without
        albums.

    Examples
    --------
    >>> nearest_albums(np.ones(2), None)["similarity"].tolist()
    a .mumu file contains no albums to compare with
    []
    """
    if catalogue is None:
        print(NO_ALBUMS)
        return pd.DataFrame(columns=[*SHOWN, "similarity"])
    F = labels.album_factors(catalogue.label_matrix(), labels.learned_factors(catalogue, len(place)))
    similarity = pd.Series(cosine_similarity(place[None], F)[0]).nlargest(n)
    return catalogue.albums.loc[similarity.index, SHOWN].assign(similarity=similarity)


def query(mix: str, catalogue: Catalogue | None, n: int = 10) -> pd.DataFrame:
    """Find the albums that sound, read and look like a mix of labels, also if no album has all of them.

    The sum of the labels' factors, each scaled to length 1, is a position between them. Return the albums that the best
    cosine run puts nearest to it.

    Parameters
    ----------
    mix : str
        Labels joined by ``+``, e.g. ``"Jazz + Reggae"``.

    Returns
    -------
    table : pd.DataFrame
        ``title``, ``artist``, ``genres``, ``split``, ``similarity``; ``attrs["run"]``, and ``attrs["together"]``: the
        number of training albums that have all labels. Without albums (``catalogue`` is None) the table is empty and
        both are None.

    Raises
    ------
    ParameterError
        A label is unknown.
    MissingDataError
        There is no finished cosine run.

    Examples
    --------
    >>> query("Jazz + Reggae", open_catalogue("mine"), n=1)  # doctest: +SKIP
                  title artist genres  split  similarity
    B00005  Kind of Dub    Ann [Jazz]  train        0.91
    """
    if catalogue is None:
        table = pd.DataFrame(columns=[*SHOWN, "split", "similarity"])
        table.attrs |= {"run": None, "together": None}
        return table
    mixed = _labels(mix, catalogue.labels)
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
    columns = pd.Index(catalogue.labels).get_indexer(pd.Index(mixed))
    C = normalize(labels.learned_factors(catalogue, params["dimensions"])[columns])
    # The scores are cosines with each label's factors; the cosine with the sum of the factors is their sum, divided by
    # the length of that sum.
    similarity = run.array("scores")[:, columns].sum(axis=1) / np.linalg.norm(C.sum(axis=0))
    table = catalogue.albums.set_index("album_id").loc[run.album_ids, [*SHOWN, "split"]]
    table = table.assign(similarity=similarity).nlargest(n, "similarity")
    together = catalogue.label_matrix("train")[:, columns].getnnz(axis=1) == len(columns)
    table.attrs |= {"run": run.id, "together": int(together.sum())}
    return table


def summary(mix: str, answer: pd.DataFrame) -> str:
    """Return in words how many training albums have all labels of a mix.

    Parameters
    ----------
    answer : pd.DataFrame
        From :func:`query`.

    Examples
    --------
    >>> answer = pd.DataFrame()
    >>> answer.attrs["together"] = 0
    >>> summary("Jazz + Reggae", answer)
    'Jazz + Reggae: 0 training albums have all of these'
    """
    if answer.attrs["together"] is None:
        return NO_ALBUMS
    return f"{mix}: {answer.attrs['together']} training albums have all of these"


def unseen_mix(catalogue: Catalogue | None) -> str:
    """Return the two most frequent labels that no training album has together, e.g. ``"Jazz + Reggae"``.

    If all labels occur together, return the two most frequent ones. Without albums (None) return an empty string.

    Examples
    --------
    >>> unseen_mix(None)
    ''
    """
    if catalogue is None:
        return ""
    M = catalogue.label_matrix("train")
    by_frequency = np.argsort(-M.getnnz(axis=0), kind="stable")
    together = (M.T @ M).toarray()[np.ix_(by_frequency, by_frequency)]
    pairs = np.argwhere(np.triu(together == 0, 1))
    first = 0
    second = min(1, len(by_frequency) - 1)
    if len(pairs):
        # Smallest sum of ranks: the most frequent pair.
        first, second = pairs[pairs.sum(axis=1).argmin()]
    return f"{catalogue.labels[by_frequency[first]]} + {catalogue.labels[by_frequency[second]]}"


def _labels(mix: str, known: list[str]) -> list[str]:
    """Split a mix into labels; a label that contains a ``+`` takes precedence over its parts."""
    parts = mix.split("+")
    lower = [label.casefold() for label in known]
    mixed = []
    while parts:
        length = 1
        for longer in range(len(parts), 1, -1):
            if "+".join(parts[:longer]).strip().casefold() in lower:
                length = longer
                break
        mixed.append(_label("+".join(parts[:length]).strip(), known))
        parts = parts[length:]
    return mixed


def _label(name: str, known: list[str]) -> str:
    """Return the label with exactly this name, else one that differs in capitals only."""
    name = unicodedata.normalize("NFC", name)
    if name in known:
        return name
    by_lower = {label.casefold(): label for label in known}
    if name.casefold() not in by_lower:
        raise ParameterError(f"unknown label {name!r}{did_you_mean(name, known)}")
    return by_lower[name.casefold()]
