"""Test which files of a collection are read and which are reported."""

import os
import sys

import pytest

from mumu_lib.sources.collection import report as listed, walk
from mumu_lib.sources.collection.report import Report

linux = pytest.mark.skipif(sys.platform != "linux", reason="names are not kept as they are here")


def put(root, *paths):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()


def walked(root):
    report = Report()
    found = []
    for place, names in walk.walk(root, report).items():
        for name in names:
            found.append("/".join((*place, name)))
    return found, {file: kind for _, file, _, kind in report.lines}


def test_names_with_dots_are_read_and_hidden_ones_listed(tmp_path):
    put(tmp_path, "...And/Dust/1.mp3", ".38 Special/Wild/1.mp3", "Band/..Hits/...Intro.mp3", "Band/.Up/.one.mp3")
    hidden = [
        "._1.mp3",
        ".DS_Store",
        ".git/x.mp3",
        "@eaDir/x.mp3",
        "$RECYCLE.BIN/x.mp3",
        "lost+found/x",
        "__MACOSX/x.mp3",
    ]
    more = [
        ".Trash-1000/x.mp3",
        "#recycle/x.mp3",
        "System Volume Information/x",
        ".private/x.mp3",
        "Thumbs.db",
        ".cover.jpg",
    ]
    put(tmp_path, *hidden, *more)
    found, kinds = walked(tmp_path)
    assert found == ["...And/Dust/1.mp3", ".38 Special/Wild/1.mp3", "Band/..Hits/...Intro.mp3", "Band/.Up/.one.mp3"]
    assert set(kinds) == {path.split("/")[0] for path in (*hidden, *more)}
    assert set(kinds.values()) == {listed.HIDDEN}


@pytest.mark.skipif(os.name == "nt", reason="links need a right of their own here")
def test_links_are_followed_once(tmp_path):
    root = tmp_path / "music"
    put(root, "A/One/1.mp3")
    put(tmp_path, "disk/Two/1.mp3", "disk/loose.mp3")
    (root / "A" / "Two").symlink_to(tmp_path / "disk" / "Two")
    (root / "B").symlink_to(root / "A")
    (root / "A" / "circle").symlink_to(root)
    (root / "up").symlink_to(tmp_path)
    (root / "A" / "Two again").symlink_to(tmp_path / "disk" / "Two")
    (root / "gone").symlink_to(tmp_path / "nowhere")
    (root / "same.mp3").symlink_to(root / "A" / "One" / "1.mp3")
    (root / "loose.mp3").symlink_to(tmp_path / "disk" / "loose.mp3")
    (tmp_path / "disk" / "Two" / "back").symlink_to(root)
    found, kinds = walked(root)
    assert found == ["loose.mp3", "A/One/1.mp3", "A/Two/1.mp3"]
    assert set(kinds) == {"B", "A/circle", "up", "A/Two again", "gone", "same.mp3", "A/Two/back"}
    assert set(kinds.values()) == {listed.LINK}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_pipes_are_listed(tmp_path):
    put(tmp_path, "A/1.mp3")
    os.mkfifo(tmp_path / "A" / "2.mp3")
    (tmp_path / "A" / "3.mp3").symlink_to(tmp_path / "A" / "2.mp3")
    found, kinds = walked(tmp_path)
    assert found == ["A/1.mp3"]
    assert kinds == {"A/2.mp3": listed.SPECIAL, "A/3.mp3": listed.SPECIAL}


@linux
def test_names_that_are_not_utf8_are_listed(tmp_path):
    put(
        tmp_path,
        "A/1.mp3",
        b"A/Caf\xe9.mp3".decode("utf-8", "surrogateescape"),
        b"B\xe9/1.mp3".decode("utf-8", "surrogateescape"),
    )
    report = Report()
    assert walk.walk(tmp_path, report) == {(): [], ("A",): ["1.mp3"]}
    assert [line[1] for line in report.lines] == ["B\\xe9", "A/Caf\\xe9.mp3"]
    assert "1 recordings in it" in report.lines[0][2]
    report.write(tmp_path)


def test_a_folder_that_cannot_be_listed(tmp_path, monkeypatch):
    put(tmp_path, "A/1.mp3", "B/1.mp3")
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("A"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found, kinds = walked(tmp_path)
    assert found == ["B/1.mp3"]
    assert kinds == {"A": listed.UNREADABLE}


@linux
def test_odd_names_are_files_like_others(tmp_path):
    names = [
        "a\nb.mp3",
        "01 Song.mp3",
        "01  Song.mp3",
        "trailing.mp3 ",
        "x" * 240 + ".mp3",
        "Cafe\u0301.mp3",
        "Café.mp3",
    ]
    put(tmp_path, *names)
    assert sorted(walked(tmp_path)[0]) == sorted(names)
    assert walk.is_sound("trailing.mp3 ")


@linux
def test_deep_folders(tmp_path):
    deep = tmp_path.joinpath(*["d"] * 300)
    deep.mkdir(parents=True)
    (deep / "1.mp3").touch()
    assert len(walked(tmp_path)[0]) == 1
