"""Test the recognition of files by their first bytes."""

import io

import pytest

from mumu_lib.sources.tags import kinds
from tagged_files import raw_id3, sound

BEGINNINGS = {
    b"fLaC": "flac", b"wvpk": "wavpack", b"MAC ": "monkey's audio", b"MPCK": "musepack", b"TTA1": "true audio", b"ADIF": "mpeg",
    b"RIFF\0\0\0\0WAVE": "wav", b"RF64\0\0\0\0WAVE": "wav", b"FORM\0\0\0\0AIFC": "aiff", b"\0\0\0\x20ftyp": "mp4", b"\xff\xfb\x90\0": "mpeg",
    b"\xff\xf1\x50\x80": "aac", b"\x1a\x45\xdf\xa3": "matroska", b"RIFF\0\0\0\0AVI ": "mpeg", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11": "asf",
}  # fmt: skip


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_beginnings(beginning):
    assert kinds.kind_of(io.BytesIO(beginning + bytes(99))) == (BEGINNINGS[beginning], 0)


@pytest.mark.parametrize(
    ("suffix", "kind"), [("ogg", "ogg vorbis"), ("opus", "ogg opus"), ("flac", "flac"), ("mp3", "mpeg")]
)
def test_what_encoders_write(tmp_path, suffix, kind):
    with open(sound(tmp_path / f"a.{suffix}"), "rb") as file:
        assert kinds.kind_of(file) == (kind, 0)


def test_several_id3_tags_are_passed_over():
    tags = raw_id3(3, (b"TCON", b"Rock")) + raw_id3(3, (b"TIT2", b"Song"))
    assert kinds.kind_of(io.BytesIO(tags + b"fLaC" + bytes(99))) == ("flac", len(tags))


def test_ogg_of_no_known_codec():
    page = b"OggS" + bytes(22) + b"\1\x08" + b"unknown!"
    assert kinds.kind_of(io.BytesIO(page))[0] == "ogg of an unknown codec"
    assert kinds.kind_of(io.BytesIO(b"OggS"))[0] == "ogg of an unknown codec"


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (b"", "an empty file"),
        (b"\n <HTML>", "a web page"),
        (b"%PDF-1.7", "a PDF document"),
        (b"PK\x03\x04", "a ZIP archive"),
        ("Grüße an alle ü".encode()[:-1], "a text file"),
        (b"\x89PNG", "a picture"),
        (b"\xff\xfb\x90\0", ""),
        (b"\xe9t\xe9", ""),
    ],
)
def test_what_is_no_sound(head, said):
    assert kinds.no_sound(head) == said
