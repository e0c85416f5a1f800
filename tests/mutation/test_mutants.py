"""``mutants.py`` runs the tests that are of a module."""

import importlib.util
from pathlib import Path

import mutants
import pytest


@pytest.mark.parametrize("module", [*mutants.MODULES, "core.files", "sources.sample.raw"])
def test_the_tests_of_a_module_are_found(module):
    tests = mutants.tests_of(module, Path(importlib.util.find_spec(f"mumu_lib.{module}").origin))
    assert tests.is_file()
    assert f"from mumu_lib{'.' if '.' in module else ''}{module.rpartition('.')[0]} import" in tests.read_text()
