"""Timbre statistics of a recording, for the baseline with handcrafted features.

Paper: Section 6.1.  Notebooks: 04_audio.
"""

import os
from pathlib import Path

import numpy as np

from mumu_lib.audio import SAMPLE_RATE
from mumu_lib.core.errors import AudioError, BadDataError
from mumu_lib.core.parsing import open_hdf5, parsing, read_dataset

COEFFICIENTS = 12
DOWNLOAD_HINT = "download it again"
NO_SONG = "is not a Million Song Dataset file"


def statistics(coefficients: np.ndarray) -> np.ndarray:
    """Compute mean, maximum, variance and l2-norm of timbre coefficients, in this order (paper 6.1).

    The l2-norm sums over segments, hence it grows with the length of the recording, as in the authors' code.

    Parameters
    ----------
    coefficients : np.ndarray [shape=(segments, 12)]

    Returns
    -------
    values : np.ndarray [shape=(48,), float32]

    Examples
    --------
    >>> statistics(np.full((4, 12), 2.0)).reshape(4, 12)[:, 0]
    array([2., 2., 0., 4.], dtype=float32)
    """
    c = np.asarray(coefficients, dtype=np.float64)
    return np.concatenate([c.mean(0), c.max(0), c.var(0), np.linalg.norm(c, axis=0)]).astype(np.float32)


def from_mfcc(y: np.ndarray) -> np.ndarray:
    """Compute timbre statistics of librosa's MFCCs, for recordings that are not in the Million Song Dataset.

    Parameters
    ----------
    y : np.ndarray [shape=(n,), float32]
        Mono samples at 22,050 Hz.

    Returns
    -------
    values : np.ndarray [shape=(48,), float32]
        As in :func:`statistics`, on a different scale from :func:`from_msd`.
    """
    import librosa

    return statistics(librosa.feature.mfcc(y=y, sr=SAMPLE_RATE, n_mfcc=COEFFICIENTS).T)


def from_msd(path: str | Path) -> np.ndarray:
    """Compute timbre statistics of a Million Song Dataset file (``/analysis/segments_timbre``).

    Returns
    -------
    values : np.ndarray [shape=(48,), float32]

    Raises
    ------
    AudioError
        If the file cannot be used. Its ``reason`` is ``missing``, ``corrupt`` (not HDF5, or without timbre) or ``short``
        (no segments).
    LockedError
        If another program locks the file, or its drive does not support locks. Stores do not record this error.
    """
    path = Path(path)
    if not os.path.isfile(path):
        raise AudioError("missing", f"{path}: no such file")
    try:
        with open_hdf5(path, DOWNLOAD_HINT, NO_SONG) as file, parsing(path, DOWNLOAD_HINT, trouble=NO_SONG):
            segments = read_dataset(file, "analysis/segments_timbre")
    except BadDataError as error:
        raise AudioError("corrupt", str(error)) from None
    if segments.ndim != 2 or segments.shape[1] != COEFFICIENTS or segments.dtype.kind not in "fiu":
        raise AudioError("corrupt", f"{path}: timbre of {segments.dtype} {segments.shape}, expected (segments, 12)")
    if not len(segments):
        raise AudioError("short", f"{path}: has no segments")
    return statistics(segments)
