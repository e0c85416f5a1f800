"""Test the parsing of genres in cells."""

import pandas as pd
import pytest

from mumu_lib.sources.collection import genres


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("['Rock', 'Jazz']", "Jazz | Rock"), ('["Rock", "Jazz"]', "Jazz | Rock"), ("Rock; Jazz", "Jazz | Rock"), ("{'Rock'}", "Rock"), ("['Rock' 'Jazz']", "Jazz | Rock"),
        ("[Rock, Jazz]", "Jazz | Rock"), ("('Rock',)", "Rock"), ("[]", ""), ('c("Rock", "Jazz")', "Jazz | Rock"), ("['Children\\'s', \"R'n'B\"]", "Children's | R'n'B"),
        ("Jazz > Bop | Rock", "Jazz > Bop | Rock"), ("Rhythm, Blues", "Rhythm, Blues"), ("(Post) Punk", "(Post) Punk"), ("Rock\nJazz", "Jazz | Rock"), ("", ""),
    ],
)  # fmt: skip
def test_cells_as_people_write_them(cell, expected):
    assert genres.canonical(genres.plain_cell(cell)) == expected


def test_what_was_taken_apart_is_said_and_what_may_be_joined_is_hinted_at(capsys):
    cells = pd.Series(["Rock; Jazz", "['Pop']", "Rock, Jazz", "Pop"], index=[2, 3, 4, 5])
    assert genres.read_column(cells, "m.csv").tolist() == ["Jazz | Rock", "Pop", "Rock, Jazz", "Pop"]
    said = capsys.readouterr().out
    assert "2 cells of genres taken apart" in said
    assert "row 2, 'Rock; Jazz'" in said
    assert "row 4, 'Rock, Jazz'; write  |  between genres" in said


def test_words_for_a_missing_value_are_no_genres(capsys):
    cells = pd.Series(["nan", "['None', 'Pop']", "None", "Nonet"])
    assert genres.read_column(cells, "m.csv").tolist() == ["", "Pop", "", "Nonet"]
    assert "3 cells of genres hold 'nan'" in capsys.readouterr().out


def test_two_normal_forms_are_one_genre():
    assert genres.canonical("Mu\u0301sica | Música") == "Música"
    assert genres.nodes("Jazz > Bop | Jazz") == ["Bop", "Jazz"]


def test_spellings_are_made_one_if_asked(capsys):
    cells = ["Hip-Hop", "Rock | hip hop", "Hip-Hop"]
    assert genres.spelt(cells, merge=False) == cells
    assert "Hip-Hop" in capsys.readouterr().out
    assert genres.spelt(cells, merge=True) == ["Hip-Hop", "Hip-Hop | Rock", "Hip-Hop"]
