"""Read the sources' files as published: decompress and stream them, with file and line in every message.

Paper: Section 3.  Notebook: 01.

Readers leave out what cannot be read and add a message to a list of ``problems``, which becomes
``table.attrs["problems"]`` of the table (:func:`attach_problems`).
"""

import ast
import codecs
import contextlib
import csv
import io
import json
import lzma
import re
import tarfile
import warnings
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

import pandas as pd
import pyarrow as pa
from tqdm import std

from mumu_lib.core import compression, progress
from mumu_lib.core.errors import BadDataError, MissingDataError
from mumu_lib.core.parsing import PlainInfo, parse_json, parsing

STREAM_ERRORS = (EOFError, OSError, zlib.error, lzma.LZMAError, tarfile.TarError, pa.ArrowException, MemoryError)
# In bytes.
LONGEST_RECORD = 16 << 20
CHUNK = 1 << 20
# A file is of another kind if this many lines are wrong and none before them is right.
HOPELESS = 100

_SEPARATOR = re.compile(r"[\s,]*")

csv.field_size_limit(LONGEST_RECORD)


@contextlib.contextmanager
def opened(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file to read its bytes, decompressed according to its content (gz, bz2, xz, zst), with a progress bar.

    Raises
    ------
    MissingDataError
        If the file is missing.
    BadDataError
        If the file breaks off or is damaged and the reader does not handle this.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingDataError(f"{path} is not there; give the path of the file as it was published")
    with (
        parsing(path, "download it again", trouble="breaks off", errors=STREAM_ERRORS),
        path.open("rb", buffering=0) as raw,
        progress.bar(total=path.stat().st_size, desc=path.name, unit="B") as bar,
    ):
        try:
            stream = compression.decompressed(io.BufferedReader(_Watched(raw, bar), CHUNK))
        except ValueError as error:
            raise BadDataError(f"{path} cannot be read: {error}; unpack it and give the file inside") from None
        yield stream


class _Watched(io.RawIOBase):
    """Wrap a file and update a progress bar by the bytes read from disk."""

    def __init__(self, raw: io.FileIO, bar: std.tqdm) -> None:
        self.raw = raw
        self.bar = bar

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read bytes into a buffer and return their number."""
        n = self.raw.readinto(buffer) or 0
        self.bar.update(n)
        return n


def lines(stream: BinaryIO, place: str, problems: list[str]) -> Iterator[tuple[int, str]]:
    """Yield the lines of a stream with their numbers from 1; list lines that are not UTF-8 and a break in the file."""
    number = 0
    while True:
        try:
            line = stream.readline(LONGEST_RECORD)
        except STREAM_ERRORS as error:
            problems.append(f"{place}, line {number + 1}: the file breaks off here ({error}); download it again")
            return
        if not line:
            return
        number += 1
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        try:
            yield number, line.decode("utf-8")
        except UnicodeDecodeError as error:
            problems.append(f"{place}, line {number}: not UTF-8 ({error.reason} at byte {error.start})")


def records(path: str | Path, problems: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the objects of a file: one JSON array, JSON lines, or lines of Python literals (never evaluated).

    Raises
    ------
    BadDataError
        If the first ``HOPELESS`` lines are not objects.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> problems = []
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "meta.json").write_text("{'asin': 'B01'}")
    ...     list(records(f"{folder}/meta.json", problems))
    [{'asin': 'B01'}]
    """
    with opened(path) as stream:
        try:
            start = stream.peek(CHUNK).removeprefix(codecs.BOM_UTF8)  # type: ignore[attr-defined]
            is_array = start.lstrip().startswith(b"[")
        except STREAM_ERRORS:
            is_array = False
        if is_array:
            yield from _array(stream, str(path), problems)
        else:
            yield from records_of(stream, str(path), problems)


def records_of(stream: BinaryIO, place: str, problems: list[str]) -> Iterator[dict[str, Any]]:
    r"""Yield the objects of an open stream of lines; list lines that are not objects.

    Raises
    ------
    BadDataError
        If the first ``HOPELESS`` lines are not objects.

    Examples
    --------
    >>> stream = io.BytesIO(b'{"id": 1}\n{"id": 2}')
    >>> list(records_of(stream, "releases.json", []))
    [{'id': 1}, {'id': 2}]
    """
    good = 0
    bad = 0
    for number, line in lines(stream, place, problems):
        if not line.strip():
            continue
        try:
            yield _record(line)
            good += 1
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
            problems.append(f"{place}, line {number}: neither JSON nor a Python literal of an object ({error})"[:500])
            bad += 1
        if bad == HOPELESS and not good:
            raise BadDataError(f"{problems[0]}; expected one object per line, as in Amazon's and MusicBrainz's files")


def _record(line: str) -> dict[str, Any]:
    """Parse an object in JSON or as a Python literal."""
    try:
        record = parse_json(line)
    except ValueError:
        record = ast.literal_eval(line.strip())
    if not isinstance(record, dict) or not all(isinstance(key, str) for key in record):
        raise ValueError(f"it is a {type(record).__name__}")
    return record


def _array(stream: BinaryIO, place: str, problems: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the objects of one JSON array, with one object in memory at a time; list a break in the array."""
    decode = json.JSONDecoder().raw_decode
    text = codecs.getincrementaldecoder("utf-8")("replace")
    piece, broken = _piece(stream, CHUNK)
    buffer = text.decode(piece)
    at = buffer.index("[") + 1
    line = 1 + buffer.count("\n", 0, at)
    while True:
        start = cast(re.Match, _SEPARATOR.match(buffer, at)).end()
        line += buffer.count("\n", at, start)
        at = start
        if buffer.startswith("]", at):
            return
        record = None
        try:
            record, end = decode(buffer, at)
            record = parse_json(buffer[at:end])
        except (ValueError, RecursionError) as error:
            trouble = f"expected an object ({error})"
        if isinstance(record, dict):
            yield record
            line += buffer.count("\n", at, end)
            at = end
            continue
        # The rest of the object may be in the next piece.
        length = len(buffer) - at
        if broken or length > LONGEST_RECORD:
            reason = broken or trouble
            problems.append(f"{place}, line {line}: the array breaks off here ({reason}); download it again"[:500])
            return
        piece, broken = _piece(stream, max(CHUNK, length))
        buffer = buffer[at:] + text.decode(piece)
        at = 0


def _piece(stream: BinaryIO, size: int) -> tuple[bytes, str]:
    """Return about ``size`` bytes, and the reason if the stream ends after them (else ``""``)."""
    read = stream.read1  # type: ignore[attr-defined]
    pieces: list[bytes] = []
    while size > 0:
        try:
            piece = read(size)
        except STREAM_ERRORS as error:
            return b"".join(pieces), str(error)
        if not piece:
            return b"".join(pieces), "it ends without ]"
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces), ""


def members(path: str | Path, wanted: Callable[[str], bool], problems: list[str]) -> Iterator[tuple[str, BinaryIO]]:
    """Yield the wanted files of a tar archive (streamed, in its order) or of a folder (sorted).

    Parameters
    ----------
    wanted : callable
        Returns whether a file is read, by its path inside the archive or folder.

    Yields
    ------
    name : str
        Path inside the archive or folder.
    stream : file
        Its bytes, to be read before the next file is requested.
    """
    path = Path(path)
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            name = file.relative_to(path).as_posix()
            if file.is_file() and wanted(name):
                with file.open("rb") as stream:
                    yield name, stream
        return
    with opened(path) as whole:
        name = "its start"
        try:
            with tarfile.open(fileobj=whole, mode="r|", tarinfo=PlainInfo) as archive:
                for member in archive:
                    name = member.name
                    if member.isfile() and wanted(name):
                        yield name, cast(BinaryIO, archive.extractfile(member))
        except STREAM_ERRORS as error:
            problems.append(f"{path}: the archive breaks off at {name} ({error}); download it again")


def rows(
    stream: BinaryIO, place: str, columns: Mapping[str, Iterable[str]], problems: list[str], *, separator: str = ","
) -> Iterator[dict[str, str]]:
    r"""Yield the rows of a CSV or TSV with a header; list rows with too few or too many cells.

    Parameters
    ----------
    columns : dict
        Name of each column -> its possible names in the header, in order of preference.

    Raises
    ------
    BadDataError
        If a column is missing.

    Examples
    --------
    >>> stream = io.BytesIO(b"amazon_id,genres\nB01,Jazz")
    >>> list(rows(stream, "albums.csv", {"album_id": ("album_id", "amazon_id")}, []))
    [{'album_id': 'B01'}]
    """
    text = (line for _, line in lines(stream, place, problems))
    if separator == "\t":
        reader = csv.reader(text, delimiter=separator, quotechar=None, quoting=csv.QUOTE_NONE)
    else:
        reader = csv.reader(text, delimiter=separator)
    with parsing(f"{place}, line 1", "save the file as CSV in UTF-8"):
        header = [name.strip().lstrip("\ufeff") for name in next(reader, [])]
    index_of = _positions(header, columns, place)
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            problems.append(f"{place}, line {reader.line_num}: {error}")
            continue
        if cells is None:
            return
        if len(cells) != len(header):
            if cells:
                problems.append(f"{place}, line {reader.line_num}: {len(cells)} cells, the header has {len(header)}")
            continue
        yield {name: cells[index] for name, index in index_of.items()}


def _positions(header: list[str], columns: Mapping[str, Iterable[str]], place: str) -> dict[str, int]:
    """Return the position of each column in a header; raise BadDataError if one is missing."""
    index_of: dict[str, int] = {}
    missing = []
    for name, aliases in columns.items():
        present = [alias for alias in aliases if alias in header]
        if present:
            index_of[name] = header.index(present[0])
        else:
            missing.append(name)
    if missing:
        raise BadDataError(
            f"{place}, line 1: the columns {missing} are missing; it has {header}, expected {list(columns)}"
        )
    return index_of


def table(path: str | Path, columns: Mapping[str, Iterable[str]]) -> pd.DataFrame:
    """Read a CSV, or a TSV if its header has a tab, as a table of texts (see :func:`rows`)."""
    problems: list[str] = []
    with opened(path) as stream:
        start = stream.readline(LONGEST_RECORD)
    separator = ","
    if b"\t" in start:
        separator = "\t"
    with opened(path) as stream:
        listed = list(rows(stream, str(path), columns, problems, separator=separator))
    return attach_problems(pd.DataFrame(listed, columns=list(columns), dtype=str), problems, path)


def attach_problems(table: pd.DataFrame, problems: list[str], path: str | Path) -> pd.DataFrame:
    """Attach the problems to ``table.attrs["problems"]`` and warn if there are any.

    Raises
    ------
    BadDataError
        If there are problems and the table is empty.

    Examples
    --------
    >>> attach_problems(pd.DataFrame({"album_id": ["B01"]}), [], "albums.csv").attrs["problems"]
    []
    """
    if problems and table.empty:
        raise BadDataError(f"{path}: nothing in it could be read. {problems[0]}")
    table.attrs["problems"] = problems
    if problems:
        warnings.warn(
            f"{path}: {len(problems)} left out, listed in .attrs['problems']; the first: {problems[0]}", stacklevel=3
        )
    return table
