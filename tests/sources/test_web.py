"""Querying a web service: contact, pause, retries and cache."""

import contextlib
import time
from email.utils import formatdate

import pytest

from mumu_lib.core.errors import ParameterError, ServiceError
from mumu_lib.sources import web
from mumu_lib.sources.web import Client


def test_client_sends_its_contact_and_caches(server, client):
    server.on("/x", {"a": 1})
    assert client.json(f"{server.url}/x") == client.json(f"{server.url}/x") == {"a": 1}
    assert len(server.asked) == 1
    assert "me@example.org" in server.headers[0]["User-Agent"]


def test_client_caches_missing_pages(server, client):
    assert client.json(f"{server.url}/none") is None
    assert client.json(f"{server.url}/none") is None
    assert len(server.asked) == 1


def test_client_does_not_take_a_refusal_for_a_missing_page(server, client, tmp_path):
    server.on("/x", {"status": 403, "body": b"blocked"})
    with pytest.raises(ServiceError, match="403"):
        client.json(f"{server.url}/x")
    assert client.file(f"{server.url}/x", tmp_path / "x") is False
    server.on("/x", {"a": 1})
    assert client.json(f"{server.url}/x") == {"a": 1}


def test_client_closes_replies_that_it_does_not_read(server, client, tmp_path, monkeypatch):
    replies, get = [], client._session.get
    monkeypatch.setattr(client._session, "get", lambda *a, **k: replies.append(get(*a, **k)) or replies[-1])
    for status in (403, 404, 418, 503):
        server.on(f"/{status}", {"status": status, "body": b"x" * 1000})
        for ask in (client.json, lambda url: client.file(url, tmp_path / "x")):
            with contextlib.suppress(ServiceError):
                ask(f"{server.url}/{status}")
    assert len(replies) == 8
    assert all(reply.raw.closed for reply in replies)


def test_client_needs_a_contact(tmp_path):
    with pytest.raises(ParameterError, match="e-mail"):
        Client(tmp_path, "nobody")


def test_client_pauses_between_requests(server, tmp_path, monkeypatch):
    client = Client(tmp_path, "me@example.org", pause=100)
    waits = []
    monkeypatch.setattr("mumu_lib.sources.web.time.sleep", waits.append)
    server.on("/a", {}), server.on("/b", {})
    client.json(f"{server.url}/a"), client.json(f"{server.url}/b")
    assert waits[0] == 0
    assert 90 < waits[1] <= 100


@pytest.mark.parametrize("status", [429, 503])
def test_client_observes_retry_after(server, client, monkeypatch, status):
    waits = []
    monkeypatch.setattr("urllib3.util.retry.time.sleep", waits.append)
    server.on("/x", {"status": status, "headers": {"Retry-After": "5"}}, {"a": 1})
    assert client.json(f"{server.url}/x") == {"a": 1}
    assert 5 in waits


@pytest.mark.parametrize(
    ("after", "slept"),
    [("36000", False), (formatdate(time.time() + 36000, usegmt=True), False), ("soon", True)],
    ids=["seconds", "date", "neither"],
)
def test_client_does_not_wait_for_hours(server, client, monkeypatch, after, slept):
    waits = []
    monkeypatch.setattr("urllib3.util.retry.time.sleep", waits.append)
    server.on("/x", {"status": 429, "headers": {"Retry-After": after}})
    with pytest.raises(ServiceError, match=r"429.*run it again later" if slept else r"429.*Retry-After of 3\d{4} s"):
        client.json(f"{server.url}/x")
    assert len(server.asked) == (3 if slept else 1)
    assert all(wait <= web.PATIENCE for wait in waits)


def test_service_down_for_good(server, client):
    server.on("/x", {"status": 503})
    with pytest.raises(ServiceError, match=r"503.*run it again"):
        client.json(f"{server.url}/x")
    assert len(server.asked) == 3
    server.on("/x", {"a": 1})
    assert client.json(f"{server.url}/x") == {"a": 1}, "a failure must not be remembered"


def test_server_that_does_not_listen(server, client):
    server.http.shutdown()
    server.http.server_close()
    with pytest.raises(ServiceError, match="no reply"):
        client.json(f"{server.url}/x")


def test_reply_that_is_not_json(server, client):
    server.on("/x", b"<html>busy</html>")
    with pytest.raises(ServiceError, match="not a JSON object"):
        client.json(f"{server.url}/x")


def test_a_changed_reply_on_disk_is_requested_again(server, client):
    server.on("/x", b'{"a": 1}')
    client.json(f"{server.url}/x")
    for changed in (b'{"a"', b"[1]", b"\xff"):
        next(client.cache.glob("*/*.json")).write_bytes(changed)
        assert client.json(f"{server.url}/x") == {"a": 1}


def test_a_huge_reply_is_not_read_completely(server, client, tmp_path, monkeypatch):
    monkeypatch.setattr(web, "MAX_BYTES", 1000)
    server.on("/x", b"x" * 100_000)
    with pytest.raises(ServiceError, match="larger than"):
        client.file(f"{server.url}/x", tmp_path / "x")
    assert list(tmp_path.glob("x*")) == []
