"""Run a command and measure the time, memory and disk space of all its processes.

Time during which the machine sleeps or the rehearsal is stopped does not count.
"""

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

EVERY = 0.5
# More seconds than this between two measurements mean that the machine was asleep.
ASLEEP = 5.0
DISK_EVERY = 10


@dataclass
class Taken:
    """Hold what a command has used so far.

    Attributes
    ----------
    seconds, cpu : float
        Wall-clock time, and processor time of all cores together.
    memory : float
        Peak memory of its processes in bytes (sum of RSS; shared memory counts for each process).
    disk, kept : float
        Bytes by which the watched folders have grown: at most, and at the end.
    code : int or None
        Exit status; None while the command is running.
    pid : int
        Process id.
    started : float
        Start time of the process, since ids are reused.
    """

    seconds: float = 0.0
    cpu: float = 0.0
    memory: float = 0.0
    disk: float = 0.0
    kept: float = 0.0
    code: int | None = None
    pid: int = 0
    started: float = 0.0


def run(
    command: Sequence[str],
    log: Path,
    size: Callable[[], int],
    report: Callable[[Taken], None],
    variables: Mapping[str, str] | None = None,
) -> Taken:
    """Run a command and measure it; its output is appended to a log. If interrupted, end all its processes.

    Parameters
    ----------
    size : function
        Returns the current size of the watched folders in bytes.
    report : function
        Called regularly with the measurements so far.
    variables : mapping
        Environment variables to add.
    """
    taken = Taken()
    before = size()
    environment = {**os.environ, **(variables or {})}
    spent: dict[tuple[int, float], float] = {}
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)
        try:
            _identify(process.pid, taken)
            report(taken)
            _watch(process, taken, spent, lambda: size() - before, report)
        finally:
            end(process.pid)
            process.wait()
            taken.kept = size() - before
            taken.disk = max(taken.disk, taken.kept)
            report(taken)
    taken.code = process.returncode
    return taken


def _watch(
    process: subprocess.Popen, taken: Taken, spent: dict, growth: Callable[[], int], report: Callable[[Taken], None]
) -> None:
    """Measure a process until it ends."""
    last = time.monotonic()
    measurements = 0
    while process.poll() is None:
        _measure(process.pid, taken, spent)
        measurements += 1
        if measurements % DISK_EVERY == 0:
            taken.disk = max(taken.disk, growth())
            report(taken)
        time.sleep(EVERY)
        now = time.monotonic()
        if now - last < ASLEEP:
            taken.seconds += now - last
        last = now


def _measure(pid: int, taken: Taken, spent: dict[tuple[int, float], float]) -> None:
    """Measure memory and processor time of a process and its descendants once."""
    memory = 0
    for process in tree(pid):
        try:
            with process.oneshot():
                memory += process.memory_info().rss
                times = process.cpu_times()
                spent[process.pid, process.create_time()] = times.user + times.system
        except psutil.Error:
            continue
    taken.memory = max(taken.memory, memory)
    taken.cpu = sum(spent.values())


def tree(pid: int) -> list[psutil.Process]:
    """Return a process and its descendants; empty if it has ended."""
    try:
        top = psutil.Process(pid)
        return [top, *top.children(recursive=True)]
    except psutil.Error:
        return []


def _identify(pid: int, taken: Taken) -> None:
    """Store the id and start time of a process."""
    with suppress(psutil.Error):
        taken.started = psutil.Process(pid).create_time()
        taken.pid = pid


def end(pid: int) -> None:
    """Terminate a process and its descendants, if they are still running."""
    processes = tree(pid)
    for process in processes:
        with suppress(psutil.Error):
            process.terminate()
    _, alive = psutil.wait_procs(processes, timeout=10)
    for process in alive:
        with suppress(psutil.Error):
            process.kill()


def end_left(pid: int, started: float) -> bool:
    """Terminate the process that a killed rehearsal has left running; return whether there was one.

    Parameters
    ----------
    pid, started
        Of :class:`Taken`.
    """
    try:
        running = pid > 0 and psutil.Process(pid).create_time() == started
    except psutil.Error:
        return False
    if running:
        end(pid)
    return running
