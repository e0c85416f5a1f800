"""A library is answered as its albums are one by one, and gone on with where it was stopped."""

import shutil
from dataclasses import replace

import pandas as pd
import pytest

import libraries
import mumu_lib
from mumu_lib import prediction
from mumu_lib.core.errors import MissingDataError, ParameterError
from mumu_lib.features import workers
from mumu_lib.prediction import sharing
from mumu_lib.prediction.library import running
from mumu_lib.prediction.library.rows import Wanted


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch):
    monkeypatch.setattr(workers, "run", lambda shards, _: (workers._extract(shard) for shard in shards))


@pytest.fixture
def root(music, tmp_path):
    return libraries.make(tmp_path / "library", music)


@pytest.fixture
def judged(monkeypatch):
    """Albums that were put through the runs, in order."""
    found = []
    predict = prediction.predict

    def counted(album, known):
        found.append(album.folder.name)
        return predict(album, known)

    monkeypatch.setattr(prediction, "predict", counted)
    return found


def run(root, music, tmp_path, **more):
    return running.predict_library(root, tmp_path / "out" / "genres.csv", music, workers=1, **more)


def table(library):
    return pd.read_csv(library.out, keep_default_na=False)


def test_albums_are_answered_as_they_are_one_by_one(root, music, tmp_path):
    library = run(root, music, tmp_path, wanted=Wanted(everything=True))
    found = table(library)
    for album in libraries.ALBUMS:
        expected = mumu_lib.predict_album(root / album, music)
        own = found[found["album"] == album]
        assert list(own["genre"]) == list(expected["genre"])
        assert list(own["modality"]) == list(expected["modality"])
        assert list(own["keep"].astype(str)) == list(expected["keep"].astype(str))
        # Stores keep half precision, as those that the runs learned from.
        assert own["score"].astype(float).to_numpy() == pytest.approx(expected["score"].to_numpy(), abs=1e-3)


def test_a_repeat_does_what_is_new_or_changed(root, music, tmp_path, judged):
    run(root, music, tmp_path)
    assert judged == ["Blue", "Green", "Red"]
    first = (tmp_path / "out" / "genres.csv").read_bytes()
    assert run(root, music, tmp_path).before == 3
    assert len(judged) == 3
    assert (tmp_path / "out" / "genres.csv").read_bytes() == first
    (root / "Ann/Green/review.txt").write_text("guitar loud")
    shutil.copytree(root / "Bob/Red", root / "Bob/Black")
    shutil.rmtree(root / "Ann/Blue")
    library = run(root, music, tmp_path)
    assert judged[3:] == ["Green", "Black"]
    assert set(table(library)["album"]) == {"Ann/Green", "Bob/Black", "Bob/Red"}


def test_other_wishes_are_another_answer(root, music, tmp_path, judged):
    run(root, music, tmp_path)
    library = run(root, music, tmp_path, wanted=Wanted(top=2))
    assert len(judged) == 6
    assert list(table(library).groupby("album").size()) == [2, 2, 2]


@pytest.mark.parametrize("at", [0, 1, 2])
def test_an_interruption_loses_the_album_at_hand(root, music, tmp_path, monkeypatch, judged, at):
    add, calls = running.Journal.add, []

    def interrupted(self, album, made_of, **said):
        if len(calls) == at:
            raise KeyboardInterrupt
        calls.append(album)
        add(self, album, made_of, **said)

    monkeypatch.setattr(running.Journal, "add", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(root, music, tmp_path)
    assert not (tmp_path / "out" / "genres.csv").exists()
    monkeypatch.setattr(running.Journal, "add", add)
    library = run(root, music, tmp_path)
    assert library.before == at
    assert len(judged) == at + 1 + 3 - at
    assert set(table(library)["album"]) == set(libraries.ALBUMS)


def test_three_unreadable_albums_in_twenty(music, tmp_path):
    names = [f"Artist {number}/Album" for number in range(17)]
    root = tmp_path / "library"
    for number in range(0, 17, 8):
        libraries.make(root, music, names[number : number + 8])
    for number in range(3):
        libraries.spoil(root, f"Bad {number}/Album")
    library = run(root, music, tmp_path)
    assert len(library.albums) == 20
    assert set(table(library)["album"]) == set(names)
    assert [album for album, _ in library.failed] == [f"Bad {number}/Album" for number in range(3)]
    said = running.summary(library)
    assert "17 of 20 albums answered" in said
    assert "no answer: Bad 0/Album: nothing usable; song.mp3: " in said
    problems = pd.read_csv(library.problems)
    assert set(problems["album"].dropna()) >= {f"Bad {number}/Album" for number in range(3)}


def test_an_unexpected_error_is_the_albums_own(root, music, tmp_path, monkeypatch):
    predict = prediction.predict

    def fails(album, known):
        if album.folder.name == "Green":
            raise ZeroDivisionError("odd")
        return predict(album, known)

    monkeypatch.setattr(prediction, "predict", fails)
    library = run(root, music, tmp_path)
    assert library.failed == [("Ann/Green", "ZeroDivisionError: odd")]
    monkeypatch.setattr(prediction, "predict", predict)
    library = run(root, music, tmp_path)
    assert (library.failed, library.before) == ([], 2)


def test_tags_are_compared(root, music, tmp_path):
    libraries.with_genre(root / "Ann/Blue/song.flac", "Zydeco", "jazz")
    found = table(run(root, music, tmp_path))
    own = found[found["album"] == "Ann/Blue"].iloc[0]
    assert own["tags"] == "Zydeco; jazz"
    assert 0 <= float(own["agreement"]) < 1
    assert set(found.loc[found["album"] != "Ann/Blue", "agreement"]) == {""}


def test_what_holds_of_all_is_said_once(root, music, tmp_path, monkeypatch):
    predict = prediction.predict

    def noted(album, known):
        found = predict(album, known)
        own = [("text-cosine-vsm", "cannot"), ("song.flac", "used, but: short"), ("image", album.folder.name)]
        return replace(found, skipped=pd.DataFrame(own, columns=["file", "reason"]))

    monkeypatch.setattr(prediction, "predict", noted)
    problems = pd.read_csv(run(root, music, tmp_path).problems, keep_default_na=False)
    lines = list(problems.itertuples(index=False, name=None))
    assert lines.count(("", "text-cosine-vsm", "cannot")) == 1
    for album in libraries.ALBUMS:
        assert (album, "song.flac", "used, but: short") in lines
        assert (album, "image", album.split("/")[1]) in lines
    assert len(lines) == 7


def test_without_a_run_nothing_is_walked_through(tiny, tmp_path):
    with pytest.raises(MissingDataError, match="no finished audio run"):
        running.predict_library(tmp_path, tmp_path / "genres.csv", tiny)


def test_another_ending_is_refused_first(tmp_path):
    with pytest.raises(ParameterError, match=r"\.parquet"):
        running.predict_library(tmp_path, tmp_path / "genres.xls", "nowhere")


def test_a_shared_file_answers_as_the_catalogue(root, music, tmp_path):
    file = tmp_path / "mine.mumu"
    sharing.export(music, file)
    here = table(run(root, music, tmp_path))
    there = running.predict_library(root, tmp_path / "there" / "genres.csv", file, workers=1)
    pd.testing.assert_frame_equal(table(there)[["album", "genre", "keep"]], here[["album", "genre", "keep"]])
    assert running.predict_library(root, tmp_path / "there" / "genres.csv", file, workers=1).before == 3
