"""Test the names in a knowledge base and the words of its categories."""

from knowledge_bases import knowledge_base, linker, titles
from mumu_lib.linking.local import LocalLinker


def test_one_word_in_lower_case_links_if_a_category_is_named_after_it(tmp_path):
    local = linker(tmp_path, {"Piano": ["Pianos", "Keyboards"], "Nashville": ["Cities"], "Journey": ["Travel"]})
    assert titles(local.link("A piano in nashville. On a journey with Journey.")) == [
        ("piano", "Piano"),
        ("Journey", "Journey"),
    ]


def test_categories_without_words_decide_nothing(tmp_path):
    local = linker(tmp_path, {"Kiss": ["1988"], "Kiss (band)": ["The of", "1970s"], "Berlin": ["2020"]})
    assert titles(local.link("In Berlin a Kiss")) == [("Berlin", "Berlin"), ("Kiss", "Kiss")]
    assert titles(linker(tmp_path, {"Berlin": ["1"]}).link("In Berlin")) == [("Berlin", "Berlin")]


def test_labels_add_names(tmp_path):
    local = linker(
        tmp_path, {"Bjork": ["Singers"]}, labels=[("Bjork", r"Bj\u00F6rk \"B\""), ("Bjork", "Bjork"), ("No", "Not")]
    )
    assert titles(local.link('It is Björk "B" and Bjork')) == [('Björk "B"', "Bjork"), ("Bjork", "Bjork")]


def test_a_title_without_a_word_in_it(tmp_path):
    # The band !!! is a real one.
    knowledge_base(tmp_path, {"!!!": ["Dance-punk_musical_groups"], "Adele": ["Singers"]})
    assert LocalLinker(tmp_path / "knowledge").link("!!! and others")[:0] == []
