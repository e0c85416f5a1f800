"""Making a catalogue of your own files: albums, ids, splits and the report."""

import os
import sys
from pathlib import Path

import pandas as pd
import pytest

from mumu_lib import open_catalogue
from mumu_lib.core.errors import BadDataError, MissingDataError, NothingUsableError, ParameterError
from mumu_lib.sources import folder
from own_collections import genres, picture, report, sound, table
from tagged_files import with_comments, with_id3


def branches(made):
    return sorted(" > ".join(b) for b in made.taxonomy["branch"])


def test_manifest_with_every_column(root, build):
    picture(root / "art" / "one.png")
    (root / "one.txt").write_text("From a file: très bien.", encoding="utf-8")
    head = ["audio", "album_id", "album", "artist", "title", "genres", "text", "cover", "split", "track_id"]
    made = build(
        head,
        ["a.wav", "X1", "One", "Ann", "A", "Jazz > Vocal Jazz | Blues", "one.txt", "art/one.png", "train", "t1"],
        ["b.wav", "X1", "One", "Ann", "B", "Blues|Jazz>Vocal Jazz", "A second one,\nof two lines.", "", "", "t2"],
        ["c.wav", "X2", "Two", "Bob", "C", "Rock", "", "", "test", "t3"],
        ["d.wav", "X3", "Three", "Cy", "D", "Rock", "", "", "validation", "t4"],
    )
    albums = made.albums.set_index("album_id")
    assert albums["title"].to_dict() == {"X1": "One", "X2": "Two", "X3": "Three"}
    assert albums["artist"].to_dict() == {"X1": "Ann", "X2": "Bob", "X3": "Cy"}
    assert albums["split"].to_dict() == {"X1": "train", "X2": "test", "X3": "val"}
    assert genres(made)["X1"] == ["Blues", "Jazz", "Vocal Jazz"]
    assert branches(made) == ["Blues", "Jazz > Vocal Jazz", "Rock"]
    assert dict(zip(made.tracks["track_id"], made.tracks["title"], strict=True)) == dict(
        zip(["t1", "t2", "t3", "t4"], "ABCD", strict=True)
    )
    assert sorted(made.reviews["text"]) == ["A second one,\nof two lines.", "From a file: très bien."]
    assert made.cover_path(albums.loc["X1", "cover"]).is_file()
    assert all(made.audio_path(a).is_file() for a in made.tracks["audio"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_one_column_is_enough_and_each_track_is_its_own_album(build, encoding):
    made = build(["path"], ["a.wav"], ["b.wav"], encoding=encoding)
    assert made.albums["album_id"].tolist() == ["a.wav", "b.wav"]
    assert made.albums["title"].tolist() == ["a", "b"]


def test_album_and_artist_make_an_id_that_row_order_does_not_change(root, build):
    rows = [["a.wav", "Blue", "Ann", "Jazz"], ["b.wav", "Blue", "Ann", "Jazz"], ["c.wav", "Blue", "Bob", "Rock"]]
    head = ["path", "album", "artist", "genres"]
    one = build(head, *rows)
    assert one.albums["album_id"].tolist() == ["Ann / Blue", "Bob / Blue"]
    (root / "manifest.csv").unlink()
    two = build(head, *rows[::-1])
    pd.testing.assert_frame_equal(one.tracks, two.tracks)
    assert one.fingerprint == two.fingerprint


@pytest.mark.parametrize(
    ("column", "one", "two"), [("album", "One", "Other"), ("artist", "Ann", "Bob"), ("genres", "Jazz", "Jazz | Rock")]
)
def test_two_albums_with_one_id_name_both_rows(build, column, one, two):
    with pytest.raises(BadDataError, match=rf"rows 2 and 4: two albums with the id 'X', {column}"):
        build(["path", "album_id", column], ["a.wav", "X", one], ["b.wav", "X", ""], ["c.wav", "X", two])


def test_one_track_on_two_rows_names_both(build):
    with pytest.raises(BadDataError, match=r"rows 2 and 4: two tracks with the id 'a\.wav'"):
        build(["path", "album_id"], ["a.wav", "X"], ["b.wav", "X"], ["a.wav", "Y"])


def test_second_cover_of_an_album_is_reported(root, build, tmp_path):
    picture(root / "1.jpg")
    picture(root / "2.jpg")
    made = build(["audio", "album_id", "cover"], ["a.wav", "X", "1.jpg"], ["b.wav", "X", "2.jpg"])
    assert made.albums["cover"].tolist() == ["1.jpg"]
    assert report(tmp_path)[0][:2] == ["3", "2.jpg"]


def test_missing_files_are_listed_with_their_rows(build, tmp_path, capsys):
    made = build(
        ["audio", "genres", "cover", "text"],
        ["a.wav", "Jazz", "no.jpg", "no.txt"],
        ["gone.wav", "Jazz", "", "fine"],
        ["", "Jazz", "", ""],
        ["b.wav", "Jazz", "", "good"],
    )
    assert made.tracks["audio"].tolist() == ["a.wav", "b.wav"]
    assert made.albums["cover"].tolist() == ["", ""]
    assert [line[:2] for line in report(tmp_path)] == [
        ["2", "no.jpg"],
        ["2", "no.txt"],
        ["3", "gone.wav"],
        ["4", ""],
    ]
    assert "4 files left out" in capsys.readouterr().out


def test_nothing_usable_raises_with_the_reason(build, tmp_path):
    with pytest.raises(NothingUsableError, match=r"gone\.wav: audio file is missing"):
        build(["path"], ["gone.wav"], ["lost.wav"])
    assert len(report(tmp_path)) == 2
    with pytest.raises(NothingUsableError, match="nothing usable"):
        build(["path"])


def test_images_alone(root, build):
    for name in ("Jazz/1.jpg", "Rock/2.JPEG"):
        picture(root / name)
    made = build(["path", "genres"], ["Jazz/1.jpg", "Jazz"], ["Rock/2.JPEG", "Rock"])
    assert made.tracks.empty
    assert made.albums[["album_id", "cover"]].values.tolist() == [["Jazz/1.jpg"] * 2, ["Rock/2.JPEG"] * 2]
    made.require("covers")


def test_texts_alone(build):
    made = build(["id", "text", "genres", "mood"], ["1", "A song, a guitar.", "Jazz"], ["2", "Loud.", "Rock"])
    assert made.reviews.values[:, :2].tolist() == [["1", "A song, a guitar."], ["2", "Loud."]]
    made.require("reviews")


def test_id_of_a_text_does_not_depend_on_its_row(build):
    one = build(["text"], ["First."], ["Second."])
    ids = dict(zip(one.reviews["text"], one.reviews["album_id"], strict=True))
    two = build(["text"], ["Second."], ["First."], ["Third."])
    assert ids.items() <= dict(zip(two.reviews["text"], two.reviews["album_id"], strict=True)).items()


def test_missing_manifest_and_missing_root(root, tmp_path):
    with pytest.raises(MissingDataError, match=r"none\.csv"):
        folder.build(root, "none.csv", out=tmp_path / "out")
    with pytest.raises(MissingDataError, match="not a folder"):
        folder.build(root / "none")


def many(root, n, artist=lambda i: f"artist {i}", split=lambda i: ""):
    head = ["id", "text", "genres", "artist", "split"]
    return [head] + [[f"A{i:02}", f"text {i}", "Jazz" if i % 2 else "Rock", artist(i), split(i)] for i in range(n)]


def test_split_is_made_where_none_is_given(root, build):
    made = build(*many(root, 20))
    assert made.albums["split"].value_counts().to_dict() == {"train": 16, "val": 2, "test": 2}
    thirds = build(*many(root, 18), fractions=(1 / 3, 1 / 3, 1 / 3))
    assert thirds.albums["split"].value_counts().to_dict() == {"train": 6, "val": 6, "test": 6}


def test_missing_validation_split_is_drawn_from_training(root, build, capsys):
    made = build(*many(root, 28, split=lambda i: "test" if i < 10 else "train"))
    assert made.albums["split"].value_counts().to_dict() == {"train": 16, "test": 10, "val": 2}
    assert (made.albums["split"][:10] == "test").all()
    assert "no val albums" in capsys.readouterr().out


def test_split_for_some_albums_only_is_refused(root, build):
    with pytest.raises(BadDataError, match="'A03' has no split"):
        build(*many(root, 9, split=lambda i: "" if i == 3 else "train"))


def test_unknown_splits_and_a_missing_training_split_are_refused(root, build):
    with pytest.raises(BadDataError, match="'A01' has the split 'tset'"):
        build(*many(root, 3, split=lambda i: "tset" if i == 1 else "train"))
    with pytest.raises(BadDataError, match="'train'"):
        build(*many(root, 3, split=lambda i: "test"))


def test_artist_disjoint_split(root, build):
    made = build(*many(root, 40, artist=lambda i: f"artist {i % 13}"), artist_disjoint=True)
    assert (made.albums.groupby("artist")["split"].nunique() == 1).all()
    assert set(made.albums["split"]) == {"train", "val", "test"}


def test_given_split_that_breaks_artist_disjoint_is_refused(root, build):
    rows = many(root, 6, artist=lambda i: "Ann", split=lambda i: ["train", "val", "test"][i % 3])
    with pytest.raises(BadDataError, match="'Ann' has albums in"):
        build(*rows, artist_disjoint=True)
    assert len(build(*rows).albums) == 6


def test_a_single_artist_leaves_splits_empty_with_a_message(root, build, capsys):
    made = build(*many(root, 12, artist=lambda i: "Ann"), artist_disjoint=True)
    assert set(made.albums["split"]) == {"train"}
    assert "no val and no test albums" in capsys.readouterr().out


def test_catalogue_of_three_albums(root, build):
    made = build(*many(root, 3), min_albums=2)
    assert made.labels == ["Rock"]
    assert made.albums["split"].tolist() == ["train", "none", "train"]


@pytest.mark.parametrize("name", ["", "..", "a/b", "sample"])
def test_invalid_names_are_refused(root, name):
    with pytest.raises(ParameterError):
        folder.build(root, name=name)


def test_printed_options_work(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MUMU_HOME", str(tmp_path))
    for number, genre in enumerate(["Rock/Pop", "Rock/Pop", "rock", "Rock", "Other"]):
        path = tmp_path / "music" / f"A{number}" / "B" / "1.flac"
        sound(path)
        with_comments(path, genre=[genre])
    command = [str(tmp_path / "music"), "--name", "mine"]
    assert folder.main(command) == 0
    shown = capsys.readouterr().out
    assert "2 genre tags held several genres ('Rock/Pop') and were taken apart" in shown
    assert "1 genre tags name no genre ('Other')" in shown
    assert "1 genres stand in several spellings" in shown
    assert open_catalogue("mine").labels == ["Pop", "Rock"]
    for option, labels in {"--separators none": ["Rock/Pop"], "--merge-spellings": ["Pop", "Rock"]}.items():
        assert option in shown
        assert folder.main([*command, *option.split(), "--force"]) == 0
        assert open_catalogue("mine").labels == labels
    albums = open_catalogue("mine").albums
    assert sum("Rock" in genres for genres in albums["genres"]) == 4


def test_a_cover_in_tags_is_stored_with_the_catalogue(tmp_path, monkeypatch):
    monkeypatch.setenv("MUMU_HOME", str(tmp_path))
    picture(tmp_path / "p.png")
    path = tmp_path / "music" / "A" / "B" / "1.mp3"
    sound(path)
    with_id3(path, ["Rock"], pictures=[(3, (tmp_path / "p.png").read_bytes())])
    assert folder.main([str(tmp_path / "music"), "--name", "mine", "--min-albums", "1"]) == 0
    made = open_catalogue("mine")
    assert made.cover_path(made.albums["cover"][0]).read_bytes() == (tmp_path / "p.png").read_bytes()
    assert made.validate().loc["covers", "there"] == 1


def test_command_line(root, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MUMU_HOME", str(tmp_path))
    table(root / "m.csv", ["path", "genres"], *[[f"{n}.wav", "Jazz"] for n in "abcd"])
    assert folder.main([str(root), "--manifest", "m.csv", "--name", "mine"]) == 0
    shown = capsys.readouterr().out
    assert "4 albums, 4 tracks, 1 labels" in shown
    assert "04_audio: can run" in shown
    assert open_catalogue("mine").labels == ["Jazz"]
    assert folder.main([str(root / "none")]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("error: ")
    assert shown.err.count("\n") == 1


@pytest.mark.skipif("MUMU_REAL_DATA" not in os.environ, reason="MUMU_REAL_DATA is not set")
@pytest.mark.parametrize(
    ("place", "manifest", "albums", "tracks", "labels"),
    [
        ("audio/supertropica", "manifest.csv", 9, 9, 4),
        ("audio/esc10", "manifest.csv", 400, 400, 11),
        ("audio/librosa", None, 14, 14, 0),
        ("images/covers", "manifest.csv", 300, 0, 5),
        ("text/musiccaps", "captions_genres.csv", 2375, 0, 52),
    ],
)
def test_real_collections(tmp_path, place, manifest, albums, tracks, labels):
    made = folder.build(Path(os.environ["MUMU_REAL_DATA"]) / place, manifest, out=tmp_path)
    assert (len(made.albums), len(made.tracks), len(made.labels)) == (albums, tracks, labels)
    assert made.validate()["missing"].drop("labels").sum() == 0


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="names are Unicode here")
def test_a_folder_whose_name_is_not_utf8_is_refused(tmp_path):
    root = tmp_path / b"Musik\xe9".decode("utf-8", "surrogateescape")
    root.mkdir()
    with pytest.raises(ParameterError, match=r"Musik\\xe9: this folder's name is not UTF-8; rename it"):
        folder.build(root, out=tmp_path / "out")


def test_a_collection_without_genres_prints_how_to_give_some(root, tmp_path, capsys):
    folder.build(root, out=tmp_path / "out")
    assert "no labels: no album has a genre; give genres" in capsys.readouterr().out
