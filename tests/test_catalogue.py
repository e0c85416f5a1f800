import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from mumu_lib import catalogue, open_catalogue
from mumu_lib.catalogue.schema import SPLITS
from mumu_lib.core.errors import BadDataError, MissingDataError, ParameterError


def write(folder, genres=(("Jazz",), ("Jazz",), ("Rock", "Jazz")), min_albums=1, name="own", **tables):
    n = len(genres)
    ids = [f"A{i}" for i in range(n)]
    albums = pd.DataFrame({"album_id": ids, "genres": [list(g) for g in genres], "split": ["train"] * n})
    defaults = {
        "albums": albums,
        "tracks": pd.DataFrame({"track_id": [f"T{i}" for i in range(n)], "album_id": ids}),
        "reviews": pd.DataFrame({"album_id": ids, "text": "fine"}),
        "branches": {(g,) for album in genres for g in album},
    }
    return catalogue.write(
        folder,
        name=name,
        min_albums=min_albums,
        source="test",
        roots={"audio": ".", "covers": "."},
        **defaults | tables,
    )


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


def test_what_is_written_is_what_is_read(tmp_path):
    write(tmp_path, branches=[("Jazz", "Vocal Jazz"), ("Rock",)])
    read = open_catalogue(tmp_path)
    assert (read.name, read.synthetic, len(read.tracks)) == ("own", False, 3)
    assert [list(g) for g in read.albums["genres"]] == [["Jazz"], ["Jazz"], ["Rock", "Jazz"]]
    assert [list(b) for b in read.taxonomy["branch"]] == [["Jazz", "Vocal Jazz"], ["Rock"]]
    assert read.top_labels == ["Jazz", "Rock"]
    assert (read.albums["cover"] == "").all()
    assert read.reviews["rating"].isna().all()


def test_genre_on_too_few_albums_is_no_label_but_is_named(tmp_path):
    made = write(tmp_path, min_albums=2)
    assert made.labels == ["Jazz"]
    assert "Rock" in made.validate().loc["labels", "note"]
    assert made.validate().loc["labels", "missing"] == 1


def test_album_without_genres_is_in_no_split(tmp_path):
    made = write(tmp_path, [("Jazz",), (), ("Rock",)], min_albums=1)
    assert made.albums["split"].tolist() == ["train", "none", "train"]
    assert made.rows("train").tolist() == [0, 2]
    assert "without genre 1" in made.validate().loc["albums", "note"]


def test_albums_may_lack_the_genres_column(tmp_path):
    made = write(tmp_path, albums=pd.DataFrame({"album_id": ["A0", "A1", "A2"], "split": "train"}))
    assert made.label_matrix().shape == (3, 0)
    with pytest.raises(MissingDataError, match="lower min_albums"):
        made.require("labels")


@pytest.mark.parametrize(
    ("table", "content", "message"),
    [
        ("albums", {"album_id": ["A0", "A0"], "split": "train"}, "album_id 'A0' stands on more than one row"),
        ("albums", {"album_id": [], "split": []}, "no album"),
        ("albums", {"album_id": ["A0", "A1", None], "split": "train"}, "row 2 of albums has no album_id"),
        ("tracks", {"track_id": ["T", "T"], "album_id": ["A0", "A1"]}, "track_id 'T' stands on more than one row"),
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


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 99}', '{"format": 1}', "\x00", ""])
def test_unreadable_description_is_named(tmp_path, text):
    write(tmp_path)
    (tmp_path / "catalogue.json").write_text(text)
    with pytest.raises(BadDataError, match=r"catalogue\.json.*make the catalogue again"):
        open_catalogue(tmp_path)


def test_unreadable_table_is_named(tmp_path):
    write(tmp_path)
    (tmp_path / "albums.parquet").write_bytes(b"PAR1 not really")
    (tmp_path / "tracks.parquet").unlink()
    pd.DataFrame({"album_id": ["A0"]}).to_parquet(tmp_path / "reviews.parquet")
    read = open_catalogue(tmp_path)
    with pytest.raises(BadDataError, match=r"albums\.parquet cannot be read"):
        _ = read.albums
    with pytest.raises(MissingDataError, match=r"tracks\.parquet is missing"):
        _ = read.tracks
    with pytest.raises(BadDataError, match=r"reviews\.parquet lacks the columns \['text'"):
        _ = read.reviews


def test_unknown_name_gets_the_nearest_one(tmp_path, monkeypatch):
    monkeypatch.setenv("MUMU_HOME", str(tmp_path))
    write(tmp_path / "data" / "records", name="records")
    assert open_catalogue("records").name == "records"
    with pytest.raises(MissingDataError, match="did you mean 'records'"):
        open_catalogue("recrods")
    with pytest.raises(MissingDataError, match="known: records"):
        open_catalogue("xyz")


def test_validate_counts_what_is_there_and_says_what_can_run(tmp_path):
    (tmp_path / "there.mp3").write_bytes(b"x")
    tracks = pd.DataFrame({"track_id": ["T0", "T1"], "album_id": "A0", "audio": ["there.mp3", "gone.mp3"]})
    made = write(tmp_path, tracks=tracks, reviews=pd.DataFrame({"album_id": ["A0", "A1"], "text": ["good", "  "]}))
    table = made.validate()
    assert table.loc["albums", "note"] == "train 3, val 0, test 0"
    assert table.loc["audio", ["listed", "there", "missing"]].tolist() == [2, 1, 1]
    assert table.loc["reviews", ["listed", "there", "missing"]].tolist() == [2, 1, 1]
    assert table.loc["covers", ["listed", "there"]].tolist() == [0, 0]
    assert table.loc["audio", "note"].endswith("can run")
    assert table.loc["covers", "note"].endswith("cannot run")
    made.require("audio")
    with pytest.raises(MissingDataError, match="no covers"):
        made.require("covers")


def test_fingerprint_follows_the_content(tmp_path):
    one, same = write(tmp_path / "1"), write(tmp_path / "2")
    other = write(tmp_path / "3", [("Jazz",), ("Rock",), ("Rock", "Jazz")])
    assert one.fingerprint == same.fingerprint != other.fingerprint


@pytest.mark.parametrize("failing", [0, 3])
def test_failed_rewrite_leaves_the_old_catalogue(tmp_path, monkeypatch, failing):
    before, written = write(tmp_path), []
    files = sorted(tmp_path.iterdir())

    def full(table, path, index):
        written.append(path.write_bytes(b"half"))
        if len(written) > failing:
            raise OSError("disk full")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", full)
    with pytest.raises(OSError, match="disk full"):
        write(tmp_path, [("Jazz",), ("Rock",), ("Rock", "Jazz")])
    assert open_catalogue(tmp_path).fingerprint == before.fingerprint
    assert sorted(tmp_path.iterdir()) == files


def test_catalogue_json_is_plain(tmp_path):
    info = json.loads((write(tmp_path).folder / "catalogue.json").read_text())
    assert info["format"] == 1
    assert info["counts"] == {"albums": 3, "tracks": 3, "reviews": 3, "taxonomy": 2}


def test_a_missing_modality_is_said_with_its_remedy(tiny):
    with pytest.raises(MissingDataError, match="has no audio: put the recordings there"):
        tiny.require("audio")
    with pytest.raises(MissingDataError, match="has no audio"):
        tiny.require("timbre")
    tiny.info["roots"]["msd"] = "songs"
    (tiny.folder / "songs").mkdir()
    tiny.require("timbre")
    tiny.require("reviews")


@pytest.mark.parametrize("name", ["../../other", "/abs", "..", "a/b", "a\\b", "", "x\0"])
def test_a_catalogue_cannot_be_named_like_a_place_elsewhere(tmp_path, name):
    # Runs and figures lie in folders of that name, and one of them is emptied before use.
    write(tmp_path)
    path = tmp_path / "catalogue.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"name": name}))
    with pytest.raises(BadDataError, match="cannot be the name of a catalogue"):
        open_catalogue(tmp_path)


@pytest.mark.parametrize(
    ("key", "value"),
    [("roots", {}), ("roots", {"audio": 1, "covers": ""}), ("roots", []), ("labels", "ab"), ("labels", ["a", "a"]), ("labels", [1]), ("min_label_albums", "2"), ("synthetic", "false"), ("rare_labels", 1.5)],
)  # fmt: skip
def test_a_description_with_something_else_in_it_is_refused(tmp_path, key, value):
    write(tmp_path)
    path = tmp_path / "catalogue.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    with pytest.raises(BadDataError, match=rf"\['{key}'\] hold something else.*make the catalogue again"):
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
    with pytest.raises(BadDataError, match=rf"{table}\.parquet: the columns \['{column}'\] hold something else"):
        getattr(open_catalogue(tmp_path), table)


def test_a_split_that_there_is_not_is_named(tiny):
    for ask in (lambda: tiny.rows("validation"), lambda: tiny.label_matrix("trian")):
        with pytest.raises(ParameterError, match="is not one of"):
            ask()


def test_what_a_notebook_can_do_counts_every_source_it_reads(tiny):
    assert tiny.validate().loc["audio", "note"] == "04_audio: cannot run"
    tiny.info["roots"]["msd"] = "msd"
    with pytest.raises(MissingDataError, match="the Million Song Dataset of catalogue 'tiny', is not there"):
        tiny.require("timbre")
    (tiny.folder / "msd").mkdir()
    tiny.require("timbre")
    assert tiny.validate().loc["audio", "note"] == "04_audio: can run"
