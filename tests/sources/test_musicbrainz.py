"""Reading the dumps of MusicBrainz in every format."""

import bz2
import gzip
import io
import json
import lzma
import shutil
import tarfile

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mumu_lib.core.errors import BadDataError, MissingDataError
from mumu_lib.sources import fetch, musicbrainz

DATA = (
    "id,artist_credit_id,artist_mbids,artist_credit_name,release_mbid,release_name,recording_mbid,recording_name,combined_lookup,score\n"
    '1,1,a,"Simon & Garfunkel, Jr.",R1,"Bridge, ""Over""",REC1,Song,x,1\n'
    '2,1,a,"Simon & Garfunkel, Jr.",R1,"Bridge, ""Over""",REC2,Song,x,2\n'
    "3,1,a,Queen,r2,News,rec3,Song,x,3\n"
    "4,1,a,Nobody,r9,Lost,rec9,Song,x,3\n"
)
RELEASES = "release_mbid,canonical_release_mbid,release_group_mbid\nr1,r1,G1\nother,r2,g2\n"
RECORDINGS = "recording_mbid,canonical_recording_mbid,canonical_release_mbid\nold,REC3,r2\n"


def tar(path, members):
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name, text in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    data = raw.getvalue()
    if path.suffix == ".zst":
        with pa.CompressedOutputStream(str(path), "zstd") as out:
            out.write(data)
    else:
        path.write_bytes({".xz": lzma.compress, ".bz2": bz2.compress, ".gz": gzip.compress}[path.suffix](data))
    return path


def canonical(path, data=DATA):
    base = "musicbrainz-canonical-dump-1/canonical"
    return tar(
        path,
        {f"{base}/canonical_musicbrainz_data.csv": data, f"{base}/canonical_recording_redirect.csv": RECORDINGS,
         f"{base}/canonical_release_redirect.csv": RELEASES},
    )  # fmt: skip


@pytest.mark.parametrize("suffix", ["zst", "xz", "bz2", "gz"])
def test_canonical_dump_in_any_compression(tmp_path, suffix):
    problems = musicbrainz.convert(canonical(tmp_path / f"dump.tar.{suffix}"), tmp_path / "mb")
    assert len(problems) == 1
    assert "1 of 3 releases have no release group" in problems[0]
    table = musicbrainz.releases(tmp_path / "mb").sort_values("release_mbid", ignore_index=True)
    assert table.to_numpy().tolist() == [
        ["r1", "g1", 'Bridge, "Over"', "Simon & Garfunkel, Jr.", ""],
        ["r2", "g2", "News", "Queen", ""],
    ]


def test_a_dump_compressed_in_parts_is_read_completely(tmp_path):
    archive = canonical(tmp_path / "whole.tar.zst")
    data = pa.input_stream(str(archive), compression="zstd").read()
    skipped = b"\x50\x2a\x4d\x18\x04\x00\x00\x00\x00\x00\x00\x00"
    half = len(data) // 2
    packed = [pa.Codec("zstd").compress(part, asbytes=True) for part in (data[:half], data[half:])]
    (tmp_path / "parts.tar.zst").write_bytes(skipped + packed[0] + skipped + packed[1])
    assert len(musicbrainz.convert(tmp_path / "parts.tar.zst", tmp_path / "mb")) == 1
    assert len(musicbrainz.releases(tmp_path / "mb")) == 2


def test_recordings_of_release_groups(tmp_path):
    musicbrainz.convert(canonical(tmp_path / "d.tar.zst"), tmp_path / "mb")
    pairs = musicbrainz.recordings(tmp_path / "mb", ["G1"])
    assert pairs.to_numpy().tolist() == [["g1", "rec1"], ["g1", "rec2"]]


def test_merged_recordings_are_followed(tmp_path):
    musicbrainz.convert(canonical(tmp_path / "d.tar.zst"), tmp_path / "mb")
    assert musicbrainz.follow_redirects(pd.Series(["OLD", "rec1"]), tmp_path / "mb").tolist() == ["rec3", "rec1"]


def test_unpacked_folder_reads_as_the_archive(tmp_path):
    archive = canonical(tmp_path / "d.tar.gz")
    fetch.extract(archive, tmp_path / "unpacked")
    musicbrainz.convert(archive, tmp_path / "a")
    musicbrainz.convert(tmp_path / "unpacked", tmp_path / "b")
    pd.testing.assert_frame_equal(musicbrainz.releases(tmp_path / "a"), musicbrainz.releases(tmp_path / "b"))


def release(i, **more):
    tracks = [{"id": f"track{i}{t}", "recording": {"id": f"REC{i}{t}"}} for t in "ab"]
    credit = [{"name": "A", "joinphrase": " & "}, {"artist": {"name": "B"}}]
    return {"id": f"R{i}", "release-group": {"id": f"G{i // 2}"}, "title": f"T{i}", "artist-credit": credit, "asin": None,
            "media": [{"tracks": tracks}, {"format": "DVD"}], **more}  # fmt: skip


def test_json_dump_has_recordings_not_track_ids(tmp_path):
    lines = "\n".join(json.dumps(release(i, asin=f"B{i}")) for i in range(3))
    path = tar(tmp_path / "release.tar.xz", {"COPYING": "x", "mbdump/release": lines, "JSON_DUMPS_SCHEMA_NUMBER": "1"})
    assert musicbrainz.convert(path, tmp_path / "mb") == []
    assert musicbrainz.releases(tmp_path / "mb").to_numpy().tolist()[2] == ["r2", "g1", "T2", "A & B", "B2"]
    found = musicbrainz.recordings(tmp_path / "mb", ["g0"])
    assert sorted(found["recording_mbid"]) == ["rec0a", "rec0b", "rec1a", "rec1b"]


def test_pregap_and_data_tracks_are_tracks(tmp_path):
    track = {"id": "t", "recording": {"id": "PREGAP"}}
    media = [
        {"pregap": track, "tracks": [{"recording": {"id": "one"}}], "data-tracks": [{"recording": {"id": "Data"}}]},
        {"data-tracks": [{"recording": {"id": "data"}}, {"recording": {"id": "only data"}}]},
        {"pregap": None, "tracks": None, "data-tracks": None},
        {"tracks": []},
    ]
    path = tar(tmp_path / "release.tar.xz", {"mbdump/release": json.dumps(release(0, media=media))})
    assert musicbrainz.convert(path, tmp_path / "mb") == []
    found = musicbrainz.recordings(tmp_path / "mb", ["g0"])
    assert found["recording_mbid"].tolist() == ["pregap", "one", "data", "only data"]


def test_tables_of_an_older_version_are_made_again_if_the_dump_exists(tmp_path):
    media = [{"pregap": {"recording": {"id": "hidden"}}}]
    path = tar(tmp_path / "release.tar.xz", {"mbdump/release": json.dumps(release(0, media=media))})
    musicbrainz.convert(path, tmp_path / "mb")
    note = tmp_path / "mb" / "source.txt"
    before = note.read_text(encoding="utf-8").splitlines()[0]
    note.write_text(before, encoding="utf-8")
    (tmp_path / "mb" / "recordings.parquet").write_bytes(b"as before")
    musicbrainz.convert(path, tmp_path / "mb")
    assert musicbrainz.recordings(tmp_path / "mb", ["g0"])["recording_mbid"].tolist() == ["hidden"]
    note.write_text(before, encoding="utf-8")
    path.unlink()
    assert musicbrainz.convert(path, tmp_path / "mb") == []


def test_release_of_another_form_is_listed(tmp_path):
    lines = "\n".join([json.dumps(release(0)), json.dumps({"id": "x", "title": "no group"}), "nonsense"])
    path = tar(tmp_path / "release.tar.xz", {"mbdump/release": lines})
    problems = musicbrainz.convert(path, tmp_path / "mb")
    assert len(problems) == 2
    assert "'x'" in problems[0]
    assert "line 3" in problems[1]
    assert len(musicbrainz.releases(tmp_path / "mb")) == 1


def test_truncated_archive_keeps_what_was_read(tmp_path):
    lines = "\n".join(json.dumps(release(i, note=str(hash((i, "x"))))) for i in range(5_000))
    path = tar(tmp_path / "release.tar.xz", {"mbdump/release": lines})
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    problems = musicbrainz.convert(path, tmp_path / "mb")
    assert any("breaks off" in p for p in problems)
    assert 100 < len(musicbrainz.releases(tmp_path / "mb")) < 5_000


def test_row_of_wrong_length_is_listed_with_its_number(tmp_path):
    problems = musicbrainz.convert(canonical(tmp_path / "d.tar.gz", DATA + "5,too,few\n"), tmp_path / "mb")
    assert any("row 6" in p and "3 cells" in p for p in problems)
    assert len(musicbrainz.releases(tmp_path / "mb")) == 2


def test_missing_column_is_named(tmp_path):
    with pytest.raises(BadDataError, match="release_name"):
        musicbrainz.convert(canonical(tmp_path / "d.tar.gz", DATA.replace("release_name", "name")), tmp_path / "mb")


def test_another_archive_is_refused(tmp_path):
    with pytest.raises(BadDataError, match="mbdump/release"):
        musicbrainz.convert(tar(tmp_path / "artist.tar.xz", {"mbdump/artist": "{}"}), tmp_path / "mb")
    (tmp_path / "text.tar.xz").write_text("no archive")
    with pytest.raises(BadDataError, match="breaks off at its start"):
        musicbrainz.convert(tmp_path / "text.tar.xz", tmp_path / "mb")


def test_done_work_is_not_repeated(tmp_path):
    path = canonical(tmp_path / "d.tar.gz")
    musicbrainz.convert(path, tmp_path / "mb")
    path.unlink()
    assert musicbrainz.convert(path, tmp_path / "mb") == []


def test_a_changed_file_in_an_unpacked_dump_is_read_again(tmp_path):
    dump = tmp_path / "dump"
    fetch.extract(canonical(tmp_path / "d.tar.gz"), dump)
    musicbrainz.convert(dump, tmp_path / "mb")
    assert musicbrainz.convert(dump, tmp_path / "mb") == []
    (file,) = dump.rglob("canonical_musicbrainz_data.csv")
    file.write_text(DATA.replace("News", "Jazz"), encoding="utf-8")
    musicbrainz.convert(dump, tmp_path / "mb")
    assert "Jazz" in set(musicbrainz.releases(tmp_path / "mb")["title"])
    shutil.rmtree(dump)
    assert musicbrainz.convert(dump, tmp_path / "mb") == []


def test_a_missing_dump_is_not_taken_for_another_one(tmp_path):
    with pytest.raises(MissingDataError, match=r"none\.tar\.zst is not there"):
        musicbrainz.convert(tmp_path / "none.tar.zst", tmp_path / "mb")
    musicbrainz.convert(canonical(tmp_path / "d.tar.gz"), tmp_path / "mb")
    with pytest.raises(MissingDataError, match=r"none\.tar\.zst is not there"):
        musicbrainz.convert(tmp_path / "none.tar.zst", tmp_path / "mb")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadDataError, match="has no releases"):
        musicbrainz.convert(tmp_path / "empty", tmp_path / "new")


def test_distinct_releases_are_not_compared_for_every_batch(tmp_path, monkeypatch):
    monkeypatch.setattr(musicbrainz, "BATCH", 1)
    called, distinct = [], musicbrainz._distinct
    monkeypatch.setattr(musicbrainz, "_distinct", lambda tables: called.append(1) or distinct(tables))
    schema = pa.schema([(name, pa.string()) for name in musicbrainz._TABLES[musicbrainz._DATA]])
    rows = [dict.fromkeys(schema.names, str(i)) for i in range(1000)]
    with pq.ParquetWriter(tmp_path / "r.parquet", musicbrainz._RECORDINGS) as writer:
        found = musicbrainz._canonical_data((pa.Table.from_pylist([row], schema=schema) for row in rows), writer)
    assert sum(map(len, found)) == 1000
    assert len(called) < 10


def test_unconverted_folder_is_refused_with_a_hint(tmp_path):
    with pytest.raises(MissingDataError, match=r"musicbrainz\.convert"):
        musicbrainz.releases(tmp_path)


def test_release_groups_that_the_dump_does_not_have(tmp_path):
    (tmp_path / "mbdump").mkdir()
    release = {"id": "R", "title": "T", "release-group": {"id": "G"}, "media": []}
    (tmp_path / "mbdump" / "release").write_text(json.dumps(release))
    musicbrainz.convert(tmp_path, tmp_path / "out")
    assert musicbrainz.recordings(tmp_path / "out", ["nowhere"]).empty


@pytest.mark.parametrize(
    "change", [{"title": 1}, {"title": None}, {"id": []}, {"media": 5}, {"artist-credit": [1]}, {"asin": 5}]
)
def test_a_release_of_another_form_is_left_out_completely(tmp_path, change):
    (tmp_path / "mbdump").mkdir()
    release = {
        "id": "R",
        "title": "T \ud800",
        "release-group": {"id": "G"},
        "media": [{"tracks": [{"recording": {"id": "C"}}]}],
    }
    (tmp_path / "mbdump" / "release").write_text(f"{json.dumps(release)}\n{json.dumps(release | change)}\n")
    problems = musicbrainz.convert(tmp_path, tmp_path / "out")
    assert "unexpected form" in problems[0]
    assert musicbrainz.releases(tmp_path / "out")["title"].tolist() == ["T ?"]
