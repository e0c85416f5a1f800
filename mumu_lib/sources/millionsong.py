"""Read the Million Song Dataset: tracks, song files, mappings to MusicBrainz.

Paper: Sections 3 and 6.1.  Notebooks: 01, 04.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import Any

import h5py
import numpy as np
import pandas as pd

from mumu_lib.core import progress
from mumu_lib.core.errors import BadDataError, LockedError, MissingDataError
from mumu_lib.core.parsing import UNEXPECTED, open_hdf5, parsing, read_dataset
from mumu_lib.sources import reading

DOWNLOAD_HINT = "download it again"
NOT_A_SONG = "is not a Million Song Dataset file"
TRACKS = ["track_id", "song_id", "artist", "title"]

_SONG_FIELDS = {
    "track_id": ("analysis", "track_id"),
    "song_id": ("metadata", "song_id"),
    "artist": ("metadata", "artist_name"),
    "title": ("metadata", "title"),
    "release": ("metadata", "release"),
    "artist_mbid": ("metadata", "artist_mbid"),
    "sevendigital_id": ("metadata", "track_7digitalid"),
    "duration": ("analysis", "duration"),
    "year": ("musicbrainz", "year"),
}

_DATABASE_COLUMNS = [
    "track_id", "song_id", "artist", "title", "release", "artist_mbid", "sevendigital_id", "duration", "year",
]  # fmt: skip
_QUERY = (
    "SELECT track_id, song_id, artist_name, title, release, artist_mbid, track_7digitalid, duration, year FROM songs"
)


def unique_tracks(path: str | Path) -> pd.DataFrame:
    """Read ``unique_tracks.txt``: a million lines of ``track<SEP>song<SEP>artist<SEP>title``.

    Returns
    -------
    tracks : pd.DataFrame
        ``track_id``, ``song_id``, ``artist``, ``title``.
    """
    problems: list[str] = []
    rows = []
    with reading.opened(path) as stream:
        for number, line in reading.lines(stream, str(path), problems):
            cells = line.rstrip("\r\n").split("<SEP>")
            if len(cells) == 4:
                rows.append(cells)
            else:
                problems.append(f"{path}, line {number}: {len(cells)} fields, expected 4 separated by <SEP>")
    return reading.attach_problems(pd.DataFrame(rows, columns=TRACKS, dtype=str), problems, path)


def track_metadata(path: str | Path) -> pd.DataFrame:
    """Read ``track_metadata.db``, the most complete table of tracks.

    Returns
    -------
    tracks : pd.DataFrame
        ``track_id``, ``song_id``, ``artist``, ``title``, ``release``, ``artist_mbid``,
        ``sevendigital_id`` (-1 if unknown), ``duration`` (s), ``year`` (0 if unknown). ``.attrs["problems"]`` lists
        rows that are not UTF-8 or have no ids, and values that are not numbers.

    Raises
    ------
    MissingDataError, BadDataError
        If the file is missing, is not this database, or is locked by another program.
    """
    if not Path(path).is_file():
        raise MissingDataError(f"{path} is missing; download it from the dataset's additional files")
    problems: list[str] = []
    rows: list[tuple[Any, ...]] = []
    try:
        with closing(sqlite3.connect(f"{Path(path).resolve().as_uri()}?mode=ro", uri=True, timeout=1)) as database:
            # Read bytes: sqlite3 would raise at the first row that is not UTF-8.
            database.text_factory = bytes
            for row in database.execute(_QUERY):
                texts = _decoded_row(row, path, problems)
                if texts:
                    rows.append(texts)
    except sqlite3.Error as error:
        hint = DOWNLOAD_HINT
        if "locked" in str(error):
            hint = "close the program that holds it, or read a copy"
        raise BadDataError(f"{path}: {error}; {hint}") from None
    table = pd.DataFrame(rows, columns=_DATABASE_COLUMNS)
    _convert_types(table, path, problems)
    return reading.attach_problems(table, problems, path)


def _decoded_row(row: tuple[Any, ...], path: str | Path, problems: list[str]) -> tuple[Any, ...]:
    """Decode the texts of a row; list it and return nothing if it is not UTF-8 or has no ids."""
    try:
        texts = tuple(map(_decoded, row))
    except UnicodeDecodeError as error:
        problems.append(_not_utf8(path, row[0], error))
        return ()
    if texts[0] and texts[1]:
        return texts
    problems.append(f"{path}: row with track_id {texts[0]!r:.80} and song_id {texts[1]!r:.80} is left out")
    return ()


def _convert_types(table: pd.DataFrame, path: str | Path, problems: list[str]) -> None:
    """Convert columns to texts and numbers, as in a song's own file; count the values that are not numbers."""
    for column in ("artist", "title", "release", "artist_mbid"):
        table[column] = table[column].fillna("").astype(str)
    for column, unknown in (("sevendigital_id", -1), ("duration", float("nan")), ("year", 0)):
        numbers = pd.to_numeric(table[column], errors="coerce").astype(float)
        numbers = numbers.where(numbers.abs() < 2**53)
        wrong = table[column][numbers.isna() & table[column].notna() & (table[column] != "")]
        if len(wrong):
            problems.append(
                f"{path}: {len(wrong)} rows kept with an unknown {column}; the first holds {wrong.iloc[0]!r:.80}"
            )
        dtype: np.dtype = np.dtype("int64")
        if column == "duration":
            dtype = np.dtype("float64")
        table[column] = numbers.fillna(unknown).astype(dtype)


def _not_utf8(place: object, track: object, error: UnicodeDecodeError) -> str:
    """Describe a row that is left out because it has a text that is not UTF-8."""
    if isinstance(track, bytes):
        track = track.decode("ascii", "backslashreplace")
    return f"{place}: track {track!s:.80} is left out, {error.object[:80]!r} is not UTF-8"


def _decoded(value: Any) -> Any:
    """Decode a text of the database; return any other value unchanged."""
    if isinstance(value, bytes):
        return value.decode("utf-8")
    return value


def songs(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Read the songs of song, aggregate or summary files (HDF5).

    Returns
    -------
    songs : pd.DataFrame
        ``track_id``, ``song_id``, ``artist``, ``title``, ``release``, ``artist_mbid``,
        ``sevendigital_id`` (-1 if unknown), ``duration`` (s), ``year`` (0 if unknown). ``.attrs["problems"]`` lists
        files that cannot be read and rows that are not UTF-8.
    """
    problems: list[str] = []
    tables = []
    paths = list(paths)
    for path in progress.bar(paths, "songs", unit="file"):
        try:
            with _song_file(path) as file, parsing(path, DOWNLOAD_HINT, trouble=NOT_A_SONG):
                tables.append(_song_rows(file, path, problems))
        except (BadDataError, LockedError, MissingDataError) as error:
            problems.append(str(error))
    table = pd.DataFrame(columns=list(_SONG_FIELDS))
    if tables:
        table = pd.concat(tables, ignore_index=True)
    return reading.attach_problems(table, problems, f"{len(paths)} song files")


def timbre(path: str | Path) -> np.ndarray:
    """Read the timbre of every segment of one song file.

    Returns
    -------
    timbre : np.ndarray [shape=(segments, 12), float64]

    Raises
    ------
    BadDataError
        If the file is not a song file; summary files have no timbre.
    """
    with _song_file(path) as file, parsing(path, DOWNLOAD_HINT, trouble=NOT_A_SONG):
        if "analysis/segments_timbre" not in file:
            raise BadDataError(
                f"{path} has no analysis/segments_timbre; summary files do not contain it, use the song's own file"
            )
        return read_dataset(file, "analysis/segments_timbre")


def _song_file(path: str | Path) -> h5py.File:
    if not Path(path).is_file():
        raise MissingDataError(f"{path} is missing; give the path of a song file")
    return open_hdf5(path, DOWNLOAD_HINT, "is not an HDF5 file")


def _song_rows(file: h5py.File, path: str | Path, problems: list[str]) -> pd.DataFrame:
    """Return a table of the songs in an open file; list and leave out songs with a text that is not UTF-8."""
    groups = {}
    for name in ("metadata", "analysis", "musicbrainz"):
        groups[name] = read_dataset(file, f"{name}/songs")
    columns: dict[str, Any] = {}
    wrong: dict[int, UnicodeDecodeError] = {}
    for name, (group, field) in _SONG_FIELDS.items():
        column: Any = groups[group][field]
        if column.dtype.kind == "S":
            column = _decoded_column(column, wrong)
        columns[name] = column
    table = pd.DataFrame(columns)
    for row, error in wrong.items():
        problems.append(_not_utf8(path, table["track_id"][row], error))
    return table.drop(index=list(wrong)).reset_index(drop=True)


def _decoded_column(column: np.ndarray, wrong: dict[int, UnicodeDecodeError]) -> list[str]:
    """Return the texts of a column; add rows that are not UTF-8 to ``wrong``."""
    texts: list[str] = []
    for row, value in enumerate(column):
        try:
            texts.append(value.decode("utf-8"))
        except UnicodeDecodeError as error:
            wrong[row] = error
            texts.append("")
    return texts


def echonest_mapping(path: str | Path) -> pd.DataFrame:
    """Read the mapping of songs to MusicBrainz recordings in the Echo Nest archive (paper, Section 3).

    Parameters
    ----------
    path : path
        ``millionsongdataset_echonest.tar.bz2``, or the folder with its unpacked files.

    Returns
    -------
    mapping : pd.DataFrame
        ``song_id``, ``recording_mbid``; join with :func:`unique_tracks` for track ids. A song's id is taken
        from the name of its file: it is the id of the request, the song in the reply may have another id.
    """
    problems: list[str] = []
    pairs: list[tuple[str, str]] = []
    for name, stream in reading.members(path, lambda member: member.endswith(".json"), problems):
        song_id = PurePosixPath(name).stem
        for record in reading.records_of(stream, f"{path}: {name}", problems):
            try:
                mbids = _recordings(record)
            except UNEXPECTED as error:
                problems.append(f"{path}: {name}: unexpected form ({error!r:.300})")
                continue
            for mbid in mbids:
                pairs.append((song_id, mbid))
    return _mapping(pairs, "song_id", problems, path)


def _recordings(record: dict[str, Any]) -> list[str]:
    """Return the MusicBrainz ids of the recordings in a reply of the Echo Nest, each once."""
    mbids: dict[str, None] = {}
    for song in record["response"].get("songs") or []:
        for track in song.get("tracks") or []:
            if track.get("catalog") == "musicbrainz" and "foreign_id" in track:
                mbids[track["foreign_id"].removeprefix("musicbrainz:track:").lower()] = None
    return list(mbids)


def mbid_mapping(path: str | Path) -> pd.DataFrame:
    """Read the mapping of tracks to MusicBrainz recordings by AcousticBrainz Labs.

    Parameters
    ----------
    path : path
        ``msd-mbid-2016-01-results*`` (CSV or JSON).

    Returns
    -------
    mapping : pd.DataFrame
        ``track_id``, ``recording_mbid``.
    """
    problems: list[str] = []
    with reading.opened(path) as stream:
        is_json = stream.peek(1).lstrip()[:1] in (b"[", b"{")  # type: ignore[attr-defined]
    pairs_of = _pairs_of_csv
    if is_json:
        pairs_of = _pairs_of_json
    return _mapping(list(pairs_of(path, problems)), "track_id", problems, path)


def _pairs_of_json(path: str | Path, problems: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the pairs of track and recording in the JSON file; list and leave out records of another form."""
    for record in reading.records(path, problems):
        pairs = []
        try:
            for match in record.get("matches", record.get("match")) or []:
                pairs.append((record["query"]["track_id"].strip(), match["id"].lower()))
        except UNEXPECTED as error:
            problems.append(f"{path}: a record of unexpected form ({error!r:.300})")
            continue
        yield from pairs


def _pairs_of_csv(path: str | Path, problems: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the pairs of track and recording in the CSV file; list lines of another form."""
    with reading.opened(path) as stream:
        for number, line in reading.lines(stream, str(path), problems):
            cells = line.split(",", 2)
            if len(cells) == 3 and cells[0].startswith("TR") and len(cells[1]) == 36:
                yield cells[0], cells[1].lower()
            else:
                problems.append(
                    f"{path}, line {number}: expected  track id, recording MBID, title, artist  without a header"
                )


def _mapping(pairs: list[tuple[str, str]], key: str, problems: list[str], path: str | Path) -> pd.DataFrame:
    table = pd.DataFrame(pairs, columns=[key, "recording_mbid"], dtype=str).drop_duplicates(ignore_index=True)
    return reading.attach_problems(table, problems, path)


def by_track(mapping: pd.DataFrame, tracks: pd.DataFrame) -> pd.DataFrame:
    """Convert a mapping of songs to a mapping of tracks.

    Parameters
    ----------
    mapping : pd.DataFrame
        ``song_id``, ``recording_mbid``.
    tracks : pd.DataFrame
        ``track_id``, ``song_id`` (and more), e.g. of :func:`unique_tracks`.

    Returns
    -------
    mapping : pd.DataFrame
        ``recording_mbid`` and the columns of ``tracks``.

    Examples
    --------
    >>> mapping = pd.DataFrame({"song_id": ["SO1"], "recording_mbid": ["66dd470f"]})
    >>> tracks = pd.DataFrame({"track_id": ["TR1", "TR2"], "song_id": ["SO1", "SO2"]})
    >>> by_track(mapping, tracks)["track_id"].tolist()
    ['TR1']
    """
    return mapping.merge(tracks, on="song_id")


def mismatches(path: str | Path) -> set[str]:
    """Return the tracks of ``sid_mismatches.txt``, whose song ids are known to be wrong."""
    problems: list[str] = []
    with reading.opened(path) as stream:
        lines = [line for _, line in reading.lines(stream, str(path), problems)]
    track_ids = pd.Series(lines, dtype=str).str.extract(r"<SO\w+ (TR\w+)>", expand=False).dropna()
    table = pd.DataFrame({"track_id": track_ids})
    return set(reading.attach_problems(table, problems, path)["track_id"])
