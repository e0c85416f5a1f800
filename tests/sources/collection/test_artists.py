"""Test the comparison of artist names, and names of various or unknown artists."""

import pytest

from mumu_lib.sources.collection import artists


@pytest.mark.parametrize(
    "name",
    [
        "Various Artists", "VA", "V.A.", "v/a", "Various", "Verschiedene Interpreten", "Varios Artistas", "Artistes Divers",
        "AA.VV.", "Diverse", "Unknown Artist", "[unknown]", "Compilations", "群星", "The Various Artists", "Various Artists (Ambient)", "VA - Mixed by Cy", "VV.AA.", "Разные исполнители",
        "Διάφοροι Καλλιτέχνες", "Çeşitli Sanatçılar", "V.A.(オムニバス)", "여러 아티스트", "Unbekannter Künstler", "Неизвестный исполнитель",
    ],
)  # fmt: skip
def test_nobody(name):
    assert artists.is_nobody(name)
    assert artists.artist_key(name) == ""
    assert artists.everyone(name) == set()


@pytest.mark.parametrize(
    "name",
    [
        "Vanessa",
        "The Various",
        "Varius Manx",
        "Mixed Up",
        "Divers & Co",
        "Various Production",
        "Va Va Voom",
        "Variety Artists",
    ],
)
def test_somebody(name):
    assert not artists.is_nobody(name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The Beatles", "Beatles, The"),
        ("Björk", "BJORK"),
        ("Anna feat. Bert", "Anna"),
        ("A  B", "a b"),
        ("Ann (ft. Cy)", "Ann"),
    ],
)
def test_spellings_of_one_artist(one, other):
    assert artists.artist_key(one) == artists.artist_key(other)


def test_different_artists_differ():
    assert len(set(map(artists.artist_key, ["Simon", "Simon & Garfunkel", "The The", "Ça Va", "CAVA"]))) == 5


def test_everyone_who_is_named():
    assert artists.everyone("Anna; Bert") >= {"anna", "bert"}
    assert artists.everyone("Beatles, The") >= {"beatles"}
    assert "the" not in artists.everyone("Beatles, The")


def test_many_with_a_guest_are_nobody():
    assert artists.artist_key("Various feat. Ann") == ""
