"""Report the state of a series' SLURM jobs within half a minute.

Snakemake's plugin does not report jobs that wait for unavailable resources, polls running jobs less and less often,
and prints neither the reason nor the log of a failed job.
"""

import re
import sys
import threading
from pathlib import Path

from mumu_lib.series import started
from mumu_lib.series.slurm import run_command

EVERY = 15
LAST_LINES = 15
# SLURM's reasons for waiting that are temporary.
PASSING = {
    "None",
    "Priority",
    "Resources",
    "Dependency",
    "BeginTime",
    "Prolog",
    "Cleaning",
    "Licenses",
    "JobArrayTaskLimit",
}
ENDED_BADLY = {
    "CANCELLED": "somebody or a limit has cancelled it",
    "OUT_OF_MEMORY": "it used more memory than it had asked for; the next try asks for twice as much",
    "TIMEOUT": "it ran out of time; a training goes on with its next epoch when it is tried again",
    "NODE_FAIL": "its node failed",
    "BOOT_FAIL": "its node did not start",
    "DEADLINE": "its deadline has passed",
    "PREEMPTED": "others were given its node",
    "FAILED": "it failed",
}
# Errors in the log of a job that failed before it could import the library, and their meaning.
HINTS = {
    r"python[\d.]*: (No such file|not found)|execve.*No such file": "the node does not see the environment: put the "
    "checkout with its .venv on a drive that every node has under the same path",
    r"GLIBC|cannot open shared object|Exec format error|Illegal instruction": "the node cannot run the environment: it "
    "has another system or processor than the machine on which  make  has installed .venv",
    r"No module named": "the environment lacks a package: repeat  make .venv/.installed  there, or put .venv on a drive "
    "that every node has under the same path",
    r"exceeded.*memory|[Oo]ut [Oo]f [Mm]emory|oom[-_ ]kill": ENDED_BADLY["OUT_OF_MEMORY"],
    r"DUE TO TIME LIMIT": ENDED_BADLY["TIMEOUT"],
}


def going_on(run: str) -> list[str]:
    """Return the ids of a series' jobs that are still waiting or running."""
    code, output = run_command("squeue", "--noheader", f"--name={run}", "--format=%i")
    if code:
        return []
    return output.split()


class Watch(threading.Thread):
    """Print the state changes of a series' jobs within half a minute, until the process ends.

    Parameters
    ----------
    run : str
        Name of its jobs.
    logs : Path
        Folder of the logs that SLURM writes.
    """

    def __init__(self, run: str, logs: Path) -> None:
        super().__init__(daemon=True)
        self.run_id = run
        self.logs = logs
        self.printed: set[tuple[str, str]] = set()
        self.over = threading.Event()

    def run(self) -> None:
        """Check the jobs every :data:`EVERY` seconds."""
        while not self.over.wait(EVERY):
            self.look()

    def look(self) -> None:
        """Query SLURM once, and print what has changed; also print the warnings of nodes about their clocks."""
        for text in started.clocks():
            self._print_once("", text, text)
        words = ["squeue", "--noheader", "--states=all", f"--name={self.run_id}", "--format=%i|%T|%k|%r"]
        code, output = run_command(*words)
        if code:
            error = output.strip()
            self._print_once("", error, f"SLURM does not answer: {error}; the series goes on when it does")
            return
        for line in output.splitlines():
            job, _, rest = line.partition("|")
            state, _, rest = rest.partition("|")
            name, _, reason = rest.rpartition("|")
            if state == "PENDING" and reason.strip("()") not in PASSING:
                text = f"SLURM lets job {job} ({name}) wait: {reason};  scancel {job}  gives it up"
                self._print_once(job, reason, text)
            elif state in ENDED_BADLY:
                text = f"SLURM job {job} ({name}): {state}, {ENDED_BADLY[state]}{self._log(job)}"
                self._print_once(job, state, text)

    def _print_once(self, job: str, what: str, text: str) -> None:
        if (job, what) not in self.printed:
            self.printed.add((job, what))
            print(text, file=sys.stderr, flush=True)

    def _log(self, job: str) -> str:
        """Return the end of a job's log, for the message about the job."""
        logs = list(self.logs.rglob(f"{job}.log"))
        if not logs:
            return f". It has left no log in {self.logs}: does its node see this folder?"
        text = logs[0].read_text(encoding="utf-8", errors="replace")
        return f". The end of {logs[0]}:\n{end_of(text)}"


def end_of(text: str) -> str:
    """Return the last lines of a log, and their meaning if the job failed before it could import the library.

    Examples
    --------
    >>> print(end_of("No module named 'pandas'"))  # doctest: +ELLIPSIS
        No module named 'pandas'
      the environment lacks a package: ...
    """
    lines = [line for line in text.splitlines() if line.strip()]
    shown = [f"    {line[:500]}" for line in lines[-LAST_LINES:]]
    for pattern, meaning in HINTS.items():
        if re.search(pattern, text):
            shown.append(f"  {meaning}")
            break
    return "\n".join(shown)
