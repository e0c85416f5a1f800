"""Test the tags of files in every container and tag format."""

import os
import shutil

import mutagen
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings, strategies as st

from mumu_lib.sources import tags
from tagged_files import (
    WITH_FFMPEG,
    encoded,
    id3,
    m4a,
    raw_id3,
    sound,
    version_1,
    with_ape,
    with_comments,
    with_id3,
)

GENRES = ("Rock", "Jazz", "Blues")


@pytest.mark.parametrize("suffix", ["flac", "ogg", "opus", "oga"])
def test_all_comments_named_genre_are_read(tmp_path, suffix):
    path = with_comments(
        sound(tmp_path / f"a.{suffix}"), genre=[*GENRES], artist=["Ann", "Bob"], album_artist=["Cy"], album=["Blue"],
        title=["Song"], discnumber=["1/2"], tracknumber=["3"], compilation=["1"],
    )  # fmt: skip
    read = tags.read(path)
    assert (read.genres, read.artists, read.album_artist) == (GENRES, ("Ann", "Bob"), "Cy")
    assert (read.album, read.title, read.disc, read.discs, read.track) == ("Blue", "Song", 1, 2, 3)
    assert read.compilation
    assert read.problem == ""
    assert read.seconds == pytest.approx(0.5, abs=0.01)
    assert read.artist == "Ann, Bob"


@pytest.mark.parametrize("suffix", ["mp3", "wav", "aiff"])
def test_id3_of_version_4_in_every_file_that_has_it(tmp_path, suffix):
    path = with_id3(
        sound(tmp_path / f"a.{suffix}"), GENRES, TPE1=["Ann", "Bob"], TPE2="Cy", TALB="Blue", TIT2="Song", TPOS="2/3", TRCK="4/9", TCMP="1"
    )  # fmt: skip
    read = tags.read(path)
    assert (read.genres, read.artists, read.album_artist) == (GENRES, ("Ann", "Bob"), "Cy")
    assert (read.album, read.title, read.disc, read.discs, read.track) == ("Blue", "Song", 2, 3, 4)
    assert read.compilation
    assert read.problem == ""


def test_older_id3(tmp_path):
    music = sound(tmp_path / "a.mp3").read_bytes()
    path = tmp_path / "b.mp3"
    path.write_bytes(raw_id3(2, (b"TCO", b"(17)(8)"), (b"TT2", b"Song")) + music)
    assert (tags.read(path).genres, tags.read(path).title) == (("Rock", "Jazz"), "Song")
    path.write_bytes(raw_id3(3, (b"TCON", b"Rock\0Jazz"), (b"TCON", b"(17)Blues")) + music)
    assert tags.read(path).genres == ("Rock", "Jazz", "Blues")
    path.write_bytes(music + version_1(17))
    assert (tags.read(path).genres, tags.read(path).album, tags.read(path).track) == (("Rock",), "Blue", 5)
    path.write_bytes(music + version_1(255))
    assert tags.read(path).genres == ()


def test_ape_alone_and_beside_id3(tmp_path):
    path = with_ape(sound(tmp_path / "a.mp3"), Genre=["Rock", "Jazz"], Album_Artist="Cy", Disc="1/2", Compilation="1")
    read = tags.read(path)
    assert (read.genres, read.album_artist, read.disc, read.discs) == (("Rock", "Jazz"), "Cy", 1, 2)
    assert read.compilation
    with_id3(path, ["Rock", "Blues"], TPE2="Di")
    assert (tags.read(path).genres, tags.read(path).album_artist) == (("Rock", "Blues", "Jazz"), "Di")


def test_mp4(tmp_path):
    texts = [(b"\xa9gen", 1, b"Rock"), (b"\xa9ART", 1, b"Ann"), (b"aART", 1, b"Cy"), (b"\xa9alb", 1, b"Blue")]
    numbers = [(b"disk", 0, b"\0\0\0\1\0\2"), (b"trkn", 0, b"\0\0\0\7\0\0\0\0"), (b"cpil", 21, b"\1")]
    read = tags.read(m4a(tmp_path / "a.m4a", *texts, *numbers))
    assert (read.genres, read.artists, read.album_artist, read.album) == (("Rock",), ("Ann",), "Cy", "Blue")
    assert (read.disc, read.discs, read.track, read.compilation) == (1, 2, 7, True)
    assert read.seconds == 4


@pytest.mark.parametrize(("number", "genres"), [(0, ("Rock",)), (9, ("Jazz", "Rock")), (192, ("Psybient", "Rock"))])
def test_numbered_genre_of_mp4_where_0_is_none(tmp_path, number, genres):
    path = m4a(tmp_path / "a.m4a", (b"gnre", 0, number.to_bytes(2, "big")), (b"\xa9gen", 1, b"Rock"))
    assert tags.read(path).genres == genres


def test_what_wav_and_aiff_say_without_id3(tmp_path):
    for suffix in ("wav", "aiff"):
        with soundfile.SoundFile(tmp_path / f"a.{suffix}", "w", 8000, 1) as file:
            file.title = "Song"
            file.artist = "Ann"
            file.genre = "(17)"
            file.write([0.0] * 4000)
    read = tags.read(tmp_path / "a.wav")
    assert (read.genres, read.title, read.artists, read.seconds) == (("Rock",), "Song", ("Ann",), 0.5)
    read = tags.read(tmp_path / "a.aiff")
    assert (read.title, read.artists, read.seconds) == ("Song", ("Ann",), 0.5)


@pytest.mark.parametrize("suffix", ["flac", "ogg", "opus", "wav"])
def test_id3_before_a_file_of_another_kind(tmp_path, suffix):
    path = sound(tmp_path / f"a.{suffix}")
    tag = tmp_path / "tag"
    id3(GENRES, TPE1="Ann").save(tag)
    path.write_bytes(tag.read_bytes() + path.read_bytes())
    read = tags.read(path)
    assert (read.genres, read.artists, read.problem) == (GENRES, ("Ann",), "")
    assert read.seconds == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(("true", "named"), [("flac", "mp3"), ("mp3", "flac"), ("ogg", "mp3"), ("wav", "ogg")])
def test_the_content_decides_and_not_the_name(tmp_path, true, named):
    path = sound(tmp_path / f"a.{true}")
    if true in ("flac", "ogg"):
        with_comments(path, genre=["Rock"])
    else:
        with_id3(path, ["Rock"])
    path = path.rename(tmp_path / f"b.{named}")
    assert (tags.read(path).genres, tags.read(path).problem) == (("Rock",), "")


def test_odd_files_give_a_reason(tmp_path):
    contents = {
        "text.mp3": b"Words and words." * 9, "page.mp3": b"<!DOCTYPE html><html>", "empty.flac": b"", "zeros.mp3": bytes(9999),
        "cut.flac": sound(tmp_path / "a.flac").read_bytes()[:60], "video.mka": b"\x1a\x45\xdf\xa3" + bytes(99),
        "tag.mp3": raw_id3(3, (b"TCON", b"Rock")),
    }  # fmt: skip
    found = {}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        found[name] = tags.read(tmp_path / name)
    reasons = {
        "text.mp3": "a text file", "page.mp3": "a web page", "empty.flac": "an empty file", "zeros.mp3": "can't sync", "cut.flac": "in full",
        "video.mka": "(matroska) are not read", "tag.mp3": "no sound follows its tags",
    }  # fmt: skip
    for name, reason in reasons.items():
        assert reason in found[name].problem
    assert found["tag.mp3"].genres == ("Rock",)


def test_what_is_no_file_is_not_waited_for(tmp_path):
    assert "No such file" in tags.read(tmp_path / "gone.mp3").problem
    assert "not a regular file" in tags.read(tmp_path).problem
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.mp3")
        assert "not a regular file" in tags.read(tmp_path / "pipe.mp3").problem


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Café".encode(), "Café"),
        ("Café".encode("latin-1"), "Café"),
        ("It\u2019s".encode().decode("cp1252").encode(), "It\u2019s"),
        (b"Plain\0", "Plain"),
    ],
)
def test_texts_in_the_wrong_encoding_are_repaired(tmp_path, written, read):
    path = tmp_path / "a.mp3"
    path.write_bytes(raw_id3(3, (b"TALB", written)) + sound(tmp_path / "b.mp3").read_bytes())
    assert tags.read(path).album == read


def test_texts_are_composed_and_trimmed():
    assert tags.cleaned("  Cafe\u0301 \x00 del \n Mar\ufeff ") == "Café del Mar"
    assert tags.cleaned(" Rock\x00Jazz\n", keep_lines=True) == "Rock\x00Jazz"


@pytest.mark.parametrize(
    ("text", "disc", "discs"), [("0", None, None), ("A", None, None), ("2 / 3", 2, 3), ("999999999", None, None), ("²", None, None)]
)  # fmt: skip
def test_discs_that_are_no_numbers(tmp_path, text, disc, discs):
    read = tags.read(with_comments(sound(tmp_path / "a.flac"), discnumber=[text]))
    assert (read.disc, read.discs) == (disc, discs)


def test_total_of_discs_by_itself(tmp_path):
    read = tags.read(with_comments(sound(tmp_path / "a.ogg"), discnumber=["1"], totaldiscs=["2"]))
    assert (read.disc, read.discs) == (1, 2)


@WITH_FFMPEG
@pytest.mark.parametrize("suffix", ["m4a", "wma", "wv", "tta", "oga", "mp3", "spx"])
def test_what_other_programs_write(tmp_path, suffix):
    options = [
        "-metadata",
        "genre=Rock",
        "-metadata",
        "album_artist=Cy",
        "-metadata",
        "disc=1/2",
        "-metadata",
        "compilation=1",
    ]
    codec = {"oga": ["-c:a", "flac", "-f", "ogg"]}.get(suffix, [])
    try:
        path = encoded(tmp_path / f"a.{suffix}", *codec, *options)
    except Exception:
        pytest.skip(f"this ffmpeg writes no {suffix}")
    read = tags.read(path)
    assert (read.genres, read.album_artist, read.disc, read.problem) == (("Rock",), "Cy", 1, "")
    # mutagen has its own idea of which class a file is: that found by content must be the same.
    assert mutagen.File(path) is not None


def test_a_problem_does_not_depend_on_the_name_of_the_file(tmp_path):
    # mutagen names the file that has a tag of an unknown version.
    data = bytearray(with_id3(sound(tmp_path / "a.mp3"), GENRES).read_bytes())
    data[3] = 0
    for name in ("one.mp3", "two.mp3"):
        (tmp_path / name).write_bytes(data)
    one = tags.read(tmp_path / "one.mp3")
    assert "ID3v2.0 not supported" in one.problem
    assert "one.mp3" not in one.problem
    assert tags.read(tmp_path / "two.mp3") == one


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cut=st.floats(0, 1),
    flips=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=6),
    kind=st.integers(0, 5),
)
def test_damaged_files_raise_nothing(tmp_path, cut, flips, kind):
    suffix = ("mp3", "flac", "ogg", "wav", "aiff", "m4a")[kind]
    whole = tmp_path / f"whole.{suffix}"
    if not whole.exists():
        if suffix == "m4a":
            m4a(whole, (b"gnre", 0, b"\0\1"), (b"\xa9gen", 1, b"Rock"), (b"covr", 14, b"x" * 50))
        elif suffix in ("flac", "ogg"):
            with_comments(sound(whole), genre=[*GENRES])
        else:
            with_id3(sound(whole), GENRES, pictures=[(3, b"x" * 50)])
    data = bytearray(whole.read_bytes())
    for place, value in flips:
        # Most of a file is sound; its beginning is what is read.
        data[int(place * min(len(data), 2000))] = value
    damaged = tmp_path / f"damaged.{suffix}"
    damaged.write_bytes(data[: int(cut * len(data))])
    read = tags.read(damaged)
    assert isinstance(read, tags.Tags)
    assert isinstance(read.problem, str)
    shutil.copy(damaged, tmp_path / "other.name")
    assert tags.read(tmp_path / "other.name") == read
