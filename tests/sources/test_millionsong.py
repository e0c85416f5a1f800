"""Reading the Million Song Dataset: tables, songs, mappings to MusicBrainz."""

import bz2
import io
import json
import sqlite3
import tarfile

import h5py
import numpy as np
import pandas as pd
import pytest

from mumu_lib.audio import timbre
from mumu_lib.core.errors import AudioError, BadDataError, MissingDataError
from mumu_lib.sources import fetch, millionsong

UUID = "66dd470f-4c4f-4caa-b8d4-2ebc80a83cb6"


def song_file(path, n=1, segments=5):
    text = {"artist_name": "S1024", "artist_mbid": "S40", "release": "S1024", "title": "S1024", "song_id": "S32"}
    metadata = np.zeros(n, [*text.items(), ("track_7digitalid", "<i4")])
    analysis = np.zeros(n, [("duration", "<f8"), ("track_id", "S32")])
    metadata["title"], metadata["track_7digitalid"], analysis["track_id"] = "Café".encode(), -1, b"TRABCDE128F0000001"
    with h5py.File(path, "w") as file:
        file["metadata/songs"], file["analysis/songs"] = metadata, analysis
        file["musicbrainz/songs"] = np.zeros(n, [("year", "<i4")])
        if segments:
            file["analysis/segments_timbre"] = np.ones((segments, 12))
    return path


def test_unique_tracks(tmp_path):
    path = tmp_path / "unique_tracks.txt"
    path.write_text(
        "TRM<SEP>SOQ<SEP>Faster Pussy cat<SEP>Silent Night\nTRN<SEP>SOR<SEP>a|b<SEP>\nbroken line\n", encoding="utf-8"
    )
    with pytest.warns(UserWarning, match=r"unique_tracks\.txt, line 3: 1 fields"):
        table = millionsong.unique_tracks(path)
    assert table.to_numpy().tolist() == [["TRM", "SOQ", "Faster Pussy cat", "Silent Night"], ["TRN", "SOR", "a|b", ""]]


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "track_metadata.db"
    columns = [
        "track_id",
        "title",
        "song_id",
        "release",
        "artist_mbid",
        "artist_name",
        "duration",
        "year",
        "track_7digitalid",
    ]
    pd.DataFrame([["TRA", "t", "SOA", "r", UUID, "a", 1.5, 1999, 42]], columns=columns).to_sql(
        "songs", sqlite3.connect(path), index=False
    )
    return path


def test_track_metadata(database):
    row = millionsong.track_metadata(database).iloc[0]
    assert (row["track_id"], row["artist"], row["sevendigital_id"], row["duration"]) == ("TRA", "a", 42, 1.5)


def test_a_row_of_the_database_that_is_not_utf8_is_listed(database):
    with sqlite3.connect(database) as writer:
        writer.execute("INSERT INTO songs SELECT 'TRL', cast(x'436166e9' AS text), 'SOL', release, artist_mbid,"
                       " artist_name, duration, year, track_7digitalid FROM songs")  # fmt: skip
        writer.execute("INSERT INTO songs SELECT 'TRU', 'Café', 'SOU', NULL, artist_mbid, artist_name, duration, year,"
                       " track_7digitalid FROM songs WHERE track_id = 'TRA'")  # fmt: skip
    writer.close()
    with pytest.warns(UserWarning, match=r"track_metadata\.db: 1 left out.*track TRL is left out, b'Caf\\xe9'"):
        table = millionsong.track_metadata(database)
    assert table["track_id"].tolist() == ["TRA", "TRU"]
    assert table["title"].tolist() == ["t", "Café"]
    assert len(table.attrs["problems"]) == 1


def test_rows_of_the_database_without_ids_or_with_texts_for_numbers(database):
    with sqlite3.connect(database) as writer:
        for row in (
            "'TRB', 't', NULL, 'r', '', 'a', 1.0, 1999, 7",
            "'TRC', NULL, 'SOC', NULL, NULL, 'a', 'long', '', NULL",
            "'TRD', 123, 'SOD', 'r', '', 'a', 2, 'unknown', 99999999999999999999",
        ):
            writer.execute(f"INSERT INTO songs VALUES ({row})")
    writer.close()
    with pytest.warns(UserWarning, match="4 left out, listed"):
        table = millionsong.track_metadata(database)
    assert table["track_id"].tolist() == ["TRA", "TRC", "TRD"]
    assert table["title"].tolist() == ["t", "", "123"]
    assert table["year"].tolist() == [1999, 0, 0]
    assert table["sevendigital_id"].tolist() == [42, -1, -1]
    assert table["duration"].fillna(0).tolist() == [1.5, 0, 2]
    assert "unknown duration; the first holds 'long'" in table.attrs["problems"][2]


def test_a_song_that_is_not_utf8_is_listed(tmp_path):
    path = song_file(tmp_path / "two.h5", n=2)
    with h5py.File(path, "r+") as file:
        rows = file["metadata/songs"][()]
        rows["artist_name"][1] = b"Bj\xf6rk"
        file["metadata/songs"][...] = rows
    with pytest.warns(UserWarning, match=r"two\.h5: track TRA\w+ is left out, b'Bj\\xf6rk' is not UTF-8"):
        assert millionsong.songs([path])["title"].tolist() == ["Café"]


def test_locked_database_is_refused_with_a_hint(database):
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(BadDataError, match=r"track_metadata\.db.*locked.*close the program"):
        millionsong.track_metadata(database)
    other.close()


def test_files_that_are_not_databases_are_refused(tmp_path):
    (tmp_path / "x.db").write_text("not a database, but long enough to be looked at as one")
    with pytest.raises(BadDataError, match=r"x\.db"):
        millionsong.track_metadata(tmp_path / "x.db")
    with pytest.raises(MissingDataError, match=r"no\.db"):
        millionsong.track_metadata(tmp_path / "no.db")


def test_files_that_are_not_songs_are_listed(tmp_path):
    (tmp_path / "bad.h5").write_text("not HDF5")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = [1]
    with pytest.warns(UserWarning, match=r"bad\.h5 is not an HDF5 file"):
        table = millionsong.songs(
            [song_file(tmp_path / "a.h5", n=2), tmp_path / "bad.h5", tmp_path / "other.h5", tmp_path / "no.h5"]
        )
    assert table["title"].tolist() == ["Café", "Café"]
    assert len(table.attrs["problems"]) == 3


def test_only_bad_songs_is_an_error(tmp_path):
    (tmp_path / "bad.h5").write_text("not HDF5")
    with pytest.raises(BadDataError, match=r"bad\.h5"):
        millionsong.songs([tmp_path / "bad.h5"])


def test_timbre(tmp_path):
    assert millionsong.timbre(song_file(tmp_path / "a.h5")).shape == (5, 12)
    with pytest.raises(BadDataError, match="summary files do not contain it"):
        millionsong.timbre(song_file(tmp_path / "b.h5", segments=0))


def test_real_songs(real_data):
    paths = sorted((real_data / "msd").glob("*.h5"))
    table = millionsong.songs(paths)
    assert table["track_id"].tolist() == [p.stem for p in paths]
    assert (table["artist"] != "").all()
    assert table["duration"].between(1, 3600).all()


def echonest(tmp_path):
    song = {"id": "SOOTHER", "tracks": [
        {"catalog": "musicbrainz", "foreign_id": f"musicbrainz:track:{UUID.upper()}"}, {"catalog": "7digital-UK", "foreign_id": "7digital-UK:track:1"},
        {"catalog": "musicbrainz", "foreign_id": f"musicbrainz:track:{UUID}"}, {"catalog": "musicbrainz"}]}  # fmt: skip
    members = {
        "CW/SOCWJDB12A58A776AF.json": json.dumps({"response": {"songs": [song]}}),
        "AA/SOAAEMPTY.json": json.dumps({"response": {"songs": []}}),
        "AA/SOAABAD.json": json.dumps({"oops": 1}),
    }
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name, text in members.items():
            info = tarfile.TarInfo(f"millionsongdataset_echonest/{name}")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    path = tmp_path / "millionsongdataset_echonest.tar.bz2"
    path.write_bytes(bz2.compress(raw.getvalue()))
    return path


def test_echonest_archive_maps_the_song_asked_for(tmp_path):
    with pytest.warns(UserWarning, match="SOAABAD"):
        table = millionsong.echonest_mapping(echonest(tmp_path))
    assert table.to_numpy().tolist() == [["SOCWJDB12A58A776AF", UUID]]
    tracks = pd.DataFrame({"track_id": ["TR1", "TR2"], "song_id": ["SOCWJDB12A58A776AF", "SOX"]})
    assert millionsong.by_track(table, tracks)["track_id"].tolist() == ["TR1"]


def test_echonest_folder(tmp_path):
    fetch.extract(echonest(tmp_path), tmp_path / "unpacked")
    with pytest.warns(UserWarning, match="SOAABAD"):
        assert len(millionsong.echonest_mapping(tmp_path / "unpacked")) == 1


def test_mbid_mapping_as_csv_and_json(tmp_path):
    csv, array = tmp_path / "ab.csv.bz2", tmp_path / "ab.json.bz2"
    csv.write_bytes(bz2.compress(f"TRA,{UUID.upper()},A title, with comma,x and y\nnonsense\n".encode()))
    array.write_bytes(
        bz2.compress(
            json.dumps([{"query": {"track_id": "TRA"}, "match": [{"id": "no"}], "matches": [{"id": UUID}]}]).encode()
        )
    )
    with pytest.warns(UserWarning, match="line 2"):
        table = millionsong.mbid_mapping(csv)
    pd.testing.assert_frame_equal(table, millionsong.mbid_mapping(array), check_like=True)


def test_mismatches(tmp_path):
    (tmp_path / "m.txt").write_text("ERROR: <SOUMNSI12AB0182807 TRMMGKQ128F9325E10> Digital  !=  Clockwork\n")
    assert millionsong.mismatches(tmp_path / "m.txt") == {"TRMMGKQ128F9325E10"}


def test_a_dataset_that_claims_more_than_the_file_holds(tmp_path):
    with h5py.File(tmp_path / "bomb.h5", "w") as file:
        file.create_dataset("analysis/segments_timbre", (10**10, 12), "f8", chunks=(16, 12))
    with pytest.raises(BadDataError, match=r"bomb\.h5 .*claims 960,000,000,000 bytes, 0 are stored"):
        millionsong.timbre(tmp_path / "bomb.h5")
    with pytest.raises(AudioError, match="claims 960,000,000,000 bytes"):
        timbre.from_msd(tmp_path / "bomb.h5")


def test_a_dataset_in_another_file_is_not_followed(tmp_path):
    (tmp_path / "secret").write_bytes(bytes(960))
    with h5py.File(tmp_path / "outer.h5", "w") as file:
        file.create_dataset("analysis/segments_timbre", (10, 12), "f8", external=[(str(tmp_path / "secret"), 0, 960)])
    with h5py.File(tmp_path / "linked.h5", "w") as file:
        file["analysis/segments_timbre"] = h5py.ExternalLink("inner.h5", "x")
    with h5py.File(tmp_path / "inner.h5", "w") as file:
        file["x"] = np.ones((10, 12))
    for name in ("outer.h5", "linked.h5"):
        with pytest.raises(BadDataError, match="does not hold its numbers itself"):
            millionsong.timbre(tmp_path / name)


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"query": 1, "matches": [{"id": "X"}]},
        {"query": {"track_id": "T"}, "matches": [1]},
        {"query": {"track_id": 1}, "match": [{"id": "X"}]},
    ],
)
def test_matches_of_another_form_are_listed(tmp_path, record):
    good = {"query": {"track_id": "TR"}, "matches": [{"id": "X"}]}
    path = tmp_path / "mapping.json"
    path.write_text(json.dumps([good, record | {"match": record.get("match", [1])}]))
    with pytest.warns(UserWarning, match="a record of unexpected form"):
        assert millionsong.mbid_mapping(path).to_numpy().tolist() == [["TR", "x"]]
