"""Test the fields in each tag format."""

import io

import pytest
from mutagen.apev2 import APEv2
from mutagen.asf import ASFTags, ASFUnicodeAttribute
from mutagen.mp4 import MP4Tags

from mumu_lib.sources.tags import containers
from tagged_files import atom, id3, m4a


@pytest.mark.parametrize("name", ["ALBUMARTIST", "Album Artist", "album_artist", "albumartist", "Album-Artist"])
def test_free_names(name):
    assert containers.from_names({name: ["Cy"]}) == {"album_artist": ["Cy"]}


def test_ape_has_texts_and_pictures():
    tag = APEv2()
    tag["Genre"] = ["Rock", "Jazz"]
    tag["Cover Art (Front)"] = b"cover.jpg\0data"
    assert containers.from_names(tag) == {"genre": ["Rock", "Jazz"]}
    assert containers.has_picture(tag)


def test_free_fields_of_id3():
    found = containers.from_id3(id3(["(17)(8)"], TCMP="1", TPE2="Cy", albumartist="Other", DISCTOTAL="3", mood="sad"))
    assert found == {"genre": ["Rock", "Jazz"], "compilation": ["1"], "album_artist": ["Cy"], "discs": ["3"]}


def test_windows_media():
    tag = ASFTags()
    for name, value in [
        ("WM/Genre", "Rock"),
        ("WM/Genre", "Jazz"),
        ("WM/AlbumArtist", "Cy"),
        ("compilation", "1"),
        ("WM/Mood", "sad"),
    ]:
        tag.append((name, ASFUnicodeAttribute(value)))
    assert containers.from_asf(tag) == {"genre": ["Rock", "Jazz"], "album_artist": ["Cy"], "compilation": ["1"]}


def test_several_tags_of_one_file():
    one = {"genre": ["Rock"], "title": ["A"]}
    other = {"genre": ["Jazz", "Rock"], "title": ["B"], "album": ["C"]}
    assert containers.merged(one, other) == {"genre": ["Rock", "Jazz"], "title": ["A"], "album": ["C"]}
    assert one == {"genre": ["Rock"], "title": ["A"]}


def test_numbered_genres_of_mp4(tmp_path):
    path = m4a(tmp_path / "a.m4a", (b"gnre", 0, b"\0\0"), (b"gnre", 0, b"\0\x09"))
    with open(path, "rb") as file:
        assert containers.numbered_genres(file, 0) == [0, 9]


def test_atoms_of_odd_sizes():
    large = b"\0\0\0\1mdat" + (20).to_bytes(8, "big") + b"long"
    file = io.BytesIO(large + atom(b"free", b"") + b"\0\0\0\0mdatrest")
    end = len(file.getvalue())
    assert containers.atoms(file, [(0, end)], b"mdat") == [(16, 20), (36, 40)]
    assert containers.atoms(io.BytesIO(b"\0\0\0\3mdat"), [(0, 8)], b"mdat") == []


def test_no_tag_no_picture():
    assert not containers.has_picture(None)


def test_free_fields_of_mp4():
    tag = MP4Tags()
    tag["----:com.apple.iTunes:GENRE"] = [b"Rock", b"Jazz"]
    tag["----:com.apple.iTunes:Mood"] = [b"sad"]
    assert containers.from_mp4(tag, io.BytesIO(), 0) == {"genre": ["Rock", "Jazz"]}
