"""Readers of plain data: what is no table, array, name, JSON or picture is refused, early."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from mumu_lib.core import parsing
from mumu_lib.core.errors import BadDataError, MissingDataError


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
