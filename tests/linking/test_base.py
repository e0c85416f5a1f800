"""Test what all web linkers share: offsets, and blank texts that are not sent."""

import pytest

from linking_server import OWN, TEXT, babelfy, spotlight, spotlight_page
from mumu_lib import linking


@pytest.mark.parametrize("name", ["babelfy", "spotlight"])
def test_offsets_after_emoji_are_those_of_java(server, name):
    text = "\U0001f3b8\U0001f3b8 שלום Adele"
    entry = babelfy(10, 14, "Adele") if name == "babelfy" else spotlight(10, "Adele", "Adele")
    server.plan = [(200, [entry] if name == "babelfy" else spotlight_page(text, entry))]
    (found,) = linking.make(name, OWN).link(text)
    assert (found.start, text[found.start : found.end]) == (8, "Adele")


@pytest.mark.parametrize(("name", "entry"), [("babelfy", babelfy(10, 99, "Adele")), ("babelfy", babelfy(-3, 2, "Adele")), ("spotlight", spotlight(3, "Adele", "Adele"))])  # fmt: skip
def test_annotation_that_is_not_in_the_text_is_left_out_aloud(server, name, entry):
    server.plan = [(200, [entry] if name == "babelfy" else spotlight_page(TEXT, entry))]
    with pytest.warns(UserWarning, match="is not in the text 'Adele sings soul'") as warned:
        assert linking.make(name, OWN).link(TEXT) == []
    assert warned[0].filename == __file__


@pytest.mark.parametrize("text", ["", " \n"])
@pytest.mark.parametrize("name", ["babelfy", "spotlight"])
def test_empty_text_is_not_asked_about(server, name, text):
    assert linking.make(name, OWN).link(text) == []
    assert server.asked == []


def test_places_beyond_all_numbers_are_left_out(server):
    server.plan = [(200, [babelfy(0, 10**30, "Adele")])]
    with pytest.warns(UserWarning, match="left out"):
        assert linking.make("babelfy", OWN).link(TEXT + "\U0001f3ba") == []
