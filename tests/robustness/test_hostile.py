"""Damaged and hostile bytes at every reader of outside data: a result or a MumuError, nothing else.

The long form of it, guided by coverage, is ``python tests/robustness/fuzz/fuzz.py all``.
"""

import pickle
import socket
import subprocess
import sys
from pathlib import Path

import fuzz
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from targets import Target

# What takes tens of milliseconds an input gets fewer of them.
SLOW = {
    "genres_and_texts",
    "manifest",
    "names_of_files",
    "recording",
    "run_metrics",
    "run_scores",
    "mumu_tracks",
    "msdi_tracks",
    "tags",
    "recording_by_ffmpeg",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def guard(place):
    return fuzz.Guard(place / "input")


def run_of(name, place, guard, monkeypatch):
    monkeypatch.setenv("MUMU_HOME", str(place / "input" / "home"))
    return fuzz.Run(name, place, guard)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", fuzz.TARGETS)
def test_hostile_bytes_end_in_a_result_or_a_mumu_error(name, place, guard, monkeypatch, capsys):
    run = run_of(name, place, guard, monkeypatch)
    for example in run.examples:
        run.one(example)

    @settings(
        max_examples=6 if name in SLOW else 40,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=[*HealthCheck],
    )
    @given(st.sampled_from(run.examples), st.randoms(use_true_random=False))
    def read(example, random):
        run.one(fuzz.mutated(example, random))

    read()
    assert not run.findings, "\n".join(f"{finding}\n{trace}" for finding, (_, trace) in run.findings.items())


@pytest.mark.parametrize("trouble", ["write", "unpickle", "connect", "start", "remove", "exec", "error"])
def test_the_guard_sees_what_no_reader_may_do(place, guard, monkeypatch, trouble):
    outside = place / "outside"
    outside.write_text("")
    acts = {
        "write": lambda: outside.write_text("x"),
        "unpickle": lambda: pickle.loads(pickle.dumps(Path)),
        "connect": lambda: socket.create_connection(("127.0.0.1", 9), 0.1),
        "start": lambda: subprocess.run([sys.executable, "-V"], check=False),
        "remove": outside.unlink,
        "exec": lambda: exec("x = 1"),
        "error": lambda: {}["x"],
    }
    target = Target(lambda data, folder: acts[trouble](), lambda _: [], 0)
    monkeypatch.setitem(fuzz.TARGETS, "bad", target)
    run = run_of("bad", place, guard, monkeypatch)
    run.one(b"")
    assert len(run.findings) == 1
    assert outside.read_text() == ""
