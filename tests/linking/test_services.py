"""Test refusals, waits, quotas and the cache of linking services with a local server."""

import contextlib
from email.utils import formatdate

import pytest

from linking_server import OWN, TEXT, babelfy, spotlight, spotlight_page
from mumu_lib import linking
from mumu_lib.core.errors import ServiceError
from mumu_lib.linking import services


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


@pytest.mark.parametrize("after", ["\u00b2", "Wed, 99 Oct 99999 07:28:00 GMT", "-", "9" * 400])
def test_waits_that_no_service_can_mean(server, after):
    server.plan = [(503, b"", {"Retry-After": after}), (200, [])]
    with contextlib.suppress(ServiceError):
        linking.make("babelfy", OWN).link(TEXT)
    assert max(server.slept) <= services.PATIENCE
