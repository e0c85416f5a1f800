"""Downloading from a local server, and unpacking archives safely."""

import errno
import gzip
import hashlib
import io
import tarfile
import zipfile

import numpy as np
import pytest

from failing_disk import failing
from mumu_lib.core.errors import BadDataError, ServiceError, WriteError
from mumu_lib.sources import fetch, reading

BLOB = np.random.default_rng(0).bytes(300_000)
MD5 = f"md5:{hashlib.md5(BLOB).hexdigest()}"


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


def test_cut_connection_is_resumed(server, tmp_path):
    server.on("/f", {"status": 200, "body": BLOB, "cut_after": 100_000}, BLOB)
    assert get(server, tmp_path).read_bytes() == BLOB
    first, second = (h.get("Range") for h in server.headers)
    assert first is None
    assert 80_000 < int(second.removeprefix("bytes=").rstrip("-")) <= 100_000


def test_partial_file_is_resumed_by_a_later_call(server, tmp_path):
    (tmp_path / "f.bin.part").write_bytes(BLOB[:1234])
    server.on("/f", BLOB)
    assert get(server, tmp_path).read_bytes() == BLOB
    assert server.headers[0]["Range"] == "bytes=1234-"


def test_server_without_ranges_starts_over(server, tmp_path):
    (tmp_path / "f.bin.part").write_bytes(b"older bytes")
    server.on("/f", {"status": 200, "body": BLOB, "no_range": True})
    assert get(server, tmp_path).read_bytes() == BLOB


def test_complete_partial_file_is_not_downloaded_again(server, tmp_path):
    (tmp_path / "f.bin.part").write_bytes(BLOB)
    server.on("/f", BLOB)
    assert get(server, tmp_path).read_bytes() == BLOB


def test_download_observes_retry_after(server, tmp_path, monkeypatch):
    waits = []
    monkeypatch.setattr(fetch.time, "sleep", waits.append)
    server.on("/f", {"status": 429, "headers": {"Retry-After": "7"}}, {"status": 503}, BLOB)
    get(server, tmp_path, wait=3)
    assert waits == [7, 6]


def test_download_gives_up_and_keeps_the_bytes(server, tmp_path):
    server.on("/f", {"status": 200, "body": BLOB, "cut_after": 100_000}, {"status": 503})
    with pytest.raises(ServiceError, match=r"503.*f\.bin\.part"):
        get(server, tmp_path, retries=2)
    kept = (tmp_path / "f.bin.part").read_bytes()
    assert len(kept) > 80_000
    assert BLOB.startswith(kept)


def test_missing_file_is_requested_once(server, tmp_path):
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
    with pytest.raises(BadDataError, match=r"x\.zip is not a complete zip or tar"):
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


def test_a_malformed_url_is_not_tried_again(tmp_path):
    with pytest.raises(ServiceError, match="is not a URL"):
        fetch.download("no scheme", tmp_path / "x")


def test_an_unknown_method_of_a_checksum_is_refused(tmp_path):
    (tmp_path / "x").write_text("")
    with pytest.raises(BadDataError, match="must be md5 or"):
        fetch.digest(tmp_path / "x", "shake_128:ab")


@pytest.mark.parametrize("members", [["a", "a/b"], ["a/b", "a"], ["."], ["\0"]])
def test_archives_that_contradict_themselves(tmp_path, members):
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        for name in members:
            tar.addfile(tarfile.TarInfo(name))
    with pytest.raises(BadDataError, match=r"x\.tar"):
        fetch.extract(tmp_path / "x.tar", tmp_path / "out")


def test_a_full_disk_during_a_download_is_named(tmp_path, monkeypatch):
    (tmp_path / "f.bin.part").write_bytes(b"what came")
    monkeypatch.setattr(fetch, "_append", failing(errno.ENOSPC))
    with pytest.raises(
        WriteError, match=r"f\.bin\.part cannot be written: no space is left .* what is finished is kept"
    ):
        fetch.download("http://nowhere.invalid/f.bin", tmp_path / "f.bin")
    assert (tmp_path / "f.bin.part").read_bytes() == b"what came"


def test_a_name_of_gigabytes_in_an_archive_is_refused_before_it_unpacks(tmp_path):
    header = tarfile.TarInfo("bomb")
    header.type, header.size = tarfile.XHDTYPE, 1 << 32
    path, problems = tmp_path / "bomb.tar.gz", []
    path.write_bytes(gzip.compress(header.tobuf() + bytes(1 << 20)))
    assert list(reading.members(path, lambda _: True, problems)) == []
    assert "a header announces a name of 4,294,967,296 bytes" in problems[0]
    with pytest.raises(
        BadDataError, match=r"bomb\.tar\.gz is not a complete zip or tar archive [^\0]*a header announces a name"
    ):
        fetch.extract(path, tmp_path / "out")
