"""What becomes of a series' jobs on SLURM, said within half a minute.

Snakemake's plugin is silent about jobs that wait for something that never comes, asks ever more seldom for those that
run, and says of a failed one neither why nor what its log holds.
"""

import re
import sys
import threading
from pathlib import Path

from mumu_lib.series import started
from mumu_lib.series.slurm import said_by

EVERY = 15
LAST_LINES = 15
# Reasons of SLURM's to let a job wait that end by themselves.
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
# What stands in the log of a job that never got as far as the library, and what it means.
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
    """Return the numbers of a series' jobs that wait or run, though its Snakemake has ended."""
    code, said = said_by("squeue", "--noheader", f"--name={run}", "--format=%i")
    return [] if code else said.split()


class Watch(threading.Thread):
    """Say what becomes of a series' jobs, within half a minute; it ends with its process.

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
        self.told: set[tuple[str, str]] = set()
        self.over = threading.Event()

    def run(self) -> None:
        """Look again and again."""
        while not self.over.wait(EVERY):
            self.look()

    def look(self) -> None:
        """Ask SLURM once, and print what is new; and what nodes say of their clocks."""
        for text in started.clocks():
            self._tell("", text, text)
        words = ["squeue", "--noheader", "--states=all", f"--name={self.run_id}", "--format=%i|%T|%k|%r"]
        code, said = said_by(*words)
        if code:
            self._tell("", said.strip(), f"SLURM does not answer: {said.strip()}; the series goes on when it does")
            return
        for line in said.splitlines():
            job, _, rest = line.partition("|")
            state, _, rest = rest.partition("|")
            name, _, reason = rest.rpartition("|")
            if state == "PENDING" and reason.strip("()") not in PASSING:
                self._tell(job, reason, f"SLURM lets job {job} ({name}) wait: {reason};  scancel {job}  gives it up")
            elif state in ENDED_BADLY:
                self._tell(job, state, f"SLURM job {job} ({name}): {state}, {ENDED_BADLY[state]}{self._log(job)}")

    def _tell(self, job: str, what: str, text: str) -> None:
        if (job, what) not in self.told:
            self.told.add((job, what))
            print(text, file=sys.stderr, flush=True)

    def _log(self, job: str) -> str:
        found = list(self.logs.rglob(f"{job}.log"))
        if not found:
            return f". It has left no log in {self.logs}: does its node see this folder?"
        text = found[0].read_text(encoding="utf-8", errors="replace")
        return f". The end of {found[0]}:\n{end_of(text)}"


def end_of(text: str) -> str:
    """Return the last lines of a log, and what they mean where the job never got as far as the library."""
    lines = [line for line in text.splitlines() if line.strip()]
    shown = [f"    {line[:500]}" for line in lines[-LAST_LINES:]]
    for pattern, meaning in HINTS.items():
        if re.search(pattern, text):
            shown.append(f"  {meaning}")
            break
    return "\n".join(shown)
