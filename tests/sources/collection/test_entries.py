"""Test paths in manifests in all forms."""

import sys
import unicodedata

import pytest

from mumu_lib.core.errors import BadDataError
from mumu_lib.sources.collection.entries import Entries, inside


@pytest.fixture
def entries(tmp_path):
    for name in ("A/B/1.mp3", unicodedata.normalize("NFD", "Café/Ü.mp3"), "A/two  blanks.mp3", "A/Song.MP3"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return Entries(tmp_path)


@pytest.mark.parametrize("entry", ["A/B/1.mp3", "A\\B\\1.mp3", ".\\A\\B\\1.mp3", "A/B/../B/1.mp3"])
def test_slashes_of_either_kind(entries, entry):
    path, problem = entries.find(entry, "m.csv, row 2")
    assert (entries.root / path).is_file()
    assert not problem


@pytest.mark.skipif(sys.platform != "linux", reason="names are not kept as they are here")
def test_names_in_another_normal_form_or_with_other_blanks(entries):
    assert entries.find("Café/Ü.mp3", "row 2")[0] == unicodedata.normalize("NFD", "Café/Ü.mp3")
    assert entries.find("A/two blanks.mp3", "row 2")[0] == "A/two  blanks.mp3"
    (entries.root / "A" / "two\u00a0blanks.mp3").touch()
    fresh = Entries(entries.root)
    path, problem = fresh.find("A/two blanks.mp3", "row 2")
    assert path == ""
    assert "several names look like it" in problem


def test_absolute_paths_inside_the_collection(entries):
    assert entries.find(str(entries.root / "A" / "B" / "1.mp3"), "row 2") == ("A/B/1.mp3", "")


def test_addresses_of_files_and_the_home_folder(entries, monkeypatch):
    monkeypatch.setenv("HOME", str(entries.root))
    assert entries.find((entries.root / "A" / "two  blanks.mp3").as_uri(), "row 2") == ("A/two  blanks.mp3", "")
    assert entries.find("~/A/B/1.mp3", "row 2") == ("A/B/1.mp3", "")
    (entries.root / "~").mkdir()
    (entries.root / "~" / "1.mp3").touch()
    assert entries.find("~/1.mp3", "row 2") == ("~/1.mp3", "")


@pytest.mark.parametrize("entry", ["D:\\Music\\A\\B\\1.mp3", "/elsewhere/A/B/1.mp3", "../other/A/B/1.mp3"])
def test_paths_elsewhere_are_refused_with_the_path_that_may_be_meant(entries, entry):
    with pytest.raises(BadDataError, match=r"row 2: .* leaves the collection.*as 'A/B/1\.mp3'"):
        entries.find(entry, "row 2")


def test_missing_files_say_what_may_be_meant(entries):
    assert entries.find("A/song.mp3", "row 2") == ("", "is missing; did you mean 'A/Song.MP3'?")
    assert entries.find("A/none.mp3", "row 2") == ("", "is missing")
    assert entries.find("https://example.org/1.mp3", "row 2")[1].startswith("is an address; download it")
    assert entries.find("A/B", "row 2") == ("", "is not a regular file")
    assert entries.find("A/\0.mp3", "row 2")[0] == ""
    assert entries.find("x" * 5000 + ".mp3", "row 2")[0] == ""


@pytest.mark.parametrize(
    ("entry", "root", "expected"),
    [
        ("d:\\music\\A\\1.mp3", "D:\\Music", "A/1.mp3"),
        ("D:/Music/A/1.mp3", "d:\\music", "A/1.mp3"),
        ("/Music/A/1.mp3", "/music", "/Music/A/1.mp3"),
        ("E:\\Music\\1.mp3", "D:\\Music", "E:\\Music\\1.mp3"),
    ],
)
def test_windows_knows_no_case(entry, root, expected):
    assert inside(entry, root) == expected
