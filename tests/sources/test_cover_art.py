"""Downloading covers from Amazon and the Cover Art Archive, against a local server."""

import io

import pandas as pd
import pytest
from PIL import Image

from file_server import GROUP
from mumu_lib.core.errors import BadDataError, ParameterError
from mumu_lib.sources import cover_art, previews


def picture(size):
    raw = io.BytesIO()
    Image.new("RGB", (size, size)).save(raw, "JPEG")
    return raw.getvalue()


def test_covers_from_amazon_then_the_archive(server, client, tmp_path):
    albums = pd.DataFrame(
        [
            ["A", "/a.jpg", ""],
            ["B", "/pixel.gif", GROUP.upper()],
            ["C", "", ""],
            ["D", "/text", "gone"],
            ["E", "/no", ""],
        ],
        columns=["album_id", "cover_url", "release_group_mbid"],
    )
    albums["cover_url"] = albums["cover_url"].map(lambda p: p and server.url + p)
    server.on("/a.jpg", picture(64))
    server.on("/pixel.gif", picture(1))
    server.on("/text", b"no picture")
    server.on(f"/release-group/{GROUP}/front-500", picture(500))
    report = cover_art.fetch(albums, tmp_path / "covers", client, archive_url=server.url)
    assert report["source"].tolist() == ["amazon", "cover art archive", "", "", ""]
    assert report["outcome"].tolist()[:3] == ["fetched", "fetched", "no address and no release group"]
    assert "not a picture" in report["outcome"][3]
    assert "archive: not found" in report["outcome"][3]
    assert report["outcome"][4] == "amazon: not found"
    assert sorted(p.name for p in (tmp_path / "covers").iterdir()) == ["A.jpg", "B.jpg", "report.csv"]


def test_cover_size_must_be_one_of_the_archives(client, tmp_path):
    with pytest.raises(ParameterError, match="250"):
        cover_art.fetch(pd.DataFrame(), tmp_path, client, size=300)


@pytest.mark.parametrize("name", ["../x", "a/b", "/x", "C:x", "a\0", ".."])
def test_ids_with_a_path_are_refused(server, client, tmp_path, name):
    server.on("/a", picture(50))
    albums = pd.DataFrame({"album_id": [name], "cover_url": [f"{server.url}/a"], "release_group_mbid": [""]})
    with pytest.raises(BadDataError, match="cannot be the id of an album"):
        cover_art.fetch(albums, tmp_path / "covers", client)
    tracks = pd.DataFrame({"track_id": [name], "recording_mbid": ["R"]})
    with pytest.raises(BadDataError, match="cannot be the id of a track"):
        previews.by_isrc(tracks, tmp_path / "previews", client, client)
    assert server.asked == []
