"""Write files atomically, lock folders, and explain write errors."""

import errno
import glob
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import scipy.sparse
from filelock import FileLock, Timeout

from mumu_lib.core.errors import MumuError, WriteError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)
# Errors of network drives that are mounted without locks.
NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS)
CUT_SHORT = "requested and"
RERUN_HINT = "then run the same command again: what is finished is kept"


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Context manager for writes: turn ``OSError`` into ``WriteError``.

    Parameters
    ----------
    path : Path
        The file or folder that is written, for the message.

    Raises
    ------
    WriteError
        The file cannot be written; the message says why and what to do.
    """
    try:
        yield
    except MumuError:
        raise
    except OSError as error:
        # Errors without a number are not from the system, except numpy's when the disk is full.
        if error.errno is None and CUT_SHORT not in str(error):
            raise
        raise WriteError(f"{path} cannot be written: {_why(path, error)}, {RERUN_HINT}") from error


def _why(path: Path, error: OSError) -> str:
    folder = path.parent
    if error.errno in FULL or CUT_SHORT in str(error):
        return f"no space is left for it ({_free(folder) / 1e9:.2f} GB free in {folder}); make room there"
    if error.errno in CLOSED:
        return f"{folder} is read-only for you; get the right to write there, or set MUMU_HOME to a folder of your own"
    if error.errno in NO_LOCKS:
        return f"{folder} lies on a drive without file locks ({error}); set MUMU_HOME to a folder on a drive of this machine"
    if not folder.exists():
        return f"{folder} is gone; bring it back (a drive that is no longer there, or a folder removed meanwhile?)"
    return f"{error}; fix this"


def _free(folder: Path) -> int:
    """Return the free bytes on the disk of a folder, which need not exist yet."""
    while not folder.is_dir():
        if folder == folder.parent:
            folder = Path.cwd()
            break
        folder = folder.parent
    return shutil.disk_usage(folder).free


def open_regular(path: str | Path) -> BinaryIO:
    """Open a regular file for reading; pipes and devices are refused, since reading them may never end.

    Raises
    ------
    OSError
        The file is missing, is not a regular file, or cannot be read.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")
    return open(path, "rb")


def make_folder(folder: Path) -> Path:
    """Create a folder and its parents if they do not exist, and return it."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def need_room(folder: Path, size: int) -> None:
    """Check that there is enough free space before a long computation.

    Raises
    ------
    WriteError
        Fewer than ``size`` bytes are free on the disk of the folder, which need not exist yet.
    """
    free = _free(folder)
    if size > free:
        raise WriteError(
            f"{folder} needs {size / 1e9:.2f} GB, but only {free / 1e9:.2f} GB are free there; make room, {RERUN_HINT}"
        )


@contextmanager
def atomic_path(path: Path, end: str = "") -> Iterator[Path]:
    """Context manager for a temporary path, which is renamed to ``path`` when the file is complete.

    If several processes write the same file, the first to finish wins, since all write the same contents; it removes
    the temporary files of the others, including those of killed processes.

    Parameters
    ----------
    path : Path
    end : str
        Suffix of the temporary name, for libraries that check it, such as ``.keras``.

    Yields
    ------
    part : Path
        A path in the same folder, which is created if necessary.
    """
    make_folder(path.parent)
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp{end}")
    with writing(path):
        try:
            yield part
            _replace(part, path, end)
        finally:
            part.unlink(missing_ok=True)


def _replace(part: Path, path: Path, end: str) -> None:
    """Rename a temporary file, and remove other temporary files of the same path."""
    try:
        os.replace(part, path)
    except FileNotFoundError:
        if not path.is_file():
            raise
    for other in path.parent.glob(f"{glob.escape(path.name)}.*.tmp{end}"):
        # On Windows a file that another process has open cannot be removed.
        with suppress(OSError):
            other.unlink()


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file atomically: readers see either the old contents or all of the new."""
    if isinstance(content, str):
        content = content.encode()
    with atomic_path(path) as part:
        part.write_bytes(content)


def save_array(path: Path, array: np.ndarray) -> None:
    """Write an array as ``.npy``, as :func:`write_atomically`."""
    with atomic_path(path) as part, part.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def save_sparse(path: Path, matrix: Any) -> None:
    """Write a sparse matrix as ``.npz``, as :func:`write_atomically`."""
    with atomic_path(path) as part, part.open("wb") as file:
        scipy.sparse.save_npz(file, matrix)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock a folder exclusively; other processes wait. The lock is released when the process ends."""
    lock = FileLock(make_folder(folder) / "lock")
    with writing(folder):
        try:
            lock.acquire(timeout=1)
        except Timeout:
            print(f"another process is at work in {folder}; waiting for it to end")
            lock.acquire()
    try:
        yield
    finally:
        lock.release()
