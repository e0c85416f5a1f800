"""Every command that a message names does what it says when it is typed as printed."""

import argparse
import ast
import importlib
import re
import shlex
import tomllib
from pathlib import Path

import papermill.cli
import pytest
from click.testing import CliRunner
from pip._internal.commands import create_command

from mumu_lib import mapping, open_catalogue, params, results, runs, series, text
from mumu_lib.catalogue import commands
from mumu_lib.core.errors import MissingDataError, MumuError
from mumu_lib.core.paths import checkout
from mumu_lib.linking import knowledge, local
from mumu_lib.prediction import queries
from mumu_lib.results import semantic_gain
from mumu_lib.runs.__main__ import main as print_tables
from mumu_lib.sources import musicbrainz
from mumu_lib.text import release
from shapes import SHAPES, make

LIBRARY = checkout() / "mumu_lib"
# How the commands of messages begin; two blanks, the end or a bracket end them.
COMMAND = re.compile(
    r"(?:papermill (?=\S+\.ipynb)|python -m |make (?=[a-z]+ '?[A-Z]+=)|pip install |(?:apt(?:-get)?|brew|conda|winget) install |git checkout |-[pr] (?=[a-z_]+ ))"
)
END = re.compile(r"  | ?[,;)]? *$|[;,] | \(| ,|\n")
PLACE = re.compile(r"[A-Z][A-Z_]+")
NAMES = ["mine", "2017_02", "007", "5e2", "nan", "None", "true", "two words", "it's"]


def in_text(message):
    """The commands in a message."""
    start = 0
    while found := COMMAND.search(message, start):
        start = found.end()
        if found.start() and message[found.start() - 1] not in " (\n":
            continue
        end = END.search(message, start)
        start = end.start() if end else len(message)
        yield message[found.start() : start]


def strings(path):
    """Texts that a module may print, with X for what is filled in; its docstrings are not among them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in ast.walk(node)
        if part is not node
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            inside.add(id(node.value))
    for node in ast.walk(tree):
        if id(node) in inside:
            continue
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "X" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def written():
    for path in sorted(LIBRARY.rglob("*.py")):
        for message in strings(path):
            if message.startswith("python -m") and "prog=" in path.read_text(encoding="utf-8") and " --" not in message:
                continue  # the name of a program in its own help
            for command in in_text(message):
                yield pytest.param(command, id=f"{path.relative_to(LIBRARY).as_posix()}: {command}")


# --- What trying a command means. ---


class Parsed(Exception):
    """A command line has been read to its end."""


def try_it(command, monkeypatch):
    """Do with a command all but its work; fails if a shell, a program or a notebook would refuse it."""
    words = shlex.split(command)
    if words[0] == "papermill":
        return papermilled(words[1:], monkeypatch)
    if words[0] in ("-p", "-r"):
        for start in range(0, len(words), 3):
            a_parameter(*words[start : start + 3])
        return None
    if words[:3] == ["python", "-m", "pip"]:
        # It ends the test itself where it does not know a word.
        return create_command(words[3]).parse_args(words[4:])
    if words[:2] == ["python", "-m"]:
        return a_module(words[2], words[3:], monkeypatch)
    if words[0] == "make":
        return a_target(words[1:])
    if words[:2] == ["pip", "install"]:
        project = tomllib.loads((checkout() / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        pinned = list(project["dependencies"])
        for extra in project["optional-dependencies"].values():
            pinned += extra
        known = re.findall(r"^[\w-]+", "\n".join(pinned), re.MULTILINE)
        assert set(words[2:]) <= set(known)
        return None
    if words[1] == "install":
        assert re.fullmatch(r"(-c conda-forge )?[a-z][a-z0-9+.-]+( [a-z][a-z0-9+.-]+)*", " ".join(words[2:])), command
        return None
    assert words[:2] == ["git", "checkout"], command
    assert (checkout() / words[2]).exists()
    return None


def papermilled(words, monkeypatch):
    """Catalogue and parameters that a notebook would get; refused as it would refuse them."""
    told = {}
    monkeypatch.setattr(papermill.cli, "execute_notebook", lambda **given: told.update(given))
    done = CliRunner().invoke(papermill.cli.papermill, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    path = Path(told["input_path"])
    assert path.is_file()
    kind = params.PARAMETERS[path.stem]
    assert set(told["parameters"]) <= set(kind.__dataclass_fields__)
    return path.stem, params.checked(kind, {**params.defaults(path), **told["parameters"]})


def a_parameter(option, name, value):
    """Some notebook takes it, and takes this value unless it stands for one."""
    kinds = {book: kind for book, kind in params.PARAMETERS.items() if name in kind.__dataclass_fields__}
    if name == "X":
        return None
    assert kinds, name
    if PLACE.fullmatch(value) or value == "X":
        return None
    from mumu_lib.core.commands import read_by_papermill

    book, kind = next(iter(kinds.items()))
    cell = params.defaults(checkout() / "notebooks" / f"{book}.ipynb")
    read = value if option == "-r" else read_by_papermill(value)
    return params.checked(kind, {**cell, name: read})


def a_module(name, words, monkeypatch):
    """The module's own command line reads the words."""
    module = importlib.import_module(name)
    if hasattr(module, "__path__"):
        module = importlib.import_module(f"{name}.__main__")
    assert '__name__ == "__main__"' in Path(module.__file__).read_text(encoding="utf-8")
    read = argparse.ArgumentParser.parse_args

    def parse(self, *given, **options):
        read(self, *given, **options)
        raise Parsed

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse)
    if words or hasattr(module, "main"):
        filled = ["1" if word == "X" else word for word in words]
        if name == "mumu_lib" and not filled:
            return
        with pytest.raises(Parsed):
            module.main(filled)


def a_target(words):
    makefile = (checkout() / "Makefile").read_text(encoding="utf-8")
    target, *variables = words
    assert re.search(rf"^{target}:", makefile, re.M)
    for variable in variables:
        assert f"$({variable.partition('=')[0]})" in makefile, variable


# --- The commands. ---


@pytest.mark.parametrize("command", list(written()))
def test_a_command_that_stands_in_a_message_can_be_typed(command, monkeypatch, home):
    try_it(command, monkeypatch)


def test_the_scan_finds_commands_and_their_ends():
    said = "no x; run  papermill a.ipynb out.ipynb -p catalogue 'a b'  or  -p features vsm , and (make paper CATALOGUE=x KNOWLEDGE=Y)"
    run = "papermill a.ipynb out.ipynb -p catalogue 'a b'"
    assert list(in_text(said)) == [run, "-p features vsm", "make paper CATALOGUE=x KNOWLEDGE=Y"]
    assert len(list(written())) >= 5


def failing(music):
    """Calls that cannot succeed on a catalogue without runs; each says what to do."""
    yield lambda: runs.best_run(music, "audio")
    yield lambda: runs.best_run(music, "text")
    yield lambda: runs.best_run(music, "image")
    yield lambda: runs.best_run(music, "own")
    yield lambda: results.table2(music)
    yield lambda: queries.query(music.labels[0], music)
    if commands.has(music, "text"):
        yield lambda: text.load_vectorizer(music.folder.parents[1] / "runs" / music.name / "text-cosine-vsm")
    yield lambda: release.source_of(music, "published", "")
    yield lambda: local.make(music, "")
    yield lambda: knowledge.Knowledge(music.folder)
    yield lambda: musicbrainz.releases(music.folder)
    yield lambda: mapping.raw_folder("raw", "", 0)
    yield lambda: open_catalogue("no such")
    for part in ("audio", "timbre", "reviews", "covers"):
        yield lambda part=part: music.require(part)


def can_run(music, notebook, cfg):
    """Whether a notebook has on this catalogue what these parameters want; as its first cells ask."""
    if notebook == "04_audio":
        music.require("timbre" if cfg.filters == "timbre_mlp" else "audio")
    elif notebook == "06_image":
        music.require("covers")
    elif notebook == "05_text":
        source = release.source_of(music, cfg.matrices, cfg.embeddings)
        assert source != "reviews" or cfg.features == "vsm" or cfg.knowledge or music.synthetic
    elif notebook == "07_multimodal":
        there = commands.modalities(music) or "ati"
        assert set(cfg.modalities) <= set(there)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", NAMES)
def test_what_an_error_names_can_be_typed_on_a_catalogue_of_this_shape(shape, name, home, monkeypatch, capsys):
    music = make(home, shape, name)
    found = []
    for call in failing(music):
        try:
            call()
        except MumuError as error:
            found += in_text(str(error))
    print_tables([music.name])
    for setting in ("vsm", "vsm_sem") if commands.has(music, "text") else ():
        monkeypatch.setattr(semantic_gain, "text_runs", lambda *_, other=setting: {other: None})
        found += in_text(semantic_gain.compare(music, "cosine")[0])
    found += in_text(capsys.readouterr().err)
    assert len(found) > 5
    for command in found:
        with monkeypatch.context() as patch:
            tried = try_it(command, patch)
        if not command.startswith("papermill"):
            continue
        notebook, cfg = tried
        if cfg.catalogue == "sample":
            continue
        assert open_catalogue(cfg.catalogue).folder == music.folder, command
        can_run(music, notebook, cfg)


def test_what_the_inventory_says_can_be_typed(tiny, monkeypatch):
    from dataclasses import fields

    from mumu_lib.series import inventory

    for notebook, kind in params.PARAMETERS.items():
        cell = params.defaults(checkout() / "notebooks" / f"{notebook}.ipynb")
        cfg = kind(**{f.name: cell[f.name] for f in fields(kind)} | {"catalogue": "tiny", "seed": 3})
        runs.start(tiny, f"run-{notebook}", cfg)
    for name in ("cqt-v1-fast-1x15s-seed0", "timbre-v1", "covers-v1-256"):
        (tiny.folder / "features" / name).mkdir(parents=True)
    typed = [command for command in inventory.take_stock()["type this"] if command]
    assert len(typed) >= len(params.PARAMETERS)
    for command in typed:
        with monkeypatch.context() as patch:
            try_it(command, patch)


def test_rows_that_are_left_out_name_what_can_be_typed(home, monkeypatch):
    music = make(home, "everything", "two words")
    said = {reason for reasons in series.plan(music, "paper").left_out for reason in reasons}
    typed = [command for reason in said for command in in_text(reason)]
    assert any(command.startswith("make paper") for command in typed)
    for command in typed:
        with monkeypatch.context() as patch:
            try_it(command, patch)


def test_no_finished_run_of_a_name_is_said_with_a_command(home, monkeypatch):
    with pytest.raises(MissingDataError) as caught:
        results.table2("2017_02")
    (command,) = in_text(str(caught.value))
    assert try_it(command, monkeypatch)[1].catalogue == "2017_02"
