"""Test the Babelfy linker with a local server that answers in the documented format."""

from linking_server import OWN, TEXT, babelfy
from mumu_lib import linking


def test_babelfy(server):
    server.plan = [
        (
            200,
            [
                babelfy(6, 10, "Singing", 0.9),
                babelfy(12, 15, ""),
                babelfy(0, 4, "Ad%C3%A8le"),
                babelfy(0, 15, r"R\u0026B"),
            ],
        )
    ]
    found = linking.make("babelfy", OWN).link(TEXT)
    assert [(a.start, a.end, a.surface, a.title, a.score, a.linker) for a in found] == [
        (0, 16, TEXT, "R&B", 1.0, "babelfy"), (0, 5, "Adele", "Adèle", 1.0, "babelfy"), (6, 11, "sings", "Singing", 0.9, "babelfy"),
    ]  # fmt: skip
    assert server.asked == [{"lang": "EN", "annType": "ALL", "text": TEXT, "key": "secret-key"}]
