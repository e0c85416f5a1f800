"""Test the grouping into albums by folder names."""

import pytest

from mumu_lib.sources.collection import layout


def tree(*paths):
    made = {}
    for path in paths:
        *parts, name = path.split("/")
        for depth in range(len(parts) + 1):
            made.setdefault(tuple(parts[:depth]), [])
        made[tuple(parts)].append(name)
    return made


def albums(*folders):
    """Which files are one album, of a recording in each folder."""
    found = {}
    for one in layout.group(tree(*[f"{folder}/x.mp3" for folder in folders])):
        for path in one.files:
            place = "/".join(one.place) if not one.loose else "each"
            found[path.removesuffix("/x.mp3")] = (place, one.artist, one.title)
    return found


PARTS = [
    ("CD1", "CD2"), ("CD1 - Studio", "CD2 - Live"), ("Disc 1 (Blue)", "Disc 2 (Red)"), ("Disc One", "Disc Two"), ("Side A", "Side B"), ("1", "2"),
    ("CD 1 of 2", "CD 2 of 2"), ("LP1", "LP2"), ("CD1", "Bonus"), ("FLAC", "MP3"), ("Disc 1/Side A", "Disc 1/Side B"), ("LP 1/Side A", "LP 2/Side C"),
]  # fmt: skip


@pytest.mark.parametrize("parts", PARTS)
def test_discs_in_an_album(parts):
    found = albums(*[f"Ann/Wide/{part}" for part in parts], "Ann/Other")
    for part in parts:
        assert found[f"Ann/Wide/{part}"] == ("Ann/Wide", "Ann", "Wide")
    assert found["Ann/Other"] == ("Ann/Other", "Ann", "Other")


@pytest.mark.parametrize(
    "names",
    [
        ("Wide (Disc 1)", "Wide (Disc 2)"),
        ("Wide CD1", "Wide CD2"),
        ("Wide", "Wide [Bonus CD]"),
        ("Wide Side A", "Wide Side B"),
    ],
)
def test_discs_beside_each_other(names):
    found = albums(*[f"Ann/{name}" for name in names])
    assert set(found.values()) == {("Ann/Wide", "Ann", "Wide")}


@pytest.mark.parametrize(
    "folders",
    [("Ann/LP1", "Ann/Other"), ("Ann/Vol. 1", "Ann/Vol. 2"), ("Ann/19", "Ann/21"), ("Ann/Disco 2000",), ("Ann/1999",)],
)
def test_albums_that_only_look_like_discs(folders):
    for folder, found in albums(*folders).items():
        assert found[0] == folder


def test_discs_in_the_root_are_its_album():
    assert set(albums("CD1", "CD2").values()) == {("", "", "")}
    assert albums("CD1", "Ann/Wide")["CD1"][0] == "CD1"


@pytest.mark.parametrize(
    "folders",
    [("000", "001"), ("0a", "ff", "10"), ("fma/000", "fma/001"), ("A/B/C",), ("12", "13"), ("batch_00", "batch_01")],
)
def test_shards_are_no_albums(folders):
    assert {found[0] for found in albums(*folders).values()} == {"each"}


def test_letters_are_no_artists():
    found = albums("A/Abba/Gold", "A/Air - Moon", "B/Beck/Odelay", "B", "0-9/10cc/Deceptive", "T/The Tubes - X")
    assert found["A/Abba/Gold"][1:] == ("Abba", "Gold")
    assert found["A/Air - Moon"][1:] == ("Air", "Moon")
    assert found["0-9/10cc/Deceptive"][1] == "10cc"
    assert found["T/The Tubes - X"][1:] == ("The Tubes", "X")
    assert found["B"][0] == "each"
    # One letter alone is an artist.
    assert albums("A/Wide")["A/Wide"][1] == "A"


def test_artist_dash_album():
    found = albums(
        "Mine/Ann - Wide", "Mine/Bob - Thin", "Jazz/Cy - Low", "Dee/Dee - Up", "Eve - In", "Eli/Live - 2000", "Eli/Down"
    )
    assert found["Mine/Ann - Wide"][1:] == ("Ann", "Wide")
    assert found["Jazz/Cy - Low"][1:] == ("Cy", "Low")
    assert found["Dee/Dee - Up"][1:] == ("Dee", "Up")
    assert found["Eve - In"][1:] == ("Eve", "In")
    assert found["Eli/Live - 2000"][1:] == ("Eli", "Live - 2000")


def test_years_and_shelves_are_passed_by():
    found = albums("Ann/1999/Wide", "Ann/Singles/Thin", "Ann/1999 - Low", "2001/Bob - Up")
    assert found["Ann/1999/Wide"][1:] == ("Ann", "Wide")
    assert found["Ann/Singles/Thin"][1:] == ("Ann", "Thin")
    assert found["Ann/1999 - Low"][1:] == ("Ann", "Low")
    assert found["2001/Bob - Up"][1:] == ("Bob", "Up")


def test_folders_named_for_genres():
    groups = {one.place: one for one in layout.group(tree("Jazz/1.mp3", "Rock/Ann/Wide/1.mp3", "Rock/2.mp3"))}
    assert groups["Jazz",].loose
    assert groups["Jazz",].genre == "Jazz"
    assert groups["Rock", "Ann", "Wide"].genre == "Rock"
    # One such folder is an artist's or an album's.
    assert not layout.group(tree("Jazz/1.mp3", "Ann/Wide/1.mp3"))[1].loose


def test_folders_of_an_album_the_nearest_first():
    one = layout.group(tree("Ann/Wide/CD1/1.mp3", "Ann/Wide/CD2/1.mp3", "Ann/Wide/cover.jpg"))[0]
    assert one.folders == [("Ann", "Wide"), ("Ann", "Wide", "CD1"), ("Ann", "Wide", "CD2")]
    assert one.files == {"Ann/Wide/CD1/1.mp3": 1, "Ann/Wide/CD2/1.mp3": 2}
    assert one.rule == layout.BY_DISCS
