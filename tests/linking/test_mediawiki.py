"""Test the categories of Wikipedia with a local server that answers in the documented format."""

import pytest

from linking_server import OWN
from mumu_lib import linking
from mumu_lib.core.errors import ServiceError
from mumu_lib.linking.mediawiki import MediaWiki
from mumu_lib.linking.services import Service


def page(title, *categories, **more):
    entries = [{"ns": 14, "title": f"Category:{name}"} for name in categories]
    return {"pageid": 1, "ns": 0, "title": title, **({"categories": entries} if entries else {}), **more}


def test_wikipedia_follows_redirects_and_continuations(server):
    first = {
        "continue": {"clcontinue": "1|X", "continue": "||"},
        "query": {"normalized": [{"from": "adele", "to": "Adele"}], "redirects": [{"from": "NYC", "to": "New York City"}],
                  "pages": [page("Adele", "English soul singers"), page("New York City"), page("Nobody", missing=True)]},
    }  # fmt: skip
    second = {
        "batchcomplete": True,
        "query": {"pages": [page("Adele", "1988 births"), page("New York City", "Port cities")]},
    }
    server.plan = [(200, first), (200, second)]
    linker = linking.make("spotlight", OWN)
    wanted = {"adele": ["1988_births", "English_soul_singers"], "NYC": ["Port_cities"], "Nobody": []}
    assert linker.categories(["adele", "NYC", "Nobody"]) == wanted
    assert server.asked[1]["clcontinue"] == "1|X"
    assert server.asked[0]["titles"] == "adele|NYC|Nobody"
    assert "me@example.org" in server.headers[0]["User-Agent"]
    assert linker.categories(["NYC"]) == {"NYC": ["Port_cities"]}
    assert len(server.asked) == 2


def test_wikipedia_is_asked_for_fifty_titles_at_once_and_never_again(server, tmp_path):
    def answer(form):
        return 200, {
            "batchcomplete": True,
            "query": {"pages": [page(t, f"About {t}") for t in form["titles"].split("|")]},
        }

    server.plan = [answer]
    wiki = MediaWiki(Service("Wikipedia", server.url, tmp_path))
    titles = [f"T{i}_x" for i in range(120)]
    found = wiki.categories(titles)
    assert [len(form["titles"].split("|")) for form in server.asked] == [50, 50, 20]
    assert found == {title: [f"About_{title}"] for title in titles}
    assert wiki.categories([*titles[:70], "New"])["New"] == ["About_New"]
    assert server.asked[3]["titles"] == "New"


def test_wikipedia_redirects_in_a_circle_end(server, tmp_path):
    steps = [{"from": "A", "to": "B"}, {"from": "B", "to": "A"}]
    server.plan = [(200, {"batchcomplete": True, "query": {"redirects": steps, "pages": []}})]
    assert MediaWiki(Service("Wikipedia", server.url, tmp_path)).categories(["A"]) == {"A": []}


def test_wikipedia_that_refuses(server, tmp_path):
    server.plan = [(200, {"error": {"code": "ratelimited", "info": "slow down"}})]
    with pytest.raises(ServiceError, match=r"Wikipedia .*ratelimited: slow down"):
        MediaWiki(Service("Wikipedia", server.url, tmp_path)).categories(["A"])


def test_wikipedia_that_goes_round_in_a_circle(server, tmp_path):
    server.plan = [(200, {"continue": {"clcontinue": "1"}, "query": {"pages": []}})]
    with pytest.raises(ServiceError, match="answers in a circle"):
        MediaWiki(Service("Wikipedia", server.url, tmp_path)).categories(["A"])
