"""Readers of plain data: what is no table, array, name, JSON or picture is refused, early."""

import errno
import os
import subprocess
import sys
from subprocess import PIPE

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from mumu_lib.core import parsing
from mumu_lib.core.errors import BadDataError, LockedError, MissingDataError


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
        (b"[1]", "a list instead of an object"),
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


WRITER = "import h5py, sys; f = h5py.File(sys.argv[1], 'r+'); print('open', flush=True); sys.stdin.read()"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows locks in another way")
def test_an_hdf5_file_that_another_program_writes_is_not_called_broken(tmp_path):
    path = tmp_path / "song.h5"
    with h5py.File(path, "w") as file:
        file["a"] = [1, 2, 3]
    read = "import h5py, sys; print(h5py.File(sys.argv[1])['a'][:])"
    with subprocess.Popen([sys.executable, "-c", WRITER, path], stdin=PIPE, stdout=PIPE, text=True) as writer:
        writer.stdout.readline()
        with pytest.raises(LockedError, match=r"song.h5 is held by another program.*set HDF5_USE_FILE_LOCKING=FALSE"):
            parsing.open_hdf5(path, "get it again", "is not an HDF5 file")
        # What the message says works.
        env = {**os.environ, "HDF5_USE_FILE_LOCKING": "FALSE"}
        done = subprocess.run([sys.executable, "-c", read, path], env=env, capture_output=True, text=True)
        assert done.stdout == "[1 2 3]\n"
        writer.stdin.close()
    with parsing.open_hdf5(path, "get it again", "is not an HDF5 file") as file:
        assert list(file["a"]) == [1, 2, 3]


@pytest.mark.parametrize(
    ("number", "text", "meant"),
    [
        (errno.ENOLCK, "(unable to lock file, errno = 37)", "cannot be locked, as on some network drives"),
        (errno.ENOTSUP, "(unable to lock file, errno = 95)", "HDF5_USE_FILE_LOCKING=FALSE"),
        (None, "(file is already open for write (may use <h5clear file>))", "h5clear -s"),
    ],
)
def test_an_hdf5_file_that_cannot_be_locked_says_what_to_set(tmp_path, monkeypatch, number, text, meant):
    def refuse(*_):
        raise OSError(number, text) if number else OSError(text)

    monkeypatch.setattr(h5py, "File", refuse)
    with pytest.raises(LockedError, match=meant):
        parsing.open_hdf5(tmp_path / "a.h5", "get it again", "is not an HDF5 file")


def test_an_hdf5_file_that_is_none_is_to_be_got_again(tmp_path):
    (tmp_path / "a.h5").write_bytes(b"words")
    with pytest.raises(BadDataError, match=r"is not an HDF5 file .*; get it again"):
        parsing.open_hdf5(tmp_path / "a.h5", "get it again", "is not an HDF5 file")
    with pytest.raises(MissingDataError, match="is missing"):
        parsing.open_hdf5(tmp_path / "gone.h5", "get it again", "is not an HDF5 file")
