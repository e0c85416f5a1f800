"""What a library's answers change in its tags."""

from pathlib import Path

import numpy as np
import pytest

import libraries
import taggable
import tagged_files as made
from mumu_lib.audio import decoding
from mumu_lib.core.errors import AudioError
from mumu_lib.prediction.library import shelves, tagging
from mumu_lib.prediction.library.tagging import ADD, HAS, MISSING, NOTHING, REPLACE, RIGHT, SKIPPED, WRITE
from mumu_lib.sources import tags
from mumu_lib.sources.collection.report import Report
from mumu_lib.sources.tagging.editors import NotWritableError
from mumu_lib.sources.tagging.names import Names


@pytest.fixture
def album(tmp_path):
    folder = tmp_path / "Ann" / "Blue"
    folder.mkdir(parents=True)
    for name, genres in (("1", ()), ("2", ("Rock",)), ("3", ("Other",)), ("4", ("JAZZ", "Zydeco"))):
        path = made.sound(folder / f"{name}.flac")
        if genres:
            libraries.with_genre(path, *genres)
    made.sound(folder / "5.au")
    [one] = shelves.find(tmp_path, Report())
    return one


def whats(plans):
    return [one.what for one in plans]


@pytest.mark.parametrize(
    ("how", "expected", "new"),
    [
        (MISSING, [WRITE, HAS, WRITE, HAS, SKIPPED], {"1": ("Jazz", "Pop"), "3": ("Jazz", "Pop")}),
        (ADD, [WRITE, WRITE, WRITE, WRITE, SKIPPED], {"2": ("Rock", "Jazz", "Pop"), "3": ("Jazz", "Pop"), "4": ("JAZZ", "Zydeco", "Pop")}),
        (REPLACE, [WRITE, WRITE, WRITE, WRITE, SKIPPED], {"2": ("Jazz", "Pop"), "4": ("Jazz", "Pop")}),
    ],
)  # fmt: skip
def test_what_becomes_of_each_file(album, how, expected, new):
    plans = tagging.plan(album, ("Jazz", "Pop"), how)
    assert whats(plans) == expected
    for one in plans:
        if one.path.stem in new:
            assert one.new == new[one.path.stem]
    assert "(au) are not written" in plans[-1].reason


@pytest.mark.parametrize("how", [MISSING, ADD, REPLACE])
def test_twice_changes_nothing(album, how):
    records = []
    done = list(tagging.carry_out(tagging.plan(album, ("Jazz", "Pop"), how), records.append))
    for one in done:
        if one.what == WRITE:
            assert tags.read(one.path).genres == one.new
    assert len(records) == whats(done).count(WRITE)
    again = whats(tagging.plan(album, ("Jazz", "Pop"), how))
    assert WRITE not in again
    if how != MISSING:
        assert again == [RIGHT] * 4 + [SKIPPED]


def test_without_a_sure_genre_nothing_is_written(album):
    assert set(whats(tagging.plan(album, (), REPLACE))) == {NOTHING}


def test_a_read_only_file_is_seen_before_and_meanwhile(album):
    plans = tagging.plan(album, ("Jazz",), REPLACE)
    album.audio[0].chmod(0o444)
    done = list(tagging.carry_out(plans, lambda _: None))
    assert whats(done) == [SKIPPED, WRITE, WRITE, WRITE, SKIPPED]
    assert "read-only" in done[0].reason
    assert whats(tagging.plan(album, ("Pop",), REPLACE))[0] == SKIPPED


def test_only_sure_ones_under_their_names():
    kept = [
        ["Jazz", "yes", 0.9],
        ["Rap & Hip-Hop", "yes", 0.6],
        ["Pop", "not sure", 0.9],
        ["Rock", "yes", 0.4],
        ["Folk", "yes", None],
    ]
    names = Names({"Rap & Hip-Hop": "Hip-Hop", "General": ""})
    assert tagging.sure_names(kept, names, 0.5) == ("Jazz", "Hip-Hop")
    assert tagging.sure_names(kept, names, 0) == ("Jazz", "Hip-Hop", "Rock", "Folk")
    assert tagging.sure_names([["General", "yes", 1.0]], names, 0.5) == ()


def test_the_diff_puts_files_of_one_kind_together():
    plans = [
        tagging.Plan(Path("1.mp3"), WRITE, ("Rock",), ("Jazz",)),
        tagging.Plan(Path("2.mp3"), WRITE, ("Rock",), ("Jazz",)),
        tagging.Plan(Path("3.mp3"), HAS, ("Pop",)),
        *[tagging.Plan(Path(f"{number}.au"), SKIPPED, reason="not written") for number in range(5)],
    ]
    assert tagging.diff("Ann/Blue", plans).splitlines() == [
        "Ann/Blue",
        "  2 files: Rock -> Jazz",
        "  skipped: 0.au, 1.au, 2.au and 2 more: not written",
    ]
    assert not tagging.diff("Ann/Blue", [plans[2]])


def test_what_sounds_different_is_refused(tmp_path, monkeypatch):
    path = taggable.with_everything(tmp_path)["m4a"]
    heard = iter([np.zeros(4, np.float32), np.ones(4, np.float32)])
    monkeypatch.setattr(decoding, "decode", lambda *_: decoding.Decoded(next(heard), 8000, 1.0))
    with pytest.raises(NotWritableError, match="would not sound the same"):
        tagging.sounds_alike(path, path)


def test_what_cannot_be_decoded_any_more_is_refused(tmp_path, monkeypatch):
    path = taggable.with_everything(tmp_path)["m4a"]
    heard = []

    def decode(*_):
        heard.append(1)
        if len(heard) > 1:
            raise AudioError("corrupt", "cut")
        return decoding.Decoded(np.zeros(4, np.float32), 8000, 1.0)

    monkeypatch.setattr(decoding, "decode", decode)
    with pytest.raises(NotWritableError, match=r"decoded any more \(corrupt\)"):
        tagging.sounds_alike(path, path)


@made.WITH_FFMPEG
@pytest.mark.parametrize("ending", [".m4a", ".wma"])
def test_files_with_tables_of_places_are_decoded(tmp_path, ending):
    one, two = made.encoded(tmp_path / f"a{ending}"), tmp_path / ".mumu-x.tmp"
    two.write_bytes(one.read_bytes())
    tagging.sounds_alike(one, two)
    if ending == ".m4a":
        data = two.read_bytes()
        at = data.index(b"mdat") + 300
        two.write_bytes(data[:at] + bytes(byte ^ 0x55 for byte in data[at : at + 400]) + data[at + 400 :])
        with pytest.raises(NotWritableError):
            tagging.sounds_alike(one, two)
