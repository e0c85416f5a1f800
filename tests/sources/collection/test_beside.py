"""What lies beside the music."""

from mumu_lib.sources.collection import beside, report as listed
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
    found = beside.read(tmp_path, files, report, "A", ("A",))
    assert found == beside.About("A/cover.png", ["Fine."], "Jazz > Bop")
    assert {file: kind for _, file, _, kind in report.lines} == {"A/back.png": listed.PICTURE, "A/md5.txt": listed.TEXT}


def test_every_other_file_is_shared_out_or_listed():
    tree = {
        (): ["x.nfo"],
        ("A",): ["1.mp3", "cover.jpg"],
        ("A", "Scans"): ["front.jpg", "note.txt"],
        ("A", "Lyrics"): ["1.txt"],
        ("B",): ["only.jpg"],
    }
    report = Report()
    files = beside.share_out(tree, {("A",)}, report)
    assert files == {("A",): ["A/cover.jpg", "A/Scans/front.jpg"]}
    kinds = {file: kind for _, file, _, kind in report.lines}
    assert kinds == {
        "x.nfo": listed.ENDING,
        "A/Scans/note.txt": listed.TEXT,
        "A/Lyrics/1.txt": listed.TEXT,
        "B/only.jpg": listed.PICTURE,
    }
