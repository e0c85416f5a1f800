"""Read a table that describes a collection, with one row per track or per album.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

import csv
import io
import re
import warnings
from pathlib import Path

import pandas as pd

from mumu_lib.core.errors import BadDataError, MissingDataError
from mumu_lib.core.fingerprints import hash_of
from mumu_lib.core.formats import TEXTS, kind
from mumu_lib.sources.collection import genres, report as listed
from mumu_lib.sources.collection.entries import Entries
from mumu_lib.sources.collection.report import Report
from mumu_lib.sources.collection.sidecars import read_text

FIELDS = ("audio", "cover", "text", "album_id", "album", "artist", "title", "genres", "split", "track_id")
FILES = ("audio", "cover", "text")
# Other names of columns.
LIKE = {
    "genre": "genres", "label": "genres", "labels": "genres", "tags": "genres", "style": "genres", "styles": "genres", "file": "path",
    "filename": "path", "file_name": "path", "filepath": "path", "file_path": "path", "location": "path", "audio_path": "audio",
    "albumid": "album_id", "trackid": "track_id", "artists": "artist", "album_title": "album", "album_name": "album", "track": "title",
    "image": "cover", "cover_path": "cover", "review": "text", "reviews": "text", "fold": "split", "subset": "split", "set": "split",
}  # fmt: skip
# Line above the header in which spreadsheets state the separator.
SEPARATOR_LINE = re.compile(r"\ufeff?\"?sep=(?P<separator>.)\"?[,;\t]*\r?\n", re.IGNORECASE)
SAVE_AS = "save the table as CSV in UTF-8 (in Excel: Save As, CSV UTF-8; in LibreOffice: character set UTF-8)"
WORKBOOKS = {
    b"PK\x03\x04": "a workbook (xlsx, ods) or a zip archive",
    b"\xd0\xcf\x11\xe0": "a workbook (xls)",
    b"%PDF": "a PDF",
    b"PAR1": "a parquet file",
}
MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def read_manifest(manifest: Path, root: Path, report: Report) -> pd.DataFrame:
    """Return the usable rows of a manifest.

    Parameters
    ----------
    manifest : Path
        A CSV; see :func:`mumu_lib.sources.folder.build` for its columns.
    root : Path
        Folder to which paths in the manifest are relative.
    report : Report
        Receives a line for each missing file and each skipped row.

    Returns
    -------
    rows : pd.DataFrame
        ``FIELDS``, with ``text`` as lists of texts; ``row``, counted as in a spreadsheet, where the header is row 1;
        ``key``, which identifies a row without an id.

    Raises
    ------
    MissingDataError, BadDataError
        If the file does not exist, is not a table in UTF-8 (or UTF-16 with a byte order mark), or has a path outside
        the collection.
    """
    table = read_csv(manifest)
    columns = list(map(str, table))
    labels_alone = _check_columns(manifest, columns)
    table = table[(table != "").any(axis=1)]
    table = table.reindex(columns=[*FIELDS, "path", "id"], fill_value="").assign(row=table.index + 2)
    for column in FILES:
        table[column] = _from_path(table, column)
    table["album_id"] = table["album_id"].where(table["album_id"] != "", table["id"])
    for column in set(FIELDS) - {*FILES, "genres"}:
        table[column] = table[column].str.split().str.join(" ")
    table["genres"] = genres.read_column(table["genres"].set_axis(table["row"]), manifest.name).to_numpy()
    entries = Entries(root)
    kept = []
    for row in table.to_dict("records"):
        if _resolve(row, manifest, entries, report, labels_alone):
            kept.append(row)
    return pd.DataFrame(kept, columns=[*FIELDS, "row", "key"])


def _check_columns(manifest: Path, columns: list[str]) -> bool:
    """Print the ignored columns, and return whether the table has ids and genres, which suffice without files."""
    named = set(columns)
    meant = _meant(columns)
    labels_alone = "genres" in named and bool({"album_id", "id", "album"} & named)
    if not {"path", *FILES} & named and not labels_alone:
        raise BadDataError(
            f"{manifest}: none of its columns {columns} has paths of files; name one path, audio, text or cover, "
            f"or, for genres without any file, two album_id and genres{meant}"
        )
    ignored = []
    for column in columns:
        if column not in (*FIELDS, "path", "id"):
            ignored.append(column)
    if ignored:
        print(f"{manifest.name}: columns ignored: {', '.join(ignored)}{meant}")
    return labels_alone


def _meant(columns: list[str]) -> str:
    """Return hints for columns whose names are similar to those that are read."""
    hints = []
    for column in columns:
        read = LIKE.get(column.replace(" ", "_"), column.replace(" ", "_"))
        if column not in (*FIELDS, "path", "id") and read in (*FIELDS, "path") and read not in columns:
            hints.append(f"; {column!r} is read if it is called {read!r}")
    return "".join(hints)


def _from_path(table: pd.DataFrame, column: str) -> pd.Series:
    """Return a column of files; fill empty cells from the column ``path`` by the kind of file."""
    meant = {"picture": "cover", "text": "text"}
    kinds = []
    for path in table["path"]:
        kinds.append(meant.get(kind(path), "audio"))
    fits = pd.Series(kinds, table.index, dtype=object) == column
    return table[column].where((table[column] != "") | ~fits, table["path"])


def read_csv(manifest: Path) -> pd.DataFrame:
    """Return the cells of a CSV as texts, with column names in lower case.

    Raises
    ------
    MissingDataError, BadDataError
        If the file does not exist or is not a table.
    """
    text, separator = _separated(_decoded(manifest))
    try:
        with warnings.catch_warnings():
            # If every row has more fields than the header, pandas drops them with only a warning.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(
                io.StringIO(text),
                sep=separator,
                dtype=str,
                keep_default_na=False,
                index_col=False,
                skip_blank_lines=False,
            )
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError) as error:
        why = _too_long_row(text, separator) or error
        raise BadDataError(f"{manifest} is not a CSV with a header and as many fields in each row ({why})") from None
    table = table.rename(columns=lambda c: str(c).strip().lower())
    twice = table.columns[table.columns.duplicated()]
    if twice.size:
        raise BadDataError(f"{manifest}: the column {twice[0]!r} occurs twice; rename one")
    return table.fillna("").apply(lambda cells: cells.str.strip())


def _too_long_row(text: str, separator: str) -> str:
    """Return a message about the first row with more cells than the header; empty if there is none."""
    columns = 0
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text), delimiter=separator), 1):
            columns = columns or len(cells)
            if len(cells) > columns:
                return (
                    f"row {number} has {len(cells)} fields, the header {columns}: {separator.join(cells)!r:.80}; put "
                    f"quotes around a field with {separator!r} in it, and write  |  between genres"
                )
    except csv.Error as error:
        return str(error)
    return ""


def _separated(text: str) -> tuple[str, str]:
    """Return a table without the line that states the separator, and the separator."""
    marked = SEPARATOR_LINE.match(text)
    if marked:
        return text[marked.end() :], marked["separator"]
    return text, max(",;\t", key=text.partition("\n")[0].count)


def _decoded(manifest: Path) -> str:
    """Return the text of a manifest in UTF-8, or UTF-16 with a byte order mark; refuse other files."""
    try:
        data = manifest.read_bytes()
    except OSError:
        raise MissingDataError(f"manifest {manifest} cannot be read; give the path of a CSV file") from None
    for start, what in WORKBOOKS.items():
        if data.startswith(start):
            raise BadDataError(f"{manifest} is {what}, not a CSV; {SAVE_AS}")
    encoding = MARKS.get(data[:2], "utf-8-sig")
    if encoding == "utf-8-sig" and b"\0" in data[:1000]:
        raise BadDataError(f"{manifest}: not UTF-8 but perhaps UTF-16 without its mark (it holds NUL bytes); {SAVE_AS}")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
    guess = data.splitlines()[line - 1].decode("cp1252", errors="replace").strip()
    raise BadDataError(f"{manifest}, line {line}: not UTF-8 (as Latin-1 it is {guess!r:.80}); {SAVE_AS}")


def _resolve(row: dict, manifest: Path, entries: Entries, report: Report, labels_alone: bool) -> bool:
    """Check the files of a row, replace ``row["text"]`` by its review, and return whether the row is usable."""
    number = row["row"]
    text = row["text"]
    is_file = "\n" not in text and text.lower().endswith(TEXTS)
    has_audio = row["audio"] != ""
    for column in FILES:
        if column != "text" or is_file:
            row[column] = _found(row, column, entries, f"{manifest}, row {number}", report)
    if has_audio and not row["audio"]:
        return False
    text_file = ""
    if is_file and row["text"]:
        text_file = row["text"]
        row["text"] = read_text(entries.root, text_file, report, number)
    row["key"] = row["audio"] or row["cover"]
    if not row["key"] and row["text"]:
        # A review in the cell itself is too long for a key.
        row["key"] = text_file or hash_of(text, length=12)
    if not row["key"] and labels_alone and (row["album_id"] or row["album"]):
        row["key"] = row["album_id"] or f"{row['artist']} / {row['album']}"
    if not row["key"]:
        report.add(listed.EMPTY_ROW, "", "neither audio nor cover nor text; row kept out", number)
    reviews = []
    if row["text"]:
        reviews.append(row["text"])
    row["text"] = reviews
    return bool(row["key"])


def _found(row: dict, column: str, entries: Entries, where: str, report: Report) -> str:
    """Return the path of a file in a row; empty, with a line in the report, if it is missing."""
    entry = row[column]
    if not entry:
        return ""
    path, problem = entries.find(entry, where)
    if not path:
        consequence = "row kept without it"
        if column == "audio":
            consequence = "row kept out"
        report.add(listed.MISSING, entry, f"{column} file {problem}; {consequence}", row["row"])
    return path
