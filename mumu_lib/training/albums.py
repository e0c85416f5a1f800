"""From tracks to albums: album vectors, the album network.

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
    """Rows whose target is not the zero vector [shape=(albums,), bool]; the cosine loss is undefined for the others."""
    return np.abs(encoded).any(axis=1)


def rows_without_nan(vectors: Vectors) -> np.ndarray:
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


def folder_for(run: Path, prefix: str, vectors: Vectors, encoded: np.ndarray, splits: pd.Series) -> str:
    """Return the folder of the network over these vectors: one that was trained on them before, or a new one.

    Another processor computes vectors that differ in the last digits; the network that a run has kept over them is the
    same all the same.

    Parameters
    ----------
    run : Path
    prefix : str
        How the folder's name begins; a digest of the vectors follows.
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
    train, val = _batches(vectors, encoded, splits, batch_size, seed)
    return fit(model, target.loss, train, val, lines=lines, seed=seed, **options)


def _batches(
    vectors: Vectors, encoded: np.ndarray, splits: pd.Series, batch_size: int, seed: int
) -> tuple[Batches, Batches]:
    """Return batches of the training albums, shuffled by the seed, and of the validation albums in order."""
    usable = np.isin(np.arange(len(encoded)), rows_without_nan(vectors)) & has_target(encoded)
    found = []
    for split, own_seed in (("train", seed), ("val", None)):
        rows = np.flatnonzero(usable & (splits == split))
        found.append(Batches(vectors, rows, encoded[rows], batch_size=batch_size, seed=own_seed))
    return found[0], found[1]


def album_embeddings(model: keras.Model, batches: Batches, albums: np.ndarray, n_albums: int) -> np.ndarray:
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
