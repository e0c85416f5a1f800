"""Who runs a series on a catalogue, since when; and whether the node of a job sees the same drive.

Read by the Snakefile.
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

# Jobs inherit it from the series that submits them.
TOKEN = "MUMU_SERIES"
# A network drive may show a new file late, though hardly after its folder was read.
PATIENCE = 15
CLOCK_SECONDS = 60
# Of the series that this process runs.
BEATS: list[beat.Beat] = []


def series_lock(catalogue: Catalogue) -> FileLock:
    """Keep a second series from running on a catalogue, as long as the result is kept and the process lives.

    Snakemake's own lock is a file that outlives a kill, so that the next call would refuse to go on. Where a drive keeps
    no lock between machines, a series on another machine is known by its :mod:`~mumu_lib.series.beat`.

    Raises
    ------
    MumuError
        Another series runs on this catalogue now.
    WriteError
        The lock is another user's, or lies on a drive without locks.
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
    """Stop where a series on another machine counts, though its lock is not seen here."""
    path = _beat_of(catalogue)
    host = beat.host_of(path)
    if host and host != socket.gethostname():
        print(f"looking for {beat.PATIENCE} s whether the series that was begun on {host} goes on", file=sys.stderr)
        if beat.is_alive(path):
            raise MumuError(
                f"another series is running on catalogue {catalogue.name!r}{_by_whom(catalogue)}, and {host} and "
                f"{socket.gethostname()} do not see each other's locks in {path.parent}; wait for it, or end it there"
            )
    # Left by a killed series.
    path.unlink(missing_ok=True)


def _beat_of(catalogue: Catalogue) -> Path:
    return home() / "runs" / catalogue.name / "series.beat"


def note_of(catalogue: Catalogue) -> Path:
    """Return the file that says who runs, or ran, the last series on a catalogue."""
    return home() / "runs" / catalogue.name / "series.json"


def last(catalogue: Catalogue) -> dict[str, str]:
    """Return what the note of the last series says: ``user``, ``host``, ``pid``, ``since``, ``run``; empty without one."""
    try:
        found = read_json(note_of(catalogue), "delete it")
    except MumuError:
        return {}
    return {str(name): str(value) for name, value in found.items()}


def begin(catalogue: Catalogue, run: str) -> None:
    """Write down who runs a series, and a mark by which its jobs know that they see the same drive.

    Parameters
    ----------
    run : str
        Name of its jobs on a cluster; empty on one machine.

    Raises
    ------
    MumuError
        Another machine, whose locks are not seen here, has begun one at the same moment.
    """
    _stop_beats()
    try:
        beating = beat.Beat(_beat_of(catalogue))
    except FileExistsError:
        raise MumuError(
            f"another series on catalogue {catalogue.name!r} has begun at the same moment on "
            f"{beat.host_of(_beat_of(catalogue))}; wait for it, or end it"
        ) from None
    beating.start()
    BEATS.append(beating)
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    about = {"user": _user(), "host": socket.gethostname(), "pid": str(os.getpid()), "since": since, "run": run}
    write_atomically(note_of(catalogue), json.dumps(about, indent=1))
    token = f"{secrets.token_hex(8)}@{socket.gethostname()}"
    write_atomically(_mark(token), json.dumps({"time": time.time(), "drive": _drive_ahead(_mark(token))}))
    os.environ[TOKEN] = token


def end() -> None:
    """Take the mark away; that of a killed series stays, and harms nobody."""
    _stop_beats()
    token = os.environ.pop(TOKEN, "")
    if token:
        for path in _mark(token).parent.glob(f"{_mark(token).name}*"):
            path.unlink(missing_ok=True)


def _stop_beats() -> None:
    while BEATS:
        BEATS.pop().stop()


def check_node() -> None:
    """Stop a job whose node does not see the ``MUMU_HOME`` of the series, before it computes anything.

    Says on stderr where its clock differs from that of the series by minutes.

    Raises
    ------
    MumuError
        With the node, the folder, and what to do.
    """
    token = os.environ.get(TOKEN, "")
    if not token:
        return
    mark = _mark(token)
    until = time.monotonic() + (PATIENCE if home().is_dir() else 0)
    while not _there(mark):
        if time.monotonic() >= until:
            raise MumuError(_unseen(token.partition("@")[2]))
        time.sleep(1)
    behind = _behind(mark)
    if abs(behind) > CLOCK_SECONDS:
        here = socket.gethostname()
        text = (
            f"the clock of node {here} is {abs(behind):.0f} s {'behind' if behind > 0 else 'ahead of'} that of "
            f"{token.partition('@')[2]}: the series goes by the times of files, and may repeat what is done, or refuse it; "
            "have the clocks set"
        )
        print(text, file=sys.stderr)
        write_atomically(mark.with_name(f"{mark.name}.{here}"), text)


def clocks() -> list[str]:
    """Return what nodes have said of their clocks in :func:`check_node`."""
    token = os.environ.get(TOKEN, "")
    if not token:
        return []
    found = sorted(_mark(token).parent.glob(f"{_mark(token).name}.*"))
    return [path.read_text(encoding="utf-8") for path in found if not path.name.endswith(".tmp")]


def check_times(files: Iterable[Path]) -> None:
    """Refuse files from the future, which no result could be newer than.

    Raises
    ------
    MumuError
        A file was written by a machine whose clock is ahead of this one's; with what to do.
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
    """Seconds that the clock of a drive is ahead of this machine's; 0 where the drive has none of its own."""
    write_atomically(path, "")
    return path.stat().st_mtime - time.time()


def _behind(mark: Path) -> float:
    """Seconds that this machine's clock is behind that of the series, as far as a drive can tell."""
    about = read_json(mark, "type the same again")
    own = mark.with_name(f"{mark.name}.clock.{secrets.token_hex(4)}.tmp")
    try:
        by_drive = _drive_ahead(own) - about["drive"]
    finally:
        own.unlink(missing_ok=True)
    # The job began after the series, so that an earlier time is a clock behind.
    by_time = about["time"] - time.time()
    return max(by_drive, by_time, key=abs) if by_time > 0 else by_drive


def _there(path: Path) -> bool:
    try:
        return path.name in os.listdir(path.parent)
    except OSError:
        return False


def _unseen(host: str) -> str:
    here = socket.gethostname()
    what = "it is another folder of the same name" if home().is_dir() else "there is no such folder"
    return (
        f"node {here} does not see MUMU_HOME={home()} of {host}: on {here} {what}; put MUMU_HOME on a drive that every "
        "node has under the same path, and type the same again"
    )


def _mark(token: str) -> Path:
    return home() / "cache" / "series" / token.partition("@")[0]


def _by_whom(catalogue: Catalogue) -> str:
    found = last(catalogue)
    if not found:
        return ""
    return f", of {found.get('user')} on {found.get('host')} since {found.get('since')}, process {found.get('pid')}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # In a container the user may have a number and no name.
        return str(os.getuid())
