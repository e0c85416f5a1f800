"""``python -m mumu_lib`` prints what an issue report begins with."""

import runpy


def test_the_command_prints_the_report(tiny, capsys):
    runpy.run_module("mumu_lib", run_name="__main__")
    assert "mumu-lib" in capsys.readouterr().out


def test_nothing_is_printed_when_it_is_only_imported(capsys):
    runpy.run_module("mumu_lib.__main__", run_name="imported")
    assert not capsys.readouterr().out
