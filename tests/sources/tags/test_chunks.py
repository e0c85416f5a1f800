"""Test chunks of WAV and AIFF files."""

import contextlib
import io
import struct

import pytest
import soundfile
from hypothesis import given, strategies as st

from mumu_lib.sources.tags import chunks
from tagged_files import sound, with_id3


def wav(*parts, size=None):
    body = b"".join(name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for name, data in parts)
    return io.BytesIO(b"RIFF" + struct.pack("<I", len(body) + 4 if size is None else size) + b"WAVE" + body)


def info(**texts):
    return b"LIST", b"INFO" + b"".join(
        name.encode() + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for name, data in texts.items()
    )


def test_info_in_utf8_and_in_the_code_page_of_windows():
    _, found, _ = chunks.read(
        wav(info(IGNR="Café".encode() + b"\0", IART="Änn".encode("cp1252"), IPRD=b"  ", ICMT=b"x")), 0
    )
    assert found == {"genre": "Café", "artist": "Änn"}


def test_a_second_genre():
    _, found, _ = chunks.read(wav(info(IGNR=b"Rock", ISGN=b"Jazz")), 0)
    assert found == {"genre": "Rock\0Jazz"}


def test_id3_and_length(tmp_path):
    for suffix in ("wav", "aiff"):
        with open(with_id3(sound(tmp_path / f"a.{suffix}")), "rb") as file:
            tag, _, seconds = chunks.read(file, 0)
        assert tag.startswith(b"ID3")
        assert seconds == 0.5


@pytest.mark.parametrize("rate", [8000, 44100, 96000, 22050])
def test_rate_of_aiff_is_a_number_of_80_bits(tmp_path, rate):
    soundfile.write(tmp_path / "a.aiff", [0.0] * 500, rate)
    with open(tmp_path / "a.aiff", "rb") as file:
        assert chunks.read(file, 0)[2] == 500 / rate


def test_a_length_that_is_not_true():
    _, found, seconds = chunks.read(wav(info(IGNR=b"Rock"), (b"data", b""), size=4), 0)
    assert found == {"genre": "Rock"}
    assert seconds is None
    file = wav((b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16)))
    file.seek(0, 2)
    file.write(b"data\xff\xff\xff\xff" + bytes(16000))
    assert chunks.read(file, 0)[2] == 1


@given(st.binary(max_size=200))
def test_any_bytes(data):
    for head in (b"RIFF\0\0\0\0WAVE", b"FORM\0\0\0\0AIFF"):
        with contextlib.suppress(struct.error):
            chunks.read(io.BytesIO(head + data), 0)
