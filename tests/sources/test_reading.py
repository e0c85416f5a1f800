"""Readers that every source shares: records however they are cut, tables however they are separated."""

import json

import pytest
from hypothesis import given, strategies as st

from mumu_lib.sources import reading


@given(
    st.lists(st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.text())), max_size=20),
    st.integers(1, 40),
)
def test_array_of_any_objects_comes_back_in_any_pieces(tmp_path_factory, records, chunk):
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
