"""Test the restoring of old genres."""

import json
import shutil

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from mutagen.id3 import ID3, TCON

import taggable
import tagged_files
from mumu_lib.core.errors import BadDataError, MissingDataError, WriteError
from mumu_lib.sources import tags
from mumu_lib.sources.tagging import rewriting, undoing

GENRE = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters=";|\\>\ufeff"), min_size=1, max_size=20
)


def put(path, genres, record):
    rewriting.rewrite(path, lambda editor: editor.put(list(genres)), record)


@pytest.fixture
def undo(tmp_path):
    return undoing.UndoFile(tmp_path / "undo.jsonl")


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    return taggable.with_everything(tmp_path_factory.mktemp("originals"))


@pytest.mark.parametrize("name", ["2.3", "2.4", "wav", "aiff", "flac", "opus", "ape", "m4a", "version 1", "all"])
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(turns=st.lists(st.lists(GENRE, min_size=1, max_size=4), min_size=1, max_size=2))
def test_whatever_is_written_what_was_there_comes_back(originals, tmp_path_factory, name, turns):
    folder = tmp_path_factory.mktemp("copy")
    path = folder / originals[name].name
    shutil.copy(originals[name], path)
    read, state, sound = tags.read(path), rewriting.current(path), taggable.heard(path)
    undo = undoing.UndoFile(folder / "undo.jsonl")
    for genres in turns:
        put(path, genres, undo.add)
        assert taggable.heard(path) == sound
    found = list(undoing.undo(undoing.read(undo.path), apply=True))
    assert {one.what for one in found} <= {undoing.RESTORED, undoing.ALREADY}
    assert rewriting.current(path) == state
    assert tags.read(path) == read
    assert taggable.heard(path) == sound


def test_an_ape_tag_of_a_length_like_that_of_id3v1_comes_and_goes(originals, tmp_path, undo):
    path = shutil.copy(originals["ape"], tmp_path / "a.mp3")
    was = rewriting.current(path)
    for length in range(30, 60):
        put(path, ["x" * length], undo.add)
    assert {one.what for one in undoing.undo(undoing.read(undo.path), apply=True)} == {undoing.RESTORED}
    assert rewriting.current(path) == was


@tagged_files.WITH_FFMPEG
def test_windows_media_as_ffmpeg_writes_it_goes_there_and_back(tmp_path, undo):
    # It writes the artist twice, of which only the second is stored with a language once others have written it.
    path = tagged_files.encoded(tmp_path / "a.wma", "-metadata", "artist=Ann", "-metadata", "genre=Rock")
    was = rewriting.current(path)
    put(path, ["Jazz", "Pop"], undo.add)
    assert tags.read(path).genres == ("Jazz", "Pop")
    assert [one.what for one in undoing.undo(undoing.read(undo.path), apply=True)] == [undoing.RESTORED]
    assert tags.read(path).genres == ("Rock",)
    assert rewriting.current(path) == was


def test_without_apply_nothing_is_touched(originals, tmp_path, undo):
    path = shutil.copy(originals["2.4"], tmp_path / "a.mp3")
    put(path, ["Jazz"], undo.add)
    was = path.read_bytes()
    assert [one.what for one in undoing.undo(undoing.read(undo.path), apply=False)] == [undoing.RESTORED]
    assert path.read_bytes() == was


def test_a_genre_that_was_edited_since_is_left_and_said(originals, tmp_path, undo):
    path = shutil.copy(originals["2.4"], tmp_path / "a.mp3")
    put(path, ["Jazz"], undo.add)
    tag = ID3(path)
    tag.setall("TCON", [TCON(encoding=3, text=["Mine"])])
    tag.save(path)
    records = undoing.read(undo.path)
    [one] = undoing.undo(records, apply=True)
    assert one.what == undoing.EDITED
    assert "--force" in one.reason
    assert tags.read(path).genres == ("Mine",)
    [one] = undoing.undo(records, apply=True, force=True)
    assert one.what == undoing.RESTORED
    assert tags.read(path).genres == ("Rock", "Pop")


def test_a_change_that_was_noted_and_not_made_is_nothing_to_undo(originals, tmp_path, undo, monkeypatch):
    path = shutil.copy(originals["2.4"], tmp_path / "a.mp3")

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("mumu_lib.sources.tagging.rewriting.os.replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        put(path, ["Jazz"], undo.add)
    monkeypatch.undo()
    assert [one.what for one in undoing.undo(undoing.read(undo.path), apply=True)] == [undoing.ALREADY]


def test_other_edits_stay(originals, tmp_path, undo):
    path = shutil.copy(originals["2.3"], tmp_path / "a.mp3")
    put(path, ["Jazz"], undo.add)
    tag = ID3(path, translate=False)
    tag.getall("TIT2")[0].text = ["New title"]
    tag.save(path, v2_version=3)
    [one] = undoing.undo(undoing.read(undo.path), apply=True)
    assert one.what == undoing.RESTORED
    assert (tags.read(path).title, tags.read(path).genres) == ("New title", ("Rock",))


def test_a_file_that_is_gone_is_said(originals, tmp_path, undo):
    path = shutil.copy(originals["2.4"], tmp_path / "a.mp3")
    put(path, ["Jazz"], undo.add)
    path.unlink()
    [one] = undoing.undo(undoing.read(undo.path), apply=True)
    assert (one.what, one.reason) == (undoing.FAILED, "does not exist any more")


def test_an_undo_file_is_never_written_over(tmp_path, originals):
    path = shutil.copy(originals["2.4"], tmp_path / "a.mp3")
    there = tmp_path / "undo.jsonl"
    there.write_text("mine")
    with pytest.raises(WriteError, match="cannot be written"):
        put(path, ["Jazz"], undoing.UndoFile(there).add)
    assert there.read_text() == "mine"
    assert tags.read(path).genres == ("Rock", "Pop")


def test_a_line_that_was_cut_off_is_left_out(originals, tmp_path, undo):
    path = shutil.copy(originals["2.4"], tmp_path / "a.mp3")
    put(path, ["Jazz"], undo.add)
    whole = undo.path.read_bytes()
    undo.path.write_bytes(whole + whole.splitlines()[1][:40])
    assert len(undoing.read(undo.path)) == 1


HEAD = json.dumps({"undo": "genres", "format": 1})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a,b\n", "line 1: is not JSON"),
        ("[]\n", "is not an undo file"),
        ('{"undo": "genres", "format": 9}\n', "format 9"),
        (HEAD + "\n{}\n", "line 2: 'path'"),
        (HEAD + "\n[1]\n", "line 2: 'path'"),
        (HEAD + "\nnot\n", "line 2: is not JSON"),
        ("", "is empty"),
        (HEAD[:5], "is empty"),
    ],
)
def test_what_is_no_undo_file_is_refused(tmp_path, text, why):
    path = tmp_path / "undo.jsonl"
    path.write_text(text)
    with pytest.raises(BadDataError, match=why):
        undoing.read(path)


def test_what_cannot_be_restored_is_said_before_it_is_tried(originals, tmp_path, undo):
    path = tmp_path / "a.mp3"
    shutil.copy(originals["2.4"], path)
    put(path, ["Jazz"], undo.add)
    path.chmod(0o444)
    for apply in (False, True):
        [one] = undoing.undo(undoing.read(undo.path), apply=apply)
        assert (one.what, "read-only" in one.reason) == (undoing.FAILED, True)


def test_a_folder_is_no_undo_file(tmp_path):
    with pytest.raises(MissingDataError, match="is not a file"):
        undoing.read(tmp_path)


def test_a_missing_undo_file_is_said(tmp_path):
    with pytest.raises(MissingDataError, match="is not there"):
        undoing.read(tmp_path / "undo.jsonl")
