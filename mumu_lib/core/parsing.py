"""Reading files that anybody may have written: nothing in them is taken on their word."""

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

# A table is read in pieces, so that a small file which unpacks to more than this is refused and not unpacked.
MOST_BYTES = 8 << 30
_PIECE = 1 << 12
# What code says to a record that has not the form it expects.
UNEXPECTED = (LookupError, TypeError, AttributeError, ValueError, OverflowError)
# No name in an archive is as long as this; tar reads such a name into memory whole, however far it unpacks.
LONGEST_NAME = 1 << 20
PICTURES = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")
# 8,000 pixels square: more than a sleeve scanned at 600 dpi, yet under 300 MB decoded.
MAX_PIXELS = 64_000_000
# Deflate packs at most a thousandfold.
_MOST_PACKED = 1100
# Windows reads these as devices, folders or streams.
_NOT_IN_NAMES = frozenset('/\\:\0<>"|?*')


@contextlib.contextmanager
def parsing(
    path: str | Path,
    remedy: str,
    *,
    trouble: str = "cannot be read",
    errors: type[Exception] | tuple[type[Exception], ...] = Exception,
) -> Iterator[None]:
    """Say of whatever goes wrong inside, while a file is taken apart, which file it was and what to do.

    Parameters
    ----------
    trouble : str
        What to say of the file, e.g. ``is not JSON``.
    errors : types
        What a parser may raise; nearly anything, on damaged files.

    Raises
    ------
    MissingDataError, BadDataError
        The file is not there; a parser fails, or there is not enough memory for what the file claims to hold.
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
    """A text with ``?`` for half an emoji, as a cut leaves it: it cannot be stored as UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def parse_json(text: str | bytes) -> Any:
    """What a JSON text says, with :func:`storable` texts only.

    Raises
    ------
    ValueError
        It is not JSON, or nested deeper than Python can follow.
    """
    try:
        text = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        found = json.loads(text)
        # Only an escape can bring in half a character.
        return json.loads(storable(json.dumps(found, ensure_ascii=False))) if "\\ud" in text.lower() else found
    except RecursionError:
        raise ValueError("nested too deeply") from None


def read_json(path: Path, remedy: str) -> dict[str, Any]:
    """The JSON object in a file; errors as of :func:`parsing`."""
    with parsing(path, remedy, trouble="is not JSON"):
        found = parse_json(path.read_bytes())
        if not isinstance(found, dict):
            raise ValueError(f"a {type(found).__name__} and no object")
    return found


def read_lines(path: Path, remedy: str) -> list[str]:
    """Lines of a text file in UTF-8, without their ends; errors as of :func:`parsing`."""
    with parsing(path, remedy, trouble="is not UTF-8"):
        return path.read_text(encoding="utf-8-sig").removesuffix("\n").split("\n")


def read_array(path: Path, remedy: str) -> np.ndarray:
    """The array in an ``.npy`` file, mapped from disk; nothing is unpickled, nothing taken on a header's word.

    Raises
    ------
    MissingDataError, BadDataError
        As of :func:`parsing`.
    """
    with parsing(path, remedy, trouble="is not an array file"):
        with path.open("rb") as file:
            if not file.read(6).startswith(b"\x93NUMPY"):
                raise ValueError("it does not begin as one that numpy.save wrote")
        with np.errstate(over="ignore"):  # The product of a shape that numpy then refuses.
            return np.load(path, mmap_mode="r", allow_pickle=False)


def read_sparse(path: Path, remedy: str) -> sp.csr_matrix:
    """Return the sparse matrix in an ``.npz`` file; nothing is unpickled.

    Raises
    ------
    MissingDataError, BadDataError
        As of :func:`parsing`.
    """
    with parsing(path, remedy, trouble="is not a file of a sparse matrix"):
        return sp.csr_matrix(sp.load_npz(path))


def read_table(path: Path, remedy: str) -> pd.DataFrame:
    """The table in a parquet file.

    Raises
    ------
    MissingDataError, BadDataError
        As of :func:`parsing`; two columns of one name; a table that unpacks to more than ``MOST_BYTES``.
    """
    with parsing(path, remedy), pq.ParquetFile(path) as file:
        batches, total = [], 0
        for batch in file.iter_batches(_PIECE):
            total += batch.nbytes
            if total > MOST_BYTES:
                raise ValueError(f"it unpacks to more than {MOST_BYTES >> 30} GB")
            batches.append(batch)
        # In one piece again, since looking up a row in many is slow.
        table = pa.Table.from_batches(batches, file.schema_arrow).combine_chunks().to_pandas()
        if not table.columns.is_unique:
            raise ValueError(f"the column {table.columns[table.columns.duplicated()][0]!r} stands there twice")
    return table


class PlainInfo(tarfile.TarInfo):
    """A header of a tar archive, refused if it announces a name of megabytes."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Take a header apart, as tarfile does."""
        header = super().frombuf(buf, encoding, errors)
        if not header.isfile() and header.size > LONGEST_NAME:
            raise tarfile.ReadError(f"a header announces a name of {header.size:,} bytes")
        return header


def open_picture(path: str | Path | BinaryIO) -> Image.Image:
    """A picture of the web's formats, not yet decoded: of Pillow's other decoders, some start programs.

    Raises
    ------
    PIL.Image.DecompressionBombError
        More than ``MAX_PIXELS``.
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
            held = _why_locked(path, error)
            if held:
                raise LockedError(held) from None
            raise


def _why_locked(path: str | Path, error: OSError) -> str:
    """Say what holds an HDF5 file, and what to do; empty where the error is another one."""
    if "already open for write" in str(error):
        return f"{path} is being written; close the program that does, or, if it was killed:  h5clear -s {path}"
    if "unable to lock file" not in str(error):
        return ""
    setting = "set HDF5_USE_FILE_LOCKING=FALSE in the environment and run again"
    if error.errno in (errno.EAGAIN, errno.EACCES):
        return f"{path} is held by another program, which has it open for writing; close that program, or {setting}"
    return f"{path} cannot be locked, as on some network drives ({os.strerror(error.errno or 0)}); {setting}"


def read_dataset(file: Any, name: str) -> np.ndarray:
    """A dataset of an open HDF5 file, if the file itself holds what the dataset claims.

    Parameters
    ----------
    file : h5py.File

    Raises
    ------
    KeyError, ValueError
        Not there; not a dataset, one of references, one that lies in another file, or one that claims more
        than can be packed into what is stored.
    """
    data = file[name]
    if not hasattr(data, "shape") or data.shape is None:
        raise ValueError(f"{name} is no array")
    if data.file.filename != file.filename or data.external or data.is_virtual or data.dtype.hasobject:
        raise ValueError(f"{name} does not hold its numbers itself")
    stored = min(data.id.get_storage_size(), file.id.get_filesize())
    if data.nbytes > _MOST_PACKED * stored:
        raise ValueError(f"{name} claims {data.nbytes:,} bytes, {stored:,} are stored")
    return data[()]


def stays_inside(entry: str, where: str) -> None:
    """Refuse a relative path that leads out of the folder it is relative to.

    Parameters
    ----------
    where : str
        Where it stands, for the message.

    Raises
    ------
    BadDataError
        It begins at a root or a drive, or goes up.
    """
    # As Windows reads it, which takes both slashes: the collection may be opened there.
    if PureWindowsPath(entry).anchor or ntpath.normpath(entry).split("\\")[0] == "..":
        raise BadDataError(f"{where}: {entry!r} leaves the collection; give a path relative to its folder")


def plain_name(name: str, what: str) -> str:
    """A name from outside, if it names one file or folder and no place elsewhere.

    Parameters
    ----------
    what : str
        What it names, for the message.

    Raises
    ------
    BadDataError
        It holds a slash, a colon or the like, is only dots, empty or too long.
    """
    odd = not isinstance(name, str) or not _NOT_IN_NAMES.isdisjoint(name) or not name.strip(" .") or len(name) > 200
    if odd or PureWindowsPath(name).is_reserved() or storable(name) != name:
        raise BadDataError(f"{name!r:.200} cannot be {what}: it would not be the name of a file in its own folder")
    return name
