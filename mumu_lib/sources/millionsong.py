"""The Million Song Dataset: tracks, song files, mappings to MusicBrainz.

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

AGAIN, NO_SONG = "get it again", "is not a Million Song Dataset file"
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
    """``unique_tracks.txt``: a million lines of ``track<SEP>song<SEP>artist<SEP>title``.

    Returns
    -------
    tracks : pd.DataFrame
        ``track_id``, ``song_id``, ``artist``, ``title``.
    """
    problems: list[str] = []
    found = []
    with reading.opened(path) as stream:
        for number, line in reading.lines(stream, str(path), problems):
            cells = line.rstrip("\r\n").split("<SEP>")
            if len(cells) == 4:
                found.append(cells)
            else:
                problems.append(f"{path}, line {number}: {len(cells)} fields, expected 4 with <SEP> between them")
    return reading.finished(pd.DataFrame(found, columns=TRACKS, dtype=str), problems, path)


def track_metadata(path: str | Path) -> pd.DataFrame:
    """``track_metadata.db``, the best table to join by.

    Returns
    -------
    tracks : pd.DataFrame
        ``track_id``, ``song_id``, ``artist``, ``title``, ``release``, ``artist_mbid``,
        ``sevendigital_id`` (-1: none), ``duration`` (s), ``year`` (0: unknown). Rows that are no UTF-8 or
        have no ids, and values that are no numbers, are in ``.attrs["problems"]``.

    Raises
    ------
    MissingDataError, BadDataError
        Not there, not this database, or locked by another program.
    """
    if not Path(path).is_file():
        raise MissingDataError(f"{path} is not there; it is among the dataset's additional files")
    problems: list[str] = []
    found: list[tuple[Any, ...]] = []
    try:
        with closing(sqlite3.connect(f"{Path(path).resolve().as_uri()}?mode=ro", uri=True, timeout=1)) as database:
            # As bytes: a row that is no UTF-8 would else end the reading.
            database.text_factory = bytes
            for row in database.execute(_QUERY):
                try:
                    texts = tuple(map(_decoded, row))
                except UnicodeDecodeError as error:
                    problems.append(_not_utf8(path, row[0], error))
                    continue
                if texts[0] and texts[1]:
                    found.append(texts)
                else:
                    problems.append(
                        f"{path}: row with track_id {texts[0]!r:.80} and song_id {texts[1]!r:.80} is left out"
                    )
    except sqlite3.Error as error:
        hint = AGAIN
        if "locked" in str(error):
            hint = "close the program that holds it, or read a copy"
        raise BadDataError(f"{path}: {error}; {hint}") from None
    table = pd.DataFrame(found, columns=_DATABASE_COLUMNS)
    _typed(table, path, problems)
    return reading.finished(table, problems, path)


def _typed(table: pd.DataFrame, path: str | Path, problems: list[str]) -> None:
    """Make texts of texts and numbers of numbers, as a song's own file has them; what is none is counted."""
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
        dtype = np.dtype(float if column == "duration" else "int64")
        table[column] = numbers.fillna(unknown).astype(dtype)


def _not_utf8(place: object, track: object, error: UnicodeDecodeError) -> str:
    """Say which row is left out because a text in it is no UTF-8."""
    name = bytes(track).decode("ascii", "backslashreplace") if isinstance(track, bytes) else track
    return f"{place}: track {name!s:.80} is left out, {error.object[:80]!r} is not UTF-8"


def _decoded(value: Any) -> Any:
    """Return a text of the database as text, and any other value as it is."""
    if isinstance(value, bytes):
        return value.decode("utf-8")
    return value


def songs(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Rows of song, aggregate or summary files (HDF5).

    Returns
    -------
    songs : pd.DataFrame
        ``track_id``, ``song_id``, ``artist``, ``title``, ``release``, ``artist_mbid``,
        ``sevendigital_id`` (-1: none), ``duration`` (s), ``year`` (0: unknown). Files that cannot be
        read, and rows that are no UTF-8, are in ``.attrs["problems"]``.
    """
    problems: list[str] = []
    tables, paths = [], list(paths)
    for path in progress.bar(paths, "songs", unit="file"):
        try:
            with _song_file(path) as file, parsing(path, AGAIN, trouble=NO_SONG):
                tables.append(_song_rows(file, path, problems))
        except (BadDataError, LockedError, MissingDataError) as error:
            problems.append(str(error))
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(_SONG_FIELDS))
    return reading.finished(table, problems, f"{len(paths)} song files")


def timbre(path: str | Path) -> np.ndarray:
    """Timbre of every segment of one song file.

    Returns
    -------
    timbre : np.ndarray [shape=(segments, 12), float64]

    Raises
    ------
    BadDataError
        Not a song file; summary files have no such array.
    """
    with _song_file(path) as file, parsing(path, AGAIN, trouble=NO_SONG):
        if "analysis/segments_timbre" not in file:
            raise BadDataError(
                f"{path} has no analysis/segments_timbre; summary files leave it out, use the song's own"
            )
        return read_dataset(file, "analysis/segments_timbre")


def _song_file(path: str | Path) -> h5py.File:
    if not Path(path).is_file():
        raise MissingDataError(f"{path} is not there")
    return open_hdf5(path, AGAIN, "is not an HDF5 file")


def _song_rows(file: h5py.File, path: str | Path, problems: list[str]) -> pd.DataFrame:
    """Return a table of the songs in an open file; a song with a text that is no UTF-8 is listed and left out."""
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
    """Return the texts of a column; rows that are no UTF-8 are added to ``wrong``."""
    texts: list[str] = []
    for row, value in enumerate(column):
        try:
            texts.append(value.decode("utf-8"))
        except UnicodeDecodeError as error:
            wrong[row] = error
            texts.append("")
    return texts


def echonest_mapping(path: str | Path) -> pd.DataFrame:
    """The Echo Nest archive that the paper names: song -> MusicBrainz recordings.

    Parameters
    ----------
    path : path
        ``millionsongdataset_echonest.tar.bz2``, or the folder it was unpacked to.

    Returns
    -------
    mapping : pd.DataFrame
        ``song_id``, ``recording_mbid``; join with :func:`unique_tracks` for track ids. The file's
        name holds the id that was asked for; the song inside may have another.
    """
    problems: list[str] = []
    pairs: list[tuple[str, str]] = []
    for name, stream in reading.members(path, lambda n: n.endswith(".json"), problems):
        for record in reading.records_of(stream, f"{path}: {name}", problems):
            try:
                pairs += [(PurePosixPath(name).stem, mbid) for mbid in _recordings(record)]
            except UNEXPECTED as error:
                problems.append(f"{path}: {name}: unexpected form ({error!r:.300})")
    return _mapping(pairs, "song_id", problems, path)


def _recordings(record: dict[str, Any]) -> list[str]:
    found = [
        track["foreign_id"].removeprefix("musicbrainz:track:").lower()
        for song in record["response"].get("songs") or []
        for track in song.get("tracks") or []
        if track.get("catalog") == "musicbrainz" and "foreign_id" in track
    ]
    return list(dict.fromkeys(found))


def mbid_mapping(path: str | Path) -> pd.DataFrame:
    """AcousticBrainz Labs' ``msd-mbid-2016-01-results*`` (CSV or JSON): track -> MusicBrainz recordings.

    Returns
    -------
    mapping : pd.DataFrame
        ``track_id``, ``recording_mbid``.
    """
    problems: list[str] = []
    with reading.opened(path) as stream:
        is_json = stream.peek(1).lstrip()[:1] in (b"[", b"{")  # type: ignore[attr-defined]
    pairs = _matched(path, problems) if is_json else _mbid_rows(path, problems)
    return _mapping(list(pairs), "track_id", problems, path)


def _matched(path: str | Path, problems: list[str]) -> Iterator[tuple[str, str]]:
    for record in reading.records(path, problems):
        try:
            found = record.get("matches", record.get("match")) or []
            yield from [(record["query"]["track_id"].strip(), match["id"].lower()) for match in found]
        except UNEXPECTED as error:
            problems.append(f"{path}: a record of unexpected form ({error!r:.300})")


def _mbid_rows(path: str | Path, problems: list[str]) -> Iterator[tuple[str, str]]:
    with reading.opened(path) as stream:
        for number, line in reading.lines(stream, str(path), problems):
            cells = line.split(",", 2)
            if len(cells) == 3 and cells[0].startswith("TR") and len(cells[1]) == 36:
                yield cells[0], cells[1].lower()
            else:
                problems.append(
                    f"{path}, line {number}: expected  track id, recording MBID, title, artist  and no header"
                )


def _mapping(pairs: list[tuple[str, str]], key: str, problems: list[str], path: str | Path) -> pd.DataFrame:
    table = pd.DataFrame(pairs, columns=[key, "recording_mbid"], dtype=str).drop_duplicates(ignore_index=True)
    return reading.finished(table, problems, path)


def by_track(mapping: pd.DataFrame, tracks: pd.DataFrame) -> pd.DataFrame:
    """A song mapping as a track mapping.

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
    """
    return mapping.merge(tracks, on="song_id")


def mismatches(path: str | Path) -> set[str]:
    """Tracks of ``sid_mismatches.txt``, whose song id is known to be wrong."""
    problems: list[str] = []
    with reading.opened(path) as stream:
        lines = [line for _, line in reading.lines(stream, str(path), problems)]
    table = pd.DataFrame(
        {"track_id": pd.Series(lines, dtype=str).str.extract(r"<SO\w+ (TR\w+)>", expand=False).dropna()}
    )
    return set(reading.finished(table, problems, path)["track_id"])
