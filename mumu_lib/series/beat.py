"""A sign of life of a running series, for machines on whose drives no lock is seen by the others.

A lock is kept by the system: on one machine always, on a network drive only if that is mounted with locks that all
machines share. With NFS's ``nolock`` or ``local_lock`` two machines both get it, and neither is told. A running series
therefore also counts in a file; another machine that finds such a file watches whether the number changes, which needs
neither locks nor clocks.
"""

import os
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

from mumu_lib.core.files import make_folder, writing

# A network drive shows what another machine has written within seconds, once the file is opened anew.
SECONDS = 5
PATIENCE = 4 * SECONDS


class Beat(threading.Thread):
    """Count in a file as long as the process lives; until :meth:`stop`, which takes the file away.

    Raises
    ------
    FileExistsError
        Somebody else counts there since a moment ago.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(name="beat", daemon=True)
        self.path = path
        self._ended = threading.Event()
        make_folder(path.parent)
        taken = False
        with writing(path):
            try:
                # Of two that come at the same moment one gets it, on network drives too.
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            except FileExistsError:
                taken = True
        if taken:
            raise FileExistsError(path)
        self._write(0)

    def run(self) -> None:
        """Count."""
        number = 0
        while not self._ended.wait(SECONDS):
            number += 1
            self._write(number)

    def _write(self, number: int) -> None:
        # A full disk stops what the series writes, not the series.
        with suppress(OSError):
            # In place: another machine may go on reading the file that had the name before.
            self.path.write_text(f"{socket.gethostname()} {number}\n", encoding="utf-8")

    def stop(self) -> None:
        """End, and take the file away."""
        self._ended.set()
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


def host_of(path: Path) -> str:
    """Return the machine that counts, or did, in a file; empty without one."""
    return _read(path).partition(" ")[0]


def is_alive(path: Path) -> bool:
    """Watch for a while whether somebody counts in a file."""
    before = _read(path)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        time.sleep(min(1.0, PATIENCE))
        now = _read(path)
        if not path.exists():
            return False
        # An empty one is being written.
        if now and now != before:
            return True
    return False


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
