"""Test genres in several spellings: a hint, or merged into one label."""

from collections import Counter

import pytest

from mumu_lib.sources.tags import spelling


def test_spellings_are_found_the_most_frequent_first():
    counts = Counter({"Rock": 2, "rock": 2, "ROCK": 2, "Hip Hop": 1, "Hip-Hop": 3, "Jazz": 9})
    assert spelling.groups(counts) == [["Hip-Hop", "Hip Hop"], ["Rock", "ROCK", "rock"]]


@pytest.mark.parametrize(
    ("one", "other"),
    [("R&B", "r & b"), ("Drum & Bass", "Drum and Bass"), ("Drum'n'Bass", "drum n bass"), ("Música", "Musica"), ("HipHop", "Hip-Hop"), ("Children's", "Children\u2019s")],
)  # fmt: skip
def test_what_counts_as_another_spelling(one, other):
    assert spelling.groups(Counter([one, one, other])) == [[one, other]]


@pytest.mark.parametrize(("one", "other"), [("Rock", "Rocks"), ("???", "!!!"), ("メタル", "ロック"), ("C&W", "CW")])
def test_what_does_not(one, other):
    assert spelling.groups(Counter([one, other])) == []


def test_the_hint_names_them_and_the_option():
    said = spelling.hint([["Rock", "rock"], ["Jazz", "jazz"]])
    assert said.startswith(
        "2 genres stand in several spellings, each a label of its own: 'Rock', 'rock'; 'Jazz', 'jazz'"
    )
    assert "--merge-spellings" in said
    assert "and 2 more" in spelling.hint([["A", "a"]] * 7)


def test_merged_only_when_asked():
    albums = [[("Rock", "Hard Rock")], [("rock",)], [("Rock",), ("Jazz",)]]
    branches, found = spelling.one_each(albums)
    assert branches == albums
    assert found == [["Rock", "rock"]]
    branches, _ = spelling.one_each(albums, merge=True)
    assert branches == [[("Rock", "Hard Rock")], [("Rock",)], [("Rock",), ("Jazz",)]]
