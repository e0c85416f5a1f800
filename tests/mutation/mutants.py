"""Break the library on purpose, one small change at a time, and see whether its tests notice.

    python tests/mutation/mutants.py                     # labels, metrics, targets, matching
    python tests/mutation/mutants.py metrics --jobs 4

Each mutant is a module with one change in its syntax tree: a comparison turned or moved by one, an operator, a
constant, a condition, a call or an argument left out, a statement taken away. The module's own test file runs against it
in a forked process (Linux, macOS); what no test notices is printed. Texts, annotations and the words of messages are left
alone. A mutant that runs far longer than the tests do counts as noticed.
"""

import argparse
import ast
import copy
import importlib.util
import multiprocessing
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from _pytest.runner import runtestprotocol

LIMIT = 600  # seconds
ROOT = Path(__file__).resolve().parents[2]
MODULES = ("labels", "metrics", "metrics.ranking", "metrics.thresholds", "targets", "mapping.matching")
TURNED = {
    ast.Lt: [ast.LtE, ast.GtE], ast.LtE: [ast.Lt, ast.Gt], ast.Gt: [ast.GtE, ast.LtE], ast.GtE: [ast.Gt, ast.Lt],
    ast.Eq: [ast.NotEq], ast.NotEq: [ast.Eq], ast.Is: [ast.IsNot], ast.IsNot: [ast.Is], ast.In: [ast.NotIn], ast.NotIn: [ast.In],
    ast.Add: [ast.Sub], ast.Sub: [ast.Add], ast.Mult: [ast.Div], ast.Div: [ast.Mult], ast.FloorDiv: [ast.Mult], ast.Pow: [ast.Mult],
    ast.BitAnd: [ast.BitOr], ast.BitOr: [ast.BitAnd], ast.And: [ast.Or], ast.Or: [ast.And],
}  # fmt: skip
SWAPPED = {"min": "max", "any": "all", "head": "tail", "minimum": "maximum", "argmin": "argmax", "nlargest": "nsmallest",
           "ones": "zeros", "ones_like": "zeros_like"}  # fmt: skip
SWAPPED |= {new: old for old, new in SWAPPED.items()}


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """Every node that could stand in the place of this one."""
    match node:
        case ast.Compare(ops=[op]) | ast.BinOp(op=op) | ast.BoolOp(op=op) | ast.AugAssign(op=op):
            for new in TURNED.get(type(op), []):
                changed = copy.copy(node)
                changed.__dict__.update({"ops": [new()]} if isinstance(node, ast.Compare) else {"op": new()})
                yield changed
        case ast.UnaryOp(op=ast.USub() | ast.Not() | ast.Invert()):
            yield node.operand
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() | float() as value):
            yield ast.Constant(value + 1)
        case ast.IfExp() | ast.If() | ast.While() if not isinstance(node.test, ast.Compare | ast.UnaryOp):
            changed = copy.copy(node)
            changed.test = ast.UnaryOp(ast.Not(), node.test)
            yield changed
        case ast.Call():
            if len(node.args) == 1 and not node.keywords:
                yield node.args[0]
            for i in range(len(node.keywords)):
                yield ast.Call(node.func, node.args, [*node.keywords[:i], *node.keywords[i + 1 :]])
        case ast.Name(id=name) if name in SWAPPED:
            yield ast.Name(SWAPPED[name], node.ctx)
        case ast.Attribute(attr=name) if name in SWAPPED:
            yield ast.Attribute(node.value, SWAPPED[name], node.ctx)
    if isinstance(node, ast.Raise | ast.AugAssign | ast.Break) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ):
        yield ast.Pass()


def places(tree: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    """Parent, field, position in it and node, of all code that does something."""
    for field, value in ast.iter_fields(tree):
        if field in ("annotation", "returns", "decorator_list") or isinstance(tree, ast.JoinedStr):
            continue
        for i, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, ast.AST):
                yield tree, field, i if isinstance(value, list) else None, child
                yield from places(child)


def mutants(source: str) -> Iterator[tuple[str, ast.Module]]:
    """What was changed, and the changed module."""
    tree = ast.parse(source)
    for parent, field, i, node in list(places(tree)):
        for new in changes(node):
            ast.copy_location(new, node)
            before = list(getattr(parent, field)) if i is not None else node
            after = [*before[:i], new, *before[i + 1 :]] if isinstance(before, list) else new
            setattr(parent, field, after)
            short = [ast.unparse(n).splitlines()[0] for n in (node, ast.fix_missing_locations(new))]
            yield f"{node.lineno}: {short[0]}  ->  {short[1]}", tree
            setattr(parent, field, before)


class Hunt:
    """Collects the tests of a module once, then runs them in a forked process for each mutant."""

    def __init__(self, module: str, jobs: int, only: str) -> None:
        self.module = module
        self.file = Path(importlib.util.find_spec(f"mumu_lib.{module}").origin)
        self.jobs, self.only = jobs, only

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Print what survives and the share that was noticed."""
        source = self.file.read_text(encoding="utf-8")
        found = [(what, copy.deepcopy(tree)) for what, tree in mutants(source) if self.only in what]
        self.trees = [ast.parse(source), *(tree for _, tree in found)]
        # Properties take longest, and other tests notice most.
        self.items = sorted(session.items, key=lambda item: item.get_closest_marker("hypothesis") is not None)
        alive = 0
        with multiprocessing.get_context("fork").Pool(self.jobs, begin, [self], maxtasksperchild=1) as pool:
            passed = pool.imap(survives, range(len(self.trees)))
            if not next(passed):
                pytest.exit(f"the tests of {self.module} do not pass as it is", returncode=1)
            for (what, _), survived in zip(found, passed, strict=True):
                alive += survived
                if survived:
                    print(f"{self.module} {what}", flush=True)
        print(f"{self.module}: {len(found) - alive} of {len(found)} noticed", flush=True)
        return True


def begin(hunt: Hunt) -> None:
    """Make a forked process quiet and mortal."""
    global current
    current = hunt
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    signal.signal(signal.SIGALRM, late)
    signal.alarm(LIMIT)


def late(*_: object) -> None:
    """End a mutant that would never end."""
    raise TimeoutError


def survives(number: int) -> bool:
    """Whether every test passes with a tree in the place of its module."""
    try:
        module = importlib.import_module(f"mumu_lib.{current.module}")
        exec(compile(current.trees[number], module.__file__, "exec"), module.__dict__)
        pairs = zip(current.items, [*current.items[1:], None], strict=True)
        return not any(
            report.failed for item, after in pairs for report in runtestprotocol(item, nextitem=after, log=False)
        )
    except BaseException:
        return False


def tests_of(module: str, file: Path) -> Path:
    """Return the test file of a module: ``tests/`` mirrors the library."""
    room, _, last = module.replace(".", "/").rpartition("/")
    if file.name == "__init__.py":
        room = f"{room}/{last}"
    return ROOT / "tests" / room.strip("/") / f"test_{last}.py"


def main() -> None:
    """Hunt in each module."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", default=MODULES)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--only", default="", help="part of the printed change")
    options = parser.parse_args()
    quick = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
    hypothesis.settings.register_profile("mutants", database=None, derandomize=True, deadline=None, phases=quick)
    hypothesis.settings.load_profile("mutants")
    for module in options.modules:
        hunt = Hunt(module, options.jobs, options.only)
        pytest.main(["-qs", "-p", "no:cacheprovider", str(tests_of(module, hunt.file))], plugins=[hunt])


if __name__ == "__main__":
    main()
