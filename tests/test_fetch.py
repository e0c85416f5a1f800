"""The downloads and web clients, against a local server that answers in the documented formats."""

import contextlib
import hashlib
import io
import json
import tarfile
import threading
import time
import zipfile
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from mumu_lib.core.errors import BadDataError, ParameterError, ServiceError
from mumu_lib.sources import cover_art, fetch, musicbrainz_web, previews, web
from mumu_lib.sources.web import Client

REC, GROUP = "66dd470f-4c4f-4caa-b8d4-2ebc80a83cb6", "0164b5ce-42f8-46bf-b140-61ecd2ed449e"
BLOB = np.random.default_rng(0).bytes(300_000)
MD5 = f"md5:{hashlib.md5(BLOB).hexdigest()}"


class Server:
    """Answers by path: the planned replies in order, then the last one again."""

    def __init__(self):
        self.plan, self.asked, self.headers = {}, [], []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append(self.path)
                outer.headers.append(dict(self.headers))
                outer.answer(self)

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def on(self, path, *replies):
        """Plan replies (of "*": any other path): bytes, an object for JSON, or a dict with status, headers, body, cut_after."""
        self.plan[path] = [r if isinstance(r, dict) and "status" in r else {"status": 200, "body": r} for r in replies]

    def answer(self, to):
        replies = self.plan.get(to.path) or self.plan.get("*") or [{"status": 404, "body": b"not found"}]
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        body = reply.get("body", b"")
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        status, start = reply["status"], 0
        if status == 200 and "Range" in to.headers and not reply.get("no_range"):
            start = int(to.headers["Range"].removeprefix("bytes=").rstrip("-"))
            status = 206 if start < len(body) else 416
        to.send_response(status)
        for name, value in reply.get("headers", {}).items():
            to.send_header(name, value)
        to.send_header("Content-Length", str(len(body) - start))
        to.end_headers()
        to.wfile.write(body[start:][: reply.get("cut_after")])
        if "cut_after" in reply:
            to.close_connection = True


@pytest.fixture
def server():
    made = Server()
    yield made
    made.http.shutdown()
    made.http.server_close()


@pytest.fixture
def client(tmp_path):
    return Client(tmp_path / "cache", "me@example.org", pause=0, retries=2, backoff=0)


def get(server, tmp_path, **options):
    return fetch.download(f"{server.url}/f", tmp_path / "f.bin", **{"checksum": MD5, "wait": 0, **options})


def test_download_and_checksum(server, tmp_path):
    server.on("/f", BLOB)
    assert get(server, tmp_path).read_bytes() == BLOB
    get(server, tmp_path)
    assert len(server.asked) == 1


def test_wrong_checksum_names_both_and_leaves_nothing(server, tmp_path):
    server.on("/f", BLOB[:-1])
    with pytest.raises(BadDataError, match=rf"expected {MD5}"):
        get(server, tmp_path)
    assert list(tmp_path.glob("f.bin*")) == []


def test_cut_connection_is_continued_where_it_stopped(server, tmp_path):
    server.on("/f", {"status": 200, "body": BLOB, "cut_after": 100_000}, BLOB)
    assert get(server, tmp_path).read_bytes() == BLOB
    first, second = (h.get("Range") for h in server.headers)
    assert first is None
    assert 80_000 < int(second.removeprefix("bytes=").rstrip("-")) <= 100_000


def test_earlier_part_is_continued_by_a_later_call(server, tmp_path):
    (tmp_path / "f.bin.part").write_bytes(BLOB[:1234])
    server.on("/f", BLOB)
    assert get(server, tmp_path).read_bytes() == BLOB
    assert server.headers[0]["Range"] == "bytes=1234-"


def test_server_without_ranges_starts_over(server, tmp_path):
    (tmp_path / "f.bin.part").write_bytes(b"older bytes")
    server.on("/f", {"status": 200, "body": BLOB, "no_range": True})
    assert get(server, tmp_path).read_bytes() == BLOB


def test_whole_part_needs_no_more_bytes(server, tmp_path):
    (tmp_path / "f.bin.part").write_bytes(BLOB)
    server.on("/f", BLOB)
    assert get(server, tmp_path).read_bytes() == BLOB


def test_download_waits_as_long_as_it_is_told(server, tmp_path, monkeypatch):
    waits = []
    monkeypatch.setattr(fetch.time, "sleep", waits.append)
    server.on("/f", {"status": 429, "headers": {"Retry-After": "7"}}, {"status": 503}, BLOB)
    get(server, tmp_path, wait=3)
    assert waits == [7, 6]


def test_download_gives_up_and_keeps_what_came(server, tmp_path):
    server.on("/f", {"status": 200, "body": BLOB, "cut_after": 100_000}, {"status": 503})
    with pytest.raises(ServiceError, match=r"503.*f\.bin\.part"):
        get(server, tmp_path, retries=2)
    kept = (tmp_path / "f.bin.part").read_bytes()
    assert len(kept) > 80_000
    assert BLOB.startswith(kept)


def test_absent_file_is_not_asked_for_twice(server, tmp_path):
    with pytest.raises(ServiceError, match="404"):
        get(server, tmp_path)
    assert len(server.asked) == 1


def zipped(members):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return raw.getvalue()


def tarred(members, kind=tarfile.REGTYPE):
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as archive:
        for name, text in members.items():
            info = tarfile.TarInfo(name)
            info.type, info.size = kind, len(text) if kind == tarfile.REGTYPE else 0
            info.linkname = "/etc/passwd" if kind != tarfile.REGTYPE else ""
            archive.addfile(info, io.BytesIO(text.encode()))
    return raw.getvalue()


@pytest.mark.parametrize("pack", [zipped, tarred])
@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/evil", "..\\evil", "C:\\evil"])
def test_archive_cannot_leave_its_folder(tmp_path, pack, name):
    path = tmp_path / "sub" / "x.bin"
    path.parent.mkdir()
    path.write_bytes(pack({"good.txt": "fine", name: "evil"}))
    with pytest.raises(BadDataError, match="evil"):
        fetch.extract(path, tmp_path / "sub" / "out")
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["x.bin"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE])
def test_links_and_devices_are_refused(tmp_path, kind):
    (tmp_path / "x.tar.gz").write_bytes(tarred({"link": ""}, kind))
    with pytest.raises(BadDataError, match="'link'"):
        fetch.extract(tmp_path / "x.tar.gz", tmp_path / "out")


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_extract(tmp_path, pack):
    (tmp_path / "x").write_bytes(pack({"d/a.txt": "hello"}))
    assert fetch.extract(tmp_path / "x", tmp_path / "out") == ["d/a.txt"]
    assert (tmp_path / "out" / "d" / "a.txt").read_text() == "hello"


@pytest.mark.parametrize(
    "data",
    [b"no archive", b"", tarred({"a": "x" * 5000})[:60], zipped({"a": "x" * 5000})[:-30]],
    ids=["no archive", "empty", "cut tar", "cut zip"],
)
def test_broken_archive(tmp_path, data):
    (tmp_path / "x.zip").write_bytes(data)
    with pytest.raises(BadDataError, match=r"x\.zip is no whole zip or tar"):
        fetch.extract(tmp_path / "x.zip", tmp_path / "out")


@pytest.fixture
def record(server):
    data = zipped({"MuMu_dataset/README.txt": "hello"})
    entry = {"key": "MuMu.zip", "size": len(data), "checksum": f"md5:{hashlib.md5(data).hexdigest()}"}
    server.on("/831189", {"files": [{**entry, "links": {"self": f"{server.url}/content"}}]})
    server.on("/content", data)
    return server


def test_published_record_is_fetched_and_unpacked(record, tmp_path):
    fetch.published("mumu", tmp_path / "raw", url=record.url)
    assert (tmp_path / "raw" / "MuMu_dataset" / "README.txt").read_text() == "hello"


def test_dry_run_lists_sizes_and_gets_nothing(record, home, capsys):
    fetch.main(["mumu", "--dry-run", "--url", record.url])
    assert "MuMu.zip" in capsys.readouterr().out
    assert record.asked == ["/831189"]
    assert not home.exists()


def test_command_line_ends_with_the_message_when_the_record_is_gone(server, capsys):
    with pytest.raises(SystemExit) as end:
        fetch.main(["mumu", "--url", server.url])
    assert end.value.code == 1
    assert "404" in capsys.readouterr().err


def test_client_says_who_asks_and_remembers(server, client):
    server.on("/x", {"a": 1})
    assert client.json(f"{server.url}/x") == client.json(f"{server.url}/x") == {"a": 1}
    assert len(server.asked) == 1
    assert "me@example.org" in server.headers[0]["User-Agent"]


def test_client_remembers_what_is_not_there(server, client):
    assert client.json(f"{server.url}/none") is None
    assert client.json(f"{server.url}/none") is None
    assert len(server.asked) == 1


def test_client_does_not_take_a_refusal_for_absence(server, client, tmp_path):
    server.on("/x", {"status": 403, "body": b"blocked"})
    with pytest.raises(ServiceError, match="403"):
        client.json(f"{server.url}/x")
    assert client.file(f"{server.url}/x", tmp_path / "x") is False
    server.on("/x", {"a": 1})
    assert client.json(f"{server.url}/x") == {"a": 1}


def test_client_keeps_no_connection_to_what_it_did_not_read(server, client, tmp_path, monkeypatch):
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


def test_client_keeps_its_pause(server, tmp_path, monkeypatch):
    client = Client(tmp_path, "me@example.org", pause=100)
    waits = []
    monkeypatch.setattr("mumu_lib.sources.web.time.sleep", waits.append)
    server.on("/a", {}), server.on("/b", {})
    client.json(f"{server.url}/a"), client.json(f"{server.url}/b")
    assert waits[0] == 0
    assert 90 < waits[1] <= 100


@pytest.mark.parametrize("status", [429, 503])
def test_client_heeds_retry_after(server, client, monkeypatch, status):
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
    with pytest.raises(ServiceError, match=r"429.*run it again later" if slept else r"429.*asks to wait 3\d{4} s"):
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


def test_nobody_listens(server, client):
    server.http.shutdown()
    server.http.server_close()
    with pytest.raises(ServiceError, match="no reply"):
        client.json(f"{server.url}/x")


def test_reply_that_is_no_json(server, client):
    server.on("/x", b"<html>busy</html>")
    with pytest.raises(ServiceError, match="not JSON"):
        client.json(f"{server.url}/x")


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


def test_an_address_that_has_expired_is_asked_for_again(server, client, tmp_path):
    plan_previews(server)
    server.on("/track/isrc:GBAYE0000001", {"preview": f"{server.url}/expired.mp3"})
    server.on("/expired.mp3", {"status": 403})
    assert "no preview" in get_previews(server, client, tmp_path, REC)["outcome"][0]
    plan_previews(server)
    assert get_previews(server, client, tmp_path, REC)["outcome"][0] == "fetched"


@pytest.mark.parametrize("suffix", [".mp3", ".opus", ".aiff", ".M4A"])
def test_previews_are_found_by_every_ending_of_a_collection(tmp_path, suffix):
    (tmp_path / f"TR1{suffix}").touch()
    assert previews.find(tmp_path, ["TR1"]).tolist() == [f"TR1{suffix}"]


def test_one_failure_is_reported_and_the_rest_goes_on(server, client, tmp_path):
    plan_previews(server)
    server.on("/recording/bad?inc=isrcs&fmt=json", {"status": 500})
    report = get_previews(server, client, tmp_path, "bad", REC)
    assert "500" in report["outcome"][0]
    assert report["outcome"][1] == "fetched"


def test_previews_stop_when_the_service_is_down_and_keep_what_came(server, client, tmp_path):
    plan_previews(server)
    server.on("/recording/bad?inc=isrcs&fmt=json", {"status": 503})
    with pytest.raises(ServiceError, match="503"):
        get_previews(server, client, tmp_path, REC, *["bad"] * 10)
    assert (tmp_path / "audio" / "TR0.mp3").is_file()
    assert len(pd.read_csv(tmp_path / "audio" / "report.csv")) == 1 + web.GIVE_UP


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
def test_ids_from_outside_never_become_other_places(server, client, tmp_path, name):
    server.on("/a", picture(50))
    albums = pd.DataFrame({"album_id": [name], "cover_url": [f"{server.url}/a"], "release_group_mbid": [""]})
    with pytest.raises(BadDataError, match="cannot be the id of an album"):
        cover_art.fetch(albums, tmp_path / "covers", client)
    tracks = pd.DataFrame({"track_id": [name], "recording_mbid": ["R"]})
    with pytest.raises(BadDataError, match="cannot be the id of a track"):
        previews.by_isrc(tracks, tmp_path / "previews", client, client)
    assert server.asked == []


@pytest.mark.parametrize("reply", [b"[]", b"7", b'{"release-groups": [{}]}', b'{"release-groups": [{"id": 1}]}', b'{"release-groups": 5}', b'{"release-groups": [{"id": "G", "score": 1e999}]}', b'{"release-groups": [{"id": "G", "title": []}]}'])  # fmt: skip
def test_replies_of_another_form_are_said_so(server, client, reply):
    server.on("*", reply)
    with pytest.raises(ServiceError, match=r"unexpected form|is not JSON of an object"):
        musicbrainz_web.search(client, "T", "A", url=server.url)


def test_a_changed_reply_on_disk_is_asked_again(server, client):
    server.on("/x", b'{"a": 1}')
    client.json(f"{server.url}/x")
    for changed in (b'{"a"', b"[1]", b"\xff"):
        next(client.cache.glob("*/*.json")).write_bytes(changed)
        assert client.json(f"{server.url}/x") == {"a": 1}


def test_a_reply_without_end_is_not_read_to_its_end(server, client, tmp_path, monkeypatch):
    monkeypatch.setattr(web, "LARGEST", 1000)
    server.on("/x", b"x" * 100_000)
    with pytest.raises(ServiceError, match="larger than"):
        client.file(f"{server.url}/x", tmp_path / "x")
    assert list(tmp_path.glob("x*")) == []


def test_an_address_that_is_none_is_not_tried_again_and_again(tmp_path):
    with pytest.raises(ServiceError, match="is no address"):
        fetch.download("no scheme", tmp_path / "x")


def test_a_checksum_of_no_known_method(tmp_path):
    (tmp_path / "x").write_text("")
    with pytest.raises(BadDataError, match="of no known method, md5 or"):
        fetch.digest(tmp_path / "x", "shake_128:ab")


@pytest.mark.parametrize("members", [["a", "a/b"], ["a/b", "a"], ["."], ["\0"]])
def test_archives_that_contradict_themselves(tmp_path, members):
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        for name in members:
            tar.addfile(tarfile.TarInfo(name))
    with pytest.raises(BadDataError, match=r"x\.tar"):
        fetch.extract(tmp_path / "x.tar", tmp_path / "out")
