"""Test tags with named lists as stored in files."""

import pytest
from mutagen.apev2 import APEv2

import tagged_files as made
from mumu_lib.sources.tagging import listed


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("GENRE", True),
        ("genre", True),
        ("WM/Genre", True),
        ("STYLE", False),
        ("album artist", False),
        ("WM/Mood", False),
    ],
)
def test_is_genre(name, holds):
    assert listed.is_genre(name) == holds


def test_comments_come_back_in_their_old_order(tmp_path):
    path = made.sound(tmp_path / "a.flac")
    editor = listed.Comments(path, "flac")
    editor.file.tags[:] = [("genre", "Rock"), ("artist", "Ann"), ("GENRE", "Pop"), ("title", "Song")]
    editor.save()
    editor = listed.Comments(path, "flac")
    pairs, old = list(editor.file.tags), editor.state()
    editor.put(["Jazz"])
    editor.restore(old)
    assert list(editor.file.tags) == pairs


def test_values_of_ape_are_parted_by_nul(tmp_path):
    path = made.with_ape(made.sound(tmp_path / "a.mp3"), GENRE="Rock", Title="Song")
    editor = listed.Ape(path)
    editor.put(["Jazz", "Pop"])
    editor.save()
    assert str(APEv2(path)["GENRE"]) == "Jazz\0Pop"
    assert list(APEv2(path)).count("GENRE") == 1


def test_a_number_and_a_text_of_an_mp4_are_told_apart(tmp_path):
    path = made.m4a(tmp_path / "a.m4a", (b"\xa9gen", 1, b"Rock"), (b"gnre", 0, b"\0\x09"))
    state = listed.Mp4(path).state()
    assert state == {"tag": True, "texts": ["Rock"], "numbers": [9]}


def test_number_0_of_an_mp4_is_kept(tmp_path):
    path = made.m4a(tmp_path / "a.m4a", (b"gnre", 0, b"\0\0"))
    editor = listed.Mp4(path)
    old = editor.state()
    editor.put(["Jazz"])
    editor.save()
    editor = listed.Mp4(path)
    editor.restore(old)
    editor.save()
    assert listed.Mp4(path).state() == old
