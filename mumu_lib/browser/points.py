"""Points of the t-SNE browser: where every album or track lies and what is known about it.

Paper: Figure 1.  Notebooks: 03_label_factors, 04_audio, 06_image, 07_multimodal.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from mumu_lib.catalogue import Catalogue
from mumu_lib.catalogue.schema import SPLITS
from mumu_lib.core.errors import BadDataError, ParameterError
from mumu_lib.labels import rarest_top_label

NO_GENRE = "no top-level genre"
RIGHT = ("all", "some", "none", "not known")
TEXTS = ("title", "artist", "cover", "audio")


def usable(points: pd.DataFrame) -> pd.DataFrame:
    """Return a copy of a map with every column that is shown of a point, empty where the map lacks it.

    Raises
    ------
    BadDataError
        No coordinates, or fewer than one point.
    """
    absent = [name for name in ("x", "y") if name not in points]
    if absent:
        raise BadDataError(f"the map lacks the columns {absent}; make it with mumu_lib.browser.points.album_map")
    if points.empty or not np.isfinite(points[["x", "y"]].to_numpy(float)).all():
        raise BadDataError("the map is empty or has points without coordinates; leave out albums without a vector")
    complete = points.reset_index(drop=True)
    for name in TEXTS:
        complete[name] = complete[name].astype(object).fillna("") if name in points else ""
    if "genres" not in points:
        complete["genres"] = [[] for _ in range(len(points))]
    return complete


def album_map(
    catalogue: Catalogue, xy: np.ndarray, rows: np.ndarray | None = None, *, scores: np.ndarray | None = None
) -> pd.DataFrame:
    """Albums on a map, for :func:`mumu_lib.browser.browse`.

    Parameters
    ----------
    xy : np.ndarray [shape=(n, 2)]
        From :func:`mumu_lib.figures.projection.coordinates`.
    rows : np.ndarray [shape=(n,), int], optional
        Rows of ``catalogue.albums``; all of them if left out.
    scores : np.ndarray [shape=(n, labels)], optional
        Of a run; adds what it predicts.

    Returns
    -------
    points : pd.DataFrame
        ``x``, ``y``, ``album_id``, ``title``, ``artist``, ``genres``, ``true genre``, ``split``, ``cover`` and
        ``audio`` (paths, empty where there is none; the album's first recording); with scores also
        ``predicted`` (as many labels as the album has), ``predicted genre`` and ``correct``. An album of several
        top-level genres is shown as the rarest of them, since Pop is on most.

    Raises
    ------
    ParameterError
        Lengths that do not agree.
    """
    albums = catalogue.albums.iloc[np.arange(len(catalogue.albums)) if rows is None else np.asarray(rows)]
    heard = catalogue.tracks[catalogue.tracks["audio"] != ""].drop_duplicates("album_id")
    audio = albums["album_id"].map(dict(zip(heard["album_id"], heard["audio"], strict=True))).astype(object).fillna("")
    return _points(catalogue, albums[["album_id", "title", "artist"]], albums.index.to_numpy(), xy, scores, audio)


def track_map(
    catalogue: Catalogue, xy: np.ndarray, track_ids: pd.Series, *, scores: np.ndarray | None = None
) -> pd.DataFrame:
    """Tracks on a map, as :func:`album_map`; genres, cover and split are those of the album.

    Parameters
    ----------
    xy : np.ndarray [shape=(n, 2)]
    track_ids : pd.Series [length n]
        For instance ``track_id`` of :func:`mumu_lib.audio.store.track_table`.
    scores : np.ndarray [shape=(n, labels)], optional

    Returns
    -------
    points : pd.DataFrame
        As :func:`album_map`, with ``track_id`` and ``album``, the title of the album.

    Raises
    ------
    ParameterError
        A track the catalogue does not have; lengths that do not agree.
    """
    where = pd.Index(catalogue.tracks["track_id"]).get_indexer(pd.Index(track_ids))
    if (where < 0).any():
        raise ParameterError(f"track {list(track_ids)[int((where < 0).argmax())]!r} is not in {catalogue.name!r}")
    tracks = catalogue.tracks.iloc[where]
    album = pd.Index(catalogue.albums["album_id"]).get_indexer(pd.Index(tracks["album_id"]))
    of = catalogue.albums.iloc[album]
    known = tracks[["track_id", "album_id", "title"]].assign(album=of["title"].array, artist=of["artist"].array)
    return _points(catalogue, known, album, xy, scores, tracks["audio"])


def _points(
    catalogue: Catalogue, known: pd.DataFrame, album: np.ndarray, xy: np.ndarray, scores: np.ndarray | None, audio: pd.Series
) -> pd.DataFrame:  # fmt: skip
    if np.shape(xy) != (len(known), 2) or (
        scores is not None and np.shape(scores) != (len(known), len(catalogue.labels))
    ):
        raise ParameterError(
            f"{len(known)} points want coordinates of shape {(len(known), 2)} and scores of shape "
            f"{(len(known), len(catalogue.labels))}; got {np.shape(xy)} and {np.shape(scores) if scores is not None else 'none'}"
        )
    truth = catalogue.label_matrix()[album].toarray() > 0
    albums = catalogue.albums.iloc[album]
    points = known.reset_index(drop=True).assign(
        x=np.asarray(xy)[:, 0], y=np.asarray(xy)[:, 1], genres=albums["genres"].map(list).array,
        split=pd.Categorical(albums["split"], [*SPLITS, "none"]).remove_unused_categories(),
        cover=_paths(catalogue.cover_path, albums["cover"]), audio=_paths(catalogue.audio_path, audio),
    )  # fmt: skip
    points["true genre"] = _shown_as(truth, catalogue)
    if scores is not None:
        best, wanted = np.argsort(-np.asarray(scores), axis=1, kind="stable"), truth.sum(axis=1)
        names = [[catalogue.labels[i] for i in r[: max(1, n)]] for r, n in zip(best, wanted, strict=True)]
        points["predicted"] = pd.Series(names)
        guess = _among_first(best, np.maximum(1, wanted))
        points["predicted genre"] = _shown_as(guess, catalogue)
        hits = (guess & truth).sum(axis=1)
        verdict = np.select([wanted == 0, hits == wanted, hits > 0], [RIGHT[3], *RIGHT[:2]], RIGHT[2])
        points["correct"] = pd.Categorical(verdict, RIGHT).remove_unused_categories()
    # Both columns keep one list of genres, so that a genre has one colour.
    both = [column for column in ("true genre", "predicted genre") if column in points]
    used = set().union(*(points[column].unique() for column in both))
    for column in both:
        points[column] = points[column].cat.set_categories([g for g in points[column].cat.categories if g in used])
    points.attrs.update(catalogue=catalogue.name, synthetic=catalogue.synthetic)
    return points


def _paths(of: Callable[[str], Path], entries: pd.Series) -> list[str]:
    return [str(of(entry)) if entry else "" for entry in entries]


def _among_first(order: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Which columns are among the first ``counts[i]`` of row i of an order [shape=(n, labels), bool]."""
    chosen = np.zeros(order.shape, bool)
    np.put_along_axis(chosen, order, np.arange(order.shape[1]) < counts[:, None], axis=1)
    return chosen


def _shown_as(chosen: np.ndarray, catalogue: Catalogue) -> pd.Categorical:
    """One top-level genre for each row, so that the colours of true and predicted genres agree."""
    return rarest_top_label(catalogue, chosen).add_categories([NO_GENRE]).fillna(NO_GENRE)
