"""Commands are watched with all that they start, and ended with it."""

import subprocess
import sys
import time

import psutil
import pytest

from mumu_lib.rehearsal import measuring

CHILD = "import time; held = b'x' * 60_000_000; time.sleep(60)"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CHILD!r}])"


def ran(code, tmp_path, told=lambda taken: None, size=lambda: 0):
    return measuring.run([sys.executable, "-c", code], tmp_path / "logs" / "a.log", size, told)


def test_code_output_and_processor_time_are_kept(tmp_path):
    taken = ran(
        "import time; t = time.time()\nwhile time.time() < t + 2: pass\nprint('said'); raise SystemExit(3)", tmp_path
    )
    assert taken.code == 3
    assert (tmp_path / "logs" / "a.log").read_text(encoding="utf-8").strip() == "said"
    assert taken.memory > 1e6
    assert taken.cpu > 0
    assert taken.seconds > 0


def test_memory_of_what_a_command_starts_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(measuring, "DISK_EVERY", 1)

    def told(taken):
        if taken.memory > 60e6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ran(PARENT, tmp_path, told)


def test_interrupted_it_ends_all_that_was_started(tmp_path, monkeypatch):
    monkeypatch.setattr(measuring, "DISK_EVERY", 1)
    before = set(psutil.Process().children(recursive=True))
    started = []

    def told(taken):
        started.extend(set(psutil.Process().children(recursive=True)) - before)
        if len(started) > 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ran(PARENT, tmp_path, told)
    _, alive = psutil.wait_procs(started, timeout=10)
    assert not alive


def test_the_most_that_was_on_the_disk_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(measuring, "DISK_EVERY", 1)
    sizes = iter([100, 900])
    taken = ran("import time; time.sleep(2)", tmp_path, size=lambda: next(sizes, 300))
    assert taken.disk == 800


def test_sleep_does_not_count(tmp_path, monkeypatch):
    clock = iter(range(0, 1000, 100))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(measuring.subprocess, "Popen", Sleeper)
    monkeypatch.setattr(measuring, "tree", lambda pid: [])
    monkeypatch.setattr(measuring, "_identify", lambda pid, taken: None)
    assert ran("", tmp_path).seconds == 0


class Sleeper:
    """A process that ends at the third look."""

    def __init__(self, *args, **kwargs):
        self.looks, self.pid, self.returncode = 0, -1, 0

    def poll(self):
        self.looks += 1
        return None if self.looks < 4 else 0

    def wait(self):
        return 0


def test_of_a_process_that_has_ended_there_is_no_tree():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert measuring.tree(ended.pid) == []


def test_what_was_left_running_is_ended_and_nothing_else():
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    started = psutil.Process(process.pid).create_time()
    assert not measuring.end_left(process.pid, started - 1)
    assert process.poll() is None
    assert measuring.end_left(process.pid, started)
    process.wait(timeout=10)
    assert not measuring.end_left(process.pid, started)
    assert not measuring.end_left(0, 0.0)
