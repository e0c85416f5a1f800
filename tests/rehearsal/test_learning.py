"""What is learned without a notebook."""

from mumu_lib.rehearsal import learning


def test_words_are_counted_and_told(there):
    said = learning.words(there)
    assert said.startswith("60 albums, ")
    assert "telling" in said


def test_all_modalities_are_learned_at_once_from_the_runs_that_are_there(music):
    said = learning.learning_at_once(music, share=0.5)
    assert said.count(" + ") == 2
    assert " examples in " in said
