"""What the tables of a catalogue may hold; which genres become labels."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st

from mumu_lib import open_catalogue
from mumu_lib.catalogue.schema import SPLITS, holds
from mumu_lib.core.errors import BadDataError, MissingDataError
from written_catalogues import write


@settings(max_examples=40, deadline=None)
@given(
    genres=st.lists(st.lists(st.sampled_from("abcdef"), max_size=6), min_size=1, max_size=12),
    min_albums=st.integers(1, 4),
    data=st.data(),
)
def test_label_matrix_is_its_definition(tmp_path_factory, genres, min_albums, data):
    splits = data.draw(st.lists(st.sampled_from(SPLITS), min_size=len(genres), max_size=len(genres)))
    ids = [f"A{i}" for i in range(len(genres))]
    albums = pd.DataFrame({"album_id": ids, "genres": genres, "split": splits})
    made = write(tmp_path_factory.mktemp("c"), genres, min_albums, albums=albums)
    counts = {label: sum(label in album for album in genres) for label in "abcdef"}
    labels = [label for label in "abcdef" if counts[label] >= max(min_albums, 1)]
    expected = np.array([[label in album for label in labels] for album in genres]).reshape(len(genres), len(labels))
    assert made.labels == labels
    matrix = made.label_matrix()
    assert matrix.dtype == np.float32
    assert matrix.has_canonical_format
    np.testing.assert_array_equal(matrix.toarray(), expected)
    # An album with no label left belongs to no split.
    part = np.where(expected.any(axis=1), splits, "none")
    assert made.albums["split"].tolist() == part.tolist()
    np.testing.assert_array_equal(made.label_matrix("val").toarray(), expected[part == "val"])
    np.testing.assert_array_equal(
        made.label_matrix(["train", "val"]).toarray(), expected[(part == "train") | (part == "val")]
    )


def test_genre_on_too_few_albums_is_no_label_but_is_named(tmp_path):
    made = write(tmp_path, min_albums=2)
    assert made.labels == ["Jazz"]
    assert "Rock" in made.validate().loc["labels", "note"]
    assert made.validate().loc["labels", "missing"] == 1


def test_albums_may_lack_the_genres_column(tmp_path):
    made = write(tmp_path, albums=pd.DataFrame({"album_id": ["A0", "A1", "A2"], "split": "train"}))
    assert made.label_matrix().shape == (3, 0)
    with pytest.raises(MissingDataError, match="no album has a genre; give genres"):
        made.require("labels")


@pytest.mark.parametrize(
    ("table", "content", "message"),
    [
        ("albums", {"album_id": ["A0", "A0"], "split": "train"}, "album_id 'A0' is on more than one row"),
        ("albums", {"album_id": [], "split": []}, "has no albums"),
        ("albums", {"album_id": ["A0", "A1", None], "split": "train"}, "row 2 of albums has no album_id"),
        ("tracks", {"track_id": ["T", "T"], "album_id": ["A0", "A1"]}, "track_id 'T' is on more than one row"),
        ("tracks", {"track_id": ["T"], "album_id": ["nowhere"]}, "tracks row 0 names the unknown album 'nowhere'"),
        ("reviews", {"album_id": ["A1", "gone"], "text": "x"}, "reviews row 1 names the unknown album 'gone'"),
    ],
)
def test_contradictions_are_refused_and_nothing_is_written(tmp_path, table, content, message):
    with pytest.raises(BadDataError, match=message):
        write(tmp_path, **{table: pd.DataFrame(content)})
    assert not list(tmp_path.iterdir())


def test_unknown_split_is_refused(tmp_path):
    albums = pd.DataFrame({"album_id": ["A0", "A1", "A2"], "genres": [["a"]] * 3, "split": ["train", "dev", "test"]})
    with pytest.raises(BadDataError, match="dev"):
        write(tmp_path, albums=albums)


@pytest.mark.parametrize(
    ("key", "value"),
    [("roots", {}), ("roots", {"audio": 1, "covers": ""}), ("roots", []), ("labels", "ab"), ("labels", ["a", "a"]), ("labels", [1]), ("min_label_albums", "2"), ("synthetic", "false"), ("rare_labels", 1.5)],
)  # fmt: skip
def test_a_description_with_something_else_in_it_is_refused(tmp_path, key, value):
    write(tmp_path)
    path = tmp_path / "catalogue.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    with pytest.raises(BadDataError, match=rf"\['{key}'\] have invalid values.*make the catalogue again"):
        open_catalogue(tmp_path)


@pytest.mark.parametrize(
    ("table", "column", "cells"),
    [("albums", "genres", [1, 2, 3]), ("albums", "genres", ["a", "b", "c"]), ("albums", "genres", [["a"], None, []]), ("albums", "genres", [["a", None], [], []]), ("albums", "title", [1, 2, 3]), ("albums", "cover", [None, "", ""]), ("taxonomy", "branch", [[]])],
)  # fmt: skip
def test_a_column_with_something_else_in_it_is_refused(tmp_path, table, column, cells):
    write(tmp_path)
    path = tmp_path / f"{table}.parquet"
    changed = pd.read_parquet(path).head(len(cells))
    changed[column] = pd.Series(cells, dtype=object)
    changed.to_parquet(path)
    with pytest.raises(BadDataError, match=rf"{table}\.parquet: the columns \['{column}'\] have invalid values"):
        getattr(open_catalogue(tmp_path), table)


def test_a_column_may_hold_more_than_two_gigabytes_of_text():
    length, n = 2**20, 2100
    offsets = np.arange(n + 1, dtype=np.int64) * length
    # Memory that is never read, and thus takes no room.
    characters = np.zeros(n * length, np.uint8)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(characters)]
    texts = pa.Array.from_buffers(pa.large_string(), n, buffers)
    assert holds("text", pd.Series(pd.arrays.ArrowStringArray(pa.chunked_array([texts]))))
