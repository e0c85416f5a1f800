"""Read MusicBrainz dumps: releases with their release group, title and artist, and the recordings on them.

Paper: Section 3.  Notebook: 01.  The web service is in ``musicbrainz_web``.

Two kinds of dumps can be read. The canonical dump (CSV in tar.zst) is small, but lists each recording only once, on
its canonical release, and thus misses other albums with the recording. The JSON dump of releases (tar.xz, tens of
gigabytes) has every track of every release.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from mumu_lib.core.errors import BadDataError, MissingDataError
from mumu_lib.core.files import atomic_path, write_atomically
from mumu_lib.core.parsing import UNEXPECTED
from mumu_lib.sources import reading

RELEASES = ["release_mbid", "release_group_mbid", "title", "artist", "asin"]
BATCH = 200_000
# Tables without this line were made from a JSON dump by a version that did not read pregap and data tracks.
_ALL_TRACKS = "with pregap and data tracks"

_DATA = "canonical_musicbrainz_data.csv"
_RELEASE_REDIRECT = "canonical_release_redirect.csv"
_RECORDING_REDIRECT = "canonical_recording_redirect.csv"
_TABLES = {
    _DATA: ["artist_credit_name", "release_mbid", "release_name", "recording_mbid"],
    _RELEASE_REDIRECT: ["release_mbid", "canonical_release_mbid", "release_group_mbid"],
    _RECORDING_REDIRECT: ["recording_mbid", "canonical_recording_mbid"],
}
_RECORDINGS = pa.schema([("release_mbid", pa.string()), ("recording_mbid", pa.string())])


def convert(dump: str | Path, folder: str | Path) -> list[str]:
    """Convert a downloaded dump to the Parquet tables that the other functions read.

    Parameters
    ----------
    dump : path
        ``musicbrainz-canonical-dump-*.tar.zst`` or ``release.tar.xz``, or a folder with its unpacked files.
    folder : path
        Gets ``releases.parquet``, ``recordings.parquet`` and ``redirects.parquet``. Nothing is done if they were
        made from the same dump before, even if the dump has been deleted since.

    Returns
    -------
    problems : list of str
        What was left out, with file and line. Everything before a break in the file is read.

    Raises
    ------
    MissingDataError
        If the dump is missing and the tables were not made from a dump of this name.
    BadDataError
        If the file is neither kind of dump.

    Examples
    --------
    >>> convert("musicbrainz-canonical-dump-20240103.tar.zst", "data/raw/musicbrainz")  # doctest: +SKIP
    """
    dump = Path(dump)
    folder = Path(folder)
    done = folder / "source.txt"
    source = ""
    if done.is_file():
        source = done.read_text(encoding="utf-8")
    if not dump.exists():
        if source.startswith((f"{dump.name} ", f"{dump.name}/")):
            return []
        raise MissingDataError(f"{dump} is not there; give the path of a dump as it was downloaded")
    note = _note(dump)
    if note and source == note:
        return []
    problems: list[str] = []
    with atomic_path(folder / "recordings.parquet") as part:
        releases, redirects = _read(dump, part, problems)
        if not len(releases):
            message = f"{dump} has no releases; expected canonical/{_DATA} or mbdump/release in it."
            raise BadDataError(" ".join([message, *problems[:1]]))
    for name, table in (("redirects", redirects), ("releases", releases)):
        with atomic_path(folder / f"{name}.parquet") as part:
            table.to_parquet(part, index=False)
    write_atomically(done, note)
    return problems


def _note(dump: Path) -> str:
    """Return name, size and time of each file of a dump that is read; empty if there is none."""
    paths = [dump]
    if dump.is_dir():
        # The modification time of a folder does not change when the files inside do.
        paths = [p for p in sorted(dump.rglob("*")) if p.is_file() and _is_wanted(p.relative_to(dump).as_posix())]
    lines = []
    for path in paths:
        stat = path.stat()
        lines.append(f"{path.relative_to(dump.parent).as_posix()} {stat.st_size} {stat.st_mtime_ns}")
    if lines and "canonical" not in lines[0]:
        lines.append(_ALL_TRACKS)
    return "\n".join(lines)


def releases(folder: str | Path) -> pd.DataFrame:
    """Read the releases of a converted dump.

    Returns
    -------
    releases : pd.DataFrame
        ``release_mbid``, ``release_group_mbid``, ``title``, ``artist``, ``asin`` (``""`` if unknown).
    """
    return pd.read_parquet(_converted(folder, "releases"))


def recordings(folder: str | Path, release_groups: Iterable[str]) -> pd.DataFrame:
    """Find the recordings on any release of some release groups.

    Returns
    -------
    recordings : pd.DataFrame
        ``release_group_mbid``, ``recording_mbid``; each pair once.
    """
    wanted = [mbid.lower() for mbid in release_groups]
    table = releases(folder)[["release_mbid", "release_group_mbid"]]
    table = table[table["release_group_mbid"].isin(wanted)]
    # An explicit type: pyarrow cannot infer that of an empty list.
    release_mbids = pa.array(table["release_mbid"], pa.string())
    dataset = ds.dataset(_converted(folder, "recordings"))
    on_releases = dataset.to_table(filter=pc.field("release_mbid").isin(release_mbids)).to_pandas()
    pairs = on_releases.merge(table, on="release_mbid")[["release_group_mbid", "recording_mbid"]]
    return pairs.drop_duplicates(ignore_index=True)


def follow_redirects(mbids: pd.Series, folder: str | Path) -> pd.Series:
    """Replace the ids of recordings that MusicBrainz has merged since by their current ids."""
    moved = pd.read_parquet(_converted(folder, "redirects")).drop_duplicates("recording_mbid")
    lower = mbids.str.lower()
    return lower.map(moved.set_index("recording_mbid")["canonical_recording_mbid"]).fillna(lower)


def text(value: Any) -> str:
    """Return a text of a record; raise TypeError if it is not a text.

    Examples
    --------
    >>> text("Kind of Blue")
    'Kind of Blue'
    """
    if not isinstance(value, str):
        raise TypeError(f"must be a text, got {type(value).__name__}")
    return value


def credit(parts: Iterable[dict[str, Any]]) -> str:
    """Return an artist credit as printed: names and join phrases (which search results do not have).

    Examples
    --------
    >>> credit([{"name": "Simon", "joinphrase": " & "}, {"name": "Garfunkel"}])
    'Simon & Garfunkel'
    """
    printed = ""
    for part in parts:
        printed += part.get("name") or part.get("artist", {}).get("name", "")
        printed += part.get("joinphrase") or ""
    return printed


def _converted(folder: str | Path, name: str) -> Path:
    path = Path(folder) / f"{name}.parquet"
    if not path.is_file():
        raise MissingDataError(
            f"{path} is missing; make it with  mumu_lib.sources.musicbrainz.convert(DUMP, {str(folder)!r})"
        )
    return path


def _read(dump: str | Path, recordings: Path, problems: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read a dump of either kind: write its recordings to a file, return its releases and redirects."""
    named: list[pa.Table] = []
    tables: dict[str, list[pa.Table]] = {_RELEASE_REDIRECT: [], _RECORDING_REDIRECT: []}
    rows: list[dict[str, str]] = []
    with pq.ParquetWriter(recordings, _RECORDINGS, compression="zstd") as writer:
        for member, stream in reading.members(dump, _is_wanted, problems):
            name = PurePosixPath(member).name
            place = f"{dump}: {member}"
            if name == _DATA:
                named += _canonical_data(_batches(stream, place, _TABLES[name], problems), writer)
            elif name in tables:
                tables[name] += _batches(stream, place, _TABLES[name], problems)
            else:
                _release_records(stream, place, writer, rows, problems)
    redirects = _frame(tables[_RECORDING_REDIRECT], _TABLES[_RECORDING_REDIRECT])
    if not named:
        return pd.DataFrame(rows, columns=RELEASES, dtype=str), redirects
    groups = _frame(tables[_RELEASE_REDIRECT], _TABLES[_RELEASE_REDIRECT])
    return _with_groups(_distinct(named).to_pandas(), groups, dump, problems), redirects


def _is_wanted(name: str) -> bool:
    path = PurePosixPath(name)
    return path.name in _TABLES or (path.name == "release" and path.parent.name == "mbdump")


def _batches(stream: BinaryIO, place: str, columns: list[str], problems: list[str]) -> Iterator[pa.Table]:
    """Yield some columns of a CSV with a header in batches; list rows of a wrong length and a break in the file."""

    def refuse(row: Any) -> str:
        problems.append(
            f"{place}, row {row.number}: {row.actual_columns} cells where the header has {row.expected_columns}"
        )
        return "skip"

    try:
        reader = pa.csv.open_csv(
            stream,
            # The number of a bad row is only given by a single thread.
            read_options=pa.csv.ReadOptions(block_size=8 << 20, use_threads=False),
            parse_options=pa.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=refuse),
            convert_options=pa.csv.ConvertOptions(
                include_columns=columns, column_types=dict.fromkeys(columns, pa.string())
            ),
        )
        for batch in reader:
            table = pa.Table.from_batches([batch])
            for index, column in enumerate(columns):
                if column.endswith("_mbid"):
                    table = table.set_column(index, column, pc.utf8_lower(table[column]))
            yield table
    except KeyError as error:
        raise BadDataError(f"{place}, line 1: {error.args[0]}; expected the columns {columns}") from None
    except reading.STREAM_ERRORS as error:
        problems.append(f"{place}: the file breaks off ({error}); download it again")


def _canonical_data(batches: Iterable[pa.Table], writer: pq.ParquetWriter) -> list[pa.Table]:
    """Write the recordings of the canonical data; return its releases, mostly without repetitions."""
    named: list[pa.Table] = []
    limit = 20 * BATCH
    for batch in batches:
        writer.write_table(batch.select(["release_mbid", "recording_mbid"]))
        named.append(batch.select(["release_mbid", "release_name", "artist_credit_name"]))
        if sum(map(len, named)) > limit:
            named = [_distinct(named)]
            # Without this, rows that are already distinct would be compared again for every batch.
            limit = max(limit, 2 * len(named[0]))
    return named


def _distinct(tables: list[pa.Table]) -> pa.Table:
    whole = pa.concat_tables(tables)
    return whole.group_by(whole.column_names).aggregate([])


def _with_groups(named: pd.DataFrame, redirect: pd.DataFrame, dump: str | Path, problems: list[str]) -> pd.DataFrame:
    """Return the releases of the canonical data with their release groups; count those without one."""
    # The documentation does not say whether the redirects list canonical releases themselves; take both columns.
    canonical = redirect[["canonical_release_mbid", "release_group_mbid"]]
    canonical = canonical.rename(columns={"canonical_release_mbid": "release_mbid"})
    pairs = pd.concat([redirect[["release_mbid", "release_group_mbid"]], canonical]).drop_duplicates("release_mbid")
    named = named.rename(columns={"release_name": "title", "artist_credit_name": "artist"}).merge(pairs, how="left")
    lost = int(named["release_group_mbid"].isna().sum())
    if lost:
        problems.append(f"{dump}: {lost} of {len(named)} releases have no release group in {_RELEASE_REDIRECT}")
    # Sort: the rows of a grouped table are in random order.
    return named.dropna(subset="release_group_mbid").assign(asin="")[RELEASES].sort_values(RELEASES, ignore_index=True)


def _release_records(
    stream: BinaryIO, place: str, writer: pq.ParquetWriter, rows: list[dict[str, str]], problems: list[str]
) -> None:
    """Add the releases of a JSON dump to ``rows`` and write their recordings; list releases of another form."""
    pairs: list[dict[str, str]] = []
    for record in reading.records_of(stream, place, problems):
        try:
            release = release_row(record)
            mbids = recording_ids(record)
        except UNEXPECTED as error:
            problems.append(f"{place}: release {record.get('id')!r:.80} has an unexpected form ({error!r:.300})")
            continue
        rows.append(release)
        for mbid in mbids:
            pairs.append({"release_mbid": release["release_mbid"], "recording_mbid": mbid})
        if len(pairs) > BATCH:
            writer.write_table(pa.Table.from_pylist(pairs, schema=_RECORDINGS))
            pairs = []
    writer.write_table(pa.Table.from_pylist(pairs, schema=_RECORDINGS))


def release_row(record: dict[str, Any]) -> dict[str, str]:
    """Return one row of ``RELEASES`` from a release of the JSON dump or the web service."""
    return {
        "release_mbid": record["id"].lower(),
        "release_group_mbid": record["release-group"]["id"].lower(),
        "title": text(record["title"]),
        "artist": credit(record.get("artist-credit") or []),
        "asin": text(record.get("asin") or ""),
    }


def recording_ids(record: dict[str, Any]) -> list[str]:
    """Return the ids of the recordings on a release, each once, in the order of its tracks.

    The id of a track is not that of its recording. A medium's pregap track (one object) and data tracks are separate
    from its other tracks; media whose tracks have not been entered yet have none of these keys.

    Examples
    --------
    >>> recording_ids({"media": [{"tracks": [{"id": "track", "recording": {"id": "66DD470F"}}]}]})
    ['66dd470f']
    """
    mbids: dict[str, None] = {}
    for medium in record.get("media") or []:
        tracks: list[dict[str, Any]] = []
        if medium.get("pregap"):
            tracks.append(medium["pregap"])
        tracks += medium.get("tracks") or []
        tracks += medium.get("data-tracks") or []
        for track in tracks:
            mbids[track["recording"]["id"].lower()] = None
    return list(mbids)


def _frame(tables: list[pa.Table], columns: list[str]) -> pd.DataFrame:
    if not tables:
        return pd.DataFrame(columns=columns, dtype=str)
    return pa.concat_tables(tables).to_pandas()
