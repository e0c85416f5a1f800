"""End a process, or tell it that the disk is full, at one of the steps by which it changes what lies on the disk.

A step is to open a file to write, to give one another name, or to remove one, below some folders and by Python's own
functions; so that the same steps come at every run, whatever else the machine does. What libraries in C write is left to
the tests that choose moments by the clock.
"""

import errno
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate")
NOT_COUNTED = (".log", "lock")


def count_steps(below, into):
    """A function for ``start(before=...)``: every step puts a byte into a file."""
    return partial(_count, str(below), str(into))


def kill_at(below, step):
    """A function for ``start(before=...)``: the process and all that it started end before a step, from 1."""
    return partial(_watch, str(below), partial(_at, step, _kill))


def full_from(below, step):
    """A function for ``start(before=...)``: from a step on, no file can be opened to write."""
    return partial(_watch, str(below), partial(_from, step))


def both(*befores):
    """A function for ``start(before=...)`` that calls several."""
    return partial(_call, befores)


def search_shortly():
    """For ``start(before=...)``: the searches of our recipe train for three epochs at most."""
    from mumu_lib.training import recipes

    recipes.EPOCHS, recipes.PATIENCE = 3, 2


class SmallDisk:
    """A disk of memory of a few kilobytes; ``there`` where it could be mounted."""

    def __init__(self, folder, kilobytes):
        folder.mkdir(parents=True)
        self.folder = folder
        self.there = self._mount(f"size={kilobytes}k")

    def grow(self, kilobytes):
        assert self._mount(f"remount,size={kilobytes}k")

    def unmount(self):
        if self.there:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True)

    def _mount(self, options):
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.folder)]
        try:
            return subprocess.run(command, capture_output=True, check=False).returncode == 0
        except OSError:
            return False


def _call(befores):
    for before in befores:
        before()


def _count(below, into):
    file = os.open(into, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    _watch(below, partial(_note, file))


def _watch(below, act):
    steps = [0]

    def hook(event, arguments):
        if not _is_step(event, arguments, below):
            return
        steps[0] += 1
        act(steps[0], event)

    sys.addaudithook(hook)


def _is_step(event, arguments, below):
    if event == "open":
        path, _, flags = arguments
        if not isinstance(flags, int) or not flags & WRITING:
            return False
    elif event in CHANGES:
        path = arguments[0]
    else:
        return False
    if not isinstance(path, (str, os.PathLike)):
        return False
    path = os.fspath(path)
    return isinstance(path, str) and path.startswith(below) and not path.endswith(NOT_COUNTED)


def _note(file, number, event):
    os.write(file, b".")


def _at(step, act, number, event):
    if number == step:
        act()


def _kill():
    os.killpg(os.getpid(), signal.SIGKILL)
    # The signal comes a little later, and until then nothing may happen.
    time.sleep(60)


def _from(step, number, event):
    if number >= step and event == "open":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def half_written(folder):
    """Files under their final names that cannot be read to the end."""
    import json
    import zipfile

    import numpy as np
    import pandas as pd

    readers = {
        ".json": lambda path: json.loads(path.read_text(encoding="utf-8")),
        ".npy": lambda path: np.load(path, allow_pickle=False),
        ".parquet": pd.read_parquet,
        ".csv": lambda path: pd.read_csv(path),
        ".keras": lambda path: zipfile.ZipFile(path).testzip() is None or 1 / 0,
        ".npz": lambda path: zipfile.ZipFile(path).testzip() is None or 1 / 0,
        ".html": lambda path: path.read_text(encoding="utf-8").rstrip().endswith("</html>") or 1 / 0,
        ".svg": lambda path: path.read_text(encoding="utf-8").rstrip().endswith("</svg>") or 1 / 0,
    }
    found = []
    for path in sorted(Path(folder).rglob("*")):
        if path.suffix in readers and path.is_file():
            try:
                readers[path.suffix](path)
            except Exception as error:
                found.append((path, error))
    return found


def kilobytes_of(folder):
    """Room that files take on a disk of pages of four kilobytes."""
    return sum(4 * -(-path.stat().st_size // 4096) for path in Path(folder).rglob("*") if path.is_file())
