"""Finding previews in a folder, and downloading them from a local server."""

import pandas as pd
import pytest

from file_server import REC
from mumu_lib.core.errors import MissingDataError, ServiceError
from mumu_lib.sources import previews, web


def plan_previews(server):
    server.on(f"/recording/{REC}?inc=isrcs&fmt=json", {"isrcs": ["NONE00000000", "GBAYE0000001"]})
    server.on("/track/isrc:NONE00000000", {"error": {"type": "DataException", "code": 800}})
    server.on("/track/isrc:GBAYE0000001", {"id": 1, "preview": f"{server.url}/p.mp3"})
    server.on("/p.mp3", b"sound")


def get_previews(server, client, tmp_path, *recordings):
    tracks = pd.DataFrame({"track_id": [f"TR{i}" for i in range(len(recordings))], "recording_mbid": recordings})
    return previews.by_isrc(
        tracks, tmp_path / "audio", client, client, musicbrainz_url=server.url, deezer_url=server.url
    )


def test_previews_by_isrc(server, client, tmp_path):
    plan_previews(server)
    report = get_previews(server, client, tmp_path, REC.upper(), "unknown")
    assert report["outcome"].tolist() == ["fetched", "MusicBrainz has no ISRC"]
    assert report["isrc"].tolist() == ["GBAYE0000001", ""]
    assert (tmp_path / "audio" / "TR0.mp3").read_bytes() == b"sound"
    assert pd.read_csv(tmp_path / "audio" / "report.csv")["track_id"].tolist() == ["TR0", "TR1"]
    before = len(server.asked)
    assert get_previews(server, client, tmp_path, REC, "unknown")["outcome"][0] == "there already"
    assert len(server.asked) == before


def test_a_quota_is_not_taken_for_no_preview(server, client, tmp_path):
    plan_previews(server)
    server.on(
        "/track/isrc:GBAYE0000001", {"error": {"type": "Exception", "message": "Quota limit exceeded", "code": 4}}
    )
    assert "Quota limit exceeded" in get_previews(server, client, tmp_path, REC)["outcome"][0]
    plan_previews(server)
    assert get_previews(server, client, tmp_path, REC)["outcome"][0] == "fetched"


def test_an_expired_url_is_requested_again(server, client, tmp_path):
    plan_previews(server)
    server.on("/track/isrc:GBAYE0000001", {"preview": f"{server.url}/expired.mp3"})
    server.on("/expired.mp3", {"status": 403})
    assert "no preview" in get_previews(server, client, tmp_path, REC)["outcome"][0]
    plan_previews(server)
    assert get_previews(server, client, tmp_path, REC)["outcome"][0] == "fetched"


@pytest.mark.parametrize("suffix", [".mp3", ".opus", ".aiff", ".M4A"])
def test_previews_of_every_format_are_found(tmp_path, suffix):
    (tmp_path / f"TR1{suffix}").touch()
    assert previews.find(tmp_path, ["TR1"]).tolist() == [f"TR1{suffix}"]


def test_one_failure_is_reported_and_does_not_stop_the_others(server, client, tmp_path):
    plan_previews(server)
    server.on("/recording/bad?inc=isrcs&fmt=json", {"status": 500})
    report = get_previews(server, client, tmp_path, "bad", REC)
    assert "500" in report["outcome"][0]
    assert report["outcome"][1] == "fetched"


def test_previews_stop_if_the_service_is_down(server, client, tmp_path):
    plan_previews(server)
    server.on("/recording/bad?inc=isrcs&fmt=json", {"status": 503})
    with pytest.raises(ServiceError, match="503"):
        get_previews(server, client, tmp_path, REC, *["bad"] * 10)
    assert (tmp_path / "audio" / "TR0.mp3").is_file()
    assert len(pd.read_csv(tmp_path / "audio" / "report.csv")) == 1 + web.MAX_FAILURES


@pytest.mark.parametrize("place", ["8/9/8947470.clip.mp3", "A/B/C/TRABC.mp3", "TRABC.ogg"])
def test_previews_are_found_in_any_layout(tmp_path, place):
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / place).touch()
    found = previews.find(tmp_path, ["TRABC", "TRNONE"], pd.Series({"TRABC": 8947470}))
    assert found.tolist() == [place, ""]


def test_previews_by_index_file(tmp_path):
    (tmp_path / "index.tsv").write_text("TRABC\tsub/x.mp3\n")
    assert previews.find(tmp_path, ["TRABC"]).tolist() == ["sub/x.mp3"]


def test_no_preview_at_all_is_an_error(tmp_path):
    (tmp_path / "1.mp3").touch()
    with pytest.raises(MissingDataError, match=r"none of 1 tracks found among 1 recordings.*7digital"):
        previews.find(tmp_path, ["TRABC"])
