"""Test the rows of a collection from its folders."""

import shutil
import sys

import pytest

from mumu_lib.sources import folder
from mumu_lib.sources.collection import report as listed, rows
from mumu_lib.sources.collection.report import Report
from own_collections import genres, picture, sound


def test_the_parents_files_belong_to_all_its_discs(tmp_path):
    root = tmp_path / "music"
    for disc in ("CD1 - Studio", "CD2 - Live"):
        sound(root / "Ann" / "Wide" / disc / "1.flac")
    picture(root / "Ann" / "Wide" / "cover.png")
    (root / "Ann" / "Wide" / "genres.txt").write_text("Jazz", encoding="utf-8")
    (root / "Ann" / "Wide" / "review.txt").write_text("Fine.", encoding="utf-8")
    made = folder.build(root, out=tmp_path / "out", min_albums=1)
    assert made.albums[["album_id", "cover"]].values.tolist() == [["Ann/Wide", "Ann/Wide/cover.png"]]
    assert genres(made) == {"Ann/Wide": ["Jazz"]}
    assert made.reviews["text"].tolist() == ["Fine."]
    assert len(made.tracks) == 2


def test_files_in_a_folder_of_no_album_are_about_the_recording_of_their_name(tmp_path):
    root = tmp_path / "music"
    for name in ("1", "2"):
        sound(root / "000" / f"{name}.flac")
    sound(root / "001" / "3.flac")
    picture(root / "000" / "1.png")
    (root / "000" / "2.txt").write_text("Two.", encoding="utf-8")
    (root / "000" / "other.txt").write_text("Whose?", encoding="utf-8")
    (root / "001" / "genres.txt").write_text("Jazz", encoding="utf-8")
    report = Report()
    table = rows.of_folders(root, report, "auto").table.set_index("album_id")
    assert table["cover"].to_dict() == {"000/1.flac": "000/1.png", "000/2.flac": "", "001/3.flac": ""}
    assert table["text"].to_dict() == {"000/1.flac": [], "000/2.flac": ["Two."], "001/3.flac": []}
    assert table["genres"].to_dict() == {"000/1.flac": "", "000/2.flac": "", "001/3.flac": "Jazz"}
    assert [(line[1], line[3]) for line in report.lines] == [("000/other.txt", listed.TEXT)]


def test_what_only_ffmpeg_reads_is_listed_where_it_is_missing(tmp_path, monkeypatch):
    root = tmp_path / "music"
    sound(root / "A" / "1.flac")
    (root / "A" / "2.m4a").write_bytes(b"x")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    report = Report()
    assert len(rows.of_folders(root, report, "auto").table) == 1
    assert [(line[1], line[3]) for line in report.lines] == [("A/2.m4a", listed.FFMPEG)]
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/ffmpeg")
    assert len(rows.of_folders(root, Report(), "auto").table) == 2


def test_rules_are_counted(tmp_path, capsys):
    root = tmp_path / "music"
    for n in (1, 2):
        sound(root / "000" / f"{n}.flac", artist="Ann", album="Wide")
        sound(root / "Bob" / "Set" / f"CD{n}" / "1.flac")
    sound(root / "Cy" / "Low" / "1.flac")
    sound(root / "single.flac")
    folder.build(root, out=tmp_path / "out")
    said = capsys.readouterr().out
    for count in ("1 by tags that agree", "1 by folders of discs", "1 by folder names", "1 each file its own"):
        assert count in said


def test_folders_named_for_genres_give_them_where_nothing_else_does(tmp_path, capsys):
    root = tmp_path / "music"
    for genre in ("Jazz", "Rock"):
        sound(root / genre / f"{genre}.001.flac")
        sound(root / genre / f"{genre}.002.flac", genre="Pop")
    made = folder.build(root, out=tmp_path / "out", min_albums=1)
    assert [g for (g,) in made.albums["genres"]] == ["Jazz", "Pop", "Rock", "Pop"]
    assert "2 albums have the genre that a folder is named for" in capsys.readouterr().out


@pytest.mark.skipif(sys.platform != "linux", reason="names are not kept as they are here")
@pytest.mark.parametrize("names", [("01 Song.flac", "01  Song.flac"), ("Caf\u00e9.flac", "Cafe\u0301.flac")])
def test_two_names_that_look_alike_are_two_tracks(tmp_path, names):
    for name in names:
        sound(tmp_path / "music" / "A" / "B" / name)
    sound(tmp_path / "music" / "A" / "B" / "02  Other.flac")
    made = folder.build(tmp_path / "music", out=tmp_path / "out")
    ids = set(made.tracks["track_id"])
    assert {f"A/B/{name}" for name in names} < ids
    # Where one blank is enough, ids are what they were.
    assert "A/B/02 Other.flac" in ids


def test_identical_recordings_are_listed_and_stay_in_one_split(tmp_path):
    root = tmp_path / "music"
    for n in range(20):
        sound(root / f"Artist {n:02}" / "Wide" / "1.flac", genre="Jazz" if n % 2 else "Rock")
    shutil.copy(root / "Artist 00" / "Wide" / "1.flac", root / "Artist 07" / "Wide" / "copy.flac")
    made = folder.build(root, out=tmp_path / "out", fractions=(0.4, 0.3, 0.3))
    split = made.albums.set_index("album_id")["split"]
    assert split["Artist 00/Wide"] == split["Artist 07/Wide"]
    assert "identical recording 1" in made.validate().loc["passed over", "note"]


def test_without_a_manifest_no_line_of_the_report_has_a_row(tmp_path):
    (tmp_path / "A").mkdir()
    (tmp_path / "A" / "1.mp3").write_text("no sound", encoding="utf-8")
    report = Report()
    rows.of_folders(tmp_path, report, "auto")
    assert [line[:2] for line in report.lines] == [("", "A/1.mp3")]
