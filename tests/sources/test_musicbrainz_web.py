"""MusicBrainz by its web service, against a local server that answers in the documented formats."""

import pytest

from file_server import GROUP
from mumu_lib.core.errors import ServiceError
from mumu_lib.sources import musicbrainz_web


def test_recordings_over_several_pages(server, client):
    def page(*recordings):
        media = [{"tracks": [{"id": "track", "recording": {"id": r}} for r in recordings]}]
        return {"release-count": 3, "releases": [{"id": "r", "media": media}]}

    for offset, reply in enumerate([page("a", "b"), page("b"), page("C")]):
        server.on(f"/release?release-group={GROUP}&inc=recordings&limit=100&offset={offset}&fmt=json", reply)
    table = musicbrainz_web.recordings(client, GROUP, url=server.url)
    assert table["recording_mbid"].tolist() == ["a", "b", "c"]


@pytest.mark.parametrize(
    "reply",
    [
        b"[]",
        b"7",
        b'{"releases": 5}',
        b'{"releases": [{"media": 5}], "release-count": 1}',
        b'{"release-count": "many"}',
    ],
)
def test_replies_of_another_form_are_said_so(server, client, reply):
    server.on("*", reply)
    with pytest.raises(ServiceError, match=r"unexpected form|is not JSON of an object"):
        musicbrainz_web.recordings(client, GROUP, url=server.url)
