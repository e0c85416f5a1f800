"""Writing files so that nobody ever reads half of one, and so that a failure says what to do about it."""

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
# Of network drives that were mounted without locks.
NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS)
CUT_SHORT = "requested and"
RERUN_HINT = "then run the same command again: what is finished is kept"


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Whatever writes a file or folder stands under this.

    Raises
    ------
    WriteError
        In place of the system's own error: why it cannot be written and what to do.
    """
    try:
        yield
    except MumuError:
        raise
    except OSError as error:
        # An error without a number is a parser's, not the system's; but numpy gives none when it cuts a file short.
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
    return f"{error}; see to it"


def _free(folder: Path) -> int:
    there = next((p for p in (folder, *folder.parents) if p.is_dir()), Path.cwd())
    return shutil.disk_usage(there).free


def open_regular(path: str | Path) -> BinaryIO:
    """Open a file to read; a pipe or a device, which may be waited for without end, is refused.

    Raises
    ------
    OSError
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(errno.EINVAL, "it is no file")
    return open(path, "rb")


def make_folder(folder: Path) -> Path:
    """A folder, made if need be, with those above it."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def need_room(folder: Path, size: int) -> None:
    """Stop before long work whose result would not fit.

    Raises
    ------
    WriteError
        Fewer than ``size`` bytes are free where the folder lies, or will lie.
    """
    if size > (free := _free(folder)):
        raise WriteError(
            f"{folder} needs {size / 1e9:.2f} GB, but only {free / 1e9:.2f} GB are free there; make room, {RERUN_HINT}"
        )


@contextmanager
def atomic_path(path: Path, end: str = "") -> Iterator[Path]:
    """A name to write a file under; the file gets its own name when it is whole.

    Of several processes that write one file the first to end wins, since they write the same; what it finds of
    others goes, left by a killed process or not.

    Parameters
    ----------
    path : Path
    end : str
        How the name to write under must end, for a library that goes by it, such as ``.keras``.

    Yields
    ------
    part : Path
        In the same folder, which is made if need be.
    """
    make_folder(path.parent)
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp{end}")
    with writing(path):
        try:
            yield part
            _take_its_name(part, path, end)
        finally:
            part.unlink(missing_ok=True)


def _take_its_name(part: Path, path: Path, end: str) -> None:
    try:
        os.replace(part, path)
    except FileNotFoundError:
        if not path.is_file():
            raise
    for other in path.parent.glob(f"{glob.escape(path.name)}.*.tmp{end}"):
        # On Windows a file that somebody still writes cannot be removed.
        with suppress(OSError):
            other.unlink()


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader sees the old one or the whole new one."""
    with atomic_path(path) as part:
        part.write_bytes(content.encode() if isinstance(content, str) else content)


def save_array(path: Path, array: np.ndarray) -> None:
    """Write an ``.npy``, as :func:`write_atomically`."""
    with atomic_path(path) as part, part.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def save_sparse(path: Path, matrix: Any) -> None:
    """Write a sparse matrix as ``.npz``, as :func:`write_atomically`."""
    with atomic_path(path) as part, part.open("wb") as file:
        scipy.sparse.save_npz(file, matrix)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Have a folder for oneself; another process waits, and one that dies lets go of it."""
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
