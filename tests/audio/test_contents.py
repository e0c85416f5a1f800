"""What a file is by its first bytes, and how it is read."""

import pytest
from hypothesis import given, settings, strategies as st

from mumu_lib.audio import contents
from mumu_lib.audio.contents import AS_IT_IS, BY_FFMPEG, TO_ITS_END
from piped_sound import constant_mp3, encoded, id3, lively, of_unknown_length, variable_mp3, without_header

Y = lively(4)
MP3 = variable_mp3(Y)
WAV = encoded(Y, "WAV")
OGG = encoded(Y, "OGG")
FLAC = encoded(Y, "FLAC")
CASES = {
    "mp3": (MP3, "MP3", AS_IT_IS, False),
    "mp3 of a pipe": (without_header(MP3), "MP3", TO_ITS_END, True),
    "mp3 of a pipe, behind a picture": (id3(90_000) + without_header(MP3), "MP3", TO_ITS_END, True),
    "mp3 of a pipe, of constant rate": (without_header(constant_mp3(Y)), "MP3", TO_ITS_END, False),
    "joined mp3": (MP3 + MP3, "MP3", TO_ITS_END, True),
    "flac": (FLAC, "FLAC", AS_IT_IS, False),
    "flac of a pipe": (of_unknown_length(FLAC), "FLAC", TO_ITS_END, True),
    "flac of a pipe, behind a tag": (id3(500) + of_unknown_length(FLAC), "FLAC", TO_ITS_END, True),
    "wav": (WAV, "WAV", AS_IT_IS, False),
    "wav of length 0": (WAV[:4] + bytes(4) + WAV[8:40] + bytes(4) + WAV[44:], "WAV", TO_ITS_END, True),
    "ogg": (OGG, "Ogg", AS_IT_IS, False),
    "flac in ogg": (b"OggS\0\2" + bytes(22) + b"\x7fFLAC\1", "FLAC in Ogg", BY_FFMPEG, True),
    "mp4": (b"\0\0\0\x20ftypM4A " + bytes(50), "MP4", BY_FFMPEG, True),
    "aac": (b"\xff\xf1\x50\x80" + bytes(50), "AAC", BY_FFMPEG, True),
    "aac behind a tag": (id3(500) + b"\xff\xf9\x50\x80" + bytes(50), "AAC", BY_FFMPEG, True),
    "words": (b"no sound at all " * 9, "", AS_IT_IS, False),
    "nothing": (b"", "", AS_IT_IS, False),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_file_is_what_its_bytes_say_whatever_it_is_called(tmp_path, name):
    data, called, way, changed = CASES[name]
    path = tmp_path / "sound.mp3"
    path.write_bytes(data)
    found = contents.look(path)
    assert (found.name, found.way, found.changed) == (called, way, changed)


def test_what_cannot_be_told_by_its_bytes_goes_by_its_ending(tmp_path):
    (tmp_path / "x.thd").write_bytes(bytes(99))
    assert contents.look(tmp_path / "x.thd").way == BY_FFMPEG
    (tmp_path / "x.m4a").write_bytes(MP3)
    assert contents.look(tmp_path / "x.m4a").way == AS_IT_IS
    assert contents.look(tmp_path).way == AS_IT_IS
    assert contents.look(tmp_path / "gone.mp3").way == AS_IT_IS


@pytest.mark.parametrize(("name", "data"), [("FLAC", FLAC), ("Ogg", OGG), ("WAV", WAV)])
def test_joined_files_are_told_from_single_ones(tmp_path, name, data):
    (tmp_path / "one").write_bytes(data)
    (tmp_path / "two").write_bytes(data + data)
    (tmp_path / "none").write_bytes(b"")
    assert not contents.is_joined(tmp_path / "one", name)
    assert contents.is_joined(tmp_path / "two", name)
    assert not contents.is_joined(tmp_path / "none", name)
    assert not contents.is_joined(tmp_path / "two", "MP3")


@given(st.sampled_from(sorted(CASES)), st.integers(0, 200), st.binary(max_size=30))
@settings(max_examples=100, deadline=None)
def test_damaged_beginnings_are_looked_at_and_no_more(tmp_path_factory, name, place, piece):
    data = CASES[name][0]
    path = tmp_path_factory.mktemp("damaged") / "sound.mp3"
    path.write_bytes(data[:place] + piece + data[place + len(piece) :])
    found = contents.look(path)
    assert found.way in (AS_IT_IS, TO_ITS_END, BY_FFMPEG)
    assert len(found.head) < 10_000


@pytest.mark.parametrize(("name", "order"), [("WAV", "little"), ("AIFF", "big")])
def test_cut_files_are_told_from_whole_ones_and_those_of_a_pipe(tmp_path, name, order):
    mark, chunk = {"WAV": (b"RIFF", b"data"), "AIFF": (b"FORM", b"SSND")}[name]
    begun = mark + bytes(4) + b"type" + b"LIST" + (3).to_bytes(4, order) + b"abc\0" + chunk
    path = tmp_path / "x"
    for size, cut in ((9000, False), (20_000, True), (0xFFFFFFFF, False), (0x7FFFFFFF, False), (0, False)):
        path.write_bytes(begun + size.to_bytes(4, order) + bytes(9000))
        assert contents.is_cut(path, name) == cut
    path.write_bytes(begun[:30])
    assert not contents.is_cut(path, name)
    assert not contents.is_cut(path, "MP3")
