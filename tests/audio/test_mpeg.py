"""The length of an MP3: found, missing, wrong; and a stream that is read to its end."""

import io

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st

from mumu_lib.audio import mpeg
from piped_sound import (
    ape,
    constant_mp3,
    counting,
    encoded,
    id3,
    lively,
    variable_mp3,
    with_vbri,
    without_header,
)

WHOLE = variable_mp3(lively(6))
BARE = without_header(WHOLE)


def look(data, start=0):
    return mpeg.look(io.BytesIO(data), start)


def test_a_header_that_counts_is_relied_on():
    found = look(WHOLE)
    assert found.has_length
    assert found.counted == pytest.approx(6 * 44_100 / 1152, abs=4)
    assert found.frame.rate == 44_100
    assert look(constant_mp3(lively(4))).has_length


@pytest.mark.parametrize("rate", [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_every_version_rate_and_number_of_channels_is_understood(rate, channels):
    y = lively(2, channels, rate)
    found = look(variable_mp3(y, rate))
    assert found.frame.rate == rate
    assert found.counted == pytest.approx(len(y) / found.frame.samples, abs=4)
    bare = look(without_header(variable_mp3(y, rate)))
    assert bare.start == 0
    assert not bare.has_length


@pytest.mark.parametrize("before", [b"", id3(100), id3(300_000), id3(50) + id3(9_000), bytes(5_000), b"\xff\xfb" * 500])
def test_the_first_frame_is_found_behind_tags_and_junk(before):
    found = look(before + BARE)
    assert found.start == len(before)
    assert not found.has_length


def test_what_is_no_mp3_is_none():
    assert look(b"") is None
    assert look(b"words " * 9_000) is None
    assert look(bytes(9_000)) is None
    assert look(encoded(lively(1), "FLAC")) is None
    assert look(encoded(lively(1), "WAV")) is None


@pytest.mark.parametrize("frames", [0, 1, 10])
def test_a_count_that_cannot_be_is_not_relied_on(frames):
    assert not look(counting(WHOLE, frames)).has_length


def test_a_header_that_counts_the_first_of_joined_files_only_is_not_relied_on():
    assert not look(WHOLE + WHOLE).has_length
    assert not look(WHOLE + id3(100_000) + BARE).has_length
    assert look(WHOLE + ape(300_000)).has_length
    assert look(WHOLE[: len(WHOLE) // 2]).has_length


def test_a_header_of_fraunhofers_counts_as_none_and_is_no_sound():
    found = look(with_vbri(WHOLE))
    assert found.is_vbri
    assert not found.has_length
    assert with_vbri(WHOLE)[found.start :] == BARE


def test_variable_and_constant_rates_are_told_apart():
    assert mpeg.varies(io.BytesIO(BARE), look(BARE))
    constant = without_header(constant_mp3(lively(6)))
    assert not mpeg.varies(io.BytesIO(constant), look(constant))


@pytest.mark.parametrize(
    "after",
    [b"", b"TAG" + bytes(125), ape(5_000), ape(5_000) + b"TAG" + bytes(125), b"LYRICSBEGIN" + b"000011LYRICS200"],
)
def test_the_sound_ends_before_the_tags(after):
    assert mpeg.end(io.BytesIO(BARE + after)) == len(BARE)


@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"TAG", b"APETAGEX" + b"\xff" * 24, b"999999LYRICS200", b"ID3\3\0\0\x7f\x7f\x7f\x7f"]),
)
@example(b"APETAGEX", b"")
@settings(max_examples=200, deadline=None)
def test_hostile_bytes_are_looked_at_and_no_more(data, piece):
    for whole in (data + piece, piece + data, BARE[:200] + data + piece):
        file = io.BytesIO(whole)
        assert 0 <= mpeg.end(file) <= len(whole)
        found = mpeg.look(file)
        if found is not None:
            head, start, surplus = mpeg.endless(found, whole[found.start : found.start + found.frame.length])
            assert len(head) < 6_000
            assert start >= 0
            assert 0 <= surplus < 1_152
            mpeg.varies(file, found)


def test_the_silent_frames_before_a_bare_stream_are_frames_of_its_kind():
    found = look(BARE)
    head, start, _ = mpeg.endless(found, BARE[: found.frame.length])
    begun = look(head + BARE[start:])
    assert begun.tag
    assert begun.counted * 1152 > 2**30
    assert begun.frame.like(found.frame)
    assert np.frombuffer(head[begun.frame.length + 4 :], np.uint8).max() == 0
