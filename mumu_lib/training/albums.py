"""From tracks to albums: album vectors, the album network.

Paper: Section 5.1, second and third step.  Notebooks: 04_audio to 07_multimodal.
"""

from typing import Any

import keras
import numpy as np
import pandas as pd
import scipy.sparse as sp

from mumu_lib.core import progress
from mumu_lib.models import FEATURES
from mumu_lib.targets import Target
from mumu_lib.training import Batches, fit


def learnable(encoded: np.ndarray) -> np.ndarray:
    """Rows whose target is not the zero vector [shape=(albums,), bool]; the cosine loss is undefined for the others."""
    return np.abs(encoded).any(axis=1)


def complete(vectors: np.ndarray | sp.csr_matrix) -> np.ndarray:
    """Rows without NaN, or of a sparse matrix not all zeros [shape=(n,), int]: the albums that have a vector."""
    if sp.issparse(vectors):
        return np.flatnonzero(sp.csr_matrix(vectors).getnnz(axis=1))
    return np.flatnonzero(np.isfinite(vectors).all(axis=1))


def spread(vectors: np.ndarray, rows: np.ndarray, n_albums: int) -> np.ndarray:
    """Return a row for every album [shape=(n_albums, d)], NaN for those that have no vector.

    Parameters
    ----------
    vectors : np.ndarray [shape=(n, d)]
    rows : np.ndarray [shape=(n,), int]
        Album of each of them.
    """
    result = np.full((n_albums, vectors.shape[1]), np.nan, dtype=np.float32)
    result[np.asarray(rows)] = vectors
    return result


def fit_albums(
    model: keras.Model, target: Target, vectors: np.ndarray | sp.csr_matrix, encoded: np.ndarray, splits: pd.Series, *,
    batch_size: int, seed: int, lines: bool = False, **options: Any,
) -> pd.DataFrame:  # fmt: skip
    """Train an album network on vectors of the training albums (third step of the paper's section 5.1).

    Parameters
    ----------
    vectors : np.ndarray or sparse matrix [shape=(albums, features)]
        Rows that :func:`complete` leaves out (no usable track) take no part.
    encoded : np.ndarray [shape=(albums, outputs)]
        ``target.encode`` of all albums.
    splits : pd.Series [length albums]
    lines : bool
        Print one line an epoch. A line for each of some hundred epochs of a fraction of a second would bury all else.
    options
        As for :func:`mumu_lib.training.fit`.

    Returns
    -------
    history : pd.DataFrame
        As of :func:`mumu_lib.training.fit`, which also says what is raised.
    """
    usable = np.isin(np.arange(len(encoded)), complete(vectors)) & learnable(encoded)
    parts = [np.flatnonzero(usable & (splits == split)) for split in ("train", "val")]
    train, val = (
        Batches(vectors, rows, encoded[rows], batch_size=batch_size, seed=s)
        for rows, s in zip(parts, (seed, None), strict=True)
    )
    return fit(model, target.loss, train, val, lines=lines, seed=seed, **options)


def album_vectors(model: keras.Model, batches: Batches, albums: np.ndarray, n_albums: int) -> np.ndarray:
    """Mean over an album's tracks of the layer ``features`` (second step of the paper's section 5.1).

    Parameters
    ----------
    batches : Batches
        In order (no seed), inputs only.
    albums : np.ndarray [shape=(m,), int]
        Album row of each of ``batches.rows``.
    n_albums : int

    Returns
    -------
    vectors : np.ndarray [shape=(n_albums, features), float32]
        NaN for an album without a track.
    """
    extractor = keras.Model(model.inputs, model.get_layer(FEATURES).output)
    total = np.zeros((n_albums, extractor.output_shape[-1]))
    for index in progress.bar(range(len(batches)), "album vectors", unit="batch"):
        rows = albums[index * batches.batch_size : (index + 1) * batches.batch_size]
        np.add.at(total, rows, np.asarray(extractor.predict_on_batch(batches[index]), np.float32))
    return _mean(total, albums)


def album_means(features: np.ndarray, albums: np.ndarray, n_albums: int) -> np.ndarray:
    """Mean of track features over an album [shape=(n_albums, features), float32]; NaN without a track.

    Parameters
    ----------
    features : np.ndarray [shape=(m, features)]
        For instance 48 timbre statistics a track.
    albums : np.ndarray [shape=(m,), int]
    """
    total = np.zeros((n_albums, features.shape[1]))
    np.add.at(total, albums, features)
    return _mean(total, albums)


def _mean(total: np.ndarray, albums: np.ndarray) -> np.ndarray:
    count = np.bincount(albums, minlength=len(total))[:, None]
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0).astype(np.float32)
