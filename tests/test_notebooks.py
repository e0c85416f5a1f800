"""What every notebook of the series keeps to; that they run is checked by nbval and below."""

import ast
import json
import re
import statistics
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from mumu_lib import params

FOLDER = params.checkout() / "notebooks"
PATHS = sorted(FOLDER.glob("[0-9]*.ipynb"))


@pytest.fixture(params=PATHS, ids=lambda p: p.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tagged(notebook, tag):
    return [cell for cell in code(notebook) if tag in cell.metadata.get("tags", [])]


def test_opens_with_a_title_its_question_needs_and_minutes(notebook):
    first = notebook.cells[0]
    assert first.cell_type == "markdown"
    assert re.match(r"# \w+", first.source)
    for part in ("**Question.**", "**Needs**", "**Runs in**", "**Paper:**"):
        assert part in first.source
    assert "**Try:**" in notebook.cells[-1].source


def test_one_parameters_cell_with_literals_only(notebook):
    (cell,) = tagged(notebook, "parameters")
    for node in ast.parse(cell.source).body:
        assert isinstance(node, ast.AnnAssign)
        ast.literal_eval(node.value)


def test_prose_and_short_cells(notebook):
    cells = code(notebook)
    assert len(notebook.cells) - len(cells) >= 0.5 * len(cells)
    lengths = [len(cell.source.splitlines()) for cell in cells if "parameters" not in cell.metadata.get("tags", [])]
    assert max(lengths) <= 20
    assert statistics.median(lengths) <= 8
    assert sum(cell.source.count("def ") for cell in cells) <= 1


def test_outputs_are_stored_in_order_without_traces_of_a_machine(notebook):
    counts = [cell.execution_count for cell in code(notebook)]
    assert counts == list(range(1, len(counts) + 1))
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    outputs = [output for cell in code(notebook) for output in cell.outputs]
    assert not [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"]
    text = re.sub(r'"image/png": "[^"]*"', "", json.dumps(outputs))
    assert not re.search(r"(?<![\w.])/(home|root|Users|tmp|work|builds?)/|[A-Z]:\\\\", text)


def test_nothing_that_is_checked_passes_vacuously(notebook):
    checked = tagged(notebook, "nbval-check-output")
    assert checked
    assert all(cell.outputs for cell in checked)


def test_every_picture_has_alt_text(notebook):
    for cell in code(notebook):
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                assert len(output.metadata["image/png"]["alt"]) > 20


def test_notebooks_stay_small():
    for path in PATHS:
        assert path.stat().st_size < 500_000, path.name


def run(words, tmp_path, home):
    out = tmp_path / "out.ipynb"
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", "04_audio.ipynb", str(out), *words]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True)
    return done, out, list(Path(home).glob("runs/*/*/metrics.json"))


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["-p", "filterz", "high_4x70"], "did you mean 'filters'"),
        (["-p", "catalogue", "sampl"], "no catalogue 'sampl'"),
    ],
)
def test_a_typing_error_stops_papermill_at_once_with_the_remedy(words, meant, tmp_path, home):
    done, out, finished = run(words, tmp_path, home)
    assert done.returncode == 1
    assert meant in done.stderr.splitlines()[-1] or meant in done.stderr
    assert "An Exception was encountered" in out.read_text(encoding="utf-8")
    assert not finished
