"""Choosing the cover of an album."""

from pathlib import PurePath

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from mumu_lib.sources import artwork
from own_collections import picture
from tagged_files import m4a, sound, with_id3


def chosen(root, *names, album="Blue Hour"):
    for name in names:
        picture(root / name)
    return artwork.choose(root, map(PurePath, names), album, PurePath("."))


@pytest.mark.parametrize(
    "names",
    [
        ["cover.jpg", "a.jpg", "back.jpg"],
        ["Cover.bmp", "folder.png"],
        ["folder.jpg", "front.jpg"],
        ["Front Cover.jpg", "Back Cover.jpg"],
        ["front.tif", "AlbumArt.jpg"],
        ["cover (1).jpg", "cover - back.jpg"],
        ["Album-Front.jpg", "Album-Back.jpg", "Album-CD.jpg", "Album-Inlay.jpg"],
        ["AlbumArt_{7F1C2A30-0000-4A11-8C11-000000000000}_Large.jpg", "AlbumArtSmall.jpg", "AlbumArt_{7F1C2A30-0000-4A11-8C11-000000000000}_Small.jpg"],
        ["Blue Hour.png", "booklet 01.png", "booklet 02.png"],
        ["scan.png"],
        ["only.webp", "back.webp", "disc.webp"],
        ["Scans/front.jpg", "Scans/back.jpg"],
        ["Artwork/Cover.png", "Artwork/back.png"],
        ["cover.jpg", "Scans/front.jpg"],
        ["folder.jpg", "Scans/cover.jpg"],
        ["Scans/Cover.jpg", "x.jpg", "y.jpg"],
        ["albumart.gif", "artist.jpg", "fanart.jpg", "logo.png"],
        ["cover.avif", "disc1.jpg"],
        ["frontcover.jpg", "backcover.jpg"],
        ["CD Cover.jpg", "CD.jpg", "CD back cover.jpg"],
        ["Cover Art/Album Front.png", "Cover Art/Album Back.png"],
        ["Ann - Blue Hour (1999).jpg", "Ann.jpg", "tour.jpg"],
        ["Vorderseite.jpg", "Rückseite.jpg"],
        ["portada.jpg", "contraportada.jpg"],
        ["Обложка.jpg", "x.jpg"],
        ["封面.jpg", "封底.jpg"],
        ["01 - Front.jpg", "02 - Back.jpg", "03 - CD.jpg"],
    ],
)  # fmt: skip
def test_the_first_of_these_is_taken(tmp_path, names):
    choice = chosen(tmp_path, *names[::-1])
    assert choice.cover == PurePath(names[0])
    assert {path for path, _ in choice.passed_over} == set(map(PurePath, names[1:]))


@pytest.mark.parametrize(
    "names", [["x.jpg", "y.jpg"], ["back.jpg"], ["Scans/01.jpg", "Scans/02.jpg"], ["cd.png", "booklet.png"], []]
)
def test_no_cover_is_chosen_and_each_picture_is_listed(tmp_path, names):
    choice = chosen(tmp_path, *names)
    assert choice.cover is None
    assert len(choice.passed_over) == len(names)


@pytest.mark.parametrize(
    "name",
    ["Scans", "SCANS", "Cover Art", "album_art", "HQ Scans", "Scans 600dpi", "Artwork", "Covers", "Booklet", "jpg"],
)
def test_folders_of_pictures(name):
    assert artwork.FOLDERS.fullmatch(name)


@pytest.mark.parametrize(
    "name", ["Art of Noise", "Cover Versions", "Live", "CD 1", "Scandal", "Imagine", "Pictures at an Exhibition"]
)
def test_folders_of_music(name):
    assert not artwork.FOLDERS.fullmatch(name)


def test_unreadable_pictures_are_skipped(tmp_path):
    (tmp_path / "cover.jpg").write_text("<html>not found</html>")
    Image.new("RGB", (99, 99)).save(tmp_path / "front.jpg")
    choice = chosen(tmp_path, "folder.png")
    assert choice.cover == PurePath("folder.png")
    names = [PurePath(name) for name in ("cover.jpg", "front.jpg", "folder.png")]
    choice = artwork.choose(tmp_path, names)
    assert choice.cover == PurePath("folder.png")
    assert "an HTML page" in dict(choice.passed_over)[PurePath("cover.jpg")]


def test_the_only_readable_picture_is_chosen(tmp_path):
    (tmp_path / "x.jpg").touch()
    picture(tmp_path / "y.jpg")
    assert artwork.choose(tmp_path, [PurePath("x.jpg"), PurePath("y.jpg")]).cover == PurePath("y.jpg")


def png(path):
    picture(path)
    return path.read_bytes()


def test_pictures_in_tags(tmp_path):
    data = png(tmp_path / "p.png")
    plain = sound(tmp_path / "1.mp3")
    broken = with_id3(sound(tmp_path / "2.mp3"), pictures=[(3, b"no picture")])
    again = with_id3(sound(tmp_path / "3.mp3"), pictures=[(3, b"no picture")])
    good = with_id3(sound(tmp_path / "4.flac").rename(tmp_path / "4.mp3"), pictures=[(4, b"back"), (3, data)])
    found, passed = artwork.embedded([plain, broken, again, good])
    assert found == data
    assert [path for path, _ in passed] == [broken]
    assert "not taken as cover" in passed[0][1]
    assert artwork.embedded([plain]) == (b"", [])


def test_pictures_are_stored_under_a_hash_of_their_content(tmp_path):
    data = png(tmp_path / "p.png")
    one = artwork.keep(data, tmp_path / "made")
    assert one == artwork.keep(data, tmp_path / "made")
    assert one.startswith("catalogue:covers/")
    assert one.endswith(".png")
    kept = list((tmp_path / "made" / "covers").iterdir())
    assert [path.read_bytes() for path in kept] == [data]


def test_image_files_are_preferred_to_pictures_in_tags(tmp_path):
    data = png(tmp_path / "p.png")
    m4a(tmp_path / "a.m4a", (b"covr", 14, data))
    with_id3(sound(tmp_path / "b.mp3"), pictures=[(3, data)])
    with_id3(sound(tmp_path / "e.mp3"), pictures=[(4, data)])
    albums = pd.DataFrame({"album_id": ["A", "B", "C", "D", "E"], "cover": ["", "b.jpg", "", "", ""]})
    rows = pd.DataFrame(
        {
            "album_id": ["A", "B", "C", "D", "E"],
            "audio": ["a.m4a", "b.mp3", "b.mp3", "", "e.mp3"],
            "tag_picture": ["yes", "yes", "no", "", "yes"],
        }
    )
    problems = []
    covers = artwork.completed(albums, rows, tmp_path, tmp_path / "made", problems)
    assert covers[1:] == ["b.jpg", "", "", ""]
    assert np.asarray(Image.open(tmp_path / "made" / covers[0].removeprefix("catalogue:"))).shape == (24, 24, 3)
    assert [line[1] for line in problems] == ["e.mp3"]
    assert "are not fronts" in problems[0][2]
