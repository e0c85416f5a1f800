"""Test the counts of split and ignored genres in a collection."""

from mumu_lib.sources.tags.tally import Tally


def test_values_are_counted_by_file():
    tally = Tally()
    assert tally.genres(["Rock/Jazz"]) == ("Rock", "Jazz")
    assert tally.genres(["Rock/Jazz", "Unknown"]) == ("Rock", "Jazz")
    assert tally.split["Rock/Jazz"] == 2
    assert tally.reasons() == [
        ("Rock/Jazz", "genre tag taken apart: Rock, Jazz; on 2 files"),
        ("Unknown", "genre tag names no genre; left out on 1 files"),
    ]
    apart, left_out = tally.summary()
    assert apart.startswith("2 genre tags held several genres ('Rock/Jazz')")
    assert "--separators none" in apart
    assert left_out == "1 genre tags name no genre ('Unknown') and were left out"


def test_nothing_done_nothing_said():
    tally = Tally(separators="none")
    assert tally.genres(["Rock/Jazz"]) == ("Rock/Jazz",)
    assert tally.summary() == []
    assert tally.reasons() == []


def test_many_values_are_not_all_shown():
    tally = Tally()
    for number in range(9):
        tally.genres([f"Rock;A{number}"])
    assert "…" in tally.summary()[0]
    assert len(tally.reasons()) == 9
