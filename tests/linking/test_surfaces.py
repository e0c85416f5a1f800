"""Test the names that a text may use for an article."""

import pytest

from knowledge_bases import linker, titles


@pytest.mark.parametrize(
    "text", ["The music. It will help! MUSIC, Music, Help, The", "Plays well. plays. X y", "12 99"]
)
def test_common_words_and_ordinary_ones_do_not_link(tmp_path, text):
    local = linker(
        tmp_path,
        {"The": ["Words"], "Music": ["Musics"], "Help": ["Helps"], "Plays": ["Acts"], "X": ["Letters"], "12": ["Numbers"],
         "List of plays": ["Lists"], "Two plays": ["Acts"]},
    )  # fmt: skip
    assert local.link(text) == []


def test_a_capital_at_the_start_of_a_sentence_says_nothing_of_an_ordinary_word(tmp_path):
    local = linker(tmp_path, {"Rush": ["Bands"], "Dublin": ["Cities"], "The gold rush": ["Events"]})
    assert titles(local.link("Rush it. Dublin!\nRush")) == [("Dublin", "Dublin")]
    assert titles(local.link("I like Rush")) == [("Rush", "Rush")]


def test_concepts_stand_in_lower_case_and_names_do_not(tmp_path):
    local = linker(
        tmp_path, {"Electric guitar": ["Guitars"], "Los Angeles": ["Cities"], "The Who": ["Bands"], "So far": ["x"]}
    )
    assert titles(local.link("electric guitar; los angeles; the Who; the who; so far")) == [
        ("electric guitar", "Electric_guitar"), ("the Who", "The_Who"),
    ]  # fmt: skip


def test_text_in_other_typography_links(tmp_path):
    local = linker(tmp_path, {"Guns N' Roses": ["Bands"], "Drum machine": ["Machines"]})
    text = "Guns N\u2019 Roses use no drum\nmachine or drum\xa0machine"
    assert [a.surface for a in local.link(text)] == ["Guns N\u2019 Roses", "drum\nmachine", "drum\xa0machine"]
