"""Test that files are changed atomically."""

import errno
import os
import stat
import time

import pytest
from hypothesis import given, settings, strategies as st

import taggable
import tagged_files as made
from failing_disk import failing
from mumu_lib.sources import tags
from mumu_lib.sources.tagging import content, rewriting
from mumu_lib.sources.tagging.editors import NotWritableError


@pytest.fixture
def song(tmp_path):
    return made.with_id3(made.sound(tmp_path / "song.mp3"), TIT2="Song")


def put(path, *genres, record=lambda _: None, **more):
    return rewriting.rewrite(path, lambda editor: editor.put(list(genres)), record, **more)


def test_rights_stay_and_the_time_is_new(song):
    song.chmod(0o640)
    os.utime(song, (0, 0))
    put(song, "Jazz")
    assert stat.S_IMODE(song.stat().st_mode) == 0o640
    assert time.time() - song.stat().st_mtime < 60


def test_the_record_is_kept_before_the_file_is_touched(song):
    was, kept = song.read_bytes(), []

    def record(one):
        assert song.read_bytes() == was
        kept.append(one)

    done = put(song, "Jazz", record=record)
    assert kept == [done]
    assert done.before != done.after
    assert done.old["frames"][0]["text"] == ["Rock"]


@pytest.mark.parametrize("where", ["shutil.copyfile", "os.replace", "shutil.copystat", "os.utime"])
@pytest.mark.parametrize("what", ["interrupted", "full"])
def test_nothing_is_half_written(song, monkeypatch, where, what):
    was = song.read_bytes()

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    fail = interrupt if what == "interrupted" else failing(errno.ENOSPC)
    monkeypatch.setattr(f"mumu_lib.sources.tagging.rewriting.{where}", fail)
    with pytest.raises(KeyboardInterrupt if what == "interrupted" else NotWritableError):
        put(song, "Jazz")
    assert song.read_bytes() == was
    assert os.listdir(song.parent) == ["song.mp3"]


def test_a_tag_that_cannot_be_saved_leaves_the_file(song, monkeypatch):
    was = song.read_bytes()
    monkeypatch.setattr("mutagen.id3.ID3.save", failing(errno.ENOSPC))
    with pytest.raises(NotWritableError, match="No space left"):
        put(song, "Jazz")
    assert song.read_bytes() == was


def test_a_read_only_file_is_left_alone_and_said(song):
    song.chmod(0o444)
    was = song.read_bytes()
    with pytest.raises(NotWritableError, match="read-only"):
        put(song, "Jazz")
    assert song.read_bytes() == was


def test_a_file_that_changes_meanwhile_is_left_alone(song):
    def record(_):
        song.write_bytes(song.read_bytes() + b"more")

    with pytest.raises(NotWritableError, match="by another program"):
        put(song, "Jazz", record=record)
    assert song.read_bytes().endswith(b"more")


def test_the_file_behind_a_link_is_changed(song):
    link = song.with_name("link.mp3")
    link.symlink_to(song)
    put(link, "Jazz")
    assert link.is_symlink()
    assert tags.read(song).genres == ("Jazz",)


def test_another_sound_or_tag_is_refused(song):
    def spoil(editor):
        editor.put(["Jazz"])
        editor.tag.delall("TIT2")

    was = song.read_bytes()
    with pytest.raises(NotWritableError, match="another of its tags"):
        rewriting.rewrite(song, spoil, lambda _: None)
    assert song.read_bytes() == was


def test_the_callers_check_counts(song):
    def check(one, two):
        assert one.read_bytes() != two.read_bytes()
        raise NotWritableError("sounds different")

    was = song.read_bytes()
    with pytest.raises(NotWritableError, match="sounds different"):
        put(song, "Jazz", check=check)
    assert song.read_bytes() == was


def test_old_copies_of_killed_processes_go(song):
    old, new = song.with_name(".mumu-old.tmp"), song.with_name(".mumu-new.tmp")
    for path in (old, new):
        path.write_bytes(b"")
    os.utime(old, (0, 0))
    put(song, "Jazz")
    assert not old.exists()
    assert new.exists()


@pytest.mark.parametrize("data", [b"", b"ID3", b"fLaC", b"OggS" + bytes(60), b"RIFF\0\0\0\0WAVE"])
def test_damaged_files_have_a_reason(tmp_path, data):
    path = tmp_path / "a.mp3"
    path.write_bytes(data)
    with pytest.raises(NotWritableError):
        put(path, "Jazz")
    assert path.read_bytes() == data
    with pytest.raises(NotWritableError):
        rewriting.current(tmp_path / "none.mp3")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    files = taggable.with_everything(tmp_path_factory.mktemp("whole"))
    return {name: (path.suffix, path.read_bytes()) for name, path in files.items()}


@pytest.mark.parametrize("name", ["2.3", "2.4", "wav", "aiff", "flac", "opus", "ape", "m4a", "all"])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_changed_whole_or_left_alone(whole, tmp_path_factory, name, data):
    ending, good = whole[name]
    damaged = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, min(len(damaged), 3000) - 1) | st.integers(0, len(damaged) - 1))
        damaged[at] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("damaged") / f"a{ending}"
    path.write_bytes(damaged[: data.draw(st.integers(len(damaged) // 2, len(damaged)) | st.just(len(damaged)))])
    # A decoder may make something else of damaged frames with another tag before them: bytes are compared.
    was, sound = path.read_bytes(), content.of_sound(path)
    try:
        put(path, "Jazz", "Pop", genres=("Jazz", "Pop"))
    except NotWritableError:
        assert path.read_bytes() == was
    else:
        assert tags.read(path).genres == ("Jazz", "Pop")
        assert content.of_sound(path) == sound
    assert [one.name for one in path.parent.iterdir()] == [path.name]
