"""The command behind docs/real-data.md, on generated sets of the published layouts."""

import dataclasses
import importlib
import json
import re
import shutil
import sys

import pandas as pd
import pytest

from mumu_lib import runs
from mumu_lib.core.paths import checkout, home
from written_runs import writer

GENRES = {"/m/1": "Rock music", "/m/2": "Jazz", "/m/3": "Vocal jazz"}


@pytest.fixture
def command(monkeypatch):
    monkeypatch.syspath_prepend(str(checkout() / "benchmarks"))
    yield importlib.import_module("real_data")
    for name in ("real_data", "real_sets"):
        sys.modules.pop(name, None)


@pytest.fixture
def sets(command):
    return importlib.import_module("real_sets")


@pytest.fixture
def captions(tmp_path):
    """Forty captions of three genres, one of them below another."""
    ontology = [{"id": "/m/0", "name": "Music genre", "child_ids": ["/m/1", "/m/2"]}]
    for label, name in GENRES.items():
        ontology.append({"id": label, "name": name, "child_ids": ["/m/3"] if label == "/m/2" else []})
    (tmp_path / "ontology.json").write_text(json.dumps(ontology), encoding="utf-8")
    rows = []
    for number in range(40):
        labels = list(GENRES)[number % 3]
        rows.append((f"v{number}", f"/m/9,{labels}", f"A slow Jazz song {number}, not jazzy", number % 4 == 0))
    columns = ["ytid", "audioset_positive_labels", "caption", "is_audioset_eval"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "musiccaps-public.csv", index=False)
    return tmp_path


@pytest.fixture
def jamendo(tmp_path):
    """Albums of two tracks; the genres of an album are those of both."""
    tags = [("rock", "pop"), ("pop", "indie"), ("jazz", "swing")]
    for part, (split, count) in enumerate({"train": 30, "validation": 9, "test": 9}.items()):
        lines = ["TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS"]
        for album in range(count):
            for track, tag in enumerate(tags[album % 3]):
                words = [
                    f"track_{part}{album}{track}",
                    "artist",
                    f"album_{part}{album:02d}",
                    "x.mp3",
                    "9",
                    f"genre---{tag}",
                ]
                lines.append("\t".join([*words, "genre---folk"] if track else words))
        (tmp_path / f"autotagging_genre-{split}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def test_captions_have_genres_with_parents_and_no_genre_words(sets, captions):
    table = sets.captions(captions)
    assert set(table["genres"]) == {"Rock music", "Jazz", "Jazz > Vocal jazz"}
    assert table["text"][0] == "A slow   song 0, not jazzy"
    assert table["split"].value_counts().to_dict() == {"train": 24, "test": 10, "val": 6}


def test_classes_and_folds_of_esc10_are_read_from_names(sets, tmp_path):
    for fold in "145":
        clip = tmp_path / "003 - Sea waves" / f"{fold}-1234-A.ogg"
        clip.parent.mkdir(exist_ok=True)
        clip.touch()
    table = sets.esc10(tmp_path)
    assert table["genres"].tolist() == ["Sea waves"] * 3
    assert table["split"].tolist() == ["train", "val", "test"]


def test_albums_of_jamendo_have_the_genres_of_their_tracks(sets, jamendo):
    table = sets.mtg_jamendo(jamendo).set_index("album_id")
    assert table.loc["album_000", "genres"] == "rock | pop | folk"
    assert table["split"].value_counts().to_dict() == {"train": 30, "val": 9, "test": 9}


def test_labels_alone_make_a_page_that_names_what_is_absent(command, jamendo, capsys):
    page = jamendo / "page.md"
    assert command.main(["--mtg-jamendo", str(jamendo), "--esc10", str(jamendo / "nowhere"), "--page", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert "Left out here: ESC-10" in text
    assert re.search(r"^\| MTG-Jamendo, genres only, by album +\| 48 +\| 6 ", text, re.MULTILINE)
    assert "rock: pop" in text or "pop: " in text
    assert "left out: ESC-10" in capsys.readouterr().out


def test_no_set_at_all_writes_no_page(command, tmp_path):
    with pytest.raises(SystemExit):
        command.main(["--page", str(tmp_path / "page.md")])
    assert not (tmp_path / "page.md").exists()


def test_a_smaller_set_keeps_its_test_items(command, sets, captions):
    real = dataclasses.replace(sets.SETS["captions"], min_albums=2)
    music = command.catalogue_of("captions", real, captions, 12)
    assert music.name == "real-captions"
    assert len(music.rows("train")) + len(music.rows("val")) == 12
    assert len(music.rows("test")) == 10


def test_the_best_network_of_each_recipe_is_chosen_by_validation(command, tiny):
    write = writer(tiny)
    interval = {"auc_low": 0.4, "auc_high": 0.6}
    for setting, recipe, val_auc in (("vsm", "paper", 0.6), ("vsm_sem", "ours", 0.7), ("vsm_minilm", "ours", 0.8)):
        write(f"text/cosine/{setting}", 1.0, val_auc=val_auc, recipe=recipe, epochs=2, **interval)
    write("text/logistic/vsm", 1.0, val_auc=0.9, recipe="paper", epochs=2, **interval)
    for name in runs.table(tiny)["folder"].map(lambda folder: folder.rsplit("/", 1)[-1]):
        modality, target, setting = name.split("-")
        line = f"{modality}/{target}/linear_{setting}"
        write(line, 0.5, recipe="line", beside=name, epochs=1, run_id=f"line-{name}", **interval)
    table = command.best_rows(tiny)
    assert table["network"].tolist() == ["vsm_sem, cosine", "vsm_minilm, cosine", "vsm, logistic"]
    assert table["recipe"].tolist() == ["ours", "ours, encoder", "paper"]
    assert table["AUC"][0] == "0.500 [0.400, 0.600]"
    assert table["s"].tolist() == ["2.0"] * 3


def test_a_line_on_embeddings_that_hold_the_labels_is_right(command, tiny):
    embeddings = pd.DataFrame(tiny.label_matrix().toarray() + 0.1, tiny.albums["album_id"])
    assert command.auc_of_line(tiny, "cosine", embeddings) > 0.95
    assert command.real_share(tiny) == pytest.approx(0.333, abs=0.1)


def test_without_runs_nothing_is_started_where_only_finished_ones_are_asked_for(command, captions, capsys):
    page = captions / "page.md"
    assert command.main(["--captions", str(captions), "--finished", "--page", str(page)]) == 0
    assert "not run yet" in capsys.readouterr().out
    assert "## Networks" not in page.read_text(encoding="utf-8")


def test_a_run_without_its_encoder_is_left_out(command, capsys):
    assert command.can_run({"features": "vsm"})
    assert not command.can_run({"encoder": "musicnn"})
    assert "make pretrained" in capsys.readouterr().out


@pytest.mark.skipif(not shutil.which("papermill"), reason="papermill is not on the path")
def test_a_notebook_runs_once(command, captions, capsys, monkeypatch):
    started = []
    monkeypatch.setattr(command.subprocess, "run", lambda words, **_: started.append(words) or _finish(words))
    real = importlib.import_module("real_sets").SETS["captions"]
    music = command.catalogue_of("captions", real, captions)
    for _ in range(2):
        assert command.run_notebook("05_text", music, {"features": "vsm"}) == 3.0
    assert len(started) == 1
    assert started[0][-2:] == ["features", "vsm"]
    assert list((home() / "notebooks").glob("*.ipynb"))


def _finish(words):
    """Write the output that papermill would."""
    content = {"cells": [], "metadata": {"papermill": {"duration": 3.0}}, "nbformat": 4, "nbformat_minor": 5}
    (output,) = [word for word in words if word.endswith(".unfinished.ipynb")]
    with open(output, "w", encoding="utf-8") as file:
        json.dump(content, file)
