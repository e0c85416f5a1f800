"""Titles and artists as two sources write them: alike where they mean the same album."""

import pytest

from albums_and_releases import matched


@pytest.mark.parametrize(
    ("shop", "musicbrainz"),
    [
        (("Abbey Road (Remastered)", "The Beatles"), ("Abbey Road", "Beatles, The")),
        (("ABBEY ROAD [Deluxe Edition]", "beatles"), ("Abbey Road", "The Beatles")),
        (("Abbey Road (2009 - Remaster)", "The Beatles"), ("Abbey Road", "The Beatles")),
        (("Abbey Road - Remastered 2009", "The Beatles"), ("Abbey Road", "The Beatles")),
        (("The Wall - Disc 1", "Pink Floyd"), ("The Wall", "Pink Floyd")),
        (("Out of Africa", "Barry, John"), ("Out of Africa", "John Barry")),
        (("Bookends", "Simon & Garfunkel"), ("Bookends", "Simon and Garfunkel")),
        (("Agaetis Byrjun", "Sigur Ros"), ("Agætis byrjun", "Sigur Rós")),
        (("Music From Baz Luhrman's Film", "Various"), ("Music from Baz Luhrmann's Film", "Various Artists")),
        (("÷", "Ed Sheeran"), ("÷", "Ed Sheeran")),
        (("!!!", "!!!"), ("!!!", "!!!")),
        (("שלום עולם", "אמן"), ("שלום עולם", "אמן")),
        (("(Deluxe Edition)", "Nobody"), ("(Deluxe Edition)", "Nobody")),
        (("x" * 10_000, "A"), ("x" * 10_000, "A")),
    ],
)
def test_same_album(shop, musicbrainz):
    assert matched(shop, musicbrainz)


@pytest.mark.parametrize(
    ("shop", "musicbrainz"),
    [
        (("Greatest Hits Vol. 1", "Queen"), ("Greatest Hits Vol. 2", "Queen")),
        (("Greatest Hits", "Queen"), ("Greatest Hits II", "Queen")),
        (("Symphony No 5 in C minor", "Berlin Philharmonic"), ("Symphony No 6 in C minor", "Berlin Philharmonic")),
        (("Greatest Hits", "Queen"), ("Greatest Hits", "Abba")),
        (("Chicago", "Chicago"), ("Chicago Transit Authority", "Chicago")),
        (("", "Queen"), ("", "Queen")),
        (("News", ""), ("News", "")),
        ((None, None), ("News", "Queen")),
    ],
)
def test_different_albums(shop, musicbrainz):
    assert not matched(shop, musicbrainz)
