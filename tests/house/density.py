"""How densely the library is written:  python tests/house/density.py

Count comprehensions, conditional expressions and assignments of several values at once per 1,000 lines of code, without
docstrings, comments and blank lines, in each room of the library. ``make lint`` fails where a room is denser than
``BUDGET``, and where a comprehension is nested or holds a walrus.
"""

import ast
import io
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

LIBRARY = Path(__file__).resolve().parents[2] / "mumu_lib"
# Twice what libraries of the field have; a room with a few lines may have one of each.
BUDGET = {"comprehensions": 25, "conditional expressions": 10, "tuple assignments": 3}
FORBIDDEN = ("unpacked generators", "nested comprehensions", "walruses in comprehensions")
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
NO_CODE = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


def docstring_lines(tree: ast.AST) -> Iterator[int]:
    """Yield the line numbers of all docstrings."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if not isinstance(body, list) or not body:
            continue
        first = body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            yield from range(first.lineno, first.end_lineno + 1)


def lines_of_code(source: str) -> int:
    """Count the lines that hold code."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines.difference(docstring_lines(ast.parse(source))))


def kinds(node: ast.AST) -> Iterator[str]:
    """Yield the kinds of dense code that a node is."""
    if isinstance(node, COMPREHENSIONS):
        yield "comprehensions"
        inside = [child for child in ast.walk(node) if child is not node]
        if any(isinstance(child, COMPREHENSIONS) for child in inside):
            yield "nested comprehensions"
        if any(isinstance(child, ast.NamedExpr) for child in inside):
            yield "walruses in comprehensions"
    if isinstance(node, ast.IfExp):
        yield "conditional expressions"
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
        if isinstance(node.value, ast.Tuple):
            yield "tuple assignments"
        if isinstance(node.value, ast.GeneratorExp):
            yield "unpacked generators"


def count(paths: list[Path]) -> tuple[int, Counter[str]]:
    """Return the lines of code of some files, and how many there are of each kind."""
    lines = 0
    found: Counter[str] = Counter()
    for path in paths:
        source = path.read_text(encoding="utf-8")
        lines += lines_of_code(source)
        for node in ast.walk(ast.parse(source)):
            found.update(kinds(node))
    return lines, found


def rooms(library: Path) -> dict[str, list[Path]]:
    """Return the files of each room: a folder of the library, or all modules that lie directly in it."""
    found: dict[str, list[Path]] = {}
    for path in sorted(library.rglob("*.py")):
        inside = path.relative_to(library)
        room = inside.parts[0] if len(inside.parts) > 1 else "."
        found.setdefault(room, []).append(path)
    return found


def too_dense(library: Path) -> list[str]:
    """Say of each room what there is too much of, and how much is allowed."""
    found = []
    for room, paths in rooms(library).items():
        lines, counts = count(paths)
        allowed = dict.fromkeys(FORBIDDEN, 0)
        for kind, budget in BUDGET.items():
            allowed[kind] = max(1, round(budget * lines / 1000))
        for kind, most in allowed.items():
            if counts[kind] > most:
                found.append(f"{room}: {counts[kind]} {kind} in {lines} lines of code, {most} are allowed")
    return found


def main(library: Path = LIBRARY) -> int:
    """Print what is too dense; return 1 where anything is."""
    found = too_dense(library)
    for line in found:
        print(line, file=sys.stderr)
    if found:
        print("Write one idea a line, or move a part into a function with a good name.", file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
