"""Test pictures in sound files."""

import base64
import shutil

import mutagen
import pytest
from mutagen.apev2 import APEBinaryValue
from mutagen.flac import Picture

from mumu_lib.sources.tags import pictures, read
from tagged_files import WITH_FFMPEG, encoded, m4a, sound, with_ape, with_id3


def flac_picture(kind, data):
    made = Picture()
    made.type = kind
    made.data = data
    made.mime = "image/png"
    return made


@pytest.mark.parametrize("suffix", ["mp3", "wav", "aiff"])
def test_the_front_of_id3_whatever_stands_first(tmp_path, suffix):
    path = with_id3(
        sound(tmp_path / f"a.{suffix}"), pictures=[(4, b"back"), (0, b"some"), (3, b"front"), (8, b"artist")]
    )
    assert pictures.read(path) == [b"front", b"some"]
    assert read(path).has_picture


def test_flac_keeps_its_own_order(tmp_path):
    file = mutagen.File(sound(tmp_path / "a.flac"))
    file.add_picture(flac_picture(4, b"back"))
    file.add_picture(flac_picture(3, b"front"))
    file.save()
    assert pictures.read(tmp_path / "a.flac") == [b"front"]
    assert read(tmp_path / "a.flac").has_picture


@pytest.mark.parametrize("suffix", ["ogg", "opus"])
def test_ogg_has_them_coded(tmp_path, suffix):
    file = mutagen.File(sound(tmp_path / f"a.{suffix}"))
    coded = base64.b64encode(flac_picture(3, b"front").write()).decode()
    file["metadata_block_picture"] = ["no base64", coded]
    file.save()
    assert pictures.read(tmp_path / f"a.{suffix}") == [b"front"]
    assert read(tmp_path / f"a.{suffix}").has_picture


def test_the_older_way_of_ogg(tmp_path):
    file = mutagen.File(sound(tmp_path / "a.ogg"))
    file["coverart"] = [base64.b64encode(b"front").decode()]
    file.save()
    assert pictures.read(tmp_path / "a.ogg") == [b"front"]


def test_mp4_and_ape(tmp_path):
    assert pictures.read(m4a(tmp_path / "a.m4a", (b"covr", 14, b"front"))) == [b"front"]
    value = APEBinaryValue(b"cover.png\0front")
    path = with_ape(sound(tmp_path / "a.mp3"), **{"Cover Art (Front)": value})
    assert pictures.read(path) == [b"front"]
    assert read(path).has_picture


@WITH_FFMPEG
def test_windows_media(tmp_path):
    from mutagen.asf import ASFByteArrayAttribute

    path = encoded(tmp_path / "a.wma")
    file = mutagen.File(path)
    data = (
        b"\x03" + (5).to_bytes(4, "little") + "image/png\0".encode("utf-16-le") + "a\0".encode("utf-16-le") + b"front"
    )
    file["WM/Picture"] = [ASFByteArrayAttribute(data)]
    file.save()
    assert pictures.read(path) == [b"front"]


def test_nothing_is_raised(tmp_path):
    assert pictures.read(tmp_path / "gone.mp3") == []
    (tmp_path / "page.mp3").write_text("<html>")
    assert pictures.read(tmp_path / "page.mp3") == []
    shutil.copy(sound(tmp_path / "a.flac"), tmp_path / "b.flac")
    assert pictures.read(tmp_path / "b.flac") == []
