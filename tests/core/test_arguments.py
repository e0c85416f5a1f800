"""The parser of all commands: what it does not know it refuses, and names what it knows."""

import ast
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, strategies as st

from mumu_lib.__main__ import COMMANDS, main
from mumu_lib.core.arguments import Parser, at_least, typed_name
from mumu_lib.core.paths import checkout


@pytest.fixture
def parser():
    made = Parser(prog="cook", description="Cook.")
    made.add_argument("dish")
    made.add_argument("--minutes", type=int)
    made.add_argument("--heat", choices=("low", "high"), default="low")
    made.add_argument("--url", help="==SUPPRESS==")
    return made


def refused(capsys, parser, *words):
    """What is said of wrong words, which end the program with code 2."""
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(words)
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert not said.out
    return said.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["soup", "--minuts", "3"], "unknown: '--minuts'; did you mean '--minutes'?, '3';  cook --help  lists"),
        (["soup", "--minuts=3"], "unknown: '--minuts=3'; did you mean '--minutes'?;"),
        (["soup", "salad"], "unknown: 'salad';"),
        (["soup", "--min", "3"], "did you mean '--minutes'?"),
        (["soup", "--heat", "hihg"], "--heat='hihg' is not one of ['low', 'high']; did you mean 'high'?"),
        (["soup", "--minutes", "many"], "argument --minutes: invalid int value: 'many'"),
        (["soup", "--minutes"], "argument --minutes: expected one argument"),
        ([], "the following arguments are required: dish;  cook --help"),
        (["--heta"], "required: dish; unknown: '--heta'; did you mean '--heat'?"),
    ],
)
def test_a_mistake_is_answered_with_what_would_be_right(parser, capsys, words, said):
    assert said in refused(capsys, parser, *words)


def test_options_that_are_not_listed_are_not_suggested(parser, capsys):
    assert "--url'" not in refused(capsys, parser, "soup", "--urll")


@given(st.text(min_size=1).filter(lambda word: word != "--"))
def test_any_word_too_many_is_refused(word):
    made = Parser(prog="cook")
    made.add_argument("--heat", choices=("low", "high"))
    with pytest.raises(SystemExit) as ended:
        made.parse_args([word])
    assert ended.value.code == (0 if word in ("-h", "--help") else 2)


@pytest.mark.parametrize(
    ("module", "words", "name"),
    [
        ("mumu_lib.__main__", ["x", "features", "mine"], "python -m mumu_lib features"),
        ("mumu_lib.__main__", ["x", "--help"], "python -m mumu_lib"),
        ("mumu_lib.runs.__main__", ["x", "mine"], "python -m mumu_lib.runs"),
        ("mumu_lib.patches", ["x"], "python -m mumu_lib.patches"),
        ("pytest.__main__", ["x"], "python -m mumu_lib"),
    ],
)
def test_a_command_is_called_as_it_was_typed(monkeypatch, module, words, name):
    monkeypatch.setitem(sys.modules, "__main__", SimpleNamespace(__spec__=SimpleNamespace(name=module)))
    monkeypatch.setattr(sys, "argv", words)
    assert typed_name() == name


# --- All commands. ---


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_refuses_an_unknown_option_and_has_a_help(command, capsys):
    for words, code in ((["--no-such-option"], 2), (["--help"], 0)):
        with pytest.raises(SystemExit) as ended:
            main([command, *words])
        assert ended.value.code == code
        said = capsys.readouterr()
        assert (
            f"python -m mumu_lib {command}" in said.out + said.err or "usage: python -m mumu_lib" in said.out + said.err
        )


def test_every_module_takes_this_parser():
    for path in sorted((checkout() / "mumu_lib").rglob("*.py")):
        if path != Path(sys.modules[Parser.__module__].__file__):
            calls = [node.attr for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                     if isinstance(node, ast.Attribute)]  # fmt: skip
            assert "ArgumentParser" not in calls, f"{path}: take core.arguments.Parser"


@pytest.mark.parametrize(("words", "said"), [("-1", "-1 is less than 0"), ("two", "'two' is not a whole number")])
def test_numbers_below_the_least_are_refused(capsys, words, said):
    parser = Parser(prog="python -m mumu_lib x")
    parser.add_argument("--workers", type=at_least(0))
    assert parser.parse_args(["--workers", "3"]).workers == 3
    with pytest.raises(SystemExit):
        parser.parse_args([f"--workers={words}"])
    assert f"argument --workers: {said}" in capsys.readouterr().err
