"""Fixtures: a server with a client, and a collection of files."""

import pytest

from file_server import Server
from mumu_lib.sources import folder
from mumu_lib.sources.web import Client
from own_collections import sound, table


@pytest.fixture
def server():
    made = Server()
    yield made
    made.http.shutdown()
    made.http.server_close()


@pytest.fixture
def client(tmp_path):
    return Client(tmp_path / "cache", "me@example.org", pause=0, retries=2, backoff=0)


@pytest.fixture
def root(tmp_path):
    path = tmp_path / "records"
    path.mkdir()
    for name in "abcd":
        sound(path / f"{name}.wav")
    return path


@pytest.fixture
def build(root, tmp_path):
    def run(*rows, encoding="utf-8", **options):
        manifest = table(root / "manifest.csv", *rows, encoding=encoding) if rows else None
        return folder.build(root, manifest, out=tmp_path / "out", **{"min_albums": 1, "force": True} | options)

    return run
