"""Finding identical recordings under different names."""

import os
import shutil
import subprocess

import pytest

from mumu_lib.sources import recordings
from tagged_files import WITH_FFMPEG, sound, with_comments, with_id3


@pytest.mark.parametrize("suffix", ["mp3", "flac", "ogg", "opus", "wav"])
def test_a_retagged_copy_is_found(tmp_path, suffix):
    one = sound(tmp_path / f"a.{suffix}")
    copy = shutil.copy(one, tmp_path / f"copy.{suffix}")
    if suffix in ("mp3", "wav"):
        with_id3(copy, ["Jazz"], TIT2="Another title")
    else:
        with_comments(copy, genre=["Jazz"], title=["Another title"])
    other = sound(tmp_path / f"other.{suffix}", seed=1)
    assert recordings.identical([other, one, copy]) == [[1, 2]]


def test_a_unique_file_is_not_hashed(tmp_path, monkeypatch):
    read = []
    whole = recordings.payload.pieces
    monkeypatch.setattr(recordings.payload, "pieces", lambda file: read.append(file.name) or whole(file))
    paths = [sound(tmp_path / f"{length}.wav", length / 10) for length in (1, 2, 3)]
    shutil.copy(paths[2], tmp_path / "copy.wav")
    assert recordings.identical([*paths, tmp_path / "copy.wav"]) == [[2, 3]]
    assert len(read) == 2


def test_files_without_audio_data_are_not_identical(tmp_path):
    for name in ("a.mp3", "b.mp3"):
        (tmp_path / name).touch()
    (tmp_path / "c.mp3").write_text("words")
    (tmp_path / "d.mp3").write_text("words")
    paths = [tmp_path / f"{name}.mp3" for name in "abcdx"] + [tmp_path]
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.mp3")
        paths.append(tmp_path / "pipe.mp3")
    assert recordings.identical(paths) == []


@WITH_FFMPEG
@pytest.mark.parametrize("suffix", ["mp3", "flac", "m4a", "wma", "opus"])
def test_a_remuxed_copy_is_found(tmp_path, suffix):
    source = sound(tmp_path / "source.wav")
    one, copy = tmp_path / f"a.{suffix}", tmp_path / f"b.{suffix}"
    subprocess.run(["ffmpeg", "-v", "error", "-i", source, one], check=True)
    subprocess.run(["ffmpeg", "-v", "error", "-i", one, "-c", "copy", "-metadata", "title=Another", copy], check=True)
    assert one.read_bytes() != copy.read_bytes()
    assert recordings.identical([one, copy]) == [[0, 1]]


def test_albums_are_united_through_others():
    albums = ["A", "A", "B", "C", "D", "E", "F", "G", "H", "I"]
    names, too_many = recordings.united(albums, [[0, 2], [2, 3], [4, 5]])
    assert names == {"A": "A", "B": "A", "C": "A", "D": "D", "E": "D", "F": "F", "G": "G", "H": "H", "I": "I"}
    assert too_many == 0


def test_a_recording_on_most_albums_does_not_unite_them():
    albums = list("ABCDEFGH")
    names, too_many = recordings.united(albums, [range(5), [0, 1]])
    assert names["B"] == "A"
    assert names["C"] == "C"
    assert too_many == 1
    assert recordings.united(["A", "B", "C"], [range(3)]) == ({"A": "A", "B": "A", "C": "A"}, 0)


def test_two_identical_tracks_of_one_album():
    assert recordings.united(["A", "A", "B"], [[0, 1]]) == ({"A": "A", "B": "B"}, 0)
