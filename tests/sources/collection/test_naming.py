"""Test the cleaning of album names."""

import pytest

from mumu_lib.sources.collection import naming
from mumu_lib.sources.tags import Tags


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("1999 - Bar", "Bar"), ("(2003) Bar", "Bar"), ("[2003] Bar [FLAC]", "Bar"), ("Bar (1971)", "Bar"), ("1999", "1999"), ("2001 a", "2001 a"),
        ("Bar (Live)", "Bar (Live)"), ("Bar [MP3 320]", "Bar"), ("1984-05-01 - Bar", "Bar"), ("(1999)", "(1999)"), ("[FLAC]", "[FLAC]"),
        ("[1997.05.21] Bar [CD FLAC]", "Bar"), ("2001-06-05 Bar", "Bar"), ("2003-Bar", "Bar"), ("1962-1966", "1962-1966"), ("2000 Light Years", "2000 Light Years"),
    ],
)  # fmt: skip
def test_years_and_formats_are_no_part_of_a_title(name, expected):
    assert naming.clean_title(name) == expected


@pytest.mark.parametrize(
    ("tag", "expected"),
    [("Wide [Disc 2]", "Wide"), ("Unknown Album", ""), ("", ""), ("Unknown Pleasures", "Unknown Pleasures")],
)
def test_names_of_albums_in_tags(tag, expected):
    assert naming.album_title(Tags(album=tag)) == expected


def test_shelves_and_years():
    assert naming.is_shelf("Studio Albums")
    assert naming.is_year("1999")
    assert not naming.is_year("19990")


def test_the_most_frequent_names_of_an_album():
    tags = [
        Tags(album="Wide", artists=("Ann",)),
        Tags(album="Wide", artists=("Ann feat. Bob",)),
        Tags(album="wide", artists=("Ann",)),
    ]
    assert naming.names_of(tags) == ("Wide", "Ann", False)
    many = [Tags(album="Mix", artists=(name,), compilation=True) for name in ("Ann", "Bob")]
    assert naming.names_of(many) == ("Mix", "", True)
    assert naming.names_of([Tags(album="Mix", artists=("Ann",), album_artist="VA")]) == ("Mix", "VA", False)
    assert naming.names_of([Tags()]) == ("", "", False)


@pytest.mark.parametrize(
    ("credits", "artist"),
    [
        (["Ann", "Ann; Bob", "Cy & Ann"], "Ann"),
        (["Ann; Bob", "Ann feat. Cy", "Ann, Dee"], "Ann"),
        (["Ann, Bob", "Bob, Ann"], "Ann, Bob"),
        (["Ann", "Bob", "Cy"], ""),
        (["Ann", "Bob"], ""),
    ],
)
def test_the_artist_of_most_tracks(credits, artist):
    tags = [Tags(album="Wide", artists=(name,)) for name in credits]
    assert naming.names_of(tags) == ("Wide", artist, False)
