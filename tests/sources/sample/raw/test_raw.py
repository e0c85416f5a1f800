"""Test that the readers of real sources read the sample's raw sources and map them to the truth."""

import pandas as pd
import pytest

from mumu_lib import mapping
from mumu_lib.mapping import matching
from mumu_lib.sources import amazon, millionsong, musicbrainz, sample
from mumu_lib.sources.sample import raw


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    made = sample.tables(150)
    return made, raw.write(made, tmp_path_factory.mktemp("raw"))


@pytest.fixture(scope="module")
def mapped(written, tmp_path_factory):
    _, folder = written
    files, converted = mapping.find_sources(folder), tmp_path_factory.mktemp("mb")
    shop = amazon.fill_names(*map(amazon.metadata, files["metadata"]))
    assert musicbrainz.convert(files["dump"][0], converted) == []
    releases = musicbrainz.releases(converted)
    matches = matching.match(shop, releases, same="release_group_mbid")
    accepted, funnel = mapping.accept(shop, releases, matches)
    songs = mapping.msd_recordings(files["mapping"][0], files["tracks"][0])
    songs["recording_mbid"] = musicbrainz.follow_redirects(songs["recording_mbid"], converted)
    tracks, funnel = mapping.link(
        accepted, musicbrainz.recordings(converted, accepted["release_group_mbid"]), songs, funnel
    )
    return shop, releases, matches, accepted, tracks, funnel


def test_same_bytes_for_the_same_seed(written, tmp_path):
    made, folder = written
    again = raw.write(made, tmp_path)
    files = sorted(p.relative_to(folder) for p in folder.rglob("*") if p.is_file())
    assert len(files) == 8 + 24
    assert [p for p in files if (folder / p).read_bytes() != (again / p).read_bytes()] == []


def test_2014_metadata_has_no_artist_and_is_no_json(written):
    table = amazon.metadata(written[1] / "meta_CDs_and_Vinyl.json.gz")
    assert (table["artist"] == "").all()
    assert (table["title"] == "").any()


def test_default_threshold_reaches_the_aim(written, mapped):
    shop, releases, matches, *_ = mapped
    truth = mapping.sample_truth(written[1])
    measured = mapping.agreement(mapping.named(matches, shop, releases), truth, [0.9]).iloc[0]
    assert measured["precision"] >= 0.98
    assert measured["recall"] >= 0.9


def test_namesakes_by_one_artist_are_ambiguous(mapped):
    assert mapped[2]["ambiguous"].any()


def test_mapped_tracks_are_on_the_right_albums(written, mapped):
    made, folder = written
    accepted, tracks, funnel = mapped[3:]
    found = tracks[["track_id", "album_id"]].merge(accepted[["album_id", "release_group_mbid"]])
    true = pd.read_csv(folder / "truth_tracks.csv")
    assert len(found.merge(true)) == len(found)
    assert len(found) > 0.8 * len(made.tracks)
    assert found["track_id"].is_unique
    assert funnel["albums"].is_monotonic_decreasing


def test_song_files_are_the_dataset_s(written):
    paths = sorted(written[1].rglob("*.h5"))
    table = millionsong.songs(paths)
    unique = millionsong.unique_tracks(written[1] / "unique_tracks.txt")
    both = table.merge(unique, on=["track_id", "song_id", "title", "artist"])
    assert len(both) == len(paths)
    assert millionsong.timbre(paths[0]).shape[1] == 12


def test_other_mapping_reads_too(written, tmp_path):
    (tmp_path / "msd-mbid-2016-01-results-ab.csv").write_text(
        "TRSYN0000000000000,66dd470f-4c4f-4caa-b8d4-2ebc80a83cb6,t,a\n"
    )
    table = mapping.msd_recordings(tmp_path / "msd-mbid-2016-01-results-ab.csv", written[1] / "unique_tracks.txt")
    assert table.columns.tolist() == ["track_id", "recording_mbid", "title"]
    assert isinstance(table, pd.DataFrame)
    assert len(table) == 1


def test_tracks_given_for_another_song_are_left_out(written, tmp_path):
    files = mapping.find_sources(written[1])
    whole = mapping.msd_recordings(files["mapping"][0], files["tracks"][0])
    (tmp_path / "sid_mismatches.txt").write_text(f"ERROR: <SOAAA {whole['track_id'][0]}> A  !=  B\n", encoding="utf-8")
    kept = mapping.msd_recordings(files["mapping"][0], files["tracks"][0], tmp_path / "sid_mismatches.txt")
    assert set(whole["track_id"]) - set(kept["track_id"]) == {whole["track_id"][0]}
