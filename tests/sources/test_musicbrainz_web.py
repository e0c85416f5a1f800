"""MusicBrainz by its web service, against a local server that answers in the documented formats."""

import pandas as pd
import pytest

from file_server import GROUP
from mumu_lib.core.errors import ServiceError
from mumu_lib.sources import musicbrainz_web


def test_search_of_release_groups(server, client):
    reply = {"release-groups": [{"id": GROUP.upper(), "score": 100, "title": "Chiptunes = WIN", "artist-credit": [
        {"artist": {"name": "A"}, "joinphrase": " & "}, {"name": "B", "artist": {"name": "Bee"}}]}]}  # fmt: skip
    server.on("*", reply)
    table = musicbrainz_web.search(client, "AC/DC: live", "A & B", url=server.url)
    assert table.to_numpy().tolist() == [[GROUP, "Chiptunes = WIN", "A & B", 100]]
    assert "AC%5C%2FDC%5C%3A+live" in server.asked[0]
    found = musicbrainz_web.search_all(
        client, pd.DataFrame({"title": ["x", "y", ""], "artist": ["a", "b", "c"]}), url=server.url
    )
    assert len(found) == 1
    assert len(server.asked) == 3


def test_exact_route_by_amazon_id(server, client):
    server.on(
        "/release?query=asin%3AB0018ZB6ZO&limit=100&fmt=json",
        {"releases": [{"id": "r", "release-group": {"id": GROUP}}] * 2},
    )
    assert musicbrainz_web.by_asin(client, "B0018ZB6ZO", url=server.url) == [GROUP]


def test_recordings_over_several_pages(server, client):
    def page(*recordings):
        media = [{"tracks": [{"id": "track", "recording": {"id": r}} for r in recordings]}]
        return {"release-count": 3, "releases": [{"id": "r", "media": media}]}

    for offset, reply in enumerate([page("a", "b"), page("b"), page("C")]):
        server.on(f"/release?release-group={GROUP}&inc=recordings&limit=100&offset={offset}&fmt=json", reply)
    table = musicbrainz_web.recordings(client, GROUP, url=server.url)
    assert table["recording_mbid"].tolist() == ["a", "b", "c"]


@pytest.mark.parametrize("reply", [b"[]", b"7", b'{"release-groups": [{}]}', b'{"release-groups": [{"id": 1}]}', b'{"release-groups": 5}', b'{"release-groups": [{"id": "G", "score": 1e999}]}', b'{"release-groups": [{"id": "G", "title": []}]}'])  # fmt: skip
def test_replies_of_another_form_are_said_so(server, client, reply):
    server.on("*", reply)
    with pytest.raises(ServiceError, match=r"unexpected form|is not JSON of an object"):
        musicbrainz_web.search(client, "T", "A", url=server.url)
