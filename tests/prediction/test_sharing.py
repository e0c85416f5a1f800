"""One file for what was learned: what is in it, what never is, and when none is written."""

import errno
import json
import re
import zipfile

import pandas as pd
import pytest

import mumu_lib
from failing_disk import failing
from mumu_lib import catalogue
from mumu_lib.__main__ import main
from mumu_lib.core.errors import MissingDataError, ParameterError, WriteError
from mumu_lib.prediction import sharing
from shared_files import manifest_of, parts_of


def test_no_album_is_in_the_file(exported, music):
    parts = parts_of(exported)
    texts = {name: content.decode() for name, content in parts.items() if name.endswith((".json", ".txt"))}
    assert len(texts) > 20
    for name, text in texts.items():
        assert not re.search(r"\bA\d+\b|\.wav|\.png|album_id", text), name
        assert str(music.folder.parents[1]) not in text, name
        assert str(music.folder) not in text, name
        for review in music.reviews.text:
            assert review not in text
    arrays = {name.rsplit("/", 1)[-1] for name in parts if name.endswith(".npy")}
    assert arrays == {
        "factors_3.npy", "thresholds.npy", "precision.npy", "decided.npy", "constant.npy", "mean.npy", "scale.npy", "centres.npy", "others.npy",
    }  # fmt: skip


def test_the_file_says_where_it_comes_from(exported, music):
    manifest = manifest_of(exported)
    assert manifest["labels"] == music.labels
    assert manifest["links"] == [[music.labels.index("Vocal Jazz"), music.labels.index("Jazz")]]
    assert manifest["licence"] == "CC0-1.0"
    assert manifest["fingerprint"] == music.fingerprint
    assert manifest["made"]["albums"] == {"train": 4, "val": 4, "test": 4}
    assert manifest["made"]["versions"]["keras"]
    readme = parts_of(exported)["README.txt"].decode()
    assert "none of them is in this file" in readme
    assert "CC0-1.0" in readme


def test_paths_of_this_machine_are_left_out(music, monkeypatch):
    given = {"knowledge": "/home/me/wiki", "embeddings": "/home/me/x.npy", "weights": "/home/me/w.h5", "seed": 1}
    assert sharing._without_paths(given) == {"knowledge": "", "embeddings": "", "weights": "", "seed": 1}


def test_without_a_run_the_command_that_makes_one_is_said(tiny, tmp_path):
    with pytest.raises(MissingDataError, match=r"no finished run of 'tiny'; run one, such as  papermill"):
        sharing.export(tiny, tmp_path / "tiny.mumu")
    assert not (tmp_path / "tiny.mumu").exists()


def test_what_is_there_is_replaced_only_if_that_is_asked_for(music, tmp_path, exported):
    place = tmp_path / "mine.mumu"
    place.write_text("precious")
    with pytest.raises(ParameterError, match="--force"):
        sharing.export(music, tmp_path / "mine")
    assert place.read_text() == "precious"
    sharing.export(music, place, only=["text-cosine-vsm"], force=True)
    assert manifest_of(place)["runs"] == ["text-cosine-vsm"]
    (tmp_path / "folder.mumu").mkdir()
    with pytest.raises(ParameterError, match="exists already; give another name"):
        sharing.export(music, tmp_path / "folder.mumu", force=True)


def test_a_full_disk_leaves_no_half_a_file(music, tmp_path, monkeypatch):
    monkeypatch.setattr(zipfile.ZipFile, "writestr", failing(errno.ENOSPC))
    with pytest.raises(WriteError, match="no space is left"):
        sharing.export(music, tmp_path / "mine.mumu", only=["text-cosine-vsm"])
    assert not list(tmp_path.glob("mine*"))


def test_the_same_content_makes_the_same_file(exported, tmp_path):
    parts = parts_of(exported)
    sharing.write(parts, tmp_path / "one")
    sharing.write(parts, tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_the_command_says_what_goes_in_with_sizes(music, tmp_path, capsys, own):
    words = [
        "export",
        str(music.folder),
        str(tmp_path / "out.mumu"),
        "--runs",
        "text-cosine-vsm",
        "--licence",
        "CC0-1.0",
    ]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert re.search(r"\d+\.\d\d MB  text-cosine-vsm\n", said)
    assert f'mumu_lib.predict_album("FOLDER", catalogue="{tmp_path / "out.mumu"}")' in said
    table = mumu_lib.predict_album(own, tmp_path / "out.mumu")
    assert list(table.modality.unique()) == ["text"]
    assert main(words) == 1
    assert "--force" in capsys.readouterr().err


def test_metrics_hold_known_facts_only(exported):
    for name, content in parts_of(exported).items():
        if name.endswith("/metrics.json"):
            assert set(json.loads(content)) <= {*sharing.FACTS, "network", "album_network"}


def test_a_catalogue_that_has_changed_since_has_no_run_to_share(music, tmp_path):
    other = catalogue.write(
        tmp_path / "other", name="mine", albums=music.albums.head(8), tracks=music.tracks.head(0), min_albums=1, source="",
        reviews=pd.DataFrame({"album_id": [], "text": []}), branches=[["Jazz"]], roots={"audio": "", "covers": ""},
    )  # fmt: skip
    with pytest.raises(MissingDataError, match="no finished run"):
        sharing.export(other, tmp_path / "x.mumu")
