"""Read untrusted files: sizes and types are checked before use."""

import contextlib
import errno
import json
import ntpath
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath
from typing import Any, BinaryIO, Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import scipy.sparse as sp
from PIL import Image

from mumu_lib.core.errors import BadDataError, LockedError, MissingDataError, MumuError

# A table is read in pieces, so a small file that unpacks to more than this is refused early.
MOST_BYTES = 8 << 30
_PIECE = 1 << 12
# Exceptions raised by malformed records.
UNEXPECTED = (LookupError, TypeError, AttributeError, ValueError, OverflowError)
# Longest name in an archive; tar reads names into memory completely.
LONGEST_NAME = 1 << 20
PICTURES = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")
# 8,000 x 8,000 pixels: more than a record sleeve scanned at 600 dpi, but less than 300 MB decoded.
MAX_PIXELS = 64_000_000
# Deflate compresses at most by a factor of about 1000.
_MOST_PACKED = 1100
# Characters with a meaning in the paths of Windows.
_NOT_IN_NAMES = frozenset('/\\:\0<>"|?*')


@contextlib.contextmanager
def parsing(
    path: str | Path,
    remedy: str,
    *,
    trouble: str = "cannot be read",
    errors: type[Exception] | tuple[type[Exception], ...] = Exception,
) -> Iterator[None]:
    """Context manager for parsers: turn their errors into errors that name the file and a remedy.

    Parameters
    ----------
    path : path
    remedy : str
        What to do about the error.
    trouble : str
        Description of the problem, e.g. ``is not JSON``.
    errors : types
        Exceptions that the parser may raise; on damaged files it can be nearly any.

    Raises
    ------
    MissingDataError, BadDataError
        The file is missing; a parser fails, or there is not enough memory for the contents that a file claims to have.
    """
    try:
        yield
    except MumuError:
        raise
    except FileNotFoundError:
        raise MissingDataError(f"{path} is missing; {remedy}") from None
    except IsADirectoryError:
        raise BadDataError(f"{path} is a folder; {remedy}") from None
    except errors as error:
        raise BadDataError(f"{path} {trouble} ({str(error)[:300] or type(error).__name__}); {remedy}") from None


def storable(text: str) -> str:
    r"""Replace half of a surrogate pair, left by truncation, with ``?``, since it cannot be stored as UTF-8.

    Examples
    --------
    >>> storable("Bé \ud83d")
    'Bé ?'
    """
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")


def parse_json(text: str | bytes) -> Any:
    """Parse JSON; all strings in the result are :func:`storable`.

    Raises
    ------
    ValueError
        The text is not JSON, or nested too deeply for Python.

    Examples
    --------
    >>> parse_json(b'{"auc": 0.5}')
    {'auc': 0.5}
    """
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        content = json.loads(text)
        # Half of a surrogate pair can only come from an escape sequence.
        if "\\ud" in text.lower():
            return json.loads(storable(json.dumps(content, ensure_ascii=False)))
        return content
    except RecursionError:
        raise ValueError("nested too deeply") from None


def read_json(path: Path, remedy: str) -> dict[str, Any]:
    """Read the JSON object in a file; errors as of :func:`parsing`."""
    with parsing(path, remedy, trouble="is not JSON"):
        content = parse_json(path.read_bytes())
        if not isinstance(content, dict):
            raise ValueError(f"a {type(content).__name__} instead of an object")
    return content


def read_lines(path: Path, remedy: str) -> list[str]:
    """Read the lines of a text file in UTF-8, without line ends; errors as of :func:`parsing`."""
    with parsing(path, remedy, trouble="is not UTF-8"):
        return path.read_text(encoding="utf-8-sig").removesuffix("\n").split("\n")


def read_array(path: Path, remedy: str) -> np.ndarray:
    """Map the array in an ``.npy`` file from disk; nothing is unpickled, and the header is checked.

    Raises
    ------
    MissingDataError, BadDataError
        As of :func:`parsing`.
    """
    with parsing(path, remedy, trouble="is not an array file"):
        with path.open("rb") as file:
            if not file.read(6).startswith(b"\x93NUMPY"):
                raise ValueError("it does not begin like a file of numpy.save")
        with np.errstate(over="ignore"):  # The product of a shape that numpy then refuses.
            return np.load(path, mmap_mode="r", allow_pickle=False)


def read_sparse(path: Path, remedy: str) -> sp.csr_matrix:
    """Read the sparse matrix in an ``.npz`` file; nothing is unpickled.

    Raises
    ------
    MissingDataError, BadDataError
        As of :func:`parsing`.
    """
    with parsing(path, remedy, trouble="is not a file of a sparse matrix"):
        return sp.csr_matrix(sp.load_npz(path))


def read_table(path: Path, remedy: str) -> pd.DataFrame:
    """Read the table in a Parquet file.

    Raises
    ------
    MissingDataError, BadDataError
        As of :func:`parsing`; two columns have the same name; the table unpacks to more than ``MOST_BYTES``.
    """
    with parsing(path, remedy), pq.ParquetFile(path) as file:
        batches = []
        total = 0
        for batch in file.iter_batches(_PIECE):
            total += batch.nbytes
            if total > MOST_BYTES:
                raise ValueError(f"it unpacks to more than {MOST_BYTES >> 30} GB")
            batches.append(batch)
        # Joined, since looking up rows in many pieces is slow.
        table = pa.Table.from_batches(batches, file.schema_arrow).combine_chunks().to_pandas()
        if not table.columns.is_unique:
            raise ValueError(f"the column {table.columns[table.columns.duplicated()][0]!r} occurs twice")
    return table


class PlainInfo(tarfile.TarInfo):
    """Read headers of a tar archive; refuse names of megabytes."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Parse a header, as tarfile does."""
        header = super().frombuf(buf, encoding, errors)
        if not header.isfile() and header.size > LONGEST_NAME:
            raise tarfile.ReadError(f"a header announces a name of {header.size:,} bytes")
        return header


def open_picture(path: str | Path | BinaryIO) -> Image.Image:
    """Open a picture of one of the web's formats without decoding it; some other decoders of Pillow start programs.

    Raises
    ------
    PIL.Image.DecompressionBombError
        The picture has more than ``MAX_PIXELS``.
    """
    image = Image.open(path, formats=PICTURES)
    if image.width * image.height > MAX_PIXELS:
        image.close()
        raise Image.DecompressionBombError(f"{image.width} x {image.height} pixels")
    return image


def open_hdf5(path: str | Path, remedy: str, trouble: str) -> Any:
    """Open an HDF5 file for reading.

    Parameters
    ----------
    remedy, trouble : str
        As of :func:`parsing`.

    Returns
    -------
    file : h5py.File

    Raises
    ------
    LockedError
        Another program has it open for writing, or its drive has no locks.
    MissingDataError, BadDataError
        As of :func:`parsing`.
    """
    import h5py

    with parsing(path, remedy, trouble=trouble):
        try:
            return h5py.File(path, "r")
        except OSError as error:
            reason = _why_locked(path, error)
            if reason:
                raise LockedError(reason) from None
            raise


def _why_locked(path: str | Path, error: OSError) -> str:
    """Return why an HDF5 file is locked, and what to do; empty if there is another error."""
    if "already open for write" in str(error):
        return f"{path} is being written; close the program that does, or, if it was killed:  h5clear -s {path}"
    if "unable to lock file" not in str(error):
        return ""
    setting = "set HDF5_USE_FILE_LOCKING=FALSE in the environment and run again"
    if error.errno in (errno.EAGAIN, errno.EACCES):
        return f"{path} is held by another program, which has it open for writing; close that program, or {setting}"
    return f"{path} cannot be locked, as on some network drives ({os.strerror(error.errno or 0)}); {setting}"


def read_dataset(file: Any, name: str) -> np.ndarray:
    """Read a dataset of an open HDF5 file; check first that the file really contains its data.

    Parameters
    ----------
    file : h5py.File

    Raises
    ------
    KeyError, ValueError
        It is missing; it is not a dataset, contains references, is stored in another file, or claims more bytes than
        the stored ones can unpack to.
    """
    data = file[name]
    if not hasattr(data, "shape") or data.shape is None:
        raise ValueError(f"{name} is not an array")
    if data.file.filename != file.filename or data.external or data.is_virtual or data.dtype.hasobject:
        raise ValueError(f"{name} does not hold its numbers itself")
    stored = min(data.id.get_storage_size(), file.id.get_filesize())
    if data.nbytes > _MOST_PACKED * stored:
        raise ValueError(f"{name} claims {data.nbytes:,} bytes, {stored:,} are stored")
    return data[()]


def stays_inside(entry: str, where: str) -> None:
    """Check that a relative path does not lead out of the folder to which it is relative.

    Parameters
    ----------
    where : str
        Where the path was found, for the message.

    Raises
    ------
    BadDataError
        The path is absolute, has a drive, or leads upwards.

    Examples
    --------
    >>> stays_inside("A/01.mp3", "line 2")
    """
    # Parsed as on Windows, where both slashes separate folders: the collection may be opened there.
    if PureWindowsPath(entry).anchor or ntpath.normpath(entry).split("\\")[0] == "..":
        raise BadDataError(f"{where}: {entry!r} leaves the collection; give a path relative to its folder")


def plain_name(name: str, what: str) -> str:
    """Return an untrusted name if it is valid as the name of a file or folder.

    Parameters
    ----------
    what : str
        Use of the name, for the message.

    Raises
    ------
    BadDataError
        The name contains a slash, a colon or the like, consists of dots, is empty or too long.

    Examples
    --------
    >>> plain_name("mine", "the name of a catalogue")
    'mine'
    """
    odd = not isinstance(name, str) or not _NOT_IN_NAMES.isdisjoint(name) or not name.strip(" .") or len(name) > 200
    if odd or PureWindowsPath(name).is_reserved() or storable(name) != name:
        raise BadDataError(f"{name!r:.200} cannot be {what}: it would not be the name of a file in its own folder")
    return name
