"""Test the location of the sound in a file without its tags."""

import io
import struct

import numpy as np
import pytest
import soundfile

from mumu_lib.sources.tags import payload
from tagged_files import m4a, sound, version_1, with_ape, with_comments, with_id3


def heard(path):
    with open(path, "rb") as file:
        return payload.key(file), b"".join(payload.pieces(file))


@pytest.mark.parametrize("suffix", ["mp3", "wav", "aiff", "flac", "ogg", "opus"])
def test_new_tags_change_nothing(tmp_path, suffix):
    before = heard(sound(tmp_path / f"a.{suffix}"))
    path = tmp_path / f"a.{suffix}"
    if suffix in ("mp3", "wav", "aiff"):
        with_id3(path, ["Rock"] * 50, TIT2="Song" * 5000)
    else:
        with_comments(path, title=["Song" * 30000])
    assert path.stat().st_size > len(before[1])
    assert heard(path) == before
    assert heard(sound(tmp_path / f"b.{suffix}", seed=1))[1] != before[1]


def test_tags_behind_an_mp3_in_any_order(tmp_path):
    path = sound(tmp_path / "a.mp3")
    before = heard(path)
    music = path.read_bytes()
    with_ape(path, Title="Song")
    lyrics = b"LYRICSBEGINwords"
    path.write_bytes(path.read_bytes() + lyrics + b"%06dLYRICS200" % len(lyrics) + version_1(17))
    assert heard(path) == before
    path.write_bytes(music + version_1(17))
    assert heard(path) == before


def test_the_frame_that_only_says_how_long_an_mp3_is(tmp_path):
    """What other programs put before the same sound is no sound."""
    path = sound(tmp_path / "a.mp3")
    music = path.read_bytes()
    frame = b"\xff\xf3\x40\xc4" + bytes(9) + b"Xing"
    length = payload._stream_header(io.BytesIO(frame + bytes(400)), 0)
    assert length == 576 * 125 * 32 // 22050
    own = payload._stream_header(io.BytesIO(music), 0)
    path.write_bytes(frame + bytes(length - len(frame)) + music[own:])
    again = heard(path)
    path.write_bytes(music)
    assert again == heard(path)


def test_flac_without_a_checksum_is_compared_by_its_frames(tmp_path):
    data = bytearray(sound(tmp_path / "a.flac").read_bytes())
    with open(tmp_path / "a.flac", "rb") as file:
        assert payload.key(file) == (payload.Samples(4000, 1, 16, 8000),)
    data[26:42] = bytes(16)
    (tmp_path / "a.flac").write_bytes(data)
    before = heard(tmp_path / "a.flac")
    assert before[0][0] == "flac"
    with_comments(tmp_path / "a.flac", title=["Song" * 3000])
    assert heard(tmp_path / "a.flac") == before


def test_mp4(tmp_path):
    one = heard(m4a(tmp_path / "a.m4a", sound=b"sound"))
    assert one == (("mp4", 5), b"sound")
    assert heard(m4a(tmp_path / "b.m4a", (b"\xa9nam", 1, b"Song"), sound=b"sound")) == one


@pytest.mark.parametrize("content", [b"", b"words", b"RIFF\0\0\0\0WAVE", b"OggS", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"])
def test_nothing_to_compare(content):
    file = io.BytesIO(content)
    assert payload.key(file) == ()
    assert b"".join(payload.pieces(file)) in (b"", content)


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_S8", "FLOAT"])
def test_the_same_samples_in_wav_aiff_and_flac(tmp_path, subtype):
    # Whole numbers that 16 bits hold: how others are rounded is each format's own affair.
    noise = np.random.default_rng(0).integers(-9999, 9999, (999, 2)).astype(np.int32) << 16
    found = []
    for suffix in ("wav", "aiff", "flac"):
        path = tmp_path / f"a.{suffix}"
        if subtype not in soundfile.available_subtypes(suffix.upper()):
            continue
        soundfile.write(path, noise, 8000, subtype=subtype)
        with open(path, "rb") as file:
            found.append((payload.key(file), payload.content(file, payload.key(file))))
    if subtype in ("PCM_16", "PCM_24"):
        assert found[0][0] == (payload.Samples(999, 2, int(subtype[-2:]), 8000),)
        assert found[0] == found[1] == found[2]
    else:
        assert len(set(found)) == len(found)


def test_the_mark_of_an_ape_tag_is_not_taken_for_an_id3v1_tag():
    # 131 bytes: the last 128 begin with the TAG of APETAGEX.
    item = struct.pack("<II", 53, 0) + b"Genre\0" + b"x" * 53
    facts = struct.pack("<III", 2000, len(item) + 32, 1)
    tag = b"APETAGEX" + facts + struct.pack("<I", 0xA0000000) + bytes(8) + item
    tag += b"APETAGEX" + facts + struct.pack("<I", 0x80000000) + bytes(8)
    assert tag[-128:].startswith(b"TAG")
    assert payload.before_tags(io.BytesIO(bytes(500) + tag), 0, 500 + len(tag)) == 500
