"""Reading text files in any encoding, and recognising reviews."""

import codecs
import os

import pytest
from hypothesis import given, strategies as st

from mumu_lib.sources import texts

TEXT = "Très bien, naïve Größe"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks_are_observed(encoding):
    read = texts.decode(TEXT.encode(encoding))
    assert (read.text, read.problem) == (TEXT, "")


@pytest.mark.parametrize(
    ("mark", "encoding"), [(codecs.BOM_UTF16_BE, "utf-16-be"), (codecs.BOM_UTF32_BE, "utf-32-be"), (codecs.BOM_UTF16_LE, "utf-16-le")]
)  # fmt: skip
def test_both_byte_orders(mark, encoding):
    assert texts.decode(mark + TEXT.encode(encoding)) == texts.Text(TEXT, encoding)


def test_other_encodings_are_read_with_a_message():
    read = texts.decode((TEXT + " \u201cquoted\u201d").encode("cp1252"))
    assert read.text == TEXT + " \u201cquoted\u201d"
    assert "not UTF-8; read as cp1252" in read.problem
    assert texts.decode(b"caf\xe9 \x81").encoding == "latin-1"


def test_damaged_texts_are_read_with_a_message():
    assert "UTF-16-LE, but 1 characters are not" in texts.decode(codecs.BOM_UTF16_LE + b"a\0b").problem
    assert "not a text" in texts.decode(b"ab\0\1").problem
    assert texts.decode(b" \r\n").problem == "text file is empty"


def test_files(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfone\r\ntwo\r")
    assert texts.read(tmp_path / "a.txt") == texts.Text("one\ntwo", "utf-8")
    assert "cannot be read" in texts.read(tmp_path / "gone.txt").problem
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.txt")
        assert "not a regular file" in texts.read(tmp_path / "pipe.txt").problem


def test_a_very_long_file_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(texts, "MAX_BYTES", 10)
    (tmp_path / "a.txt").write_text("x" * 11)
    assert texts.read(tmp_path / "a.txt").text == ""
    assert "longer" in texts.read(tmp_path / "a.txt").problem


@pytest.mark.parametrize(
    "name",
    [
        "genres.txt",
        "Genre.txt",
        "GENRES.TXT",
        "Genres.md",
        "genre.TXT",
        " genre .txt",
        "a/Genre.txt",
        "Ge\u0301nero.txt",
        "Жанр.txt",
    ],
)
def test_names_of_files_of_genres(name):
    assert texts.names_genres(name)


@pytest.mark.parametrize("name", ["genre.mp3", "genres.csv", "my genres.txt", "review.txt", "genres"])
def test_names_of_other_files(name):
    assert not texts.names_genres(name)


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("md5.txt", "", "checksums"),
        ("Album.ffp.txt", "", "checksums"),
        ("whatever.txt", "d41d8cd98f00b204e9800998ecf8427e *1.mp3\n01.flac:0123456789abcdef0123456789abcdef", "checksums"),
        ("Downloaded from.txt", "", "a note about the files"),
        ("README.md", "", "a note about the files"),
        ("foo_dr.txt", "", "measurements"),
        ("EAC Log.txt", "", "the log of a rip"),
        ("Album.txt", "Exact Audio Copy V1.0\n\nTrack 1", "the log of a rip"),
        ("tracklist.txt", "", "a list of tracks"),
        ("info.txt", "", "a note about the files"),
        ("Read me first.txt", "", "a note about the files"),
        ("a.txt", "http://example.org", "a note about the files"),
        ("01.sfv.txt", "; made by hand\n01 Song.mp3 1a2b3c4d", "checksums"),
        ("Album.txt", "01. First Song 3:45\n02. Second Song 4:05\n03 - Third (2:10)", "a list of tracks"),
        ("Album.txt", "REM GENRE Rock\nFILE \"a.wav\" WAVE\n  TRACK 01 AUDIO", "a list of tracks"),
        ("Album.txt", "#EXTM3U\n01.mp3", "a list of tracks"),
        ("_genres.txt", "Rock", texts.LIST_OF_GENRES),
        ("genres.txt.txt", "Own Genre", texts.LIST_OF_GENRES),
        ("Genre - Rock.txt", "", texts.LIST_OF_GENRES),
        ("My géneros.txt", "", texts.LIST_OF_GENRES),
        ("Album.txt", "- Rock\n- hip hop", texts.LIST_OF_GENRES),
    ],
)  # fmt: skip
def test_files_that_are_not_reviews(name, text, what):
    assert texts.no_review(name, text) == what


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("review.txt", "A fine record.\nTruly."),
        ("lyrics.md", "01. is my number\nand the hour 3:45"),
        ("Drone.txt", "Long notes."),
        ("Sourdough.txt", "Bread."),
        ("info on the band.txt", "They met in May."),
        ("Songs of Love.txt", "A list of loves."),
        ("About a Boy.txt", "He sings."),
        ("01 Song.txt", "Words of a song\nand more of them"),
        ("liner notes.txt", "decade0f was a year"),
        ("a.txt", ""),
        ("a.txt", "1. " + "The first song is long and slow. " * 9 + "\n2. " + "So is the second. " * 12),
        ("a.txt", "Heard at https://example.org yesterday."),
    ],
)
def test_files_that_may_be_reviews(name, text):
    assert texts.no_review(name, text) == ""


@given(st.binary(max_size=100))
def test_any_bytes_give_a_text_or_a_reason(data):
    read = texts.decode(data)
    assert read.text or read.problem
    read.text.encode()
