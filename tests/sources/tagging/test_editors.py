"""Test the writing of genres in every tag format."""

import mutagen
import pytest
from mutagen.apev2 import APEv2
from mutagen.id3 import ID3

import taggable
import tagged_files as made
from mumu_lib.sources import tags
from mumu_lib.sources.tagging import editors, rewriting

GENRES = ("Vocal Jazz", "Bossa Nova", "AC/DC", "R&B / Soul")


def write(path, genres=GENRES):
    kept = []
    rewriting.rewrite(path, lambda editor: editor.put(list(genres)), kept.append, genres=genres)
    return kept[0]


@pytest.mark.parametrize("ending", [*taggable.PLAIN, *taggable.BY_FFMPEG])
def test_genres_are_written_into_a_file_without_tags_and_taken_out_again(tmp_path, ending):
    path = taggable.file(tmp_path, ending)
    before, sound = rewriting.current(path), taggable.heard(path)
    done = write(path)
    assert tags.read(path).genres == GENRES
    assert taggable.heard(path) == sound
    rewriting.rewrite(path, lambda editor: editor.restore(done.old), lambda _: None)
    assert rewriting.current(path) == before == done.old
    assert taggable.heard(path) == sound


@pytest.mark.parametrize("name", ["2.3", "2.4", "wav", "aiff", "flac", "opus", "ape", "m4a", "version 1", "all"])
def test_nothing_but_the_genre_changes(tmp_path, name):
    path = taggable.with_everything(tmp_path)[name]
    read, sound, state = tags.read(path), taggable.heard(path), rewriting.current(path)
    done = write(path)
    now = tags.read(path)
    assert now.genres == GENRES
    assert (now.artists, now.title, now.has_picture) == (read.artists, read.title, read.has_picture)
    assert taggable.heard(path) == sound
    rewriting.rewrite(path, lambda editor: editor.restore(done.old), lambda _: None)
    assert rewriting.current(path) == state
    assert tags.read(path) == read


@pytest.mark.parametrize(("name", "version"), [("2.3", (2, 3, 0)), ("2.4", (2, 4, 0)), ("all", (2, 3, 0))])
def test_an_id3_tag_keeps_its_version(tmp_path, name, version):
    path = taggable.with_everything(tmp_path)[name]
    write(path)
    tag = ID3(path)
    assert tag.version == version
    assert tag["TPE1"].text == (["Ann", "Bob"] if version == (2, 4, 0) else ["Ann/Bob"])


def test_a_tag_of_2_3_keeps_its_own_dates(tmp_path):
    path = made.sound(tmp_path / "a.mp3")
    path.write_bytes(made.raw_id3(3, (b"TYER", b"1999"), (b"TDAT", b"0312"), (b"TCON", b"(17)")) + path.read_bytes())
    write(path)
    raw = path.read_bytes()
    assert b"TYER" in raw
    assert b"TDAT" in raw
    assert b"TDRC" not in raw


@pytest.mark.parametrize("name", ["version 1", "all"])
def test_the_tag_of_version_1_stays_byte_by_byte(tmp_path, name):
    path = taggable.with_everything(tmp_path)[name]
    old = path.read_bytes()[-128:]
    done = write(path)
    assert path.read_bytes()[-128:] == old
    rewriting.rewrite(path, lambda editor: editor.restore(done.old), lambda _: None)
    assert path.read_bytes()[-128:] == old


def test_an_ape_tag_before_one_of_version_1_stays_before_it(tmp_path):
    path = made.with_ape(made.sound(tmp_path / "a.mp3"), Genre="Rock", Title="Song")
    path.write_bytes(path.read_bytes() + made.version_1(17))
    write(path, ("Rock", "Jazz"))
    assert path.read_bytes()[-128:] == made.version_1(17)
    assert APEv2(path)["Title"] == "Song"


def test_a_genre_by_number_of_an_mp4_comes_back_as_a_number(tmp_path):
    path = made.m4a(tmp_path / "a.m4a", (b"gnre", 0, b"\0\x12"))
    assert tags.read(path).genres == ("Rock",)
    done = write(path)
    assert b"gnre" not in path.read_bytes()
    rewriting.rewrite(path, lambda editor: editor.restore(done.old), lambda _: None)
    assert b"gnre" in path.read_bytes()
    assert tags.read(path).genres == ("Rock",)


def test_comments_keep_the_place_and_spelling_of_the_field(tmp_path):
    path = made.with_comments(made.sound(tmp_path / "a.flac"), artist="Ann", Genre="Rock", title="Song")
    write(path, ("Jazz", "Pop"))
    named = [name for name, _ in mutagen.File(path).tags]
    assert named == ["artist", "Genre", "Genre", "title"]


def test_what_is_not_written_is_said(tmp_path):
    for ending in taggable.NOT_WRITTEN:
        path = made.sound(tmp_path / f"a{ending}")
        with pytest.raises(editors.NotWritableError, match="are not written"):
            write(path)
    old = made.sound(tmp_path / "b.mp3")
    old.write_bytes(made.raw_id3(2, (b"TCO", b"(17)")) + old.read_bytes())
    page = tmp_path / "c.mp3"
    page.write_bytes(b"<html>" + bytes(200))
    odd = made.sound(tmp_path / "d.flac")
    odd.write_bytes(made.raw_id3(3, (b"TCON", b"Rock")) + odd.read_bytes())
    for path, why in ((old, "version 2.2"), (page, "a web page"), (odd, "begins with an ID3 tag")):
        was = path.read_bytes()
        with pytest.raises(editors.NotWritableError, match=why):
            write(path)
        assert path.read_bytes() == was


def test_a_genre_in_a_second_tag_is_not_hidden(tmp_path):
    path = made.with_ape(made.with_id3(made.sound(tmp_path / "a.mp3"), ("Rock",)), Genre="Zydeco")
    was = path.read_bytes()
    with pytest.raises(editors.NotWritableError, match=r"second tag.*Zydeco"):
        write(path)
    assert path.read_bytes() == was
