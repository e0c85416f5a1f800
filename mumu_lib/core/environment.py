"""Report versions, device and catalogues, for issue reports."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pandas as pd

from mumu_lib.core import processor
from mumu_lib.core.paths import checkout, home

PACKAGES = ("librosa", "scikit-learn", "numpy", "openTSNE")
TOOLS = ("papermill", "jupyterlab", "ipykernel", "ipywidgets", "jupyter-scatter", "snakemake", "soundfile", "pandas")


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that affect results, the Keras backend among them.

    Examples
    --------
    >>> list(versions())[:3]
    ['python', 'mumu-lib', 'keras']
    """
    result = {"python": platform.python_version()}
    for name in ("mumu-lib", "keras"):
        result[name] = version(name)
    # Notebooks without networks run without it.
    result[_backend()] = _version(_backend())
    for name in PACKAGES:
        result[name] = version(name)
    return result


def _backend() -> str:
    """Return the Keras backend in use, or the one that Keras will use, without importing it."""
    if "keras" in sys.modules:
        return str(sys.modules["keras"].backend.backend())
    return os.environ.get("KERAS_BACKEND") or "tensorflow"


def device() -> str:
    """Return the Keras backend and the device that it uses."""
    with quiet_start():
        import keras

        backend = keras.backend.backend()
        gpus = [d for d in keras.distribution.list_devices() if "gpu" in d.lower() or "cuda" in d.lower()]
    if gpus:
        return f"{backend} on {len(gpus)} GPU"
    return f"{backend} on CPU, {os.cpu_count()} cores"


def git_commit() -> str:
    """Return the commit of the checkout, with ``+`` if files have changed since; empty outside of git."""
    try:
        # A folder without its own repository may be within another one, whose commit is irrelevant.
        if Path(_git("rev-parse", "--show-toplevel")).resolve() != checkout():
            return ""
        commit = _git("rev-parse", "--short=12", "HEAD")
        if _git("status", "--porcelain", "--untracked-files=no"):
            commit += "+"
        return commit
    except (OSError, subprocess.SubprocessError):
        return ""


def _git(*words: str) -> str:
    command = ["git", "-C", str(checkout()), *words]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=True, timeout=20).stdout.strip()


@contextmanager
def quiet_start() -> Iterator[None]:
    """Suppress the start-up messages of the backend (from C++, with process ids), which would change saved notebooks."""
    sys.stderr.flush()
    stderr = os.dup(2)
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(null)


def hello(networks: bool = True) -> None:
    """Print versions and device, one line each, and widen the columns of displayed tables.

    Parameters
    ----------
    networks : bool
        Whether to print the device, which imports Keras and its backend and takes 3 to 4 s.

    Examples
    --------
    >>> hello(networks=False)  # doctest: +ELLIPSIS
    versions: python 3..., mumu-lib ..., keras 3...
    """
    pd.options.display.max_colwidth = 120
    print("versions:", ", ".join(f"{name} {number}" for name, number in versions().items()))
    if networks:
        print("device:", device())


def report() -> None:
    """Print the information for an issue report: :func:`hello`, system, tools, commit, home and catalogues.

    The same as ``python -m mumu_lib``. The user's home directory is printed as ``~``, which hides the user's name.
    """
    hello()
    print("system:", platform.platform())
    print("tools:", ", ".join(f"{name} {_version(name)}" for name in TOOLS))
    print("commit:", git_commit() or "none, this is not a git checkout")
    print("home:", _home())
    catalogues = []
    for path in sorted((home() / "data").glob("*/catalogue.json")):
        name = path.parent.name
        finished = len(list((home() / "runs" / name).glob("*/metrics.json")))
        catalogues.append(f"{name} ({finished} finished runs)")
    print("catalogues:", ", ".join(catalogues) or "none")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _home() -> str:
    """Describe the home: its folder, how it was chosen, whether it is writable, and its free space."""
    folder = home()
    if not folder.is_dir():
        return f"{_short(folder)} (MUMU_HOME) is not there yet"
    text = f"{_short(folder)} (the checkout)"
    if os.environ.get("MUMU_HOME"):
        text = f"{_short(folder)} (MUMU_HOME)"
    if not os.access(folder, os.W_OK):
        text += ", read-only"
    return f"{text}, {shutil.disk_usage(folder).free / 1e9:.0f} GB free"


def _short(folder: Path) -> str:
    """Return a path with ``~`` for the user's home directory."""
    if folder.is_relative_to(Path.home()):
        return f"~/{folder.relative_to(Path.home())}"
    return str(folder)


def seed_everything(seed: int, precision: str = "float32") -> None:
    """Seed Python, numpy and the Keras backend (weights, shuffling, dropout), and set the precision of layers.

    Parameters
    ----------
    precision : str
        A Keras policy, or ``auto`` for the fastest one on this machine (:func:`mumu_lib.core.processor.precision`).
    """
    import keras

    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy(processor.precision(precision))


def precision() -> str:
    """Return the current Keras policy of new layers, such as ``float32`` or ``mixed_bfloat16``."""
    import keras

    return str(keras.config.dtype_policy().name)
