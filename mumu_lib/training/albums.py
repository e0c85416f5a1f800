"""From tracks to albums: album embeddings, and training of the album network.

Paper: Section 5.1, second and third step.  Notebooks: 04_audio to 07_multimodal.
"""

from pathlib import Path
from typing import Any, TypeAlias

import keras
import numpy as np
import pandas as pd
import scipy.sparse as sp

from mumu_lib.core import progress
from mumu_lib.core.fingerprints import digest, matches
from mumu_lib.core.parsing import read_array
from mumu_lib.models import FEATURES
from mumu_lib.targets import Target
from mumu_lib.training import Batches, fit

Vectors: TypeAlias = np.ndarray | sp.csr_matrix


def has_target(encoded: np.ndarray) -> np.ndarray:
    """Find the rows whose target is not the zero vector [shape=(albums,), bool]; the cosine loss needs a direction.

    Examples
    --------
    >>> has_target(np.array([[0.6, 0.8], [0.0, 0.0]])).tolist()
    [True, False]
    """
    return np.abs(encoded).any(axis=1)


def rows_without_nan(vectors: Vectors) -> np.ndarray:
    """Find the albums that have a vector [shape=(n,), int]: rows without NaN, or nonzero rows of a sparse matrix.

    Examples
    --------
    >>> rows_without_nan(np.array([[1.0, 2.0], [np.nan, np.nan], [0.0, 0.0]])).tolist()
    [0, 2]
    """
    if sp.issparse(vectors):
        return np.flatnonzero(sp.csr_matrix(vectors).getnnz(axis=1))
    return np.flatnonzero(np.isfinite(vectors).all(axis=1))


def spread(vectors: np.ndarray, rows: np.ndarray, n_albums: int) -> np.ndarray:
    """Return a row for each album of a catalogue [shape=(n_albums, d), float32]; NaN for albums without a vector.

    Parameters
    ----------
    vectors : np.ndarray [shape=(n, d)]
    rows : np.ndarray [shape=(n,), int]
        Row of the album table for each vector.
    n_albums : int
        Number of albums of the catalogue.

    Examples
    --------
    >>> spread(np.array([[1.0, 2.0]]), rows=np.array([1]), n_albums=2).tolist()
    [[nan, nan], [1.0, 2.0]]
    """
    result = np.full((n_albums, vectors.shape[1]), np.nan, dtype=np.float32)
    result[np.asarray(rows)] = vectors
    return result


def folder_for(run: Path, prefix: str, vectors: Vectors, encoded: np.ndarray, splits: pd.Series) -> str:
    """Return the folder of the network over these vectors: an earlier one that was trained on them, or a new one.

    Vectors that differ by rounding only, e.g. computed on another processor, count as the same.

    Parameters
    ----------
    run : Path
        Folder of the run.
    prefix : str
        Beginning of the folder's name; a digest of the vectors follows.
    vectors, encoded, splits
        As for :func:`fit_albums`.
    """
    exact = f"{prefix}-{digest(vectors)}"
    if (run / exact).is_dir():
        return exact
    train, val = _batches(vectors, encoded, splits, 32, 0)
    own_signature = np.vstack([train.signature(), val.signature()])
    for path in sorted(run.glob(f"{prefix}-*/known_by.npy")):
        if matches(own_signature, read_array(path, f"remove {path.parent} and run again")):
            return path.parent.name
    return exact


def fit_albums(
    model: keras.Model, target: Target, vectors: Vectors, encoded: np.ndarray, splits: pd.Series, *,
    batch_size: int, seed: int, lines: bool = False, **options: Any,
) -> pd.DataFrame:  # fmt: skip
    """Train an album network on vectors of the training albums (third step of the paper's section 5.1).

    Parameters
    ----------
    model : keras.Model
        Trained in place.
    target : Target
    vectors : np.ndarray or sparse matrix [shape=(albums, features)]
        Only albums of :func:`rows_without_nan` are used.
    encoded : np.ndarray [shape=(albums, outputs)]
        ``target.encode`` of all albums.
    splits : pd.Series [length albums]
    batch_size, seed : int
    lines : bool
        Print one line for each epoch; off by default, since there are hundreds of short epochs.
    options
        As for :func:`mumu_lib.training.fit`.

    Returns
    -------
    history : pd.DataFrame
        As from :func:`mumu_lib.training.fit`, which also documents the errors.
    """
    train, val = _batches(vectors, encoded, splits, batch_size, seed)
    return fit(model, target.loss, train, val, lines=lines, seed=seed, **options)


def _batches(
    vectors: Vectors, encoded: np.ndarray, splits: pd.Series, batch_size: int, seed: int
) -> tuple[Batches, Batches]:
    """Return batches of the training albums, shuffled by the seed, and of the validation albums in order."""
    usable = np.isin(np.arange(len(encoded)), rows_without_nan(vectors)) & has_target(encoded)
    train = np.flatnonzero(usable & (splits == "train"))
    val = np.flatnonzero(usable & (splits == "val"))
    return (
        Batches(vectors, train, encoded[train], batch_size=batch_size, seed=seed),
        Batches(vectors, val, encoded[val], batch_size=batch_size),
    )


def album_embeddings(model: keras.Model, batches: Batches, albums: np.ndarray, n_albums: int) -> np.ndarray:
    """Average the layer ``features`` over the tracks of each album (second step of the paper's section 5.1).

    Parameters
    ----------
    model : keras.Model
        The track network.
    batches : Batches
        Inputs only, in order (without a seed).
    albums : np.ndarray [shape=(m,), int]
        Row of the album table for each of ``batches.rows``.
    n_albums : int
        Number of albums of the catalogue.

    Returns
    -------
    embeddings : np.ndarray [shape=(n_albums, features), float32]
        NaN for an album without a track.
    """
    extractor = keras.Model(model.inputs, model.get_layer(FEATURES).output)
    total = np.zeros((n_albums, extractor.output_shape[-1]))
    for index in progress.bar(range(len(batches)), "album embeddings", unit="batch"):
        rows = albums[index * batches.batch_size : (index + 1) * batches.batch_size]
        np.add.at(total, rows, np.asarray(extractor.predict_on_batch(batches[index]), np.float32))
    return _mean(total, albums)


def album_means(features: np.ndarray, albums: np.ndarray, n_albums: int) -> np.ndarray:
    """Average track features over each album [shape=(n_albums, features), float32]; NaN for an album without a track.

    Parameters
    ----------
    features : np.ndarray [shape=(m, features)]
        For instance 48 timbre statistics of each track.
    albums : np.ndarray [shape=(m,), int]
        Row of the album table for each track.
    n_albums : int
        Number of albums of the catalogue.

    Examples
    --------
    >>> album_means(np.array([[1.0], [3.0]]), np.array([0, 0]), n_albums=2).tolist()
    [[2.0], [nan]]
    """
    total = np.zeros((n_albums, features.shape[1]))
    np.add.at(total, albums, features)
    return _mean(total, albums)


def _mean(total: np.ndarray, albums: np.ndarray) -> np.ndarray:
    count = np.bincount(albums, minlength=len(total))[:, None]
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0).astype(np.float32)
