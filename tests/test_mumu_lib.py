"""The library's doors: listed, open, and loaded only when used."""

import subprocess
import sys

import pytest

import mumu_lib

STARTED = """
import sys
import mumu_lib
print(*{name.partition(".")[0] for name in sys.modules} & {"keras", "tensorflow", "pandas", "librosa", "matplotlib"})
print(*(name for name in sys.modules if name.startswith("mumu_lib.")))
"""


@pytest.mark.parametrize("name", dir(mumu_lib))
def test_every_door_opens(name):
    assert getattr(mumu_lib, name) is not None


def test_a_door_that_there_is_not_is_said():
    with pytest.raises(AttributeError, match="metrisc"):
        _ = mumu_lib.metrisc


def test_importing_the_library_loads_no_room():
    done = subprocess.run([sys.executable, "-c", STARTED], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["", "mumu_lib.core mumu_lib.core.paths mumu_lib.core.backend"]
