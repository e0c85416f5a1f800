"""The linkers that ask a service, against a local server that answers in the documented formats."""

import contextlib
import json
import threading
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import parse_qs

import pytest

from mumu_lib import linking
from mumu_lib.core.errors import ParameterError, ServiceError
from mumu_lib.linking import services
from mumu_lib.linking.mediawiki import MediaWiki
from mumu_lib.linking.services import Service

OWN = SimpleNamespace(synthetic=False, name="mine")
TEXT = "Adele sings soul"


class Server:
    """Answers forms: by a function of the form if one is given, else with the planned replies in order."""

    def __init__(self):
        self.plan, self.asked, self.headers = [], [], []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode(), keep_blank_values=True)
                outer.asked.append({key: values[0] for key, values in form.items()})
                outer.headers.append(dict(self.headers))
                reply = outer.plan.pop(0) if len(outer.plan) > 1 else outer.plan[0]
                status, body, *headers = reply(outer.asked[-1]) if callable(reply) else reply
                body = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in headers[0].items() if headers else ():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/ask"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()


@pytest.fixture
def server(monkeypatch):
    server = Server()
    for name in ("BABELFY_URL", "SPOTLIGHT_URL", "MEDIAWIKI_URL"):
        monkeypatch.setenv(name, server.url)
    monkeypatch.setenv("BABELFY_KEY", "secret-key")
    monkeypatch.setenv("MUMU_CONTACT", "me@example.org")
    slept = []
    monkeypatch.setattr(services.time, "sleep", slept.append)
    server.slept = slept
    yield server
    server.http.shutdown()
    server.http.server_close()


def babelfy(start, end, title, score=1.0):
    return {
        "tokenFragment": {"start": 0, "end": 0}, "charFragment": {"start": start, "end": end}, "babelSynsetID": "bn:1n",
        "DBpediaURL": title and f"http://dbpedia.org/resource/{title}", "BabelNetURL": "http://babelnet.org/rdf/s1n",
        "score": score, "coherenceScore": 0.5, "globalScore": 0.1, "source": "BABELFY",
    }  # fmt: skip


def spotlight(offset, surface, title):
    return {
        "@URI": f"http://dbpedia.org/resource/{title}", "@support": "123", "@types": "", "@surfaceForm": surface,
        "@offset": str(offset), "@similarityScore": "0.75", "@percentageOfSecondRank": "0.0",
    }  # fmt: skip


def spotlight_page(text, *resources):
    page = {"@text": text, "@confidence": "0.2", "@support": "20", "@types": "", "@sparql": "", "@policy": "whitelist"}
    return page | ({"Resources": [*resources]} if resources else {})


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


@pytest.mark.parametrize("name", ["babelfy", "spotlight"])
@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ((200, b"<html>down</html>"), "no JSON but '<html>down</html>'"),
        ((200, b""), "no JSON but 'nothing'"),
        ((200, {"message": "limit reached"}), "refuses .*limit reached"),
        ((400, {"message": "bad text"}), "refuses .*bad text"),
        ((404, b"not here"), "404.*no JSON"),
        ((500, b"oops"), "still 500 .* after 4 repetitions"),
        ((429, b""), "still 429 .* after 4 repetitions"),
        ((200, 7), "answers 200"),
        ((200, [{"charFragment": {}}]), "answers 200"),
    ],
)
def test_refusals_are_said_with_name_and_remedy_and_not_kept(server, name, reply, said):
    server.plan = [reply]
    linker = linking.make(name, OWN)
    with pytest.raises(ServiceError, match=rf"(?is){name}.*{said}.*run it again") as refusal:
        linker.link(TEXT)
    assert "secret-key" not in str(refusal.value)
    server.plan = [
        (200, [babelfy(0, 4, "Adele")] if name == "babelfy" else spotlight_page(TEXT, spotlight(0, "Adele", "Adele")))
    ]
    assert len(linker.link(TEXT)) == 1


def test_no_server_at_all(monkeypatch, server):
    monkeypatch.setenv("SPOTLIGHT_URL", "http://127.0.0.1:9/annotate")
    with pytest.raises(ServiceError, match=r"Spotlight .*no reply \(ConnectionError\)"):
        linking.make("spotlight", OWN).link(TEXT)


@pytest.mark.parametrize("after", ["7", formatdate(usegmt=True)], ids=["seconds", "date"])
def test_retry_after_is_heeded(server, after):
    server.plan = [(429, b"", {"Retry-After": after}), (503, b""), (200, [babelfy(0, 4, "Adele")])]
    assert len(linking.make("babelfy", OWN).link(TEXT)) == 1
    waits = [seconds for seconds in server.slept if seconds > 0.5]
    assert waits == ([7, 2] if after == "7" else [2])


def test_a_service_that_is_busy_is_let_go_before_the_wait(server, monkeypatch):
    linker = linking.make("babelfy", OWN)
    replies, post, held = [], linker.service._session.post, []
    monkeypatch.setattr(linker.service._session, "post", lambda *a, **k: replies.append(post(*a, **k)) or replies[-1])
    monkeypatch.setattr(services.time, "sleep", lambda _: held.extend(not reply.raw.closed for reply in replies))
    server.plan = [(503, b"busy" * 100), (200, [])]
    assert linker.link(TEXT) == []
    assert held
    assert not any(held)


def test_quota_that_ends_says_how_many_are_done_and_the_next_run_goes_on(server):
    texts = [f"Adele sings {i}" for i in range(5)]
    good = (200, [babelfy(0, 4, "Adele")])
    server.plan = [good, good, (429, b"", {"Retry-After": "36000"})]
    with pytest.raises(ServiceError, match=r"2 of 5 texts are done; Babelfy .* asks to wait 36000 s.* tomorrow"):
        linking.annotate(linking.make("babelfy", OWN), texts)
    assert len(server.asked) == 3
    server.plan = [good]
    found = linking.annotate(linking.make("babelfy", OWN), texts)
    assert found["text"].tolist() == [0, 1, 2, 3, 4]
    assert [form["text"] for form in server.asked[3:]] == texts[2:]
    linking.annotate(linking.make("babelfy", OWN), texts)
    assert len(server.asked) == 6


def test_cut_answer_on_disk_is_asked_again_and_the_rest_kept(server, home):
    server.plan = [(200, [babelfy(0, 4, "Adele")])]
    texts = [f"Adele sings {i}" for i in range(3)]
    first = linking.annotate(linking.make("babelfy", OWN), texts)
    kept = sorted((home / "data" / "linking" / "babelfy").glob("*/*.json"))
    assert len(kept) == 3
    kept[0].write_bytes(kept[0].read_bytes()[:40])
    kept[1].write_bytes(b"")
    again = linking.annotate(linking.make("babelfy", OWN), texts)
    assert again.equals(first)
    assert len(server.asked) == 5
    assert all("secret-key" not in path.read_text() for path in kept)


def test_services_say_what_they_need(monkeypatch):
    monkeypatch.delenv("BABELFY_KEY", raising=False)
    monkeypatch.delenv("MUMU_CONTACT", raising=False)
    with pytest.raises(ParameterError, match="BABELFY_KEY"):
        linking.make("babelfy", OWN)
    with pytest.raises(ParameterError, match="MUMU_CONTACT"):
        linking.make("spotlight", OWN)


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


def test_knowledge_base_replaces_wikipedia(server, tmp_path, monkeypatch):
    from mumu_lib.linking import build

    monkeypatch.delenv("MUMU_CONTACT")
    dump = tmp_path / "categories.ttl"
    dump.write_text(
        "<http://dbpedia.org/resource/Adele> <http://purl.org/dc/terms/subject> <http://dbpedia.org/resource/Category:Singers> .\n"
    )
    build.build(tmp_path / "knowledge", dump)
    assert linking.make("babelfy", OWN, tmp_path / "knowledge").categories(["Adele"]) == {"Adele": ["Singers"]}
    assert server.asked == []


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("babelfy", [{"charFragment": {"start": "a", "end": 3}, "score": 1}]),
        ("babelfy", [{"charFragment": {"start": 0, "end": 3}, "score": 1, "DBpediaURL": 5}]),
        ("babelfy", [{"charFragment": {"start": 1e999, "end": 3}, "score": 1}]),
        ("spotlight", {"Resources": [{"@offset": "0", "@surfaceForm": 5, "@URI": "u", "@similarityScore": "1"}]}),
        ("spotlight", {"Resources": [{"@offset": "0", "@surfaceForm": "A", "@URI": None, "@similarityScore": "1"}]}),
        ("spotlight", {"Resources": 7}),
    ],
)
def test_answers_of_another_form_are_said_and_not_kept(server, name, answer):
    server.plan = [(200, answer)]
    linker = linking.make(name, OWN)
    for _ in range(2):
        with pytest.raises(ServiceError, match="answers 200"):
            linker.link(TEXT)
    assert len(server.asked) == 2


def test_places_beyond_all_numbers_are_left_out(server):
    server.plan = [(200, [babelfy(0, 10**30, "Adele")])]
    with pytest.warns(UserWarning, match="left out"):
        assert linking.make("babelfy", OWN).link(TEXT + "\U0001f3ba") == []


def test_wikipedia_that_goes_round_in_a_circle(server, tmp_path):
    server.plan = [(200, {"continue": {"clcontinue": "1"}, "query": {"pages": []}})]
    with pytest.raises(ServiceError, match="answers in a circle"):
        MediaWiki(Service("Wikipedia", server.url, tmp_path)).categories(["A"])


@pytest.mark.parametrize("after", ["\u00b2", "Wed, 99 Oct 99999 07:28:00 GMT", "-", "9" * 400])
def test_waits_that_no_service_can_mean(server, after):
    server.plan = [(503, b"", {"Retry-After": after}), (200, [])]
    with contextlib.suppress(ServiceError):
        linking.make("babelfy", OWN).link(TEXT)
    assert max(server.slept) <= services.PATIENCE
