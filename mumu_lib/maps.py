"""Maps for the t-SNE browser: where every album or track lies and what is known about it.

Paper: Figure 1.  Notebooks: 03_label_factors, 04_audio, 06_image, 07_multimodal.
"""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from mumu_lib.catalogue import Catalogue
from mumu_lib.catalogue.schema import SPLITS
from mumu_lib.core import progress
from mumu_lib.core.errors import BadDataError, ParameterError
from mumu_lib.core.files import save_array
from mumu_lib.core.fingerprints import hash_of, same, sketch
from mumu_lib.labels import rarest_top_label

NO_GENRE = "no top-level genre"
FEWEST_ON_A_MAP = 5
RIGHT = ("all", "some", "none", "not known")


def tsne(X: np.ndarray, *, perplexity: float = 30, seed: int = 0) -> np.ndarray:
    """Coordinates of vectors on a plane by openTSNE, cosine distance.

    One thread: the layout depends on the number of threads, not only on the seed.

    Parameters
    ----------
    X : np.ndarray [shape=(n, d)]
    perplexity : float > 0
        Lowered to (n - 1) / 3 where there are too few vectors.

    Returns
    -------
    xy : np.ndarray [shape=(n, 2)]

    Raises
    ------
    BadDataError
        Fewer than five vectors.
    """
    from openTSNE import TSNE

    if len(X) < FEWEST_ON_A_MAP:
        raise BadDataError(f"a map needs at least {FEWEST_ON_A_MAP} albums, there are {len(X)}")
    perplexity = min(perplexity, (len(X) - 1) / 3)
    neighbours = "exact" if len(X) < 5000 else "annoy"
    iterations = {"early_exaggeration_iter": 250, "n_iter": 500}
    with progress.bar(total=sum(iterations.values()), desc="t-SNE", unit="iteration") as bar:
        embedding = TSNE(
            perplexity=perplexity, metric="cosine", neighbors=neighbours, random_state=seed, n_jobs=1, **iterations,
            callbacks=lambda *_: bar.update(10) and None, callbacks_every_iters=10,  # a true value would stop it
        ).fit(X)  # fmt: skip
    return np.asarray(embedding)


def coordinates(folder: Path, vectors: np.ndarray, *, perplexity: float = 30, seed: int = 0) -> np.ndarray:
    """t-SNE coordinates of vectors, computed once and kept in a run's folder.

    Other vectors get other coordinates, the same ones the same map, on whatever machine and at any number of
    threads: a network's vectors differ in their last digits from one number of threads to another, which t-SNE
    would make a different map of. The file's name therefore says what made it (shape, perplexity, seed, version of
    openTSNE, vectors), and beside the coordinates lies a sketch, to know the vectors again by.

    Parameters
    ----------
    folder : Path
        For instance a run's.
    vectors : np.ndarray [shape=(n, d)]
    perplexity : float > 0
    seed : int

    Returns
    -------
    xy : np.ndarray [shape=(n, 2), float32]

    Raises
    ------
    BadDataError
        Fewer than five vectors, NaN, or a zero vector, which has no cosine distance to anything.
    """
    if (bad := ~np.isfinite(vectors).all(axis=1) | ~np.any(vectors, axis=1)).any():
        raise BadDataError(
            f"{bad.sum()} of {len(bad)} vectors are NaN or zero, the first in row {bad.argmax()}; leave them out"
        )
    made_of = repr((vectors.shape, str(vectors.dtype), float(perplexity), seed, version("openTSNE")))
    settings = hash_of(made_of, length=8)
    content = hash_of(vectors.tobytes(), length=8)
    known_by = sketch(vectors)
    for path in sorted(folder.glob(f"tsne-{settings}-*.npy")):
        kept = np.load(path, allow_pickle=False)
        if same(known_by, kept[:, 2:]):
            return kept[:, :2]
    xy = tsne(vectors, perplexity=perplexity, seed=seed).astype(np.float32)
    save_array(folder / f"tsne-{settings}-{content}.npy", np.hstack([xy, known_by]))
    return xy


def album_map(
    catalogue: Catalogue, xy: np.ndarray, rows: np.ndarray | None = None, *, scores: np.ndarray | None = None
) -> pd.DataFrame:
    """Albums on a map, for :func:`mumu_lib.widgets.browse`.

    Parameters
    ----------
    xy : np.ndarray [shape=(n, 2)]
        From :func:`coordinates`.
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
