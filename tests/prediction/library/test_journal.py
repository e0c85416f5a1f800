"""Answers are kept one by one."""

import json

import pytest

from mumu_lib.core.errors import WriteError
from mumu_lib.prediction.library.journal import Journal, output_lock


@pytest.fixture
def out(tmp_path):
    return tmp_path / "genres.csv"


def test_what_was_answered_is_known_again(out):
    Journal(out).add("A", "x", rows=[1])
    again = Journal(out)
    assert again.has("A", "x")
    assert not again.has("A", "y")
    assert not again.has("B", "x")
    assert again.read("A")["rows"] == [1]


def test_what_failed_is_tried_again(out):
    Journal(out).add("A", "x", failed="why")
    assert not Journal(out).has("A", "x")


def test_the_last_line_counts(out):
    journal = Journal(out)
    journal.add("A", "x", rows=[1])
    journal.add("B", "x", rows=[2])
    journal.add("A", "y", rows=[3])
    for one in (journal, Journal(out)):
        assert one.read("A")["rows"] == [3]
        assert one.read("B")["rows"] == [2]
        assert one.stale == 1


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_line_that_was_cut_off_is_done_again(out, cut):
    journal = Journal(out)
    journal.add("A", "x", rows=[1])
    journal.add("B", "x", rows=[2])
    whole = journal.path.read_bytes()
    journal.path.write_bytes(whole[:-cut])
    again = Journal(out)
    assert again.has("A", "x")
    assert not again.has("B", "x")
    again.add("B", "x", rows=[4])
    assert Journal(out).read("B")["rows"] == [4]


def test_an_interrupted_line_leaves_no_trace(out, monkeypatch):
    journal = Journal(out)
    journal.add("A", "x")
    was = journal.path.read_bytes()

    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("mumu_lib.prediction.library.journal.os.fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        journal.add("B", "x")
    assert journal.path.read_bytes() == was


@pytest.mark.parametrize("line", ["not json", "[]", '{"format": 99}', '{"format": 1}', "{}"])
def test_strange_lines_do_not_count(out, line):
    journal = Journal(out)
    journal.path.write_text(line + "\n")
    assert not Journal(out).lines
    Journal(out).add("A", "x")
    assert Journal(out).has("A", "x")


def test_lines_that_do_not_count_go(out):
    journal = Journal(out)
    for turn in range(4):
        journal.add("A", str(turn), rows=[turn])
    journal.add("B", "x", rows=["b"])
    journal.compact()
    lines = [json.loads(line)["album"] for line in journal.path.read_text().splitlines()]
    assert lines == ["A", "B"]
    assert journal.read("A")["rows"] == [3]
    assert journal.read("B")["rows"] == ["b"]


def test_one_process_at_a_time(out):
    with output_lock(out), pytest.raises(WriteError, match="another process writes"), output_lock(out):
        pass
    with output_lock(out):
        pass
    assert not list(out.parent.iterdir())
