"""The albums of a library are those of the collection reader."""

import os

import pytest

import libraries
import tagged_files as made
from mumu_lib.core.errors import MissingDataError, NothingUsableError
from mumu_lib.prediction import album
from mumu_lib.prediction.library import shelves
from mumu_lib.sources.collection.report import Report


def find(root):
    return shelves.find(root, Report())


def test_an_album_is_what_reading_its_folder_gives(music, tmp_path):
    root = libraries.make(tmp_path / "library", music)
    found = find(root)
    assert [one.album_id for one in found] == list(libraries.ALBUMS)
    for one in found:
        own = album.read_album(root / one.album_id)
        assert (one.folder, one.audio, one.cover, one.texts) == (own.folder, own.audio, own.cover, own.texts)
        assert (one.artist, one.title) == tuple(one.album_id.split("/"))


def test_discs_are_one_album_and_tags_win_over_folders(tmp_path):
    for disc in ("CD1", "CD2"):
        (tmp_path / "Ann" / "Double" / disc).mkdir(parents=True)
        made.sound(tmp_path / "Ann" / "Double" / disc / "a.wav")
    (tmp_path / "mixed").mkdir()
    for number in (1, 2):
        texts = {"TPE1": "Bob", "TALB": "By Tags", "TIT2": f"S{number}"}
        made.with_id3(made.sound(tmp_path / "mixed" / f"{number}.mp3"), ("Rock/Pop", "Unknown"), **texts)
    double, tagged = find(tmp_path)
    assert (double.album_id, double.folder, len(double.audio)) == ("Ann/Double", tmp_path / "Ann" / "Double", 2)
    assert (tagged.artist, tagged.title, tagged.tags) == ("Bob", "By Tags", ("Pop", "Rock"))


def test_hidden_files_and_links_are_passed_over(tmp_path):
    (tmp_path / "Ann" / "Blue").mkdir(parents=True)
    made.sound(tmp_path / "Ann" / "Blue" / "a.wav")
    (tmp_path / "Ann" / "Blue" / "._a.wav").write_bytes(b"")
    (tmp_path / "again").symlink_to(tmp_path / "Ann")
    report = Report()
    assert [len(one.audio) for one in shelves.find(tmp_path, report)] == [1]
    assert len(report.lines) == 2


def test_the_fingerprint_changes_with_each_file(music, tmp_path):
    root = libraries.make(tmp_path / "library", music, ["Ann/Blue"])
    [one] = find(root)
    was = one.fingerprint()
    assert find(root)[0].fingerprint() == was
    for name in ("song.flac", "cover.png"):
        os.utime(root / "Ann/Blue" / name, (1, 1))
        assert find(root)[0].fingerprint() != was
        was = find(root)[0].fingerprint()
    (root / "Ann/Blue/review.txt").write_text("other words")
    assert find(root)[0].fingerprint() != was


def test_no_folder_and_no_recording(tmp_path):
    with pytest.raises(MissingDataError, match="is not a folder"):
        find(tmp_path / "nowhere")
    with pytest.raises(NothingUsableError, match="no recording in it"):
        find(tmp_path)
