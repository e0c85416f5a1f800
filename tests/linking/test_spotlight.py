"""Test the Spotlight linker with a local server that answers in the documented format."""

from linking_server import OWN, TEXT, spotlight, spotlight_page
from mumu_lib import linking


def test_spotlight(server):
    server.plan = [(200, spotlight_page(TEXT, spotlight(12, "soul", "Soul_music"), spotlight(0, "Adele", "Adele")))]
    found = linking.make("spotlight", OWN).link(TEXT)
    assert [(a.start, a.end, a.surface, a.title, a.score, a.linker) for a in found] == [
        (0, 5, "Adele", "Adele", 0.75, "spotlight"), (12, 16, "soul", "Soul_music", 0.75, "spotlight"),
    ]  # fmt: skip
    assert server.headers[0]["Accept"] == "application/json"


def test_spotlight_that_finds_nothing_names_no_resources(server):
    server.plan = [(200, spotlight_page("nothing"))]
    assert linking.make("spotlight", OWN).link("nothing") == []
