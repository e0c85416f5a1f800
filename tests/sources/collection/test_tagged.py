"""Test the tags of a collection."""

import pandas as pd

from mumu_lib.sources.collection import report as listed, tagged
from mumu_lib.sources.collection.report import Report
from mumu_lib.sources.tags import Tags
from own_collections import sound


def test_tags_are_read_and_faults_listed(tmp_path):
    sound(tmp_path / "1.flac", artist="Ann", album="Wide (Disc 1)", genre="Jazz; Pop")
    (tmp_path / "2.mp3").write_bytes(b"")
    report = Report()
    found = tagged.read_all(tmp_path, ["1.flac", "2.mp3"], report, {"2.mp3": 7})
    assert [(line[0], line[1], line[3]) for line in report.lines] == [(7, "2.mp3", listed.TAGS)]
    table = tagged.table(pd.Series(["1.flac", "2.mp3", ""]), found, tagged.tally_of(found.values(), "auto"))
    assert table["tag_album"].tolist() == ["Wide", "", ""]
    assert table["tag_genre"].tolist() == ["Jazz | Pop", "", ""]


def test_unknown_artists_are_no_names_to_go_by():
    tags = Tags(artists=("Ann",), album_artist="[unknown]")
    assert tagged.without_unknown(tags) == Tags(artists=("Ann",))
    assert tagged.without_unknown(Tags(artists=("Ann",))) == Tags(artists=("Ann",))


def test_a_compilation_without_an_album_artist_has_many():
    tally = tagged.tally_of([], "auto")
    assert tagged.cells(Tags(artists=("Ann",), compilation=True), tally)["artist"] == "Various Artists"
    assert tagged.cells(Tags(artists=("Ann",), album_artist="Bob", compilation=True), tally)["artist"] == "Bob"
    assert set(tagged.cells(None, tally).values()) == {""}
