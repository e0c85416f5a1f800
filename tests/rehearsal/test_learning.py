"""What is learned without a notebook."""

from mumu_lib.rehearsal import learning


def test_words_are_counted_and_told(there):
    said = learning.words(there)
    assert said.startswith("60 albums, ")
    assert "telling" in said
