"""Test how files are passed to mutagen."""

import io

import pytest

from mumu_lib.sources.tags import openers


def test_a_file_without_its_beginning_looks_whole():
    behind = openers.Behind(io.BytesIO(b"headbody"), 4)
    assert behind.read() == b"body"
    assert behind.tell() == 4
    assert behind.seek(1) == 1
    assert behind.read(2) == b"od"
    assert behind.seek(-1, io.SEEK_END) == 3
    assert behind.read() == b"y"
    assert behind.seek(0, io.SEEK_CUR) == 4
    assert behind.readable()
    assert behind.seekable()
    with pytest.raises(ValueError, match="negative"):
        behind.seek(-1)


def test_only_kinds_without_id3_of_their_own_are_cut():
    file = io.BytesIO(b"ID3fLaC")
    assert openers.from_start(file, "mpeg", 3) is file
    assert openers.from_start(file, "flac", 0) is file
    assert openers.from_start(file, "flac", 3).read() == b"fLaC"


def test_tags_alone():
    assert openers.tags_alone(io.BytesIO(b"no tags")).fields == {}
