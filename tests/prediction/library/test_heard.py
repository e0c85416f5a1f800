"""Recordings are decoded once."""

import shutil

import numpy as np
import pytest

import libraries
from mumu_lib.audio import store as audio_store
from mumu_lib.core.errors import AudioError, MumuError
from mumu_lib.core.paths import home
from mumu_lib.features import workers
from mumu_lib.prediction.library import shelves
from mumu_lib.prediction.library.heard import Heard, in_pieces
from mumu_lib.sources.collection.report import Report

SETTINGS = audio_store.settings("cqt", 1, 0, "fast")


@pytest.fixture
def albums(music, tmp_path, monkeypatch):
    """Two good albums and one of noise; what is decoded is decoded here and counted."""
    root = libraries.make(tmp_path / "library", music, ["Ann/Blue", "Bob/Red"])
    libraries.spoil(root, "Bad/One")
    monkeypatch.setenv("MUMU_HOME", str(tmp_path / "home"))
    decoded = []

    def run(shards, _):
        for shard in shards:
            decoded.extend(path for _, path, *_ in shard.tracks)
            yield workers._extract(shard)

    monkeypatch.setattr(workers, "run", run)
    found = {one.album_id: one for one in shelves.find(root, Report())}
    return found, decoded


def row(heard, album, name="song.flac"):
    return heard.of(album)(SETTINGS, name, str(album.folder / name), "audio")


def test_features_are_those_of_the_settings(albums):
    found, decoded = albums
    album = found["Ann/Blue"]
    values, facts = row(Heard(1), album)
    expected, about = SETTINGS.row("song.flac", str(album.audio[0]), "audio")
    np.testing.assert_array_equal(values, expected.astype(np.float16))
    assert facts["status"] == about["status"]
    assert facts["message"] == about["message"]
    assert len(decoded) == 1


def test_nothing_is_decoded_twice(albums):
    found, decoded = albums
    for _ in range(2):
        heard = Heard(1)
        row(heard, found["Ann/Blue"])
        heard.forget()
        row(heard, found["Ann/Blue"])
    assert len(decoded) == 1
    libraries.with_genre(found["Ann/Blue"].audio[0], "Jazz")
    row(Heard(1), found["Ann/Blue"])
    assert len(decoded) == 1


def test_another_sound_is_decoded(albums):
    found, decoded = albums
    row(Heard(1), found["Ann/Blue"])
    shutil.copy(found["Bob/Red"].audio[0], found["Ann/Blue"].audio[0])
    row(Heard(1), found["Ann/Blue"])
    assert len(decoded) == 2


def test_what_is_asked_of_one_is_made_for_the_next(albums):
    found, decoded = albums
    heard = Heard(1)
    row(heard, found["Ann/Blue"])
    heard.ahead([found["Bob/Red"]])
    assert len(decoded) == 2
    row(heard, found["Bob/Red"])
    assert len(decoded) == 2


def test_a_recording_that_cannot_be_used_says_why(albums):
    found, decoded = albums
    for _ in range(2):
        with pytest.raises(AudioError, match=r"song\.mp3") as refused:
            row(Heard(1), found["Bad/One"], "song.mp3")
        assert refused.value.reason == "corrupt"
    assert len(decoded) == 1


def test_a_damaged_store_is_said(albums):
    found, _ = albums
    row(Heard(1), found["Ann/Blue"])
    [values] = (home() / "data" / "features" / "library").rglob("*.npy")
    np.save(values, np.zeros((3, 1)))
    with pytest.raises(MumuError, match="is damaged; remove it"):
        row(Heard(1), found["Ann/Blue"])


def test_the_first_album_comes_alone():
    assert [len(piece) for piece in in_pieces(list("abcdef"), 2)] == [1, 2, 2, 1]
    assert not list(in_pieces([], 2))
