"""Test the list of what must not change in a file."""

import pytest

import taggable
import tagged_files as made
from mumu_lib.sources.tagging import editors, inventory


def stock(path):
    return inventory.take(path, editors.open_editor(path))


@pytest.mark.parametrize("ending", taggable.PLAIN)
def test_another_sound_is_noticed(tmp_path, ending):
    one, two = tmp_path / f"a{ending}", tmp_path / f"b{ending}"
    made.sound(one)
    made.sound(two, seed=1)
    assert stock(one).sound != stock(two).sound


def test_every_byte_of_an_mp3_counts(tmp_path):
    path = made.sound(tmp_path / "a.mp3")
    was, data = stock(path), bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)
    assert stock(path).sound != was.sound


def test_other_tags_are_noticed(tmp_path):
    path = made.with_id3(made.sound(tmp_path / "a.mp3"), TIT2="Song", pictures=[(3, taggable.PICTURE)])
    was = stock(path)
    made.with_id3(path, TIT2="Other", pictures=[(3, taggable.PICTURE)])
    assert stock(path).others != was.others
    made.with_id3(path, TIT2="Song", pictures=[(3, taggable.PICTURE[:-1])])
    assert stock(path).others != was.others
    made.with_id3(path, ("Jazz",), TIT2="Song", pictures=[(3, taggable.PICTURE)])
    assert stock(path) == was
    path.write_bytes(path.read_bytes() + made.version_1(3))
    assert stock(path).around != was.around


def test_chunks_of_a_wav_are_noticed(tmp_path):
    path = made.sound(tmp_path / "a.wav")
    was = stock(path)
    info = b"LIST" + (16).to_bytes(4, "little") + b"INFOIGNR" + (4).to_bytes(4, "little") + b"Rock"
    data = path.read_bytes() + info
    path.write_bytes(data[:4] + (len(data) - 8).to_bytes(4, "little") + data[8:])
    assert stock(path).around != was.around
