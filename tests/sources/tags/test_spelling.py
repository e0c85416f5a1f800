"""One genre in several spellings: a hint, or one label."""

from collections import Counter

from mumu_lib.sources.tags import spelling


def test_spellings_are_found_the_most_frequent_first():
    counts = Counter({"Rock": 2, "rock": 2, "ROCK": 2, "Hip Hop": 1, "Hip-Hop": 3, "Jazz": 9})
    assert spelling.groups(counts) == [["Hip-Hop", "Hip Hop"], ["Rock", "ROCK", "rock"]]


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
