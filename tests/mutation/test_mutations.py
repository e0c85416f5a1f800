"""The notebooks' checked outputs notice a changed constant; the others are left to ``mutations.py``."""

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import mutations
import pytest

from mumu_lib.core.paths import checkout
from mumu_lib.sources import sample

# Before the fixture ``home`` takes it away: the sample is made where the notebooks need it a moment later.
HOME = Path(os.environ.get("MUMU_HOME") or checkout())
QUICK = [mutation for mutation in mutations.MUTATIONS if mutation.quick]
UNCHANGED = [name for name in mutations.NOTEBOOKS if name[:2] in mutations.QUICK_CONTROL]


@pytest.fixture(scope="module")
def started():
    """Everything at once, on two cores; each test waits for its own."""
    folder = HOME / "data" / "sample"
    if not (folder / "catalogue.json").is_file():
        sample.build(folder)
    with ThreadPoolExecutor(2) as pool:
        yield {
            **{name: pool.submit(unchanged, name, folder) for name in UNCHANGED},
            **{mutation.name: pool.submit(mutations.notices, mutation, folder) for mutation in QUICK},
        }


def unchanged(notebook, folder):
    with tempfile.TemporaryDirectory() as name:
        code = mutations.copy(Path(name) / "code")
        return mutations.nbval(code, mutations.furnish(Path(name) / "home", folder), notebook)


@pytest.mark.parametrize("notebook", UNCHANGED)
def test_without_a_mutation_everything_passes(notebook, started):
    passed, said = started[notebook].result()
    assert passed, said[-3000:]


@pytest.mark.parametrize("mutation", QUICK, ids=lambda mutation: mutation.name)
def test_a_changed_constant_is_noticed(mutation, started):
    assert started[mutation.name].result(), f"{mutation.notebook} prints the same with a change to {mutation.name}"


def test_every_mutation_still_finds_its_place(tmp_path):
    for mutation in mutations.MUTATIONS:
        text = (checkout() / "mumu_lib" / mutation.file).read_text(encoding="utf-8")
        assert text.count(mutation.old) == 1, mutation.name
