"""Make the points of the t-SNE browser: coordinates and metadata of every album or track.

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
ALL_RIGHT = "all"
SOME_RIGHT = "some"
NONE_RIGHT = "none"
NOT_KNOWN = "not known"
RIGHT = (ALL_RIGHT, SOME_RIGHT, NONE_RIGHT, NOT_KNOWN)
TEXTS = ("title", "artist", "cover", "audio")


def usable(points: pd.DataFrame) -> pd.DataFrame:
    """Return a copy of a map with all columns that the browser shows; missing ones are empty.

    Raises
    ------
    BadDataError
        The map has no coordinates or no points.

    Examples
    --------
    >>> list(usable(pd.DataFrame({"x": [0.0], "y": [1.0]})))
    ['x', 'y', 'title', 'artist', 'cover', 'audio', 'genres']
    """
    absent = pd.Index(["x", "y"]).difference(points.columns).tolist()
    if absent:
        raise BadDataError(f"the map lacks the columns {absent}; make it with mumu_lib.browser.points.album_map")
    if points.empty or not np.isfinite(points[["x", "y"]].to_numpy(float)).all():
        raise BadDataError("the map is empty or has points without coordinates; leave out albums without an embedding")
    complete = points.reset_index(drop=True)
    for name in TEXTS:
        if name not in points:
            complete[name] = ""
        complete[name] = complete[name].astype(object).fillna("")
    if "genres" not in points:
        complete["genres"] = np.empty((len(points), 0)).tolist()
    return complete


def noun_of(points: pd.DataFrame) -> str:
    """Return ``tracks`` for a map of tracks, else ``albums``."""
    if "track_id" in points:
        return "tracks"
    return "albums"


def album_map(
    catalogue: Catalogue, xy: np.ndarray, rows: np.ndarray | None = None, *, scores: np.ndarray | None = None
) -> pd.DataFrame:
    """Make the map of albums for :func:`mumu_lib.browser.browse`.

    Parameters
    ----------
    xy : np.ndarray [shape=(n, 2)]
        From :func:`mumu_lib.figures.projection.coordinates`.
    rows : np.ndarray [shape=(n,), int], optional
        Rows of ``catalogue.albums``; all by default.
    scores : np.ndarray [shape=(n, labels)], optional
        Of a run; adds the columns of its predictions.

    Returns
    -------
    points : pd.DataFrame
        ``x``, ``y``, ``album_id``, ``title``, ``artist``, ``genres``, ``true genre``, ``split``, ``cover`` and
        ``audio`` (paths, or empty; the album's first recording); with scores also ``predicted`` (as many labels as
        the album has), ``predicted genre`` and ``correct``. An album with several top-level genres is shown as the
        rarest of them, because most albums are labelled Pop.

    Raises
    ------
    ParameterError
        The lengths differ.
    """
    albums = catalogue.albums
    if rows is not None:
        albums = albums.iloc[np.asarray(rows)]
    with_audio = catalogue.tracks[catalogue.tracks["audio"] != ""]
    first_audio = with_audio.drop_duplicates("album_id").set_index("album_id")["audio"]
    audio = albums["album_id"].map(first_audio).astype(object).fillna("")
    return _points(catalogue, albums[["album_id", "title", "artist"]], albums.index.to_numpy(), xy, scores, audio)


def track_map(
    catalogue: Catalogue, xy: np.ndarray, track_ids: pd.Series, *, scores: np.ndarray | None = None
) -> pd.DataFrame:
    """Make the map of tracks, as :func:`album_map`; genres, cover and split are those of the album.

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
        A track is not in the catalogue; the lengths differ.
    """
    where = pd.Index(catalogue.tracks["track_id"]).get_indexer(pd.Index(track_ids))
    if (where < 0).any():
        raise ParameterError(f"track {list(track_ids)[int((where < 0).argmax())]!r} is not in {catalogue.name!r}")
    tracks = catalogue.tracks.iloc[where]
    album = pd.Index(catalogue.albums["album_id"]).get_indexer(pd.Index(tracks["album_id"]))
    albums = catalogue.albums.iloc[album]
    names = tracks[["track_id", "album_id", "title"]].assign(album=albums["title"].array, artist=albums["artist"].array)
    return _points(catalogue, names, album, xy, scores, tracks["audio"])


def _points(
    catalogue: Catalogue, names: pd.DataFrame, album: np.ndarray, xy: np.ndarray, scores: np.ndarray | None, audio: pd.Series
) -> pd.DataFrame:  # fmt: skip
    """Add coordinates, metadata and, with scores, predictions to the names of albums or tracks."""
    _check_shapes(len(names), len(catalogue.labels), xy, scores)
    truth = catalogue.label_matrix()[album].toarray() > 0
    albums = catalogue.albums.iloc[album]
    points = names.reset_index(drop=True).assign(
        x=np.asarray(xy)[:, 0], y=np.asarray(xy)[:, 1], genres=albums["genres"].map(list).array,
        split=pd.Categorical(albums["split"], [*SPLITS, "none"]).remove_unused_categories(),
        cover=_paths(catalogue.cover_path, albums["cover"]), audio=_paths(catalogue.audio_path, audio),
    )  # fmt: skip
    points["true genre"] = _shown_as(truth, catalogue)
    if scores is not None:
        _add_predictions(points, catalogue, truth, np.asarray(scores))
    _share_categories(points)
    points.attrs.update(catalogue=catalogue.name, synthetic=catalogue.synthetic)
    return points


def _check_shapes(count: int, labels: int, xy: np.ndarray, scores: np.ndarray | None) -> None:
    """Refuse coordinates or scores that do not fit the points."""
    scores_shape = "none"
    if scores is not None:
        scores_shape = str(np.shape(scores))
    if np.shape(xy) != (count, 2) or scores_shape not in ("none", str((count, labels))):
        raise ParameterError(
            f"{count} points need coordinates of shape {(count, 2)} and scores of shape {(count, labels)}; "
            f"got {np.shape(xy)} and {scores_shape}"
        )


def _add_predictions(points: pd.DataFrame, catalogue: Catalogue, truth: np.ndarray, scores: np.ndarray) -> None:
    """Add the columns ``predicted``, ``predicted genre`` and ``correct``: as many top labels as each album has."""
    ranked = np.argsort(-scores, axis=1, kind="stable")
    labels_of_album = truth.sum(axis=1)
    labels = np.array(catalogue.labels, object)
    predicted = []
    for best, count in zip(ranked, labels_of_album, strict=True):
        predicted.append(labels[best[: max(1, count)]].tolist())
    points["predicted"] = pd.Series(predicted)
    guess = _among_first(ranked, np.maximum(1, labels_of_album))
    points["predicted genre"] = _shown_as(guess, catalogue)
    hits = (guess & truth).sum(axis=1)
    conditions = [labels_of_album == 0, hits == labels_of_album, hits > 0]
    verdict = np.select(conditions, [NOT_KNOWN, ALL_RIGHT, SOME_RIGHT], NONE_RIGHT)
    points["correct"] = pd.Categorical(verdict, RIGHT).remove_unused_categories()


def _share_categories(points: pd.DataFrame) -> None:
    """Give the true and the predicted genre the same categories: a genre then has one colour."""
    columns = points.columns.intersection(["true genre", "predicted genre"])
    used = pd.unique(points[columns].astype(object).to_numpy().ravel())
    for column in columns:
        categories = points[column].cat.categories
        points[column] = points[column].cat.set_categories(categories[categories.isin(used)])


def _paths(path_of: Callable[[str], Path], entries: pd.Series) -> list[str]:
    """Return the full path of each entry of a table; empty for an empty entry."""
    paths = []
    for entry in entries:
        path = ""
        if entry:
            path = str(path_of(entry))
        paths.append(path)
    return paths


def _among_first(order: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return which columns are among the first ``counts[i]`` of row i of an order [shape=(n, labels), bool]."""
    chosen = np.zeros(order.shape, bool)
    np.put_along_axis(chosen, order, np.arange(order.shape[1]) < counts[:, None], axis=1)
    return chosen


def _shown_as(chosen: np.ndarray, catalogue: Catalogue) -> pd.Categorical:
    """Return one top-level genre for each row; its colour is the same for true and predicted genres."""
    return rarest_top_label(catalogue, chosen).add_categories([NO_GENRE]).fillna(NO_GENRE)
