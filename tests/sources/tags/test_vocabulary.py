"""Test the comparison of genre names, and placeholders."""

import pytest
from mutagen.id3 import TCON

from mumu_lib.sources.tags import vocabulary


def test_spellings_of_one_name_are_compared_as_one():
    assert vocabulary.folded("Hip-Hop") == vocabulary.folded(" hip  hop ") == "hip hop"
    assert vocabulary.folded("Música") == vocabulary.folded("Mu\u0301sica")


def test_all_names_of_id3_are_known():
    assert {vocabulary.folded(name) for name in TCON.GENRES} <= vocabulary.KNOWN


@pytest.mark.parametrize("name", ["Other", "UNKNOWN", "None", " n/a", "<Unknown>", "-", "Unknown  Genre"])
def test_words_for_no_genre(name):
    assert vocabulary.is_none(name)


@pytest.mark.parametrize("name", ["No Wave", "Misc", "Noise", "Other Minds", "Genre-bending"])
def test_genres_that_only_sound_like_none(name):
    assert not vocabulary.is_none(name)
