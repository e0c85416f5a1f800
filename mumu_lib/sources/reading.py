"""Opening the sources' files as published: compressed, streamed, with file and line in every message.

Paper: Section 3.  Notebook: 01.

What cannot be read is left out and listed: readers collect messages in a list of ``problems``, which
the finished table carries in ``table.attrs["problems"]``.
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
LONGEST_RECORD, CHUNK = 16 << 20, 1 << 20
# A file of which the first so many lines are all wrong is another kind of file.
HOPELESS = 100

_BETWEEN = re.compile(r"[\s,]*")

csv.field_size_limit(LONGEST_RECORD)


@contextlib.contextmanager
def opened(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file for reading bytes, decompressed by what it holds (gz, bz2, xz, zst), with a progress bar.

    Raises
    ------
    MissingDataError
        It is not there.
    BadDataError
        It breaks off, or is damaged, where the reader does not put up with that.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingDataError(f"{path} is not there; give the path of the file as it was published")
    with (
        parsing(path, "get it again", trouble="breaks off", errors=STREAM_ERRORS),
        path.open("rb", buffering=0) as raw,
        progress.bar(total=path.stat().st_size, desc=path.name, unit="B") as bar,
    ):
        try:
            stream = compression.decompressed(io.BufferedReader(_Watched(raw, bar), CHUNK))
        except ValueError as error:
            raise BadDataError(f"{path} cannot be read: {error}; unpack it and give the file inside") from None
        yield stream


class _Watched(io.RawIOBase):
    """A file whose reading moves a progress bar, by bytes on disk."""

    def __init__(self, raw: io.FileIO, bar: std.tqdm) -> None:
        self.raw, self.bar = raw, bar

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        n = self.raw.readinto(buffer) or 0
        self.bar.update(n)
        return n


def lines(stream: BinaryIO, place: str, problems: list[str]) -> Iterator[tuple[int, str]]:
    """Lines of a stream with their numbers from 1; broken ones and a broken end are listed."""
    number = 0
    while True:
        try:
            line = stream.readline(LONGEST_RECORD)
        except STREAM_ERRORS as error:
            problems.append(f"{place}, line {number + 1}: the file breaks off here ({error}); get it again")
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
    """Objects of a file: one JSON array, JSON lines, or lines of Python literals (never evaluated).

    Raises
    ------
    BadDataError
        None of the first lines holds an object.
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
    """Objects of an open stream of lines."""
    good = bad = 0
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
            raise BadDataError(f"{problems[0]}; expected one object a line, as Amazon's and MusicBrainz's files have")


def _record(line: str) -> dict[str, Any]:
    try:
        record = parse_json(line)
    except ValueError:
        record = ast.literal_eval(line.strip())
    if not isinstance(record, dict) or not all(isinstance(key, str) for key in record):
        raise ValueError(f"it is a {type(record).__name__}")
    return record


def _array(stream: BinaryIO, place: str, problems: list[str]) -> Iterator[dict[str, Any]]:
    """Objects of one JSON array, with one object in memory at a time."""
    decode, text = json.JSONDecoder().raw_decode, codecs.getincrementaldecoder("utf-8")("replace")
    piece, broken = _piece(stream, CHUNK)
    buffer = text.decode(piece)
    at, line = buffer.index("[") + 1, 1
    while True:
        start = cast(re.Match, _BETWEEN.match(buffer, at)).end()
        line, at, record = line + buffer.count("\n", at, start), start, None
        if buffer.startswith("]", at):
            return
        try:
            record, end = decode(buffer, at)
            record = parse_json(buffer[at:end])
        except (ValueError, RecursionError) as error:
            trouble = f"no object here ({error})"
        if isinstance(record, dict):
            yield record
            line, at = line + buffer.count("\n", at, end), end
            continue
        length = len(buffer) - at
        if broken or length > LONGEST_RECORD:
            problems.append(
                f"{place}, line {line}: the array breaks off here ({broken or trouble}); get it again"[:500]
            )
            return
        piece, broken = _piece(stream, max(CHUNK, length))
        buffer, at = buffer[at:] + text.decode(piece), 0


def _piece(stream: BinaryIO, size: int) -> tuple[bytes, str]:
    """About so many bytes, and why there will be no more (``""``: there may be)."""
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
    """Files of a tar archive (streamed, in its order) or of a folder (sorted) whose name is wanted.

    Yields
    ------
    name : str
        Path inside the archive or folder.
    stream : file
        Its bytes; read them before asking for the next.
    """
    path = Path(path)
    if path.is_dir():
        for file in sorted(p for p in path.rglob("*") if p.is_file()):
            if wanted(name := file.relative_to(path).as_posix()):
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
            problems.append(f"{path}: the archive breaks off at {name} ({error}); get it again")


def rows(
    stream: BinaryIO, place: str, columns: Mapping[str, Iterable[str]], problems: list[str], *, separator: str = ","
) -> Iterator[dict[str, str]]:
    """Rows of a CSV or TSV with a header; a row with too few or too many cells is listed.

    Parameters
    ----------
    columns : dict
        Name wanted -> the names it may have in the header, in order of preference.

    Raises
    ------
    BadDataError
        A column is missing.
    """
    reader = csv.reader(
        (line for _, line in lines(stream, place, problems)),
        delimiter=separator,
        quotechar=None if separator == "\t" else '"',
        quoting=csv.QUOTE_NONE if separator == "\t" else csv.QUOTE_MINIMAL,
    )
    with parsing(f"{place}, line 1", "save the file as CSV in UTF-8"):
        header = [name.strip().lstrip("\ufeff") for name in next(reader, [])]
    at = {name: next((header.index(a) for a in aliases if a in header), -1) for name, aliases in columns.items()}
    if absent := [name for name, i in at.items() if i < 0]:
        raise BadDataError(
            f"{place}, line 1: the columns {absent} are missing; it has {header}, expected {list(columns)}"
        )
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
        yield {name: cells[i] for name, i in at.items()}


def table(path: str | Path, columns: Mapping[str, Iterable[str]]) -> pd.DataFrame:
    """A CSV, or a TSV if its header holds a tab, as a table of text (see :func:`rows`)."""
    problems: list[str] = []
    with opened(path) as stream:
        start = stream.readline(LONGEST_RECORD)
    with opened(path) as stream:
        found = list(rows(stream, str(path), columns, problems, separator="\t" if b"\t" in start else ","))
    return finished(pd.DataFrame(found, columns=list(columns), dtype=str), problems, path)


def finished(table: pd.DataFrame, problems: list[str], path: str | Path) -> pd.DataFrame:
    """Hang the list of problems on a table, and say aloud that there are some.

    Raises
    ------
    BadDataError
        There are problems and nothing else.
    """
    if problems and table.empty:
        raise BadDataError(f"{path}: nothing in it could be read. {problems[0]}")
    table.attrs["problems"] = problems
    if problems:
        warnings.warn(
            f"{path}: {len(problems)} left out, listed in .attrs['problems']; the first: {problems[0]}", stacklevel=3
        )
    return table
