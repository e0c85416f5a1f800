"""Test the splitting of joined genres."""

import pytest
from hypothesis import given, strategies as st

from mumu_lib.sources.tags import genres
from mumu_lib.sources.tags.vocabulary import folded


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Rock;Jazz", ["Rock", "Jazz"]),
        ("Rock; Jazz ;Blues", ["Rock", "Jazz", "Blues"]),
        ("Rock\\Jazz", ["Rock", "Jazz"]),
        ("Rock\\\\Jazz\\\\Blues", ["Rock", "Jazz", "Blues"]),
        ("Rock\0Jazz", ["Rock", "Jazz"]),
        ("Rock\r\nJazz", ["Rock", "Jazz"]),
        ("Rock/Jazz/Blues", ["Rock", "Jazz", "Blues"]),
        ("Rock / Jazz", ["Rock", "Jazz"]),
        ("Rock, Jazz / Blues", ["Rock", "Jazz", "Blues"]),
        ("Jazz > Bop; Blues", ["Jazz > Bop", "Blues"]),
        ("Jazz > Bop | Blues", ["Jazz > Bop", "Blues"]),
        ("17/20", ["Rock", "Alternative"]),
        ("/(20)", ["Alternative"]),
        ("(17)/(20)", ["Rock", "Alternative"]),
        ("R&B/Soul", ["R&B/Soul"]),
        ("R&B / Soul", ["R&B / Soul"]),
        ("Hip-Hop/Rap", ["Hip-Hop/Rap"]),
        ("Pop/Funk", ["Pop/Funk"]),
        ("Rhythm, Blues", ["Rhythm, Blues"]),
        ("Folk, World, & Country", ["Folk, World, & Country"]),
        ("AC/DC", ["AC/DC"]),
        ("Rock, but slow", ["Rock, but slow"]),
        ("Rock & Roll", ["Rock & Roll"]),
        ("Drum + Bass", ["Drum + Bass"]),
        ("Hip-Hop", ["Hip-Hop"]),
        ("Rock\uff1bJazz、Blues", ["Rock", "Jazz", "Blues"]),
        ("Rock、Jazz", ["Rock", "Jazz"]),
        ("Rock • Jazz · Blues", ["Rock", "Jazz", "Blues"]),
        ("Rock - Jazz", ["Rock", "Jazz"]),
        ("Rock+Jazz", ["Rock", "Jazz"]),
        ("Jazz+Funk", ["Jazz+Funk"]),
        ("Rock\tJazz", ["Rock", "Jazz"]),
        ("- Rock\n* Jazz\n#blues\nGenre: Folk", ["Rock", "Jazz", "blues", "Folk"]),
        ("Genres\nRock\n-", ["Rock"]),
        ("#", ["#"]),
        ("Lo-Fi - Trip-Hop", ["Lo-Fi", "Trip-Hop"]),
        ("Rock - but slow", ["Rock - but slow"]),
        ("['Rock', 'R&B']", ["Rock", "R&B"]),
        ('["Rock \'n\' Roll", "Jazz"]', ["Rock 'n' Roll", "Jazz"]),
        ("(Live)", ["(Live)"]),
        ("[Rock 'n' Roll]", ["[Rock 'n' Roll]"]),
        ('c("Rock", "Jazz")', ["Rock", "Jazz"]),
        ("1. Rock\n2) Jazz\nStyle: Bop", ["Rock", "Jazz", "Bop"]),
        ("Rock -> Hard Rock", ["Rock > Hard Rock"]),
        ("Rock → Hard Rock", ["Rock > Hard Rock"]),
        ("R&amp;B; Rock &#39;n&#39; Roll", ["R&B", "Rock 'n' Roll"]),
        ("", []),
        (" ; / ", []),
    ],
)
def test_the_rule(value, expected):
    assert list(genres.split([value]).genres) == expected


def test_what_stands_alone_elsewhere_is_known():
    assert genres.split(["Skweee/Moombahton"]).genres == ("Skweee/Moombahton",)
    known = genres.standing_alone(["Skweee", "Moombahton; Baile Funk", "X/Y"])
    assert genres.split(["Skweee/Moombahton"], known=known).genres == ("Skweee", "Moombahton")
    assert folded("X") not in known


def test_separators_can_be_chosen():
    assert genres.split(["Rock;Jazz/X"], separators="none").genres == ("Rock;Jazz/X",)
    assert genres.split(["Rock;Jazz/X"], separators="/").genres == ("Rock;Jazz", "X")
    assert genres.split(["R&B/Soul"], separators=";/").genres == ("R&B", "Soul")
    assert genres.split(["A-B]C"], separators="]-").genres == ("A", "B", "C")


def test_what_was_done_is_told():
    found = genres.split(["Rock/Jazz", "Rock", "Unknown", "Other; Blues", "none"])
    assert found.genres == ("Rock", "Jazz", "Blues")
    assert found.split == ("Rock/Jazz", "Other; Blues")
    assert found.left_out == ("Unknown", "Other", "none")


def test_a_note_is_no_genre():
    note = "This record was bought in Spring, and has been heard ever since by all who came to the house."
    assert genres.split(["Rock", note]) == genres.Split(("Rock",), (), (note,))


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("17", ["Rock"]),
        ("(17)", ["Rock"]),
        ("(17)Rock", ["Rock"]),
        ("(8)(80)", ["Jazz", "Folk"]),
        ("(4)Eurodisco", ["Disco", "Eurodisco"]),
        ("(RX)", ["Remix"]),
        ("CR", ["Cover"]),
        ("80s", ["80s"]),
        ("1999", ["1999"]),
        ("(Live) Rock", ["(Live) Rock"]),
        ("250", ["Unknown"]),
    ],
)
def test_numbers_by_name(value, names):
    assert list(genres.by_name([value])) == names


@given(st.lists(st.text(max_size=30), max_size=4), st.sampled_from(["auto", "none", ";", "/,]^-"]))
def test_any_text_gives_clean_genres(values, separators):
    found = genres.split(values, separators=separators)
    for genre in found.genres:
        assert genre == " ".join(genre.split())
        assert genre
    assert len(set(found.genres)) == len(found.genres)


@given(
    st.lists(st.sampled_from(["Rock", "Jazz", "Blues", "Folk"]), min_size=1, unique=True),
    st.sampled_from([";", "/", ", ", "\\\\", "\0", " / "]),
)
def test_joined_and_split_again(names, separator):
    assert list(genres.split([separator.join(names)]).genres) == names
