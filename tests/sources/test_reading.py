"""Reading records and tables in every format of the sources."""

import bz2
import gzip
import json
import lzma

import pytest
from hypothesis import given, strategies as st

from mumu_lib.core.errors import BadDataError
from mumu_lib.sources import reading


@given(
    st.lists(st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.text())), max_size=20),
    st.integers(1, 40),
)
def test_arrays_are_read_in_pieces_of_any_size(tmp_path_factory, records, chunk):
    path = tmp_path_factory.mktemp("array") / "a.json"
    path.write_text(json.dumps(records, ensure_ascii=False), encoding="utf-8", errors="replace")
    problems: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "CHUNK", chunk)
        assert list(reading.records(path, problems)) == json.loads(path.read_text(encoding="utf-8"))
    assert not problems


def test_table_with_tabs_and_byte_order_mark(tmp_path):
    (tmp_path / "t.tsv").write_text('\ufeffa\tb\n1\t"2\n3\n4\t5\n', encoding="utf-8")
    with pytest.warns(UserWarning, match="line 3: 1 cells"):
        table = reading.table(tmp_path / "t.tsv", {"a": ("a",), "c": ("x", "b")})
    assert table.to_numpy().tolist() == [["1", '"2'], ["4", "5"]]


def test_lines_before_an_array_are_counted(tmp_path):
    (tmp_path / "a.json").write_text('\n\n[{"a": 1},\n{"a": ')
    problems: list[str] = []
    assert list(reading.records(tmp_path / "a.json", problems)) == [{"a": 1}]
    assert "a.json, line 4: the array breaks off here" in problems[0]


@pytest.mark.parametrize("pack", [bz2.compress, lzma.compress, gzip.compress])
def test_zeros_between_compressed_parts_are_skipped(tmp_path, pack):
    path = tmp_path / "records.json.x"
    path.write_bytes(pack(b'{"a": 1}\n') + bytes(8) + pack(b'{"a": 2}\n'))
    problems: list[str] = []
    assert list(reading.records(path, problems)) == [{"a": 1}, {"a": 2}]
    assert not problems


def test_bytes_after_a_compressed_part_are_listed(tmp_path):
    path = tmp_path / "records.json.xz"
    path.write_bytes(lzma.compress(b'{"a": 1}\n') + b"<html>")
    problems: list[str] = []
    assert list(reading.records(path, problems)) == [{"a": 1}]
    assert "breaks off here (the bytes after a complete part" in problems[0]


def test_an_archive_of_another_kind_is_refused_with_a_hint(tmp_path):
    (tmp_path / "meta.json.zip").write_bytes(b"PK\x03\x04" + bytes(40))
    with pytest.raises(BadDataError, match=r"meta\.json\.zip .* it is a zip archive; unpack it"):
        list(reading.records(tmp_path / "meta.json.zip", []))


@pytest.mark.parametrize("text", ['{"a": 1}\n{"a": 2}\n', '[{"a": 1}, {"a": 2}]'])
def test_a_byte_order_mark_is_not_part_of_a_record(tmp_path, text):
    (tmp_path / "r.json").write_text(text, encoding="utf-8-sig")
    problems: list[str] = []
    assert list(reading.records(tmp_path / "r.json", problems)) == [{"a": 1}, {"a": 2}]
    assert not problems
