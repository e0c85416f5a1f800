"""Damaged and hostile bytes at every reader of outside data: a result or a MumuError, nothing else.

The long form of it, guided by coverage, is ``python tests/fuzz/fuzz.py all``.
"""

import gzip
import pickle
import socket
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from PIL import Image

from mumu_lib.core import parsing
from mumu_lib.core.errors import BadDataError, MissingDataError
from mumu_lib.sources import fetch, reading

sys.path.insert(0, str(Path(__file__).parent / "fuzz"))
import fuzz
from targets import Target

# What takes tens of milliseconds an input gets fewer of them.
SLOW = {"genres_and_texts", "manifest", "recording", "run_metrics", "run_scores", "mumu_tracks", "msdi_tracks", "tags"}


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


def test_a_table_that_unpacks_to_too_much_is_refused_early(tmp_path, monkeypatch):
    rows = 300_000
    pq.write_table(
        pa.table({"text": pa.array(["x" * 1000]).take(pa.array(np.zeros(rows, int)))}), tmp_path / "bomb.parquet"
    )
    assert (tmp_path / "bomb.parquet").stat().st_size < 50_000
    monkeypatch.setattr(parsing, "MOST_BYTES", 50 << 20)
    before = pa.total_allocated_bytes()
    with pytest.raises(BadDataError, match=r"bomb\.parquet .*unpacks to more than"):
        parsing.read_table(tmp_path / "bomb.parquet", "make it again")
    assert pa.total_allocated_bytes() - before < 100 << 20


def test_a_table_is_read_as_pandas_reads_it(tmp_path):
    table = pd.DataFrame({"a": [1, 2], "b": [["x"], []]}, index=pd.Index(["i", "j"], name="album_id"))
    table.to_parquet(tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(
        parsing.read_table(tmp_path / "t.parquet", ""), pd.read_parquet(tmp_path / "t.parquet")
    )
    with pytest.raises(MissingDataError, match=r"nowhere\.parquet is missing; look again"):
        parsing.read_table(tmp_path / "nowhere.parquet", "look again")


@pytest.mark.parametrize("shape", ["(4000000000, 4000000000)", "(-1, 3)", "(3,", "()" * 2000])
def test_array_headers_are_not_believed(tmp_path, shape):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}}}".encode()
    path = tmp_path / "a.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    with pytest.raises(BadDataError, match=r"a\.npy is not an array file .*; get it again"):
        parsing.read_array(path, "get it again")


def test_a_name_of_gigabytes_in_an_archive_is_refused_before_it_unpacks(tmp_path):
    header = tarfile.TarInfo("bomb")
    header.type, header.size = tarfile.XHDTYPE, 1 << 32
    path, problems = tmp_path / "bomb.tar.gz", []
    path.write_bytes(gzip.compress(header.tobuf() + bytes(1 << 20)))
    assert list(reading.members(path, lambda _: True, problems)) == []
    assert "a header announces a name of 4,294,967,296 bytes" in problems[0]
    with pytest.raises(
        BadDataError, match=r"bomb\.tar\.gz is no whole zip or tar archive [^\0]*a header announces a name"
    ):
        fetch.extract(path, tmp_path / "out")


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", "C:x", "a\\b", "a\0", "x" * 300, "\ud800", "con", "a:b", None]
)
def test_names_that_are_no_file_of_their_own(name):
    with pytest.raises(BadDataError, match="cannot be the name of a track"):
        parsing.plain_name(name, "the name of a track")


@pytest.mark.parametrize("name", ["B0SYN00001", "Björk", "a b.c", "..a", "con1"])
def test_names_that_are(name):
    assert parsing.plain_name(name, "") == name


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (b'{"a": ' + b"[" * 100_000, "nested too deeply|Expecting"),
        (b"[1]", "a list and no object"),
        (b'{"a": ' + b"1" * 5000 + b"}", "digits"),
        (b"\xed\xa0\x80", "utf-8"),
        (b"", "Expecting"),
    ],
)  # fmt: skip
def test_json_that_is_none(tmp_path, text, meant):
    (tmp_path / "x.json").write_bytes(text)
    with pytest.raises(BadDataError, match=rf"x\.json is not JSON \(.*({meant}).*; ask again"):
        parsing.read_json(tmp_path / "x.json", "ask again")


def test_half_an_emoji_in_json_does_not_travel_on():
    assert parsing.parse_json('{"a\\ud83d": ["\\ud800b", "\\ud83c\\udfba"]}') == {"a?": ["?b", "\U0001f3ba"]}


def test_pictures_of_other_kinds_are_not_handed_to_their_decoders(tmp_path):
    Image.new("RGB", (20, 20), "red").save(tmp_path / "cover.eps")
    with pytest.raises(OSError, match="cannot identify"):
        parsing.open_picture(tmp_path / "cover.eps")
