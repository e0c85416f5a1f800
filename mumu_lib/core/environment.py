"""Versions, device and catalogue: what an issue report needs."""

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

PACKAGES = ("mumu-lib", "keras", "tensorflow", "librosa", "scikit-learn", "numpy", "openTSNE")
TOOLS = ("papermill", "jupyterlab", "ipykernel", "ipywidgets", "jupyter-scatter", "snakemake", "soundfile", "pandas")


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that numbers depend on."""
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def device() -> str:
    """Keras backend and what it computes on."""
    with quiet_start():
        import keras

        backend = keras.backend.backend()
        gpus = [d for d in keras.distribution.list_devices() if "gpu" in d.lower() or "cuda" in d.lower()]
    return f"{backend} on {f'{len(gpus)} GPU' if gpus else f'CPU, {os.cpu_count()} cores'}"


def git_commit() -> str:
    """Commit of the checkout, with ``+`` when files were changed since; empty outside git."""
    try:
        # Of a checkout that lies in another repository without being one, that other's commit says nothing.
        if Path(_git("rev-parse", "--show-toplevel")).resolve() != checkout():
            return ""
        commit = _git("rev-parse", "--short=12", "HEAD")
        return commit + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return ""


def _git(*words: str) -> str:
    command = ["git", "-C", str(checkout()), *words]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=True, timeout=20).stdout.strip()


@contextmanager
def quiet_start() -> Iterator[None]:
    """Keep the backend's start-up lines (C++, with process numbers) out of saved notebooks."""
    sys.stderr.flush()
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


def hello(networks: bool = True) -> None:
    """Print versions and device, one line each, and let tables show their notes whole.

    Parameters
    ----------
    networks : bool
        False where no network computes: the device is not named, since asking for it imports Keras and its backend,
        which takes 3 to 4 s.
    """
    pd.options.display.max_colwidth = 120
    print("versions:", ", ".join(f"{name} {number}" for name, number in versions().items()))
    if networks:
        print("device:", device())


def report() -> None:
    """Print what an issue report needs: :func:`hello`, then system, tools, commit, where data lie and what is there.

    The same as ``python -m mumu_lib``. The home directory is written as ``~``, so that no user's name is in it.
    """
    hello()
    print("system:", platform.platform())
    print("tools:", ", ".join(f"{name} {_version(name)}" for name in TOOLS))
    print("commit:", git_commit() or "none, this is not a git checkout")
    print("home:", _home())
    catalogues = sorted(path.parent.name for path in (home() / "data").glob("*/catalogue.json"))
    finished = {name: len(list((home() / "runs" / name).glob("*/metrics.json"))) for name in catalogues}
    print("catalogues:", ", ".join(f"{name} ({n} finished runs)" for name, n in finished.items()) or "none")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _home() -> str:
    """Where data and runs lie, why there, whether it can be written to, and how much space is left."""
    folder = home()
    if not folder.is_dir():
        return f"{_short(folder)} (MUMU_HOME) is not there yet"
    why = "MUMU_HOME" if os.environ.get("MUMU_HOME") else "the checkout"
    read_only = "" if os.access(folder, os.W_OK) else ", read-only"
    return f"{_short(folder)} ({why}){read_only}, {shutil.disk_usage(folder).free / 1e9:.0f} GB free"


def _short(folder: Path) -> str:
    return f"~/{folder.relative_to(Path.home())}" if folder.is_relative_to(Path.home()) else str(folder)


def seed_everything(seed: int, precision: str = "float32") -> None:
    """Seed Python, numpy and the Keras backend (weights, shuffling, dropout), and set the precision of layers.

    Parameters
    ----------
    precision : str
        A Keras policy, or ``auto``: what this machine computes fastest (:func:`mumu_lib.core.processor.precision`).
    """
    import keras

    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy(processor.precision(precision))


def precision() -> str:
    """Return the Keras policy that new layers get, such as ``float32`` or ``mixed_bfloat16``."""
    import keras

    return str(keras.config.dtype_policy().name)
