"""Lock a catalogue for one series, record who runs it, and check that the nodes of its jobs share its drive.

Used by the Snakefile.
"""

import getpass
import json
import os
import secrets
import socket
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from filelock import FileLock, Timeout

from mumu_lib.catalogue import Catalogue
from mumu_lib.core import commands
from mumu_lib.core.errors import MumuError
from mumu_lib.core.files import make_folder, write_atomically, writing
from mumu_lib.core.parsing import read_json
from mumu_lib.core.paths import home
from mumu_lib.series import beat

# Environment variable that jobs inherit from the series that submits them.
TOKEN = "MUMU_SERIES"
# Seconds to wait for a new file on a network drive, which may appear with a delay.
PATIENCE = 15
CLOCK_SECONDS = 60
# Counters of the series that this process runs.
BEATS: list[beat.Beat] = []


def series_lock(catalogue: Catalogue) -> FileLock:
    """Lock a catalogue against a second series, until the returned lock is released or the process ends.

    Snakemake's own lock is a file that remains after a kill, and then blocks the next call. On drives that do not share
    locks between machines, a series on another machine is detected by its :mod:`~mumu_lib.series.beat`.

    Raises
    ------
    MumuError
        Another series is running on this catalogue.
    WriteError
        The lock belongs to another user, or is on a drive without locks.
    """
    path = home() / "runs" / catalogue.name / "series.lock"
    lock = FileLock(path)
    make_folder(path.parent)
    with writing(path):
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise MumuError(
                f"another series is running on catalogue {catalogue.name!r}{_by_whom(catalogue)} (it holds {path}); "
                "wait for it, or end it"
            ) from None
    try:
        _refuse_other_machine(catalogue)
    except BaseException:
        lock.release()
        raise
    return lock


def _refuse_other_machine(catalogue: Catalogue) -> None:
    """Raise an error if a series on another machine, whose lock is not visible here, is still running."""
    path = _beat_of(catalogue)
    host = beat.host_of(path)
    if host and host != socket.gethostname():
        print(f"looking for {beat.PATIENCE} s whether the series that was begun on {host} goes on", file=sys.stderr)
        if beat.is_alive(path):
            raise MumuError(
                f"another series is running on catalogue {catalogue.name!r}{_by_whom(catalogue)}, and {host} and "
                f"{socket.gethostname()} do not see each other's locks in {path.parent}; wait for it, or end it there"
            )
    # Left behind by a killed series.
    path.unlink(missing_ok=True)


def _beat_of(catalogue: Catalogue) -> Path:
    return home() / "runs" / catalogue.name / "series.beat"


def note_of(catalogue: Catalogue) -> Path:
    """Return the file that records who started the last series on a catalogue."""
    return home() / "runs" / catalogue.name / "series.json"


def last(catalogue: Catalogue) -> dict[str, str]:
    """Return the record of the last series: ``user``, ``host``, ``pid``, ``since``, ``run``; empty if there is none."""
    try:
        stored = read_json(note_of(catalogue), "delete it")
    except MumuError:
        return {}
    return {str(name): str(value) for name, value in stored.items()}


def begin(catalogue: Catalogue, run: str) -> None:
    """Record who runs a series, and write a mark by which its jobs check that they share its drive.

    Parameters
    ----------
    run : str
        Name of its jobs on a cluster; empty on one machine.

    Raises
    ------
    MumuError
        A machine whose locks are not visible here has started another series at the same time.
    """
    _stop_beats()
    try:
        counter = beat.Beat(_beat_of(catalogue))
    except FileExistsError:
        raise MumuError(
            f"another series on catalogue {catalogue.name!r} has begun at the same moment on "
            f"{beat.host_of(_beat_of(catalogue))}; wait for it, or end it"
        ) from None
    counter.start()
    BEATS.append(counter)
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    about = {"user": _user(), "host": socket.gethostname(), "pid": str(os.getpid()), "since": since, "run": run}
    write_atomically(note_of(catalogue), json.dumps(about, indent=1))
    token = f"{secrets.token_hex(8)}@{socket.gethostname()}"
    write_atomically(_mark(token), json.dumps({"time": time.time(), "drive": _drive_ahead(_mark(token))}))
    os.environ[TOKEN] = token


def end() -> None:
    """Remove the mark of this series; the mark of a killed series stays and has no effect."""
    _stop_beats()
    token = os.environ.pop(TOKEN, "")
    if token:
        for path in _mark(token).parent.glob(f"{_mark(token).name}*"):
            path.unlink(missing_ok=True)


def _stop_beats() -> None:
    while BEATS:
        BEATS.pop().stop()


def check_node() -> None:
    """Check that the node of a job shares the ``MUMU_HOME`` of its series, before anything is computed.

    Prints a warning if the clocks of the node and of the series differ by more than a minute.

    Raises
    ------
    MumuError
        The node does not share the folder.
    """
    token = os.environ.get(TOKEN, "")
    if not token:
        return
    mark = _mark(token)
    host = token.partition("@")[2]
    until = time.monotonic()
    if home().is_dir():
        until += PATIENCE
    while not _exists(mark):
        if time.monotonic() >= until:
            raise MumuError(_not_shared(host))
        time.sleep(1)
    behind = _seconds_behind(mark)
    if abs(behind) > CLOCK_SECONDS:
        here = socket.gethostname()
        text = _clocks_differ(here, host, behind)
        print(text, file=sys.stderr)
        write_atomically(mark.with_name(f"{mark.name}.{here}"), text)


def _clocks_differ(here: str, host: str, behind: float) -> str:
    relation = "ahead of"
    if behind > 0:
        relation = "behind"
    return (
        f"the clock of node {here} is {abs(behind):.0f} s {relation} that of {host}: the series goes by the times of "
        "files, and may repeat what is done, or refuse it; have the clocks set"
    )


def clocks() -> list[str]:
    """Return the warnings of nodes about their clocks (see :func:`check_node`)."""
    token = os.environ.get(TOKEN, "")
    if not token:
        return []
    files = sorted(_mark(token).parent.glob(f"{_mark(token).name}.*"))
    return [path.read_text(encoding="utf-8") for path in files if not path.name.endswith(".tmp")]


def check_times(files: Iterable[Path]) -> None:
    """Check that no file has a time in the future, since Snakemake would consider every result made from it outdated.

    Raises
    ------
    MumuError
        A file was written by a machine whose clock is ahead of this machine's.
    """
    now = time.time()
    for path in files:
        if path.is_file() and path.stat().st_mtime > now + CLOCK_SECONDS:
            ahead = (path.stat().st_mtime - now) / 60
            raise MumuError(
                f"{path} was written {ahead:.0f} minutes ahead of the clock of {socket.gethostname()}, so that what is made "
                f"of it would count as older; set the clock that is wrong, or  {commands.typed('touch', path)}"
            )


def _drive_ahead(path: Path) -> float:
    """Return the seconds that the clock of a drive is ahead of this machine's; 0 if the drive uses this clock."""
    write_atomically(path, "")
    return path.stat().st_mtime - time.time()


def _seconds_behind(mark: Path) -> float:
    """Return the seconds that this machine's clock is behind that of the series, estimated by the drive's clock."""
    about = read_json(mark, "type the same again")
    own = mark.with_name(f"{mark.name}.clock.{secrets.token_hex(4)}.tmp")
    try:
        by_drive = _drive_ahead(own) - about["drive"]
    finally:
        own.unlink(missing_ok=True)
    # A job starts after its series: if its time is earlier, its clock is behind.
    by_time = about["time"] - time.time()
    if by_time > 0 and by_time > abs(by_drive):
        return by_time
    return by_drive


def _exists(path: Path) -> bool:
    """Return whether a file exists; its folder is listed, since network drives cache the absence of a file."""
    try:
        return path.name in os.listdir(path.parent)
    except OSError:
        return False


def _not_shared(host: str) -> str:
    here = socket.gethostname()
    what = "there is no such folder"
    if home().is_dir():
        what = "it is another folder of the same name"
    return (
        f"node {here} does not see MUMU_HOME={home()} of {host}: on {here} {what}; put MUMU_HOME on a drive that every "
        "node has under the same path, and type the same again"
    )


def _mark(token: str) -> Path:
    return home() / "cache" / "series" / token.partition("@")[0]


def _by_whom(catalogue: Catalogue) -> str:
    """Describe who runs the series, for messages; empty if there is no record."""
    record = last(catalogue)
    if not record:
        return ""
    return f", of {record.get('user')} on {record.get('host')} since {record.get('since')}, process {record.get('pid')}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # In a container the user id may have no name.
        return str(os.getuid())
