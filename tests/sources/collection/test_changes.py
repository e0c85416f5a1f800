"""Test the comparison of a new catalogue with the old one."""

import json

import pandas as pd
import pytest

from mumu_lib import open_catalogue
from mumu_lib.core.errors import ParameterError
from mumu_lib.sources import folder
from own_collections import sound


@pytest.fixture
def music(tmp_path):
    root = tmp_path / "music"
    for n in range(4):
        sound(root / f"Ann {n}" / "Wide" / "1.flac")
        (root / f"Ann {n}" / "Wide" / "genres.txt").write_text("Jazz", encoding="utf-8")
    return root


def make(root, tmp_path, **options):
    return folder.build(root, name="mine", out=tmp_path / "out", **options)


def contents(place):
    return {path.name: path.read_bytes() for path in sorted(place.iterdir()) if path.suffix in (".parquet", ".json")}


def test_an_equal_catalogue_is_written_again_to_the_byte(music, tmp_path, capsys):
    make(music, tmp_path)
    before = contents(tmp_path / "out")
    make(music, tmp_path)
    assert contents(tmp_path / "out") == before
    assert "replaced" not in capsys.readouterr().out


def test_new_albums_alone_need_no_force(music, tmp_path, capsys):
    make(music, tmp_path, fractions=(1, 0, 0))
    sound(music / "Zoe" / "Low" / "1.flac")
    assert len(make(music, tmp_path, fractions=(1, 0, 0)).albums) == 5
    assert "is replaced (of its 4 albums: 1 new)" in capsys.readouterr().out


def test_albums_that_are_only_taken_away_need_no_force_unless_all_are(music, tmp_path, capsys):
    make(music, tmp_path, fractions=(1, 0, 0))
    (music / "Ann 3").rename(tmp_path / "elsewhere")
    assert len(make(music, tmp_path, fractions=(1, 0, 0)).albums) == 3
    assert "is replaced (of its 4 albums: 1 gone)" in capsys.readouterr().out
    (music / "Ann 2").rename(tmp_path / "elsewhere too")
    sound(music / "Zoe" / "Low" / "1.flac")
    with pytest.raises(ParameterError, match="of its 3 albums: 1 gone, 1 new"):
        make(music, tmp_path, fractions=(1, 0, 0))


def test_other_albums_splits_or_genres_are_counted_and_ask_for_force(music, tmp_path):
    made = make(music, tmp_path)
    before = contents(tmp_path / "out")
    (music / "Ann 0").rename(music / "Bob")
    (music / "Ann 1" / "Wide" / "genres.txt").write_text("Jazz\nPop", encoding="utf-8")
    sound(music / "Ann 2" / "Wide" / "2.flac")
    with pytest.raises(
        ParameterError,
        match=r"4 albums: 1 gone, 1 new, 1 with other tracks.*1 with other genres.*--force",
    ) as refused:
        make(music, tmp_path)
    assert "--out" in str(refused.value)
    assert contents(tmp_path / "out") == before
    assert open_catalogue(tmp_path / "out").fingerprint == made.fingerprint
    listed = pd.read_csv(tmp_path / "out" / "changes.csv", keep_default_na=False)
    assert set(listed["what"]) >= {"gone", "new", "tracks", "genres"}
    make(music, tmp_path, force=True)
    assert "Bob/Wide" in set(open_catalogue(tmp_path / "out").albums["album_id"])


def test_first_genres_need_no_force(tmp_path, capsys):
    root = tmp_path / "music"
    sound(root / "Ann" / "Wide" / "1.flac")
    make(root, tmp_path)
    assert "give genres" in capsys.readouterr().out
    (root / "Ann" / "Wide" / "genres.txt").write_text("Jazz", encoding="utf-8")
    assert make(root, tmp_path).labels == []
    # What the next message says to add works as printed.
    assert "--min-albums 1" in capsys.readouterr().out
    assert make(root, tmp_path, min_albums=1).labels == ["Jazz"]
    assert "1 in a split for the first time" in capsys.readouterr().out


def test_another_split_asks_for_force(music, tmp_path):
    make(music, tmp_path)
    with pytest.raises(ParameterError, match="in another split"):
        make(music, tmp_path, fractions=(0, 0.5, 0.5))


def test_a_catalogue_that_cannot_be_read_is_replaced(music, tmp_path):
    make(music, tmp_path)
    (tmp_path / "out" / "catalogue.json").write_text(json.dumps({"format": 99}), encoding="utf-8")
    assert len(make(music, tmp_path).albums) == 4


def test_nothing_usable_leaves_the_report_of_the_old_one(music, tmp_path):
    make(music, tmp_path)
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "a.nfo").touch()
    with pytest.raises(folder.NothingUsableError, match=r"refused\.csv"):
        folder.build(empty, name="mine", out=tmp_path / "out")
