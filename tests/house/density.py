"""How densely the library is written:  python tests/house/density.py [--lower]

Comprehensions, conditional expressions, assignments of several values at once and walruses, per 1,000 lines of code
without docstrings, comments and blank lines. They may only become fewer: ``make lint`` fails where there are more than
``density.json`` holds. ``--lower`` writes down what has been reached.
"""

import argparse
import ast
import io
import json
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIMITS = Path(__file__).with_suffix(".json")
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
NO_CODE = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


def docstrings(tree: ast.AST) -> Iterator[int]:
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
    return len(lines.difference(docstrings(ast.parse(source))))


def kind(node: ast.AST) -> str:
    """Name what is counted of a node; empty for all else."""
    if isinstance(node, COMPREHENSIONS):
        return "comprehensions"
    if isinstance(node, ast.IfExp):
        return "conditional expressions"
    if isinstance(node, ast.NamedExpr):
        return "walruses"
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
        if isinstance(node.value, ast.Tuple):
            return "tuple assignments"
        if isinstance(node.value, ast.GeneratorExp):
            return "unpacked generators"
    return ""


def density(folder: Path) -> dict[str, float]:
    """Return how many of each kind stand in 1,000 lines of code."""
    lines = 0
    counts: Counter[str] = Counter()
    for path in sorted(folder.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        lines += lines_of_code(source)
        counts.update(filter(None, map(kind, ast.walk(ast.parse(source)))))
    return {name: round(1000 * count / lines, 1) for name, count in sorted(counts.items())}


def above(found: dict[str, float], limits: dict[str, float]) -> list[str]:
    """Say of each kind that became denser by how much."""
    return [
        f"{name}: {value} in 1,000 lines of code, at most {limits.get(name, 0.0)} are allowed; unfold the new ones"
        for name, value in found.items()
        if value > limits.get(name, 0.0)
    ]


def main(words: list[str] | None = None, folder: Path = ROOT / "mumu_lib", limits: Path = LIMITS) -> int:
    """Compare the library with the limits; 1 if something became denser."""
    parser = argparse.ArgumentParser(description="Compare how densely the library is written with what is allowed.")
    parser.add_argument("--lower", action="store_true", help="lower the limits to what has been reached")
    asked = parser.parse_args(words)
    found = density(folder)
    allowed = json.loads(limits.read_text(encoding="utf-8"))
    if problems := above(found, allowed):
        print(*problems, sep="\n", file=sys.stderr)
        return 1
    if asked.lower:
        limits.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print("density:", ", ".join(f"{name} {value} (at most {allowed[name]})" for name, value in found.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
