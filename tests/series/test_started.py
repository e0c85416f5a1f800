"""Who runs a series, and whether the node of a job sees the same drive."""

import json
import os
import stat
import time

import pytest

from mumu_lib.core.errors import MumuError
from mumu_lib.series import started


@pytest.fixture(autouse=True)
def no_series(monkeypatch):
    """No series has submitted this test; none goes on after it."""
    monkeypatch.setattr(started, "BEATS", [])
    monkeypatch.delenv(started.TOKEN, raising=False)
    # What a test sets goes with it.
    monkeypatch.setenv(started.TOKEN, "")


def test_a_second_series_is_told_who_runs_the_first(tiny):
    lock = started.series_lock(tiny)
    started.begin(tiny, "run-1")
    about = started.last(tiny)
    assert about["run"] == "run-1"
    assert about["pid"] == str(os.getpid())
    with pytest.raises(
        MumuError, match=rf"another series is running on catalogue 'tiny', of {about['user']} on .* since 20"
    ):
        started.series_lock(tiny)
    lock.release()
    assert started.series_lock(tiny).is_locked


def test_a_note_that_cannot_be_read_says_nothing(tiny):
    assert started.last(tiny) == {}
    started.note_of(tiny).parent.mkdir(parents=True)
    started.note_of(tiny).write_text("{", encoding="utf-8")
    assert started.last(tiny) == {}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="it gives up its rights in a process of its own")
def test_a_lock_of_another_user_is_said(tiny):
    import multiprocessing

    from jobs_in_processes import obey_mode_bits, said_of_a_lock

    path = started.note_of(tiny).with_name("series.lock")
    path.parent.mkdir(parents=True)
    path.touch()
    path.chmod(stat.S_IRUSR)
    path.parent.chmod(stat.S_IRUSR | stat.S_IXUSR)
    context = multiprocessing.get_context("spawn")
    with context.Pool(1, obey_mode_bits) as pool:
        said = pool.apply(said_of_a_lock, (str(tiny.folder),))
    path.parent.chmod(0o755)
    assert "cannot be written" in said
    assert "read-only for you" in said


def test_a_job_on_the_same_drive_goes_on(tiny, capsys):
    started.check_node()
    started.begin(tiny, "")
    started.check_node()
    assert capsys.readouterr().err == ""
    started.end()
    assert not any((tiny.folder.parents[1] / "cache" / "series").iterdir())
    started.end()


def test_a_node_that_does_not_see_the_home_says_so_at_once(tiny, monkeypatch, tmp_path):
    started.begin(tiny, "")
    monkeypatch.setenv("MUMU_HOME", str(tmp_path / "nowhere"))
    began = time.monotonic()
    with pytest.raises(
        MumuError, match=r"does not see MUMU_HOME=.*nowhere of .*: on .* there is no such folder; put MUMU_HOME"
    ):
        started.check_node()
    assert time.monotonic() - began < 5


def test_a_home_of_the_same_name_on_another_drive_is_told_apart(tiny, monkeypatch, tmp_path):
    monkeypatch.setattr(started, "PATIENCE", 0)
    started.begin(tiny, "")
    monkeypatch.setenv("MUMU_HOME", str(tmp_path))
    with pytest.raises(MumuError, match="it is another folder of the same name"):
        started.check_node()


@pytest.mark.parametrize(("ahead", "said"), [(-300, "300 s behind"), (0, "")])
def test_clocks_that_differ_are_said_to_who_runs_the_series(tiny, monkeypatch, capsys, ahead, said):
    started.begin(tiny, "")
    real = time.time
    monkeypatch.setattr(started.time, "time", lambda: real() + ahead)
    started.check_node()
    assert said in capsys.readouterr().err
    assert [said in text for text in started.clocks()] == [True] * bool(said)


def test_a_node_ahead_of_the_drives_clock_is_said(tiny, monkeypatch, capsys):
    started.begin(tiny, "")
    # A drive with a clock of its own stamps files 200 s before this node's clock.
    monkeypatch.setattr(started, "_drive_ahead", lambda path: -200.0)
    started.check_node()
    assert "200 s ahead of" in capsys.readouterr().err


def test_files_from_the_future_are_refused_with_what_to_type(tmp_path):
    path = tmp_path / "my catalogue.json"
    started.check_times([path])
    path.write_text(json.dumps({}), encoding="utf-8")
    started.check_times([path])
    soon = time.time() + 600
    os.utime(path, (soon, soon))
    with pytest.raises(MumuError, match=r"my catalogue.json was written 10 minutes ahead of the clock of .*  touch '"):
        started.check_times([path])


class NoLocks:
    """A lock on a drive that keeps none between machines: everybody gets it."""

    def __init__(self, path):
        self.path = path

    def acquire(self, timeout):
        return self

    def release(self):
        pass


@pytest.fixture
def two_machines(monkeypatch):
    """Call it with the name of the machine that goes on; neither sees the locks of the other."""
    monkeypatch.setattr(started, "FileLock", NoLocks)
    monkeypatch.setattr(started.beat, "SECONDS", 0.05)
    monkeypatch.setattr(started.beat, "PATIENCE", 3)
    return lambda name: monkeypatch.setattr(started.socket, "gethostname", lambda: name)


def test_two_machines_that_do_not_see_each_others_locks_do_not_run_one_series_twice(tiny, two_machines, capsys):
    two_machines("n1")
    started.series_lock(tiny)
    started.begin(tiny, "")
    two_machines("n2")
    with pytest.raises(MumuError, match=r"on n1 since .*, and n1 and n2 do not see each other's locks"):
        started.series_lock(tiny)
    assert "looking for 3 s whether the series that was begun on n1 goes on" in capsys.readouterr().err
    started.end()
    started.series_lock(tiny)
    assert capsys.readouterr().err == ""


def test_a_series_that_was_killed_on_another_machine_does_not_stop_the_next(tiny, two_machines, monkeypatch):
    monkeypatch.setattr(started.beat, "PATIENCE", 0.3)
    two_machines("n1")
    started.begin(tiny, "")
    started.BEATS.pop()._ended.set()
    two_machines("n2")
    started.series_lock(tiny)
    started.begin(tiny, "")
    assert started.last(tiny)["host"] == "n2"
    started.end()


def test_two_machines_that_begin_at_the_same_moment_are_told_apart(tiny, two_machines):
    two_machines("n1")
    started.series_lock(tiny)
    two_machines("n2")
    started.series_lock(tiny)
    started.begin(tiny, "")
    other = started.BEATS.pop()
    two_machines("n1")
    with pytest.raises(MumuError, match="has begun at the same moment on n2; wait for it"):
        started.begin(tiny, "")
    other.stop()
