"""``python -m mumu_lib`` and its commands."""

import runpy
import sys

import pytest

from mumu_lib.__main__ import COMMANDS, main


def test_without_a_word_it_prints_what_a_report_needs(capsys):
    assert main([]) == 0
    assert capsys.readouterr().out.startswith("versions:")


def test_help_names_every_command(capsys):
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in COMMANDS)


def test_an_unknown_command_is_answered_with_the_nearest(capsys):
    assert main(["chek"]) == 2
    assert "did you mean 'check'?" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["check", "plan", "features"])
def test_a_catalogue_that_is_not_there_is_said_and_not_raised(capsys, command):
    assert main([command, "nowhere"]) == 1
    assert "no catalogue 'nowhere'" in capsys.readouterr().err


def test_stopped_by_hand_it_ends_without_a_traceback(capsys, monkeypatch):
    def stop(words):
        raise KeyboardInterrupt

    monkeypatch.setitem(COMMANDS, "check", stop)
    assert main(["check"]) == 130
    assert capsys.readouterr().err == "\nstopped\n"


def test_tables_that_are_not_there_yet_are_said(capsys):
    assert main(["table", "nowhere"]) == 1
    assert "run  papermill " in capsys.readouterr().err


def test_the_command_prints_the_report(tiny, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["mumu_lib"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("mumu_lib", run_name="__main__")
    assert ended.value.code == 0
    assert "mumu-lib" in capsys.readouterr().out


def test_nothing_is_printed_when_it_is_only_imported(capsys):
    runpy.run_module("mumu_lib.__main__", run_name="imported")
    assert not capsys.readouterr().out
