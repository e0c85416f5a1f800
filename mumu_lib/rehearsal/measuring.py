"""Run a command and watch what it takes, with all processes that it starts.

Time that this machine slept, or that the rehearsal was stopped for, does not count.
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
# A longer wait than this between two looks is sleep.
ASLEEP = 5.0
DISK_EVERY = 10


@dataclass
class Taken:
    """What a command has taken so far.

    Attributes
    ----------
    seconds, cpu : float
        By the clock; and of all cores together.
    memory : float
        Bytes: the most that its processes held at one moment (RSS; what they share counts for each of them).
    disk, kept : float
        Bytes that the watched folders have grown by: at most, and in the end.
    code : int or None
        How it ended.
    pid : int
    started : float
        Its process, known by both of these: numbers are used again.
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
    told: Callable[[Taken], None],
    variables: Mapping[str, str] | None = None,
) -> Taken:
    """Run a command to its end; what it prints goes to a log. Interrupted, it ends all that it has started.

    Parameters
    ----------
    size : function
        Bytes that the folders hold now.
    told : function
        Called now and then with what has been taken so far.
    variables : mapping
        Of the environment, besides those that are set.
    """
    taken = Taken()
    before = size()
    environment = {**os.environ, **(variables or {})}
    spent: dict[tuple[int, float], float] = {}
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)
        try:
            _remember(process.pid, taken)
            told(taken)
            _watch(process, taken, spent, lambda: size() - before, told)
        finally:
            end(process.pid)
            process.wait()
            taken.kept = size() - before
            taken.disk = max(taken.disk, taken.kept)
            told(taken)
    taken.code = process.returncode
    return taken


def _watch(
    process: subprocess.Popen, taken: Taken, spent: dict, grown: Callable[[], int], told: Callable[[Taken], None]
) -> None:
    last, looks = time.monotonic(), 0
    while process.poll() is None:
        _look(process.pid, taken, spent)
        looks += 1
        if looks % DISK_EVERY == 0:
            taken.disk = max(taken.disk, grown())
            told(taken)
        time.sleep(EVERY)
        now = time.monotonic()
        if now - last < ASLEEP:
            taken.seconds += now - last
        last = now


def _look(pid: int, taken: Taken, spent: dict[tuple[int, float], float]) -> None:
    """Count memory and processor time of a process and of those below it, once."""
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
    """Return a process and all below it; none where it has ended."""
    try:
        top = psutil.Process(pid)
        return [top, *top.children(recursive=True)]
    except psutil.Error:
        return []


def _remember(pid: int, taken: Taken) -> None:
    with suppress(psutil.Error):
        taken.started = psutil.Process(pid).create_time()
        taken.pid = pid


def end(pid: int) -> None:
    """End a process that still runs, and all below it."""
    there = tree(pid)
    for one in there:
        with suppress(psutil.Error):
            one.terminate()
    _, alive = psutil.wait_procs(there, timeout=10)
    for one in alive:
        with suppress(psutil.Error):
            one.kill()


def end_left(pid: int, started: float) -> bool:
    """End what a rehearsal that was killed has left running; whether there was anything.

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
