"""MusicBrainz dumps: releases with their release group, title and artist, and the recordings on them.

Paper: Section 3.  Notebook: 01.  The web service is in ``musicbrainz_web``.

Two dumps are read. The canonical one (CSV in tar.zst, the smaller) names each recording once, on its
canonical release, and so understates how many albums a recording is on; the JSON dump of releases
(tar.xz, tens of gigabytes) has every track of every release, and no such blind spot.
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
# Tables without this line were made of a JSON dump before its pregap and data tracks were read.
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
    """Turn a dump, as downloaded, into the Parquet tables that the other functions read.

    Parameters
    ----------
    dump : path
        ``musicbrainz-canonical-dump-*.tar.zst`` or ``release.tar.xz``, or a folder it was unpacked to.
    folder : path
        Gets ``releases.parquet``, ``recordings.parquet`` and ``redirects.parquet``. If they were
        made from this very dump before, nothing is done, even if only its tables were kept.

    Returns
    -------
    problems : list of str
        What was left out, with file and line; what was read before a break stays.

    Raises
    ------
    MissingDataError
        It is not there, and the tables were made from none of its name.
    BadDataError
        Neither kind of dump.
    """
    dump, folder = Path(dump), Path(folder)
    done = folder / "source.txt"
    source = done.read_text(encoding="utf-8") if done.is_file() else ""
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
            reason = f" {problems[0]}" if problems else ""
            raise BadDataError(f"{dump} holds no release; expected canonical/{_DATA} or mbdump/release in it.{reason}")
    for name, table in (("redirects", redirects), ("releases", releases)):
        with atomic_path(folder / f"{name}.parquet") as part:
            table.to_parquet(part, index=False)
    write_atomically(done, note)
    return problems


def _note(dump: Path) -> str:
    """Name, size and time of each file that is read; ``""`` if there is none."""
    # A folder's own time says nothing of files that change inside.
    inside = sorted(dump.rglob("*")) if dump.is_dir() else [dump]
    read = [p for p in inside if p == dump or (p.is_file() and _is_wanted(p.relative_to(dump).as_posix()))]
    lines = []
    for path in read:
        stat = path.stat()
        lines.append(f"{path.relative_to(dump.parent).as_posix()} {stat.st_size} {stat.st_mtime_ns}")
    if lines and "canonical" not in lines[0]:
        lines.append(_ALL_TRACKS)
    return "\n".join(lines)


def releases(folder: str | Path) -> pd.DataFrame:
    """Releases of a converted dump.

    Returns
    -------
    releases : pd.DataFrame
        ``release_mbid``, ``release_group_mbid``, ``title``, ``artist``, ``asin`` (``""`` where unknown).
    """
    return pd.read_parquet(_converted(folder, "releases"))


def recordings(folder: str | Path, release_groups: Iterable[str]) -> pd.DataFrame:
    """Recordings on any release of some release groups.

    Returns
    -------
    recordings : pd.DataFrame
        ``release_group_mbid``, ``recording_mbid``; each pair once.
    """
    wanted = [mbid.lower() for mbid in release_groups]
    of_group = releases(folder)[["release_mbid", "release_group_mbid"]]
    of_group = of_group[of_group["release_group_mbid"].isin(wanted)]
    table = ds.dataset(_converted(folder, "recordings"))
    # With its type, which an empty list would not have.
    on_releases = pa.array(of_group["release_mbid"], pa.string())
    found = table.to_table(filter=pc.field("release_mbid").isin(on_releases)).to_pandas()
    pairs = found.merge(of_group, on="release_mbid")[["release_group_mbid", "recording_mbid"]]
    return pairs.drop_duplicates(ignore_index=True)


def follow_redirects(mbids: pd.Series, folder: str | Path) -> pd.Series:
    """Recording ids after MusicBrainz merged them: old archives name recordings that have moved since."""
    moved = pd.read_parquet(_converted(folder, "redirects")).drop_duplicates("recording_mbid")
    lower = mbids.str.lower()
    return lower.map(moved.set_index("recording_mbid")["canonical_recording_mbid"]).fillna(lower)


def text(value: Any) -> str:
    """A text of a record; TypeError if it is none."""
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} where a text should be")
    return value


def credit(parts: Iterable[dict[str, Any]]) -> str:
    """Artist credit as printed: names with their join phrases (absent in search results)."""
    return "".join(
        (part.get("name") or part.get("artist", {}).get("name", "")) + (part.get("joinphrase") or "") for part in parts
    )


def _converted(folder: str | Path, name: str) -> Path:
    path = Path(folder) / f"{name}.parquet"
    if not path.is_file():
        raise MissingDataError(
            f"{path} is not there; make it with  mumu_lib.sources.musicbrainz.convert(DUMP, {str(folder)!r})"
        )
    return path


def _read(dump: str | Path, recordings: Path, problems: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    named: list[pa.Table] = []
    tables: dict[str, list[pa.Table]] = {_RELEASE_REDIRECT: [], _RECORDING_REDIRECT: []}
    found: list[dict[str, str]] = []
    with pq.ParquetWriter(recordings, _RECORDINGS, compression="zstd") as writer:
        for name, stream in reading.members(dump, _is_wanted, problems):
            base, place = PurePosixPath(name).name, f"{dump}: {name}"
            if base == _DATA:
                named += _canonical_data(_batches(stream, place, _TABLES[base], problems), writer)
            elif base in tables:
                tables[base] += _batches(stream, place, _TABLES[base], problems)
            else:
                _release_records(stream, place, writer, found, problems)
    redirects = _frame(tables[_RECORDING_REDIRECT], _TABLES[_RECORDING_REDIRECT])
    if not named:
        return pd.DataFrame(found, columns=RELEASES, dtype=str), redirects
    return _with_groups(
        _distinct(named).to_pandas(), _frame(tables[_RELEASE_REDIRECT], _TABLES[_RELEASE_REDIRECT]), dump, problems
    ), redirects


def _is_wanted(name: str) -> bool:
    path = PurePosixPath(name)
    return path.name in _TABLES or (path.name == "release" and path.parent.name == "mbdump")


def _batches(stream: BinaryIO, place: str, columns: list[str], problems: list[str]) -> Iterator[pa.Table]:
    """Some columns of a CSV with a header, in pieces; rows of a wrong length and a broken end are listed."""

    def refuse(row: Any) -> str:
        problems.append(
            f"{place}, row {row.number}: {row.actual_columns} cells where the header has {row.expected_columns}"
        )
        return "skip"

    try:
        reader = pa.csv.open_csv(
            stream,
            # Only a single thread knows the number of a bad row.
            read_options=pa.csv.ReadOptions(block_size=8 << 20, use_threads=False),
            parse_options=pa.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=refuse),
            convert_options=pa.csv.ConvertOptions(
                include_columns=columns, column_types=dict.fromkeys(columns, pa.string())
            ),
        )
        for batch in reader:
            table = pa.Table.from_batches([batch])
            mbids = [c for c in columns if c.endswith("_mbid")]
            for column in mbids:
                table = table.set_column(columns.index(column), column, pc.utf8_lower(table[column]))
            yield table
    except KeyError as error:
        raise BadDataError(f"{place}, line 1: {error.args[0]}; expected the columns {columns}") from None
    except reading.STREAM_ERRORS as error:
        problems.append(f"{place}: the file breaks off ({error}); get it again")


def _canonical_data(batches: Iterable[pa.Table], writer: pq.ParquetWriter) -> list[pa.Table]:
    named: list[pa.Table] = []
    limit = 20 * BATCH
    for batch in batches:
        writer.write_table(batch.select(["release_mbid", "recording_mbid"]))
        named.append(batch.select(["release_mbid", "release_name", "artist_credit_name"]))
        if sum(map(len, named)) > limit:
            named = [_distinct(named)]
            # Rows that are distinct already would else be compared anew with every batch.
            limit = max(limit, 2 * len(named[0]))
    return named


def _distinct(tables: list[pa.Table]) -> pa.Table:
    whole = pa.concat_tables(tables)
    return whole.group_by(whole.column_names).aggregate([])


def _with_groups(named: pd.DataFrame, redirect: pd.DataFrame, dump: str | Path, problems: list[str]) -> pd.DataFrame:
    # Whether the redirects list canonical releases themselves is not documented; take both readings.
    pairs = pd.concat(
        [
            redirect[["release_mbid", "release_group_mbid"]],
            redirect[["canonical_release_mbid", "release_group_mbid"]].set_axis(
                ["release_mbid", "release_group_mbid"], axis=1
            ),
        ]
    ).drop_duplicates("release_mbid")
    named = named.rename(columns={"release_name": "title", "artist_credit_name": "artist"}).merge(pairs, how="left")
    if lost := int(named["release_group_mbid"].isna().sum()):
        problems.append(f"{dump}: {lost} of {len(named)} releases have no release group in {_RELEASE_REDIRECT}")
    # The order of a grouped table is left to chance.
    return named.dropna(subset="release_group_mbid").assign(asin="")[RELEASES].sort_values(RELEASES, ignore_index=True)


def _release_records(
    stream: BinaryIO, place: str, writer: pq.ParquetWriter, found: list[dict[str, str]], problems: list[str]
) -> None:
    pairs: list[tuple[str, str]] = []
    for record in reading.records_of(stream, place, problems):
        try:
            release, on_it = release_row(record), recording_ids(record)
        except UNEXPECTED as error:
            problems.append(f"{place}: release {record.get('id')!r:.80} has an unexpected form ({error!r:.300})")
            continue
        found.append(release)
        pairs += [(release["release_mbid"], mbid) for mbid in on_it]
        if len(pairs) > BATCH:
            writer.write_table(_pair_table(pairs))
            pairs = []
    writer.write_table(_pair_table(pairs))


def release_row(record: dict[str, Any]) -> dict[str, str]:
    """One row of ``RELEASES`` from a release as the JSON dump and the web service write it."""
    return {
        "release_mbid": record["id"].lower(),
        "release_group_mbid": record["release-group"]["id"].lower(),
        "title": text(record["title"]),
        "artist": credit(record.get("artist-credit") or []),
        "asin": text(record.get("asin") or ""),
    }


def recording_ids(record: dict[str, Any]) -> list[str]:
    """Recordings on a release, each once, in the order of its tracks; a track's own id is another one.

    A medium's pregap track (before its first, one object) and data tracks stand beside its other tracks. Media without
    any, such as those that nobody has entered yet, have none.
    """
    found: dict[str, None] = {}
    for medium in record.get("media") or []:
        tracks: list[dict[str, Any]] = []
        if medium.get("pregap"):
            tracks.append(medium["pregap"])
        tracks += medium.get("tracks") or []
        tracks += medium.get("data-tracks") or []
        for track in tracks:
            found[track["recording"]["id"].lower()] = None
    return list(found)


def _pair_table(pairs: list[tuple[str, str]]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(_RECORDINGS.names, pair, strict=True)) for pair in pairs], schema=_RECORDINGS)


def _frame(tables: list[pa.Table], columns: list[str]) -> pd.DataFrame:
    return pa.concat_tables(tables).to_pandas() if tables else pd.DataFrame(columns=columns, dtype=str)
