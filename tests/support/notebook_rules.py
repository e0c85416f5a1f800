"""The rules of ``notebooks/README.md``, each a function that says what is wrong with a notebook."""

import ast
import re
import statistics
import tempfile
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import nbformat
from papermill import inspect_notebook

from mumu_lib import params

VERBS = ("Map", "See", "Turn", "Learn", "Fuse", "Set", "Judge")
OPENING = ("**Question.**", "**Needs**", "**Runs in**", "**Paper:**", "**You will learn**")
LARGEST_BYTES = 500_000
LONGEST_CELL, MEDIAN_CELL = 12, 6
SAME_LINES = 4
# Notebooks that read in a straight line, whatever their parameters say.
STRAIGHT = ("01_dataset_mapping", "04_audio", "05_text", "07_multimodal")
ABSOLUTE = re.compile(r"(?<![\w.\"])/(home|root|Users|tmp|work|builds?|mnt|opt)/|[A-Z]:\\\\")
TABLE = re.compile(r"<table|^\|.*\|$", re.M)
VIEW = "application/vnd.jupyter.widget-view+json"


def code(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def tagged(notebook, tag: str) -> list:
    return [cell for cell in code(notebook) if tag in cell.metadata.get("tags", [])]


def outputs(notebook) -> list:
    return [output for cell in code(notebook) for output in cell.outputs]


def text(output) -> str:
    """All that is to be read in an output."""
    data = output.get("data", {})
    return output.get("text", "") + "".join(data[kind] for kind in data if kind.startswith("text/"))


def title(notebook) -> Iterator[str]:
    first = notebook.cells[0]
    if first.cell_type != "markdown" or first.source.split()[:2][:1] != ["#"] or first.source.split()[1] not in VERBS:
        yield f"the title must start with '# ' and one of {VERBS}"
    yield from (f"the first cell lacks {part}" for part in OPENING if part not in first.source)


def sections(notebook) -> Iterator[str]:
    """Headings of the second level carry their numbers: ``## 1 Parameters``."""
    headings = [line for cell in prose(notebook) for line in cell.source.splitlines() if line.startswith("## ")]
    if not headings:
        yield "no sections"
    for number, heading in enumerate(headings, 1):
        if not re.match(rf"## {number} \S", heading):
            yield f"section {number} is headed {heading!r}, not '## {number} ...'"


def ending(notebook) -> Iterator[str]:
    last = notebook.cells[-1].source
    for part in ("**Next:**", "**Try:**"):
        if part not in last:
            yield f"the last cell lacks {part}"
    tried = last.partition("**Try:**")[2]
    if " -p " not in tried and "`-p " not in tried:
        yield "what to try must name a parameter"
    if not re.search(r"look|which|listen|\?", tried):
        yield "what to try must say what to look at"


def parameters(notebook) -> Iterator[str]:
    """What papermill's help shows is what the notebook takes: names, types, defaults, a help text, all choices."""
    cells = tagged(notebook, "parameters")
    if len(cells) != 1:
        yield f"{len(cells)} parameters cells, not one"
        return
    read = re.search(
        r"params\.read\((?:mm\.)?params\.(\w+), globals\(\)\)", "\n".join(c.source for c in code(notebook))
    )
    kind = getattr(params, read[1])
    seen = inspected(notebook)
    names = [f.name for f in fields(kind)]
    if sorted(seen) != sorted(names):
        yield f"papermill sees {sorted(seen)}, the notebook takes {sorted(names)}"
    for f in fields(kind):
        shown = seen.get(f.name, {"inferred_type_name": "", "default": "", "help": ""})
        if shown["inferred_type_name"] != f.type.__name__:
            yield f"{f.name}: papermill sees type {shown['inferred_type_name']!r}, not {f.type.__name__!r}"
        elif type(literal(shown["default"])) is not f.type:
            yield f"{f.name}: the default {shown['default']} is no {f.type.__name__}"
        if not shown["help"].strip():
            yield f"{f.name}: no help text"
        if absent := [c for c in f.metadata.get("choices", ()) if c not in shown["help"]]:
            yield f"{f.name}: the help text does not name {absent}"
    if len(cells[0].source.splitlines()) != len(names):
        yield "the parameters cell holds more than one line a parameter"


def literal(default: str) -> object:
    """Value of a default as papermill shows it; None for what is no literal."""
    try:
        return ast.literal_eval(default)
    except (ValueError, SyntaxError):
        return None


def inspected(notebook) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        nbformat.write(notebook, path := Path(folder) / "notebook.ipynb")
        return inspect_notebook(str(path))


def cells(notebook) -> Iterator[str]:
    if len(prose(notebook)) < len(code(notebook)):
        yield f"{len(code(notebook))} code cells, only {len(prose(notebook))} cells of prose"
    lengths = [len(c.source.splitlines()) for c in code(notebook) if c not in tagged(notebook, "parameters")]
    if statistics.median(lengths) > MEDIAN_CELL or max(lengths) > LONGEST_CELL:
        yield f"code cells of {max(lengths)} lines, median {statistics.median(lengths)}"
    trees = [node for c in code(notebook) for node in ast.walk(ast.parse(c.source))]
    made = [n for n in trees if isinstance(n, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef))]
    if len(made) > 1 or any(n.end_lineno - n.lineno > 6 for n in made):
        yield "at most one def, of at most six lines; the rest belongs into the library"


def captions(notebook) -> Iterator[str]:
    """What a figure shows is said by the function that draws it."""
    for cell in code(notebook):
        called = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Call)]
        given = {keyword.arg for call in called for keyword in call.keywords} & {"caption", "alt"}
        yield from (f"cell {cell.id}: {word}= belongs into the drawing function" for word in sorted(given))


def straight(notebook) -> Iterator[str]:
    """No branch at all; of the notebooks in ``STRAIGHT``."""
    branches = (ast.If, ast.IfExp, ast.While, ast.Match)
    for cell in code(notebook):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, branches) or (isinstance(node, ast.comprehension) and node.ifs):
                yield f"cell {cell.id}: a branch; let one name of the library stand for all cases"


def reads_parameters(node: ast.AST) -> bool:
    return any(isinstance(part, ast.Name) and part.id == "cfg" for part in ast.walk(node))


def pictures(notebook) -> Iterator[str]:
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if "image/png" not in output.get("data", {}):
                continue
            if len(output.metadata.get("image/png", {}).get("alt", "")) < 20:
                yield f"cell {cell.id}: a picture without alt text"
            before = notebook.cells[number - 1]
            if before.cell_type != "markdown" or len(before.source) < 60:
                yield f"cell {cell.id}: no cell before the picture says what to see in it"


def synthetic(notebook) -> Iterator[str]:
    for cell in code(notebook):
        said = "".join(map(text, cell.outputs))
        if TABLE.search(said) and "synthetic" not in said:
            yield f"cell {cell.id}: a table that does not say that it is synthetic"
    if "synthetic" not in notebook.cells[0].source:
        yield "the first cell does not say that the sample is synthetic"


def paths(notebook) -> Iterator[str]:
    everything = [cell.source for cell in notebook.cells if "**Try:**" not in cell.source] + [
        text(o) for o in outputs(notebook)
    ]
    if found := [m[0] for said in everything if (m := ABSOLUTE.search(said))]:
        yield f"an absolute path: {found}"


def stored(notebook) -> Iterator[str]:
    """As ``store_outputs.py`` leaves it."""
    counts = [cell.execution_count for cell in code(notebook)]
    if counts != list(range(1, len(counts) + 1)):
        yield "not run from top to bottom; run store_outputs.py"
    if set(notebook.metadata) != {"kernelspec", "language_info"} or any(
        set(c.metadata) - {"tags"} for c in notebook.cells
    ):
        yield "metadata beside kernelspec, language_info and tags: widget state, or a tool's"
    for output in outputs(notebook):
        if output.output_type == "error" or output.get("name") == "stderr" or VIEW in output.get("data", {}):
            yield f"an output that should not be kept: {output.output_type}"
    if len(nbformat.writes(notebook).encode()) >= LARGEST_BYTES:
        yield f"{LARGEST_BYTES} bytes or more"


def checked(notebook) -> Iterator[str]:
    """A cell without a stored output would pass nbval whatever it prints; one with long numbers nowhere else."""
    cells = tagged(notebook, "nbval-check-output")
    if len(cells) < 2:
        yield "fewer than two cells whose output is checked"
    for cell in cells:
        said = "".join(map(text, cell.outputs))
        if not said.strip():
            yield f"cell {cell.id}: nothing to check"
        if long := re.search(r"\d\.\d{4,}", said):
            yield f"cell {cell.id}: {long[0]} has more digits than another machine gives"
        if re.search(r" at 0x[0-9a-f]+|id=\"T_", said):
            yield f"cell {cell.id}: an address or a random name"


def numbers(notebook) -> Iterator[str]:
    """Prose repeats no number that the code prints; those of the paper and of parameters' defaults are facts."""
    printed = " ".join(o.get("text", "") for o in outputs(notebook) if not o.get("text", "").startswith("versions:"))
    for cell in prose(notebook):
        for paragraph in cell.source.split("\n\n"):
            if re.search(r"paper|section", paragraph, re.IGNORECASE):
                continue
            for value in re.findall(r"(?<![\w.,])\d(?:[\d.,]*\d){2,}(?!\w)", paragraph):
                if re.search(rf"(?<![\w.,]){re.escape(value)}(?!\w)", printed):
                    yield f"cell {cell.id}: the prose says {value}, which the code prints"


def copies(notebooks: dict) -> Iterator[str]:
    """Runs of lines that two notebooks share, the opening cells apart."""
    seen: dict[tuple[str, ...], str] = {}
    for name, notebook in notebooks.items():
        lines = [line.strip() for cell in code(notebook)[3:] for line in cell.source.splitlines() if line.strip()]
        for start in range(len(lines) - SAME_LINES + 1):
            run = tuple(lines[start : start + SAME_LINES])
            if seen.setdefault(run, name) != name:
                yield f"{name} and {seen[run]} share: {run}"


RULES = (title, sections, ending, parameters, cells, captions, pictures, synthetic, paths, stored, checked, numbers)
