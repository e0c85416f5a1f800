"""What of a home can still be used, and what to type for the rest."""

import json
import shlex
import shutil
from dataclasses import fields, replace

import numpy as np
import pytest

import fake_encoders
from mumu_lib import params, runs
from mumu_lib.__main__ import main
from mumu_lib.core.paths import checkout
from mumu_lib.series import inventory

BOOK = checkout() / "notebooks" / "04_audio.ipynb"


@pytest.fixture
def cfg():
    return params.Audio(**{**params.defaults(BOOK), "catalogue": "tiny"})


def finished(tiny, cfg, **facts):
    """A finished audio run of the tiny catalogue."""
    run = runs.start(tiny, f"audio-{cfg.target}-{cfg.filters}", cfg)
    scores = np.ones((len(tiny.albums), len(tiny.labels)))
    about = {"modality": "audio", "target": cfg.target, "setting": cfg.filters, "auc": 0.5, "val_auc": 0.5}
    run.write({**about, **facts}, album_ids=list(tiny.albums["album_id"]), embeddings=scores, scores=scores)
    return run


def state(what="run"):
    """Rows of one kind: name -> state, why, what to type."""
    table = inventory.take_stock()
    rows = table[table["what"] == what].set_index("name")[["state", "why", "type this"]]
    return {name: tuple(row) for name, row in rows.T.items()}


def test_a_catalogue_and_its_finished_run_are_usable(tiny, cfg):
    finished(tiny, cfg)
    assert state("catalogue") == {"tiny": ("usable", "30 albums, 60 tracks, 30 reviews", "")}
    assert state() == {"tiny/audio-cosine-low_4x96": ("usable", "finished", "")}


def test_an_unfinished_run_is_named_with_the_command_that_finishes_it(tiny, cfg):
    runs.start(tiny, "audio-logistic-low_4x70", replace(cfg, target="logistic", filters="low_4x70", epochs=3))
    ((_, (found, why, command)),) = state().items()
    assert found == "in part"
    assert "not finished" in why
    assert shlex.split(command) == [
        "papermill", "notebooks/04_audio.ipynb", "out.ipynb", "--cwd", "notebooks", "-p", "catalogue", "tiny",
        "-p", "filters", "low_4x70", "-p", "recipe", "paper",
        "-p", "target", "logistic", "-p", "epochs", "3",
    ]  # fmt: skip


def test_a_run_on_the_catalogue_as_it_was_is_not_usable(tiny, cfg):
    run = finished(tiny, cfg)
    stored = json.loads((run.folder / "params.json").read_text(encoding="utf-8"))
    (run.folder / "params.json").write_text(json.dumps({**stored, "fingerprint": "0"}), encoding="utf-8")
    ((_, (found, why, command)),) = state().items()
    assert (found, why) == ("not usable", "made on the catalogue as it was before")
    assert command.startswith("papermill notebooks/04_audio.ipynb")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"filters": "giant_9x9"}, "its parameters are not valid in this version: filters='giant_9x9' is not one of"),
        ({"colour": "blue"}, "no notebook of this version has these parameters"),
    ],
)
def test_parameters_of_another_version_are_said_to_be_so(tiny, cfg, change, why):
    run = finished(tiny, cfg)
    stored = json.loads((run.folder / "params.json").read_text(encoding="utf-8"))
    (run.folder / "params.json").write_text(json.dumps({**stored, **change}), encoding="utf-8")
    ((_, (found, said, _)),) = state().items()
    assert found == "not usable"
    assert said.startswith(why)


def test_results_that_the_library_would_refuse_are_not_usable(tiny, cfg):
    run = finished(tiny, cfg)
    path = run.folder / "metrics.json"
    facts = json.loads(path.read_text(encoding="utf-8"))
    for change in ({"auc": "high"}, {"fingerprint": None}, {"modality": 7}):
        path.write_text(json.dumps({**facts, **change}), encoding="utf-8")
        assert state()["tiny/audio-cosine-low_4x96"][0] == "not usable", change
    path.write_text("{}", encoding="utf-8")
    assert "holds no AUC" in state()["tiny/audio-cosine-low_4x96"][1]
    path.write_text(json.dumps({**facts, "network": 5}), encoding="utf-8")
    assert state()["tiny/audio-cosine-low_4x96"][0] == "in part"


def test_runs_of_a_catalogue_whose_folder_was_copied_are_listed_once(tiny, cfg, home):
    finished(tiny, cfg)
    shutil.copytree(tiny.folder, home / "data" / "copy")
    assert list(state()) == ["tiny/audio-cosine-low_4x96"]
    assert "its name is 'tiny'" in state("catalogue")["copy"][1]


def test_a_run_whose_network_is_gone_still_counts_in_table_2(tiny, cfg, home):
    finished(tiny, cfg, network="tracks-01234567")
    ((_, (found, why, _)),) = state().items()
    assert found == "in part"
    assert f"remove {home / 'runs' / 'tiny' / 'audio-cosine-low_4x96' / 'tracks-01234567'}" in why


def test_files_that_cannot_be_read_are_named(tiny, cfg):
    run = finished(tiny, cfg)
    (run.folder / "scores.npy").write_bytes(b"no array")
    assert state()["tiny/audio-cosine-low_4x96"][0] == "not usable"
    (run.folder / "metrics.json").write_text("{", encoding="utf-8")
    assert "metrics.json is not JSON" in state()["tiny/audio-cosine-low_4x96"][1]
    (run.folder / "params.json").write_text("{", encoding="utf-8")
    assert "params.json is not JSON" in state()["tiny/audio-cosine-low_4x96"][1]
    (tiny.folder / "catalogue.json").write_text("{", encoding="utf-8")
    assert state("catalogue")["tiny"][0] == "not usable"


def test_stores_are_held_against_what_would_be_extracted_now(tiny):
    for name in (
        "cqt-v1-fast-1x15s-seed0",
        "cqt-v0-fast-1x15s-seed0",
        "cqt-v1-fast-0x15s-seed0",
        "timbre-v1",
        "covers-v1-256",
        "other",
    ):
        (tiny.folder / "features" / name).mkdir(parents=True)
    stores = state("store")
    found, why, command = stores["tiny/cqt-v1-fast-1x15s-seed0"]
    assert found == "not usable"
    assert why.startswith("60 of 60 items")
    assert command == "python -m mumu_lib.patches tiny --patches 1 --seed 0"
    assert stores["tiny/timbre-v1"][2] == "python -m mumu_lib.patches tiny --kind timbre"
    assert (
        stores["tiny/covers-v1-256"][2]
        == "papermill notebooks/06_image.ipynb out.ipynb --cwd notebooks -p catalogue tiny"
    )
    assert stores["tiny/cqt-v1-fast-0x15s-seed0"][0] == "not usable"
    for name in ("cqt-v0-fast-1x15s-seed0", "other"):
        assert stores[f"tiny/{name}"] == ("not usable", "made by a version with other features; nothing reads it", "")


def test_stores_of_encoders_are_known_where_their_weights_are(tiny, monkeypatch):
    names = ("mtt_musicnn-v1-5-20windows", "mtt_musicnn-v1-5-99windows", "msd_musicnn-v1-200-20windows")
    for name in names:
        (tiny.folder / "features" / name).mkdir(parents=True)
    fake_encoders.install(monkeypatch, "mtt_musicnn")
    stores = state("store")
    found, why, command = stores[f"tiny/{names[0]}"]
    assert found == "not usable"
    assert why.startswith("60 of 60 items")
    assert command == "python -m mumu_lib.patches tiny --kind mtt_musicnn"
    assert stores[f"tiny/{names[1]}"][1] == "made by a version with other features; nothing reads it"
    assert "make pretrained" in stores[f"tiny/{names[2]}"][1]


def test_runs_of_a_catalogue_that_lies_elsewhere_are_found_by_its_path(tiny, cfg, tmp_path):
    finished(tiny, cfg)
    elsewhere = tiny.folder.rename(tmp_path / "tiny")
    assert state("runs")["tiny"][0] == "not usable"
    assert main(["check", str(elsewhere)]) == 0


def test_every_notebooks_own_defaults_are_known_again():
    for notebook, kind in params.PARAMETERS.items():
        cell = params.defaults(checkout() / "notebooks" / f"{notebook}.ipynb")
        stored = {name: value for name, value in cell.items() if name != "workers"}
        assert inventory.notebook_of({**stored, "fingerprint": "0"}) == notebook
        assert set(stored) == {f.name for f in fields(kind)} - {"workers"}


def test_the_command_says_it_all_and_counts(tiny, cfg, capsys):
    finished(tiny, cfg)
    runs.start(tiny, "audio-logistic-low_4x96", replace(cfg, target="logistic"))
    assert main(["check"]) == 0
    said = capsys.readouterr().out
    assert "catalogue tiny: usable" in said
    assert "usable: 2, in part: 1, not usable: 0" in said
    assert "A relative path among the parameters is one from notebooks/." in said
