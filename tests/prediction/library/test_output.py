"""The table in three formats."""

import json
from pathlib import Path

import pandas as pd
import pytest

from mumu_lib.core.errors import ParameterError
from mumu_lib.prediction.library import output
from mumu_lib.prediction.library.rows import COLUMNS

ROWS = [
    {"album": 'Ann, "Bob"\n', "genre": "Jazz", "score": 0.5, "rank": 1, "keep": True, "agreement": float("nan")},
    {"album": "Ünï", "genre": "", "score": None, "rank": None, "keep": False, "threshold": float("inf")},
]


def read(path):
    if path.suffix == ".csv":
        return pd.read_csv(path, keep_default_na=False, na_values={"score": "", "rank": ""})
    if path.suffix == ".jsonl":
        return pd.DataFrame(map(json.loads, path.read_text(encoding="utf-8").splitlines()))
    return pd.read_parquet(path)


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet", ".CSV"])
def test_all_formats_say_the_same(tmp_path, ending, monkeypatch):
    monkeypatch.setattr(output, "PIECE", 1)
    path = tmp_path / f"genres{ending}"
    assert output.write(path, iter(ROWS)) == 2
    table = read(path.rename(path.with_suffix(ending.lower())))
    assert list(table.columns) == list(COLUMNS)
    assert list(table["album"]) == [row["album"] for row in ROWS]
    assert list(table["score"].isna()) == [False, True]
    assert list(table["keep"]) == [True, False]


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_what_fails_in_the_middle_leaves_the_old_table(tmp_path, ending):
    path = tmp_path / f"genres{ending}"
    path.write_bytes(b"old")

    def rows():
        yield ROWS[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        output.write(path, rows())
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_a_library_without_an_answer_has_an_empty_table(tmp_path, ending):
    path = tmp_path / f"genres{ending}"
    assert output.write(path, []) == 0
    if ending != ".jsonl":
        assert list(read(path).columns) == list(COLUMNS)


@pytest.mark.parametrize("name", ["genres.xlsx", "genres", "genres.csv.gz"])
def test_another_ending_is_refused(name):
    with pytest.raises(ParameterError, match=r"\.csv, \.jsonl, \.parquet"):
        output.check(Path(name))


def test_a_folder_is_refused(tmp_path):
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(ParameterError, match="is a folder"):
        output.check(tmp_path / "a.csv")
