"""Progress in a terminal, on a page, in a pipe, in a notebook that a program runs."""

import re
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient
from tqdm import notebook

from mumu_lib.core import progress

STEPS = """
import time
from mumu_lib.core import progress
progress.SHOWN_AFTER = 0.2
for _ in progress.bar(range(1000), "brief things", unit="thing"): pass
for _ in progress.bar(range(12), "slow things", unit="batch"): time.sleep(0.05)
with progress.bar(total=4_000_000, initial=1_000_000, desc="dump.gz", unit="B") as bar:
    for _ in range(4): bar.update(500_000); time.sleep(0.1)
print("done")
"""
LINES = r"slow things: 12 batches in \d+ s\ndump.gz: 2.00MB of 3.00MB in \d+ s\n"
MAP = """
import numpy as np, pandas as pd
from mumu_lib import browser
xy = np.random.default_rng(0).normal(size=(40, 2))
browser.browse(pd.DataFrame({"x": xy[:, 0], "y": xy[:, 1], "split": "train"}))
"""


@pytest.fixture
def page(monkeypatch):
    """As if a cell of JupyterLab ran."""

    class Shell:
        def get_parent(self):
            return {"metadata": {"cellId": "5f3a", "deletedCells": []}}

    import IPython

    monkeypatch.setattr(IPython, "get_ipython", Shell)


def test_a_pipe_gets_a_line_a_step(monkeypatch):
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    done = subprocess.run([sys.executable, "-c", STEPS], capture_output=True, text=True, check=True)
    assert done.stdout == "done\n"
    assert re.fullmatch(LINES, done.stderr)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_a_terminal_gets_one_bar_a_step_with_rate_and_remaining_time():
    pexpect = pytest.importorskip("pexpect", reason="pexpect is not installed; IPython brings it")
    terminal = pexpect.spawn(sys.executable, ["-c", STEPS], dimensions=(24, 100), encoding="utf-8", timeout=60)
    shown = terminal.read()
    assert "brief things" not in shown
    assert re.search(r"slow things: +\d+%.*\[00:00<00:00, +[\d.]+batch/s\]", shown)
    assert re.search(r"dump.gz: .* [\d.]+MB/s\]", shown)
    # Each is one line that is written over, and the last picture of it stays.
    assert [line.rpartition("\r")[2].split(":")[0] for line in shown.replace("\r\n", "\n").split("\n")] == ["slow things", "dump.gz", "done", ""]  # fmt: skip


def test_a_page_gets_a_widget(page):
    with progress.bar(total=3, desc="covers", unit="cover") as bar:
        assert isinstance(bar, notebook.tqdm)


def test_a_cell_of_a_console_is_no_page(monkeypatch):
    import IPython

    for shell in (None, object(), type("Shell", (), {"get_parent": lambda self: {"metadata": {}}})()):
        monkeypatch.setattr(IPython, "get_ipython", lambda shell=shell: shell)
        assert not progress.in_notebook_ui()


def test_a_notebook_run_by_a_program_has_lines_and_a_picture_and_no_widget(tmp_path, monkeypatch):
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    monkeypatch.setenv("JPY_SESSION_NAME", "inherited.ipynb")  # as in a papermill started from a cell of JupyterLab
    cells = [nbformat.v4.new_code_cell(source.strip()) for source in (STEPS, MAP)]
    cells[0].metadata["tags"] = ["nbval-check-output"]
    made = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(made, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    out, err = ("".join(o.text for o in made.cells[0].outputs if o.name == name) for name in ("stdout", "stderr"))
    assert out == "done\n"
    assert re.fullmatch(LINES, err)
    (shown,) = made.cells[1].outputs
    assert set(shown.data) == {"text/plain", "image/png"}
    assert "widgets" not in made.metadata

    # As stored, without what went to stderr, nbval must find its checked cell unchanged.
    made.cells[0].outputs = [output for output in made.cells[0].outputs if output.get("name") != "stderr"]
    nbformat.write(made, tmp_path / "stored.ipynb")
    words = ["--nbval-lax", "--nbval-current-env", "-p", "no:cacheprovider", str(tmp_path / "stored.ipynb")]
    checked = subprocess.run([sys.executable, "-m", "pytest", *words], cwd=tmp_path, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (70, "1 min 10 s"), (7530, "2 h 5 min")]
)
def test_durations_are_said_in_words(seconds, text):
    assert progress.spent(seconds) == text


def test_a_step_that_fails_says_how_far_it_came(capfd, monkeypatch):
    monkeypatch.setattr(progress, "SHOWN_AFTER", 0)
    with pytest.raises(ZeroDivisionError):
        list(progress.bar((6 / (2 - i) for i in range(5)), "runs", 5, unit="run"))
    assert "runs: 2 of 5 runs in 0 s" in capfd.readouterr().err
