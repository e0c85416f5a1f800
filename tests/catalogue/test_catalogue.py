"""A catalogue on disk: what is written is what is read, and what is wrong is named."""

import json

import pandas as pd
import pytest

from mumu_lib import open_catalogue
from mumu_lib.core.errors import BadDataError, MissingDataError, ParameterError
from written_catalogues import write


def test_what_is_written_is_what_is_read(tmp_path):
    write(tmp_path, branches=[("Jazz", "Vocal Jazz"), ("Rock",)])
    read = open_catalogue(tmp_path)
    assert (read.name, read.synthetic, len(read.tracks)) == ("own", False, 3)
    assert [list(g) for g in read.albums["genres"]] == [["Jazz"], ["Jazz"], ["Rock", "Jazz"]]
    assert [list(b) for b in read.taxonomy["branch"]] == [["Jazz", "Vocal Jazz"], ["Rock"]]
    assert read.top_labels == ["Jazz", "Rock"]
    assert (read.albums["cover"] == "").all()
    assert read.reviews["rating"].isna().all()


def test_album_without_genres_is_in_no_split(tmp_path):
    made = write(tmp_path, [("Jazz",), (), ("Rock",)], min_albums=1)
    assert made.albums["split"].tolist() == ["train", "none", "train"]
    assert made.rows("train").tolist() == [0, 2]
    assert "without genre 1" in made.validate().loc["albums", "note"]


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
    tiny.info["labels"] = []
    tiny.__dict__.pop("labels", None)
    assert tiny.validate().loc["audio", "note"] == "04_audio: cannot run without a label"


def test_a_catalogues_table_that_is_gone_is_named_with_the_remedy(tiny):
    (tiny.folder / "reviews.parquet").unlink()
    with pytest.raises(MissingDataError, match=r"reviews\.parquet is missing; make the catalogue again"):
        _ = tiny.fingerprint


def test_a_cover_may_lie_in_the_catalogues_own_folder(tmp_path):
    albums = pd.DataFrame(
        {"album_id": ["A0", "A1"], "genres": [["Jazz"]] * 2, "split": "train", "cover": ["catalogue:covers/a.png", "catalogue:covers/gone.png"]}
    )  # fmt: skip
    write(tmp_path / "one", genres=(("Jazz",), ("Jazz",)), albums=albums)
    (tmp_path / "one" / "covers").mkdir()
    (tmp_path / "one" / "covers" / "a.png").touch()
    (tmp_path / "one").rename(tmp_path / "moved")
    moved = open_catalogue(tmp_path / "moved")
    assert moved.cover_path("catalogue:covers/a.png") == tmp_path / "moved" / "covers" / "a.png"
    assert moved.validate().loc["covers", ["listed", "there", "missing"]].tolist() == [2, 1, 1]
