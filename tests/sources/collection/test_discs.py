"""Test names of discs and sides."""

import pytest

from mumu_lib.sources.collection import discs

PURE = {
    "CD1": 1, "CD 2": 2, "cd.01": 1, "CD_2": 2, "CD#1": 1, "Disk II": 2, "Disc One": 1, "Disc 1 (Blue)": 1, "CD1 - Studio": 1,
    "CD 1 of 2": 1, "1 of 2": 1, "[CD2]": 2, "2nd Disc": 2, "Erste CD": 1, "Bonus Disc": 0, "Platte 1": 1, "Scheibe 2": 2, "Disque 1": 1,
    "Dysk 2": 2, "Digital Media 01": 1, '12" Vinyl 1': 1, "Enhanced CD 2": 2, "Hybrid SACD 1": 1, "Диск 1": 1, "ディスク 2": 2, "Disc Nº 2": 2,
    "LP 2 - Side A": 2, "Side B": 2, "Seite A": 1, "Lado B": 2, "Disco 1": 1, "A-Side": 1, "Cassette 2": 2, "01": 1, "Bonus": 0, "Digipak 1": 1,
    "디스크 2": 2, "Δίσκος 1": 1, "דיסק 1": 1, "1. lemez": 1, "第1碟": 1, "第二碟": 2, "Disc 2/2": 2, "碟一": 1, "CD (1)": 1, "Disc [2]": 2,
}  # fmt: skip
NO_DISC = [
    "Disco Inferno",
    "Disco 2000",
    "Discovery",
    "CDA",
    "1999",
    "000",
    "Second Coming",
    "CD 100",
    "One",
    "Side Effects",
    "9 of 8",
]
SUFFIXES = {
    "Wide (Disc 1)": ("Wide", 1), "Wide CD1": ("Wide", 1), "Wide [CD2]": ("Wide", 2), "Wide - CD 2": ("Wide", 2), "Wide, Disc 2": ("Wide", 2),
    "Wide_CD1": ("Wide", 1), "Wide (Disc 1) [FLAC]": ("Wide", 1), "Wide Disc One": ("Wide", 1), "Wide (1 of 2)": ("Wide", 1), "Wide 1 of 2": ("Wide", 1),
    "Wide CD1 - Live": ("Wide", 1), "Wide (Bonus Disc)": ("Wide", 0), "Wide (Deluxe) [Disc 2]": ("Wide (Deluxe)", 2), "1962-1966 (Disc 2)": ("1962-1966", 2),
    "Wide Side A": ("Wide", 1), "Wide (Disque 1)": ("Wide", 1),
}  # fmt: skip
NO_SUFFIX = [
    "Now 45",
    "Disco 2000",
    "Best of Vol. 1",
    "Hits (2)",
    "Hits II",
    "The Disc",
    "CD1",
    "Wide (Bonus)",
    "Catch 22",
    "Wide (Live)",
]


@pytest.mark.parametrize(("name", "number"), PURE.items())
def test_names_of_parts(name, number):
    assert discs.pure(name).number == number
    assert discs.pure(name).base == ""


@pytest.mark.parametrize("name", NO_DISC)
def test_names_that_are_no_parts(name):
    assert discs.pure(name) is None


@pytest.mark.parametrize(("name", "expected"), SUFFIXES.items())
def test_parts_behind_the_name_of_an_album(name, expected):
    found = discs.suffix(name)
    assert (found.base, found.number) == expected


@pytest.mark.parametrize("name", NO_SUFFIX)
def test_names_of_albums_without_a_part(name):
    assert discs.suffix(name) is None
    assert discs.without(name) == name


def test_what_may_be_an_albums_own_name_is_weak():
    for name in ("LP1", "Disco 3", "Side A", "01", "Bonus"):
        assert not discs.pure(name).strong
    assert discs.pure("CD1").strong
    assert discs.without("Wide Side A") == "Wide Side A"
