"""Commands as they are printed: a shell and papermill read back what was meant."""

import os
import shlex
import shutil
import subprocess

import papermill.cli
import pytest
from click.testing import CliRunner
from hypothesis import given, strategies as st

from mumu_lib.core import commands
from mumu_lib.core.paths import checkout

NAMES = ["2017_02", "007", "5e2", "1.0", "nan", "-inf", "1_000", "True", "None", "true", "null", "yes", "~", "two words",
         "it's", 'say "x"', "$HOME", "a;b", "#1", "*", "-x", "rock 'n' roll", "é", "0x10", " 7", "٣"]  # fmt: skip


def parsed(command, monkeypatch):
    """Notebook and parameters that papermill's own command line reads from a line typed into a shell."""
    told = {}
    monkeypatch.setattr(papermill.cli, "execute_notebook", lambda **given: told.update(given))
    program, *words = shlex.split(command)
    assert program == "papermill"
    done = CliRunner().invoke(papermill.cli.papermill, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return told["input_path"], told["parameters"]


@pytest.mark.parametrize("name", NAMES)
def test_papermill_reads_a_name_as_it_is(name, monkeypatch):
    command = commands.papermill("05_text", catalogue=name, epochs=3, frozen=True, rate=0.5)
    path, told = parsed(command, monkeypatch)
    assert path.endswith("05_text.ipynb")
    assert told == {"catalogue": name, "epochs": 3, "frozen": True, "rate": 0.5}
    assert all(type(told[key]) is kind for key, kind in {"catalogue": str, "epochs": int, "frozen": bool}.items())


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1) | st.floats().map(repr))
def test_what_papermill_makes_of_a_word_is_known(word):
    from papermill.cli import _resolve_type

    assert repr(commands.read_by_papermill(word)) == repr(_resolve_type(word))
    assert commands.is_text_to_papermill(word) == isinstance(_resolve_type(word), str)


@pytest.mark.skipif(os.name == "nt" or not shutil.which("sh"), reason="there is no sh")
@pytest.mark.parametrize("name", NAMES)
def test_a_shell_hands_on_every_word_as_it_is(name):
    line = f"printf '%s\\n' {commands.typed(name, 'x')}"
    assert subprocess.run(["sh", "-c", line], capture_output=True, encoding="utf-8").stdout == f"{name}\nx\n"


def test_a_notebook_is_named_as_it_is_seen_from_here(monkeypatch, tmp_path):
    monkeypatch.chdir(checkout())
    assert commands.notebook_path("05_text") == "notebooks/05_text.ipynb"
    assert commands.papermill("05_text", there=True) == "papermill notebooks/05_text.ipynb out.ipynb --cwd notebooks"
    monkeypatch.chdir(checkout() / "notebooks")
    assert commands.papermill("05_text", there=True) == "papermill 05_text.ipynb out.ipynb"
    monkeypatch.chdir(tmp_path)
    assert commands.notebook_path("05_text") == str(checkout() / "notebooks" / "05_text.ipynb")


def test_options_of_a_module_and_variables_of_make():
    assert commands.python("mumu_lib.sources.folder", "my music", min_albums=2) == (
        "python -m mumu_lib.sources.folder 'my music' --min-albums 2"
    )
    assert commands.make("paper", CATALOGUE="it's") == """make paper 'CATALOGUE=it'"'"'s'"""


def test_words_for_the_shell_that_runs_jobs(monkeypatch):
    assert commands.quoted("my music") == "'my music'"
    monkeypatch.setattr(os, "name", "nt")
    assert commands.quoted("my music") == '"my music"'
