"""Run a local server in place of every linking service."""

import pytest

from linking_server import Server
from mumu_lib.linking import services


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
