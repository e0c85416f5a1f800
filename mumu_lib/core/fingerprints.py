"""Hash files and arrays, and recognise recomputed arrays that differ only by rounding."""

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

# Relative tolerance. Another number of threads changes projections by about 1e-6, other data by much more.
SAME = 1e-4
PROJECTIONS = 4


def hash_of(*parts: str | bytes | memoryview, length: int = 64) -> str:
    """Return the SHA-256 of the concatenated parts, in hexadecimal.

    Parameters
    ----------
    parts : str, bytes or buffer
        Strings are encoded as UTF-8.
    length : int
        Number of leading digits to return.

    Examples
    --------
    >>> hash_of("mu", b"mu", length=8) == hash_of("mumu", length=8)
    True
    """
    sha256 = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            part = part.encode()
        sha256.update(part)
    return sha256.hexdigest()[:length]


def hash_of_stream(parts: Iterable[bytes], *, length: int = 64) -> str:
    """Return the SHA-256 of an iterable of parts, as :func:`hash_of`."""
    sha256 = hashlib.sha256()
    for part in parts:
        sha256.update(part)
    return sha256.hexdigest()[:length]


def checksum_of_samples(parts: Iterable[bytes]) -> str:
    """Return the MD5 of audio samples as stored in FLAC files: little-endian integers with interleaved channels."""
    md5 = hashlib.md5(usedforsecurity=False)
    for part in parts:
        md5.update(part)
    return md5.hexdigest()


def hash_of_file(path: str | Path, *, length: int = 64) -> str:
    """Return the SHA-256 of a file, as :func:`hash_of`."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:length]


def signature(X: Any) -> np.ndarray:
    """Compute random projections of every row; the directions are always the same.

    Parameters
    ----------
    X : np.ndarray or sparse matrix [shape=(n, d)]

    Returns
    -------
    projections : np.ndarray [shape=(n, 4), float32]
    """
    directions = np.random.default_rng(0).standard_normal((X.shape[1], PROJECTIONS), np.float32)
    return (X @ directions).astype(np.float32)


def matches(one: np.ndarray, other: np.ndarray) -> bool:
    """Return whether two signatures are equal but for rounding.

    Examples
    --------
    >>> X = np.eye(3)
    >>> matches(signature(X), signature(X + 1e-6)), matches(signature(X), signature(2 * X))
    (True, False)
    """
    if one.shape != other.shape:
        return False
    largest = np.abs(one).max(initial=0)
    return bool(np.abs(one - other).max(initial=0) <= SAME * largest)


def fingerprint(path: Path | None, *made_of: Any) -> str:
    """Return a hash of the size and time of a file and of settings, to detect whether a result is outdated.

    Parameters
    ----------
    path : Path or None
        A file that is missing or not accessible counts as None.
    made_of
        Settings and names that JSON can represent.
    """
    file = None
    if path:
        with suppress(OSError):
            status = path.stat()
            file = (status.st_size, status.st_mtime_ns)
    return hash_of(json.dumps([*made_of, file]), length=24)


def digest(X: np.ndarray | sp.csr_matrix) -> str:
    """Return a short hash of a matrix, to detect that a network was trained on exactly this one."""
    parts = [X]
    if not isinstance(X, np.ndarray):
        parts = [X.data, X.indices, X.indptr]
    return hash_of(str(X.shape), *(np.ascontiguousarray(part).data for part in parts), length=8)
