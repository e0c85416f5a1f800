"""The budgets of ``make lint``: no room of the library is denser than they allow."""

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
DENSE = {
    "comprehensions": "a = [b for b in c]",
    "conditional expressions": "a = b if c else d",
    "tuple assignments": "a, b = c, d",
}


@pytest.fixture
def library(tmp_path):
    (tmp_path / "text").mkdir()
    # In 100 lines 2 comprehensions (half to even), a conditional expression and an assignment of two values may stand.
    (tmp_path / "text" / "some.py").write_text("a = 1\n" * 99, encoding="utf-8")
    return tmp_path


def add(library, line):
    with (library / "text" / "some.py").open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def test_no_room_is_too_dense():
    assert density.too_dense(density.LIBRARY) == []


def test_lines_without_code_do_not_count():
    assert density.lines_of_code(CODE) == 5


@pytest.mark.parametrize("kind", DENSE)
def test_more_than_the_budget_is_refused(library, capsys, kind):
    add(library, DENSE[kind])
    assert density.main(library) == 0
    for _ in range(3):
        add(library, DENSE[kind])
    assert density.main(library) == 1
    assert f"text: 4 {kind}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("a, b = (c for c in d)", "unpacked generators"),
        ("a = [[c for c in b] for b in d]", "nested comprehensions"),
        ("a = [c for b in d if (c := f(b))]", "walruses in comprehensions"),
    ],
)
def test_some_kinds_are_refused_at_once(library, capsys, line, kind):
    add(library, line)
    assert density.main(library) == 1
    assert kind in capsys.readouterr().err


def test_one_room_does_not_pay_for_another(library):
    (library / "image").mkdir()
    (library / "image" / "large.py").write_text("a = 1\n" * 10_000, encoding="utf-8")
    for _ in range(3):
        add(library, DENSE["tuple assignments"])
    assert density.main(library) == 1
