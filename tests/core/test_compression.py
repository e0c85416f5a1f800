"""Compressed streams of several parts: nothing is lost between them, and nothing behind them goes unsaid."""

import bz2
import gzip
import io
import lzma
import struct

import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st

from mumu_lib.core import compression

ERRORS = (EOFError, OSError, lzma.LZMAError)


def zstd(data):
    return pa.Codec("zstd").compress(data, asbytes=True)


def skippable(size, kind=0):
    return bytes([0x50 + kind]) + b"\x2a\x4d\x18" + struct.pack("<I", size) + bytes(size)


def read(data, size=-1):
    stream = compression.decompressed(io.BufferedReader(io.BytesIO(data)))
    pieces = []
    while piece := stream.read(size):
        pieces.append(piece)
    return b"".join(pieces)


PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstd, "plain": bytes}


@settings(max_examples=30)
@given(
    parts=st.lists(st.binary(max_size=300), min_size=1, max_size=4),
    padding=st.integers(0, 3),
    chunk=st.sampled_from([1, 7, 64, 1 << 20]),
)
@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_parts_come_back_whole_whatever_zeros_stand_between(kind, parts, padding, chunk):
    packed = b"".join(PACKERS[kind](part) + bytes(4 * padding) for part in parts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compression, "CHUNK", chunk)
        assert read(packed) == b"".join(parts)


@pytest.mark.parametrize("size", [1, 100, -1])
@pytest.mark.parametrize("kind", PACKERS)
def test_any_kind_is_known_by_its_start(kind, size):
    assert read(PACKERS[kind](b"line\n" * 100), size) == b"line\n" * 100


@pytest.mark.parametrize("kind", [0, 3, 15])
def test_frames_to_be_skipped_are_skipped_wherever_they_stand(kind):
    one, two, skipped = zstd(b"one "), zstd(b"two"), skippable(4, kind)
    for data in (skipped + one + two, one + skipped + two, skipped + skippable(70_000) + one + two + skipped):
        assert read(data) == b"one two"
    assert read(one + zstd(b"") + two) == b"one two"


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz", "zst"])
def test_a_cut_is_an_error_and_so_is_what_stands_behind(kind):
    whole = PACKERS[kind](bytes(range(256)) * 40)
    for data in (whole[:-5], whole + whole[:-5], whole + b"something else", whole + b"BZ"):
        with pytest.raises(ERRORS):
            read(data)


def test_an_end_between_two_parts_is_an_end():
    assert read(bz2.compress(b"a") + bytes(10_000)) == b"a"


@pytest.mark.parametrize(
    "start", [b"PK\x03\x04", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\x00", b"\x04\x22\x4d\x18", b"\x1f\x9d"]
)
def test_what_is_not_read_is_named(start):
    with pytest.raises(ValueError, match=r"it is (an? .* archive|a zip|compressed by)"):
        read(start + bytes(100))


def test_python_itself_stops_at_the_zeros():
    """Why there is a reader of our own: once this fails, it can go."""
    assert bz2.BZ2File(io.BytesIO(bz2.compress(b"a") + bytes(4) + bz2.compress(b"b"))).read() == b"a"
