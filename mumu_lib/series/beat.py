"""Signal that a series is running, for network drives whose file locks are not shared between machines.

File locks work on one machine, but on a network drive only if it is mounted with shared locks. With NFS's ``nolock`` or
``local_lock`` two machines both acquire a lock without an error. Therefore a running series also increments a counter
in a file. Another machine that finds such a file watches whether the counter changes, which needs neither locks nor
synchronised clocks.
"""

import os
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

from mumu_lib.core.files import make_folder, writing

# A network drive shows the writes of other machines within seconds after a file is reopened.
SECONDS = 5
PATIENCE = 4 * SECONDS


class Beat(threading.Thread):
    """Increment a counter in a file until the process ends or :meth:`stop` removes the file.

    Raises
    ------
    FileExistsError
        Another series has just created the file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(name="beat", daemon=True)
        self.path = path
        self._ended = threading.Event()
        make_folder(path.parent)
        taken = False
        with writing(path):
            try:
                # O_EXCL: if two series start at the same time, only one creates the file, on network drives too.
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            except FileExistsError:
                taken = True
        if taken:
            raise FileExistsError(path)
        self._write(0)

    def run(self) -> None:
        """Increment the counter until stopped."""
        number = 0
        while not self._ended.wait(SECONDS):
            number += 1
            self._write(number)

    def _write(self, number: int) -> None:
        # A full disk must not stop the series.
        with suppress(OSError):
            # Written in place: after a rename, another machine could keep reading the old file.
            self.path.write_text(f"{socket.gethostname()} {number}\n", encoding="utf-8")

    def stop(self) -> None:
        """Stop counting, and remove the file."""
        self._ended.set()
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


def host_of(path: Path) -> str:
    """Return the machine that last wrote to a counter's file; empty if there is none."""
    return _read(path).partition(" ")[0]


def is_alive(path: Path) -> bool:
    """Watch a counter's file for :data:`PATIENCE` seconds; return whether it changes."""
    before = _read(path)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        time.sleep(min(1.0, PATIENCE))
        now = _read(path)
        if not path.exists():
            return False
        # An empty file is just being written.
        if now and now != before:
            return True
    return False


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
