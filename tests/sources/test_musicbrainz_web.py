"""Querying MusicBrainz, against a local server that replies in the documented formats."""

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


def test_pregap_and_data_tracks_are_recordings(server, client):
    medium = {"pregap": {"recording": {"id": "p"}}, "tracks": [{"recording": {"id": "t"}}],
              "data-tracks": [{"recording": {"id": "d"}}]}  # fmt: skip
    server.on("*", {"release-count": 1, "releases": [{"id": "r", "media": [medium]}]})
    assert musicbrainz_web.recordings(client, GROUP, url=server.url)["recording_mbid"].tolist() == ["p", "t", "d"]


def test_the_command_prints_csv(server, home, capsys):
    server.on("*", {"release-count": 1, "releases": [{"id": "r", "media": [{"tracks": [{"recording": {"id": "x"}}]}]}]})
    words = [GROUP, "--url", server.url, "--contact"]
    assert musicbrainz_web.main([*words, "me@example.org"]) == 0
    assert capsys.readouterr().out == f"release_group_mbid,recording_mbid\n{GROUP.lower()},x\n"
    assert musicbrainz_web.main([*words, "nobody"]) == 1
    assert "contact must be your e-mail address" in capsys.readouterr().err


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
def test_replies_of_another_form_are_refused(server, client, reply):
    server.on("*", reply)
    with pytest.raises(ServiceError, match=r"unexpected form|is not a JSON object"):
        musicbrainz_web.recordings(client, GROUP, url=server.url)
