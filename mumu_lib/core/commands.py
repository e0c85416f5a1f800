"""Format commands for messages; they can be typed into a shell."""

import os
import shlex
from pathlib import Path
from typing import Any

from mumu_lib.core.paths import checkout

# Words that papermill's -p does not pass as text.
_CONSTANTS = {"True": True, "False": False, "None": None}


def typed(*words: object) -> str:
    """Join words to a command line, with quotes where necessary.

    Examples
    --------
    >>> typed("make", "paper", "CATALOGUE=my music")
    "make paper 'CATALOGUE=my music'"
    """
    return shlex.join(map(str, words))


def parameter(name: str, value: Any) -> str:
    """Return papermill's arguments for a parameter; texts are passed as text even if they look like numbers.

    Examples
    --------
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
    """Return whether papermill's ``-p`` passes a text unchanged, which it does not for ``007``, ``1e3`` or ``None``.

    Examples
    --------
    >>> is_text_to_papermill("vsm"), is_text_to_papermill("007")
    (True, False)
    """
    return read_by_papermill(value) is value


def read_by_papermill(word: str) -> Any:
    """Parse a word as papermill's ``-p`` does.

    Examples
    --------
    >>> read_by_papermill("007"), read_by_papermill("None"), read_by_papermill("vsm")
    (7, None, 'vsm')
    """
    if word in _CONSTANTS:
        return _CONSTANTS[word]
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return word


def papermill(notebook: str, *, there: bool = False, **parameters: Any) -> str:
    """Return the command that runs a notebook from the current folder.

    Parameters
    ----------
    notebook : str
        Name without extension, such as ``05_text``.
    there : bool
        Whether the notebook runs in its own folder, to which relative paths in its parameters refer.
    **parameters
        Parameters of the notebook.

    Returns
    -------
    command : str
        E.g. ``papermill 05_text.ipynb out.ipynb -p catalogue mine -p features vsm``, with the path of the notebook
        relative to the current folder if possible.

    Examples
    --------
    >>> papermill("05_text", features="vsm").endswith("05_text.ipynb out.ipynb -p features vsm")
    True
    """
    path = notebook_path(notebook)
    parts = [typed("papermill", path, "out.ipynb")]
    if there and "/" in path:
        parts.append(typed("--cwd", Path(path).parent.as_posix()))
    for name, value in parameters.items():
        parts.append(parameter(name, value))
    return " ".join(parts)


def notebook_path(notebook: str) -> str:
    """Return the path of a notebook: relative in ``notebooks/`` and in the checkout, absolute from other folders."""
    path = checkout() / "notebooks" / f"{notebook}.ipynb"
    here = Path.cwd()
    for base in (path.parent, checkout()):
        if base == here:
            return path.relative_to(here).as_posix()
    return str(path)


def python(module: str, *words: object, **options: Any) -> str:
    """Return the command that runs a module of the library; the option ``min_albums=2`` becomes ``--min-albums 2``.

    Examples
    --------
    >>> python("mumu_lib.patches", "my music", seed=1)
    "python -m mumu_lib.patches 'my music' --seed 1"
    """
    parts: list[object] = ["python", "-m", module, *words]
    for name, value in options.items():
        parts += [f"--{name.replace('_', '-')}", value]
    return typed(*parts)


def make(target: str, **variables: Any) -> str:
    """Return the command that makes a target of the Makefile, to be run in the checkout.

    Examples
    --------
    >>> make("paper", CATALOGUE="2017_02", KNOWLEDGE="FOLDER")
    'make paper CATALOGUE=2017_02 KNOWLEDGE=FOLDER'
    """
    parts = ["make", target]
    for name, value in variables.items():
        parts.append(f"{name}={value}")
    return typed(*parts)


def quoted(word: str | Path) -> str:
    """Quote a word for the shell that runs the jobs of a series; on Windows, single quotes are not supported."""
    if os.name == "nt":
        import subprocess

        return subprocess.list2cmdline([str(word)])
    return shlex.quote(str(word))
