"""A series counts as long as it lives, and another machine sees it."""

import time

import pytest

from mumu_lib.series import beat


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(beat, "SECONDS", 0.02)
    monkeypatch.setattr(beat, "PATIENCE", 2)


def test_who_counts_is_alive_until_the_end(tmp_path):
    path = tmp_path / "runs" / "series.beat"
    assert beat.host_of(path) == ""
    counting = beat.Beat(path)
    counting.start()
    assert beat.host_of(path)
    assert beat.is_alive(path)
    with pytest.raises(FileExistsError):
        beat.Beat(path)
    counting.stop()
    assert not path.exists()
    assert not beat.is_alive(path)


def test_who_was_killed_is_not_alive_whatever_the_clocks_say(tmp_path, monkeypatch):
    monkeypatch.setattr(beat, "PATIENCE", 0.1)
    path = tmp_path / "series.beat"
    beat.Beat(path)
    monkeypatch.setattr(time, "time", lambda: 0)
    assert not beat.is_alive(path)
    path.write_bytes(b"\xff\xfe")
    assert not beat.is_alive(path)


def test_a_disk_that_is_full_does_not_end_the_series(tmp_path, monkeypatch):
    counting = beat.Beat(tmp_path / "series.beat")
    monkeypatch.setattr(type(counting.path), "write_text", lambda *_, **__: (_ for _ in ()).throw(OSError(28, "full")))
    counting.start()
    time.sleep(0.1)
    assert counting.is_alive()
    counting.stop()
    counting.join(5)
    assert not counting.is_alive()
