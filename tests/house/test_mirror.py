"""The house: tests mirror the library, rooms stay small, and who may import whom.

What is imported is read from the source, inside functions too, so that no import hides by waiting.
"""

import ast
import re
from pathlib import Path

import pytest

from mumu_lib.core.paths import checkout

LIBRARY, TESTS = checkout() / "mumu_lib", checkout() / "tests"
MODULES = sorted(path.relative_to(LIBRARY) for path in LIBRARY.rglob("*.py"))
TEST_FILES = sorted(path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py"))

# Folders and files of tests that are about a theme and no module.
THEMES = {"notebooks", "robustness", "mutation", "stored", "documents", "house", "support"}
THEME_FILES = {
    "browser/test_page.py",
    "figures/test_baselines.py",
    "figures/test_captions.py",
    "series/test_cluster.py",
    "series/test_snakefile.py",
}

OF_THE_SAMPLE = "sources/sample/test_sample.py"
OF_PICTURES = "figures/test_baselines.py"
# Modules without a test file of their own name, and the file that tests them.
TESTED_ELSEWHERE = {
    "patches.py": "stored/test_frozen.py",  # a second name of the command of audio.store
    "series/jobs.py": "series/test_snakefile.py",
    "figures/audio.py": OF_PICTURES,
    "figures/mapping.py": OF_PICTURES,
    "sources/sample/__main__.py": OF_THE_SAMPLE,
    "sources/sample/arrangements.py": OF_THE_SAMPLE,
    "sources/sample/covers.py": OF_THE_SAMPLE,
    "sources/sample/sound.py": OF_THE_SAMPLE,
    "sources/sample/styles.py": OF_THE_SAMPLE,
    "sources/sample/words.py": OF_THE_SAMPLE,
    "sources/sample/knowledge/articles.py": "sources/sample/knowledge/test_knowledge.py",
    "sources/sample/raw/world.py": "sources/sample/raw/test_raw.py",
}

MOST_DOORS = 27
MOST_MODULES = 17
# The sample is a world of its own.
MAY_HAVE_MORE = {"sources/sample"}

# A room may import itself and what lies on lower floors; not what lies beside it.
FLOORS = (
    {"core"},
    {"experiments"},
    {"params"},
    {"catalogue"},
    {"sources", "labels", "metrics"},
    {"mapping", "targets", "features"},
    {"audio", "linking", "models"},
    {"encoders"},
    {"text", "training", "patches"},
    {"image", "runs"},
    {"results"},
    {"fusion", "series"},
    {"prediction", "rehearsal"},
    {"figures"},
    {"browser"},
)
FLOOR = {room: number for number, floor in enumerate(FLOORS) for room in floor}
# The library's front holds nothing but doors, and may only prepare the backend before any of them opens. Its commands
# open each door when they are called.
FRONT = {"__init__.py": {"core"}, "__main__.py": set(FLOOR)}

# Published checksums are MD5; the start of a patch is drawn from a hash. All else asks core.fingerprints.
MAY_HASH = {"core/fingerprints.py", "sources/fetch.py", "audio/store.py"}
NOTEBOOK = re.compile(r"\b0\d_[a-z]")


def tree(module):
    return ast.parse((LIBRARY / module).read_text(encoding="utf-8"))


def room_of(module):
    """The door behind which a module lies."""
    return module.parts[0].removesuffix(".py")


def test_of(module):
    """Where the test of a module belongs."""
    folder, name = module.parent.as_posix(), module.stem.strip("_")
    if name == "init":
        name = module.parent.name or "mumu_lib"
    return f"{folder}/test_{name}.py".removeprefix("./")


test_of.__test__ = False


def only_doors(module):
    """Whether a package's file lists its modules and does nothing else."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return module.name == "__init__.py" and not any(isinstance(node, kinds) for node in ast.walk(tree(module)))


def imported(module):
    """Every name that a module imports, in full; of packages also what is taken from them, which may be a module."""
    package = ("mumu_lib", *module.parts[:-1])
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else ()
            origin = ".".join((*above, *filter(None, [node.module])))
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def rooms_imported(module):
    own = [name for name in imported(module) if name.split(".")[0] == "mumu_lib"]
    return {[*name.split("."), "the whole library"][1] for name in own}


def doors():
    """Folders and single modules, but for those whose names Python gives a meaning."""
    packages = {path.parent.name for path in LIBRARY.glob("*/__init__.py")}
    return packages | {path.stem for path in LIBRARY.glob("*.py") if not path.stem.startswith("__")}


# --- The mirror. ---


@pytest.mark.parametrize("file", TEST_FILES)
def test_every_test_file_is_of_a_module_or_of_a_theme(file):
    if file.split("/")[0] in THEMES or file in THEME_FILES:
        return
    assert file in map(test_of, MODULES), f"mumu_lib has no module that tests/{file} could be about"


def test_themes_are_there():
    assert set(TEST_FILES) >= THEME_FILES
    assert all((TESTS / theme).is_dir() for theme in THEMES)


@pytest.mark.parametrize("module", [m for m in MODULES if not only_doors(m)], ids=Path.as_posix)
def test_every_module_has_its_test_file(module):
    where = TESTED_ELSEWHERE.get(module.as_posix(), test_of(module))
    assert where in TEST_FILES, f"tests/{where} is not there"


def test_exceptions_are_needed():
    for name in TESTED_ELSEWHERE:
        assert Path(name) in MODULES, f"{name} is no module any more"
        assert test_of(Path(name)) not in TEST_FILES, f"{name} has a test file now"


# --- The rooms. ---


def test_the_house_has_few_doors():
    assert len(doors()) <= MOST_DOORS


@pytest.mark.parametrize("room", sorted({m.parent.as_posix() for m in MODULES}))
def test_no_room_is_crowded(room):
    modules = [m for m in MODULES if m.parent.as_posix() == room]
    assert len(modules) <= MOST_MODULES or room in MAY_HAVE_MORE


def test_the_stub_lists_exactly_the_doors():
    stub = ast.parse((LIBRARY / "__init__.pyi").read_text(encoding="utf-8"))
    of_the_house = [node for node in stub.body if isinstance(node, ast.ImportFrom) and node.module is None]
    listed = [alias.name for node in of_the_house for alias in node.names]
    assert listed == sorted(doors())


# --- The walls. ---


def test_every_room_has_its_floor():
    assert set(FLOOR) == doors()


@pytest.mark.parametrize("module", MODULES, ids=Path.as_posix)
def test_imports_go_down(module):
    if module.as_posix() in FRONT:
        assert rooms_imported(module) <= FRONT[module.as_posix()]
        return
    room = room_of(module)
    below = {other for other in FLOOR if FLOOR[other] < FLOOR[room]}
    beyond = rooms_imported(module) - below - {room}
    assert not beyond, f"{room} may not import {', '.join(sorted(beyond))}"


@pytest.mark.parametrize(
    ("room", "never"),
    [
        ("features", {"audio", "image", "text"}),
        ("figures", {"browser"}),
        ("core", set(FLOOR) - {"core"}),
    ],
)
def test_a_wall_stands(room, never):
    for module in MODULES:
        if room_of(module) == room:
            assert not rooms_imported(module) & never, f"{module} imports beyond its wall"


@pytest.mark.parametrize("module", [m for m in MODULES if room_of(m) == "catalogue"], ids=Path.as_posix)
def test_the_catalogue_knows_no_notebook(module):
    """Docstrings may name the notebooks that a module is read with; code may not."""
    nodes = list(ast.walk(tree(module)))
    prose = {id(n.value) for n in nodes if isinstance(n, ast.Expr)}
    texts = [n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in prose]
    assert not [text for text in texts if NOTEBOOK.search(text)]


@pytest.mark.parametrize("module", MODULES, ids=Path.as_posix)
def test_content_is_named_in_one_place(module):
    hashes = any(name.split(".")[0] == "hashlib" for name in imported(module))
    assert hashes == (module.as_posix() in MAY_HASH)
