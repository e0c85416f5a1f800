"""What is written is whole or not there; what cannot be written or has gone is said, with what to do."""

import errno
import os
import re
import threading
from pathlib import Path

import numpy as np
import pytest

from failing_disk import failing
from mumu_lib.core import files
from mumu_lib.core.errors import WriteError


@pytest.mark.parametrize(
    ("number", "meant"),
    [
        (
            errno.ENOSPC,
            r"no space is left for it \(\d+\.\d\d GB free in .*\); make room there, then run the same command",
        ),
        (errno.EDQUOT, "no space is left"),
        (
            errno.EROFS,
            r"read-only for you; get the right to write there, or set MUMU_HOME .*, then run the same command",
        ),
        (errno.EACCES, "read-only for you"),
        (errno.ENOLCK, "a drive without file locks .*; set MUMU_HOME to a folder on a drive of this machine"),
        (errno.EIO, "Input/output error; fix this, then run the same command"),
    ],
)
@pytest.mark.parametrize("step", [(Path, "write_bytes"), (os, "replace")])
def test_a_file_that_cannot_be_written_is_named_with_the_remedy(tmp_path, monkeypatch, number, meant, step):
    path = tmp_path / "run" / "metrics.json"
    files.write_atomically(path, "old")
    monkeypatch.setattr(*step, failing(number))
    with pytest.raises(WriteError, match=re.escape(str(path)) + " cannot be written: .*" + meant):
        files.write_atomically(path, "new")
    assert path.read_text() == "old"
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_went_away_is_named(tmp_path):
    folder = tmp_path / "drive"
    with pytest.raises(WriteError, match=f"{folder} is gone; bring it back"), files.atomic_path(folder / "a.npy"):
        folder.rmdir()


def test_a_folder_that_cannot_be_made_is_named(tmp_path, home):
    home.write_text("a file where the folder should be")
    with pytest.raises(WriteError, match=r"home/runs cannot be written: .*(Not a directory|cannot find|exists)"):
        files.make_folder(home / "runs")


def test_numpys_error_of_a_full_disk_is_understood(tmp_path):
    with pytest.raises(WriteError, match="no space is left"), files.writing(tmp_path / "a.npy"):
        raise OSError("28512 requested and 4064 written")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a device that is always full")
def test_a_disk_that_is_full(tmp_path, monkeypatch):
    monkeypatch.setattr(files.secrets, "token_hex", lambda _: "0")
    (tmp_path / "scores.npy.0.tmp").symlink_to("/dev/full")
    with pytest.raises(WriteError, match=r"scores\.npy cannot be written: no space is left"):
        files.save_array(tmp_path / "scores.npy", np.ones(100_000))
    assert not list(tmp_path.iterdir())


def test_what_a_killed_process_left_of_a_file_goes_when_it_is_written_again(tmp_path):
    (tmp_path / "a[1].json.0123abcd.tmp").write_text("ha")
    (tmp_path / "b.json.0123abcd.tmp").write_text("another file's")
    files.write_atomically(tmp_path / "a[1].json", "half")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a[1].json", "b.json.0123abcd.tmp"]


def test_a_name_to_write_under_may_have_an_end_that_a_library_wants(tmp_path):
    (tmp_path / "a.keras.0123abcd.tmp.keras").write_text("left by a killed process")
    with files.atomic_path(tmp_path / "a.keras", ".keras") as part:
        assert part.name.endswith(".tmp.keras")
        part.write_text("whole")
    assert [p.name for p in tmp_path.iterdir()] == ["a.keras"]


def test_of_two_that_write_one_file_neither_fails(tmp_path):
    with files.atomic_path(tmp_path / "a.txt") as slow:
        slow.write_text("whole")
        files.write_atomically(tmp_path / "a.txt", "whole")
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_reader_never_sees_half_a_file(tmp_path):
    path, texts = tmp_path / "a.txt", [str(n) * 100_000 for n in range(2)]
    files.write_atomically(path, texts[0])
    writers = [threading.Thread(target=lambda t=t: [files.write_atomically(path, t) for _ in range(30)]) for t in texts]
    [writer.start() for writer in writers]
    while any(writer.is_alive() for writer in writers):
        assert path.read_text() in texts
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
