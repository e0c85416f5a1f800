"""``python -m mumu_lib rehearse``."""

import json
import shutil

import pandas as pd
import pytest
from filelock import FileLock

from mumu_lib.__main__ import main
from mumu_lib.core.paths import home as home_of
from mumu_lib.rehearsal import building, commands, measuring, stages
from mumu_lib.rehearsal.measuring import Taken
from mumu_lib.rehearsal.stages import Stage

SMALL = ["rehearse", "--albums", "60", "--tracks", "100", "--seed", "3"]


@pytest.fixture
def quick(monkeypatch):
    """Commands are noted and not run; they end with what is set."""
    ran = []

    def run(command, log, size, told, variables):
        taken = Taken(5, 4, 3, 2, 1, quick.code)
        ran.append(command)
        told(taken)
        return taken

    quick.code = 0
    monkeypatch.setattr(measuring, "run", run)
    quick.ran = ran
    return quick


def test_it_makes_the_tables_and_runs_a_notebook(capsys):
    assert main([*SMALL, "--stages", "tables", "overview"]) == 0
    said = capsys.readouterr().out
    assert "GB free" in said
    assert "| overview" in said
    assert (building.runs_of(60) / "overview" / "metrics.json").is_file()
    assert main([*SMALL, "--stages", "tables", "overview"]) == 0
    kept = json.loads((home_of() / "runs" / "rehearsal-60.rehearsal.json").read_text(encoding="utf-8"))
    assert len(kept["stages"]["overview"]["sittings"]) == 1
    assert main(["rehearse", "--report", "--albums", "60"]) == 0
    assert "| overview" in capsys.readouterr().out
    assert main(["rehearse", "--remove", "--albums", "60"]) == 0
    assert not building.folder_of(60).exists()
    assert main(["rehearse", "--report", "--albums", "60"]) == 0


def test_a_stage_that_failed_is_named_and_tried_again(quick, there, capsys):
    quick.code = 1
    assert main([*SMALL, "--stages", "overview", "factors"]) == 1
    said = capsys.readouterr()
    assert "overview has failed; its log is " in said.err
    assert "factors has failed" in said.err
    quick.code = 0
    assert main([*SMALL, "--stages", "overview", "factors"]) == 0
    assert len(quick.ran) == 4
    shutil.rmtree(building.runs_of(60))


def test_nothing_follows_a_catalogue_that_could_not_be_made(quick):
    quick.code = 1
    assert main(SMALL) == 1
    assert len(quick.ran) == 1


def test_without_networks_no_store_is_made(quick):
    assert main([*SMALL, "--without-networks"]) == 0
    assert len(quick.ran) == 4
    assert not [command for command in quick.ran if "patches" in command]


def test_all_rows_run_on_the_sample(quick, tiny, monkeypatch):
    monkeypatch.setattr(commands, "open_catalogue", lambda name: None)
    tiny.folder.rename(tiny.folder.with_name("sample"))
    assert main(["rehearse", "--sample"]) == 0
    assert len(quick.ran) == 27
    assert main(["rehearse", "--sample", "--report"]) == 0
    with pytest.raises(SystemExit):
        main(["rehearse", "--sample", "--remove"])
    assert (tiny.folder.with_name("sample") / "catalogue.json").is_file()


def test_too_little_room_is_said_before_anything_is_made(quick, monkeypatch, capsys):
    monkeypatch.setattr(building, "room", lambda size, stores: 1e18)
    assert main(SMALL) == 1
    assert "free some" in capsys.readouterr().err
    assert not quick.ran


def test_a_second_rehearsal_is_refused(quick, capsys):
    (home_of() / "runs").mkdir(parents=True)
    with FileLock(home_of() / "runs" / "rehearsal-60.rehearsal.lock"):
        assert main(SMALL) == 1
    assert "another rehearsal" in capsys.readouterr().err
    assert not quick.ran


def test_a_stage_that_is_not_there_is_answered_with_the_nearest(capsys):
    assert main([*SMALL, "--stages", "factor"]) == 1
    assert "did you mean 'factors'?" in capsys.readouterr().err


def test_nothing_rehearsed_is_said(capsys):
    assert main(["rehearse", "--report", "--albums", "77"]) == 1
    assert "'rehearsal-77' has not been rehearsed" in capsys.readouterr().err


def test_a_relative_home_means_the_same_folder_to_what_is_started(quick, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MUMU_HOME", "somewhere")
    seen = []
    before = measuring.run

    def run(command, log, size, told, variables):
        seen.append((variables["MUMU_HOME"], log.is_absolute()))
        return before(command, log, size, told, variables)

    monkeypatch.setattr(measuring, "run", run)
    assert main([*SMALL, "--stages", "overview"]) == 0
    assert seen == [(str(tmp_path / "somewhere"), True)]


def test_of_two_runs_with_one_id_the_one_with_the_stage_s_epochs_is_reported(there, tmp_path, monkeypatch):
    rows = []
    for epochs in (2, 9):
        (tmp_path / str(epochs)).mkdir()
        (tmp_path / str(epochs) / "params.json").write_text(json.dumps({"epochs": epochs}), encoding="utf-8")
        rows.append({"folder": tmp_path / str(epochs), "auc": epochs / 10, "seconds_per_epoch": 1, "epochs": epochs})
    monkeypatch.setattr(commands.runs, "table", lambda catalogue: pd.DataFrame(rows, index=["text-cosine-vsm"] * 2))
    few = Stage("text-cosine-vsm", "text", arguments={"epochs": 2})
    many = stages.with_epochs([few], 9)[0]
    assert [commands._results(stage, there.folder)["auc"] for stage in (few, many)] == [0.2, 0.9]
    assert commands._results(Stage("text-cosine-vsm_sem", "text"), there.folder) == {}


def test_epochs_without_networks_are_refused(capsys):
    with pytest.raises(SystemExit):
        main([*SMALL, "--without-networks", "--epochs", "3"])
    assert "--epochs is for networks" in capsys.readouterr().err
