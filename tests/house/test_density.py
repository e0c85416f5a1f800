"""The ratchet of ``make lint``: the library may become less dense, never more."""

import json

import density
import pytest

CODE = '''"""A docstring
of two lines."""
import os

# A comment is no code.
def f(x):
    """Another."""
    y = [a for a in x]
    return y if x else {
        a: b for a, b in x}
'''


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "some.py").write_text(CODE, encoding="utf-8")
    return tmp_path / "code"


def test_the_library_is_no_denser_than_it_was():
    assert density.main([]) == 0


def test_lines_without_code_do_not_count(folder):
    assert density.lines_of_code(CODE) == 5
    assert density.density(folder) == {"comprehensions": 400.0, "conditional expressions": 200.0}


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("a = [b for b in c]", "comprehensions"),
        ("a = b if c else d", "conditional expressions"),
        ("a, b = c, d", "tuple assignments"),
        ("a, b = (c for c in d)", "unpacked generators"),
        ("print(a := 1)", "walruses"),
    ],
)
def test_more_of_anything_is_refused(folder, tmp_path, capsys, line, what):
    limits = tmp_path / "limits.json"
    limits.write_text(json.dumps(density.density(folder)), encoding="utf-8")
    assert density.main([], folder, limits) == 0
    (folder / "more.py").write_text(line, encoding="utf-8")
    assert density.main([], folder, limits) == 1
    assert what in capsys.readouterr().err


def test_fewer_of_something_lowers_the_limit_when_asked(folder, tmp_path):
    limits = tmp_path / "limits.json"
    limits.write_text('{"comprehensions": 900.0, "conditional expressions": 900.0}', encoding="utf-8")
    density.main(["--lower"], folder, limits)
    assert json.loads(limits.read_text(encoding="utf-8")) == density.density(folder)
