"""Is this the same content? Hashes of files and arrays, and sketches of arrays that were computed again."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

# Another number of threads moves projections by some 1e-6 of the largest; another computation by far more.
SAME = 1e-4
PROJECTIONS = 4


def hash_of(*parts: str | bytes | memoryview, length: int = 64) -> str:
    """Return the SHA-256 of some content, one part after the other, in hexadecimal.

    Parameters
    ----------
    parts : str, bytes or buffer
        Texts count as UTF-8.
    length : int
        Digits to keep, from the first.
    """
    found = hashlib.sha256()
    for part in parts:
        found.update(part.encode() if isinstance(part, str) else part)
    return found.hexdigest()[:length]


def hash_of_stream(parts: Iterable[bytes], *, length: int = 64) -> str:
    """Return the SHA-256 of some content that comes piece by piece, as :func:`hash_of`."""
    found = hashlib.sha256()
    for part in parts:
        found.update(part)
    return found.hexdigest()[:length]


def checksum_of_samples(parts: Iterable[bytes]) -> str:
    """Return the MD5 of samples as FLAC keeps it: whole numbers, the lowest byte first, channel by channel in turn."""
    found = hashlib.md5(usedforsecurity=False)
    for part in parts:
        found.update(part)
    return found.hexdigest()


def hash_of_file(path: str | Path, *, length: int = 64) -> str:
    """Return the SHA-256 of a file's content, as :func:`hash_of`."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:length]


def signature(X: Any) -> np.ndarray:
    """Random projections of every row, the same ones each time.

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
    """Whether two sketches are of the same values, but for rounding."""
    return one.shape == other.shape and bool(np.abs(one - other).max(initial=0) <= SAME * np.abs(one).max(initial=0))


def fingerprint(path: Path | None, *made_of: Any) -> str:
    """Name of what is made of a file, which changes with its size and time and with what else it is made of.

    Parameters
    ----------
    path : Path or None
        A file that is not there, or cannot be looked at, counts as none.
    made_of
        Settings and names, as JSON takes them.
    """
    try:
        facts = path.stat() if path else None
    except OSError:
        facts = None
    state = [*made_of, facts and (facts.st_size, facts.st_mtime_ns)]
    return hash_of(json.dumps(state), length=24)


def digest(X: np.ndarray | sp.csr_matrix) -> str:
    """Short name of exactly this matrix, so that a network trained on another one is never taken for its own."""
    parts = (X,) if isinstance(X, np.ndarray) else (X.data, X.indices, X.indptr)
    return hash_of(str(X.shape), *(np.ascontiguousarray(part).data for part in parts), length=8)
