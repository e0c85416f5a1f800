"""What every notebook of the series keeps to (``notebooks/README.md``); that they run is checked by nbval and below."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

import notebook_rules as rules
from mumu_lib.core import paths

FOLDER = paths.checkout() / "notebooks"
PATHS = sorted(FOLDER.glob("[0-9]*.ipynb"))


def load(path):
    return nbformat.read(path, as_version=4)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_notebook_keeps_the_rule(rule, path):
    assert not list(rule(load(path)))


@pytest.mark.parametrize("name", rules.STRAIGHT)
def test_the_notebook_reads_in_a_straight_line(name):
    assert not list(rules.straight(load(FOLDER / f"{name}.ipynb")))


def test_no_notebook_copies_from_another():
    assert not list(rules.copies({path.name: load(path) for path in PATHS}))


def edit(change, *, which=None):
    """A breakage: a change to the source of one cell, the parameters cell if none is named."""

    def broken(notebook):
        cell = rules.tagged(notebook, "parameters")[0] if which is None else notebook.cells[which]
        before = cell.source
        cell.source = change(cell.source)
        assert cell.source != before

    return broken


def of_output(kind, change):
    """A breakage: a change to the first output of one kind."""

    def broken(notebook):
        change(next(o for o in rules.outputs(notebook) if kind in {*o.get("data", {}), o.get("name")}))

    return broken


def stripped(notebook):
    for cell in rules.code(notebook):
        cell.outputs = []


def repeat_a_number(notebook):
    notebook.cells[4].source += " The map holds 110 albums."
    next(o for o in rules.outputs(notebook) if "albums" in o.get("text", ""))["text"] += "110 albums"


BREAKAGES = {
    "no verb": (rules.title, edit(lambda s: s.replace("# Turn", "# The turning of"), which=0)),
    "no question": (rules.title, edit(lambda s: s.replace("**Question.**", "Question:"), which=0)),
    "nothing to learn": (rules.title, edit(lambda s: s.replace("**You will learn**", "You see"), which=0)),
    "a section without a number": (rules.sections, edit(lambda s: s.replace("## 1 ", "## "), which=1)),
    "a section out of order": (rules.sections, edit(lambda s: s.replace("## 1 ", "## 2 "), which=1)),
    "no sections": (rules.sections, lambda n: [n.cells.remove(c) for c in rules.prose(n)[1:]]),
    "nothing to try": (rules.ending, edit(lambda s: s.partition("**Try:**")[0], which=-1)),
    "a try without a parameter": (rules.ending, edit(lambda s: s.replace("-p ", ""), which=-1)),
    "a second parameters cell": (rules.parameters, lambda n: rules.code(n)[3].metadata.update(tags=["parameters"])),
    "a parameter without a type": (rules.parameters, edit(lambda s: s.replace("seed: int", "seed"))),
    "a type papermill cannot read": (rules.parameters, edit(lambda s: s.replace("seed: int", "seed: int | None"))),
    "a default of another type": (rules.parameters, edit(lambda s: s.replace("seed: int = 0", "seed: int = 0.5"))),
    "a parameter without help": (rules.parameters, edit(lambda s: s.replace("  # seed of everything random", ""))),
    "an annotation without a value": (rules.parameters, edit(lambda s: s.replace("seed: int = 0", "seed: int"))),
    "a parameter of no class": (rules.parameters, edit(lambda s: s + "\nsed: int = 0  # a slip")),
    "a parameter missing": (rules.parameters, edit(lambda s: s.rpartition("\n")[0])),
    "something computed among parameters": (rules.parameters, edit(lambda s: s + "\ntwice = 2 * seed")),
    "too little prose": (rules.cells, lambda n: [n.cells.remove(c) for c in rules.prose(n)[4:6]]),
    "long cells": (rules.cells, edit(lambda s: s + "\nprint()" * 20, which=3)),
    "two defs": (rules.cells, edit(lambda s: s + "\ndef f(): ...\ndef g(): ...", which=3)),
    "a long def": (rules.cells, edit(lambda s: s + "\ndef f():" + "\n    print()" * 9, which=3)),
    "a cell of thirteen lines": (rules.cells, lambda n: rules.code(n)[3].update(source="print()\n" * 13)),
    "a caption": (rules.captions, edit(lambda s: s + "\nmm.figures.save(f, music, caption='A map.')", which=5)),
    "an alternative text": (rules.captions, edit(lambda s: s + "\nmm.figures.save(f, music, alt='A map.')", which=5)),
    "a branch on a parameter": (rules.straight, edit(lambda s: s + "\nif cfg.seed:\n    print()", which=5)),
    "an expression that branches": (rules.straight, edit(lambda s: s + "\nn = 1 if cfg.seed > 1 else 2", which=5)),
    "items chosen by a parameter": (rules.straight, edit(lambda s: s + "\n[n for n in 'ab' if cfg.seed]", which=5)),
    "cases of a parameter": (rules.straight, edit(lambda s: s + "\nmatch cfg.seed:\n    case _: pass", which=5)),
    "no alt text": (rules.pictures, of_output("image/png", lambda o: o.metadata.clear())),
    "a picture without a word": (rules.pictures, lambda n: [n.cells.remove(c) for c in rules.prose(n)]),
    "a table of nothing": (rules.synthetic, of_output("stdout", lambda o: o.update(text="<table><tr>"))),
    "an absolute path in the code": (rules.paths, edit(lambda s: s + "\nopen('/home/me/x')", which=3)),
    "an absolute path in an output": (rules.paths, of_output("stdout", lambda o: o.update(text="in /tmp/x"))),
    "cells run out of order": (rules.stored, lambda n: rules.code(n)[3].update(execution_count=99)),
    "widget state": (rules.stored, lambda n: n.metadata.update(widgets={})),
    "a widget": (rules.stored, of_output("image/png", lambda o: o.data.update({rules.VIEW: {}}))),
    "something on stderr": (rules.stored, of_output("stdout", lambda o: o.update(name="stderr"))),
    "too large": (rules.stored, of_output("image/png", lambda o: o.data.update({"image/png": "A" * 600_000}))),
    "stripped": (rules.checked, stripped),
    "too many digits": (rules.checked, lambda n: rules.tagged(n, "nbval-check-output")[0].outputs[0].update(text="1.23456")),
    "nothing checked": (rules.checked, lambda n: [c.metadata.clear() for c in rules.code(n)]),
    "a printed number in the prose": (rules.numbers, repeat_a_number),
}  # fmt: skip


@pytest.mark.parametrize("what", BREAKAGES)
def test_a_breach_is_found(what):
    rule, broken = BREAKAGES[what]
    name = rules.STRAIGHT[1] if rule is rules.straight else "03_label_factors"
    notebook = load(FOLDER / f"{name}.ipynb")
    assert not list(rule(notebook))
    broken(notebook)
    assert list(rule(notebook))


def test_a_copy_is_found():
    notebooks = {path.name: load(path) for path in PATHS[:3]}
    longest = max(rules.code(notebooks[PATHS[0].name])[3:], key=lambda cell: len(cell.source.splitlines()))
    rules.code(notebooks[PATHS[1].name])[5].source += "\n" + longest.source
    assert list(rules.copies(notebooks))


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
