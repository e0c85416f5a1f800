"""Test files next to the recordings."""

import pytest

from mumu_lib.sources.collection import report as listed, sidecars
from mumu_lib.sources.collection.report import Report
from own_collections import picture


def test_pictures_and_texts_are_taken_or_listed(tmp_path):
    picture(tmp_path / "A" / "cover.png")
    picture(tmp_path / "A" / "back.png")
    (tmp_path / "A" / "Genre.txt").write_text("Jazz > Bop", encoding="utf-8")
    (tmp_path / "A" / "review.md").write_text("Fine.", encoding="utf-8")
    (tmp_path / "A" / "md5.txt").write_text("d41d8cd98f00b204e9800998ecf8427e *1.mp3", encoding="utf-8")
    report = Report()
    files = [f"A/{name}" for name in ("cover.png", "back.png", "Genre.txt", "review.md", "md5.txt", "1.mp3")]
    found = sidecars.read(tmp_path, files, report, "A", ("A",))
    assert found == sidecars.About("A/cover.png", ["Fine."], "Jazz > Bop")
    assert {file: kind for _, file, _, kind in report.lines} == {"A/back.png": listed.PICTURE, "A/md5.txt": listed.TEXT}


def test_what_becomes_of_the_lines_of_a_file_of_genres(tmp_path):
    note = "This is what the people who lent me the record told me about it when I came to bring it back."
    (tmp_path / "genres.txt").write_text(
        f"Rock, Jazz / Blues\nFolk > Celtic | Pop\nUnknown\n{note}\n", encoding="utf-8"
    )
    report = Report()
    assert sidecars.read(tmp_path, ["genres.txt"], report).genres == "Blues | Folk > Celtic | Jazz | Pop | Rock"
    apart, unknown, long = report.lines
    assert apart[2] == "'Rock, Jazz / Blues' taken apart: Rock, Jazz, Blues"
    assert unknown[2] == "'Unknown' is not a genre; left out"
    assert long[2].startswith("'This is what")
    assert {kind for *_, kind in report.lines} == {listed.GENRES}


def test_every_other_file_is_shared_out_or_listed():
    tree = {
        (): ["x.nfo"],
        ("A",): ["1.mp3", "cover.jpg"],
        ("A", "Scans"): ["front.jpg", "note.txt"],
        ("A", "Lyrics"): ["1.txt"],
        ("B",): ["only.jpg"],
    }
    report = Report()
    files = sidecars.by_album_folder(tree, {("A",)}, report)
    assert files == {("A",): ["A/cover.jpg", "A/Scans/front.jpg"]}
    kinds = {file: kind for _, file, _, kind in report.lines}
    assert kinds == {
        "x.nfo": listed.ENDING,
        "A/Scans/note.txt": listed.TEXT,
        "A/Lyrics/1.txt": listed.TEXT,
        "B/only.jpg": listed.PICTURE,
    }


def test_a_printed_list_in_a_file_of_genres(tmp_path):
    (tmp_path / "genres.txt").write_text('[\n  "Rock",\n  "R&B"\n]\n', encoding="utf-8")
    assert sidecars.read(tmp_path, ["genres.txt"], Report()).genres == "R&B | Rock"


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("cover.HEIC", "as JPEG"),
        ("booklet.pdf", "as JPEG"),
        ("notes.rtf", "a .txt file"),
        ("genres", "call it genres.txt"),
        ("Genre.csv", "call it genres.txt"),
        ("x.cue", "neither"),
    ],
)
def test_what_helps_where_an_ending_is_not_read(name, remedy):
    report = Report()
    sidecars.by_album_folder({("A",): [name]}, {("A",)}, report)
    assert remedy in report.lines[0][2]


def test_folders_inside_those_for_pictures():
    tree = {("A",): [], ("A", "Artwork", "300 dpi"): ["front.jpg"], ("A", "Other", "x"): ["front.jpg"]}
    files = sidecars.by_album_folder(tree, {("A",)}, Report())
    assert files == {("A",): ["A/Artwork/300 dpi/front.jpg"]}


def test_a_text_of_another_encoding_is_taken_and_counted_as_such(tmp_path):
    (tmp_path / "review.txt").write_bytes("Très bien.".encode("latin-1"))
    report = Report()
    assert sidecars.read(tmp_path, ["review.txt"], report).texts == ["Très bien."]
    assert report.lines[0][3] == listed.GUESSED
