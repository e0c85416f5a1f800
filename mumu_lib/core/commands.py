"""Commands as a message prints them: typed into a shell, each does what the message says."""

import os
import shlex
from pathlib import Path
from typing import Any

from mumu_lib.core.paths import checkout

# What papermill's -p takes for something else than text.
_CONSTANTS = {"True": True, "False": False, "None": None}


def typed(*words: object) -> str:
    """Join words to a line for a shell, each quoted where it must be.

    >>> typed("make", "paper", "CATALOGUE=my music")
    "make paper 'CATALOGUE=my music'"
    """
    return shlex.join(map(str, words))


def parameter(name: str, value: Any) -> str:
    """Return a parameter of a notebook as papermill is told it; a text as text, though it may look like a number.

    >>> parameter("epochs", 3)
    '-p epochs 3'
    >>> parameter("catalogue", "2017_02")
    '-r catalogue 2017_02'
    >>> parameter("catalogue", "my music")
    "-p catalogue 'my music'"
    """
    option = "-p"
    if isinstance(value, str) and not is_text_to_papermill(value):
        option = "-r"
    return typed(option, name, value)


def is_text_to_papermill(value: str) -> bool:
    """Whether papermill's ``-p`` leaves a text as it is; ``007``, ``1e3``, ``nan`` and ``None`` it does not."""
    return read_by_papermill(value) is value


def read_by_papermill(word: str) -> Any:
    """Return what papermill's ``-p`` makes of a word."""
    if word in _CONSTANTS:
        return _CONSTANTS[word]
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return word


def papermill(notebook: str, *, there: bool = False, **parameters: Any) -> str:
    """Return the command that runs a notebook, to be typed where Python works now.

    Parameters
    ----------
    notebook : str
        Its name without ending, such as ``05_text``.
    there : bool
        Whether the notebook is to work in its own folder all the same, which relative paths among its parameters mean.
    **parameters
        Of the notebook.

    Returns
    -------
    command : str
        E.g. ``papermill 05_text.ipynb out.ipynb -p catalogue mine -p features vsm``, with the notebook's path as it is
        seen from the current folder.
    """
    path = notebook_path(notebook)
    parts = [typed("papermill", path, "out.ipynb")]
    if there and "/" in path:
        parts.append(typed("--cwd", Path(path).parent.as_posix()))
    for name, value in parameters.items():
        parts.append(parameter(name, value))
    return " ".join(parts)


def notebook_path(notebook: str) -> str:
    """Return the path of a notebook from the current folder: its mere name in ``notebooks/``; absolute from elsewhere."""
    path = checkout() / "notebooks" / f"{notebook}.ipynb"
    here = Path.cwd()
    for base in (path.parent, checkout()):
        if base == here:
            return path.relative_to(here).as_posix()
    return str(path)


def python(module: str, *words: object, **options: Any) -> str:
    """Return the command that runs a module of the library; of options, ``min_albums=2`` is ``--min-albums 2``.

    >>> python("mumu_lib.patches", "my music", seed=1)
    "python -m mumu_lib.patches 'my music' --seed 1"
    """
    parts: list[object] = ["python", "-m", module, *words]
    for name, value in options.items():
        parts += [f"--{name.replace('_', '-')}", value]
    return typed(*parts)


def make(target: str, **variables: Any) -> str:
    """Return the command that makes a target of the Makefile; it is typed in the checkout.

    >>> make("paper", CATALOGUE="2017_02", KNOWLEDGE="FOLDER")
    'make paper CATALOGUE=2017_02 KNOWLEDGE=FOLDER'
    """
    parts = ["make", target]
    for name, value in variables.items():
        parts.append(f"{name}={value}")
    return typed(*parts)


def quoted(word: str | Path) -> str:
    """Quote a word for the shell that runs the jobs of a series; that of Windows knows no single quotes."""
    if os.name == "nt":
        import subprocess

        return subprocess.list2cmdline([str(word)])
    return shlex.quote(str(word))
