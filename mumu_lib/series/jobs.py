"""What the Snakefile is told on the command line, what it tells the shell of each job, and what it says of failed ones.

Read by the Snakefile.
"""

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import pandas as pd

from mumu_lib.catalogue import Catalogue
from mumu_lib.core import commands
from mumu_lib.core.errors import MumuError, ParameterError
from mumu_lib.series import costs, forked, overrides, slurm, started, watch

LAST_LINES = 15
# How Snakemake ends when jobs ran and some failed; make paper then runs what is left.
SOME_FAILED = 3
# Of a job on a cluster, where nobody knows how many the node has; a profile's set-threads comes before this.
CORES = {"features_part": 4, "features": 4, "audio": 8, "text": 8, "image": 16, "multimodal": 4}
# papermill colours what it copies from the kernel.
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
SINGLE = ("audio", "text", "image")
# Minutes by the estimate, up to which a run is short: it spends most of them on one core, starting, drawing, judging.
SHORT = 5


def catalogue_name(words: Iterable[str], config: Mapping[str, Any]) -> str:
    """Name or path of the catalogue as it was typed, as of :func:`typed_text`; without one it is the sample."""
    return typed_text("catalogue", words, config, "sample")


def typed_text(name: str, words: Iterable[str], config: Mapping[str, Any], default: str = "") -> str:
    """Return a text of ``--config`` as it was typed.

    Snakemake reads ``catalogue=007`` and ``catalogue=2017_02`` as numbers; as text these would be 7, which may be the
    name of another catalogue, and 201702.

    Parameters
    ----------
    name : str
        What stands before the equals sign.
    words : iterable of str
        What was typed after ``--config``, such as ``catalogue=007``; of several the last counts, as for Snakemake.
    config : mapping
        What Snakemake has made of these words and of the files of ``--configfile``.

    Raises
    ------
    ParameterError
        The text comes from a file that does not hold it as text.
    """
    value = config.get(name, default)
    for word in words:
        if word.startswith(f"{name}="):
            # Snakemake takes off quotes as well; those of a shell never get here.
            value = re.sub(r"""^(['"])(.*)\1$""", r"\2", word.removeprefix(f"{name}="))
    if not isinstance(value, str):
        raise ParameterError(
            f"the file of --configfile gives {name}={value!r}, which is no text; put the name in quotes in that file, "
            f'such as  {name}: "007"  or type it instead, such as  --config {name}=007'
        )
    return value


def rest(found: pd.DataFrame, wanted: str) -> pd.DataFrame:
    """Return what is left of a plan when some of its jobs have failed.

    Parameters
    ----------
    found : pd.DataFrame
        As from :func:`mumu_lib.series.possible`.
    wanted : {'', 'fusions', 'results'}
        ``fusions``: finished runs, and the fusions all of whose modalities have one. ``results``: finished runs, and
        what is made of them. Empty: everything.

    Raises
    ------
    ParameterError
        Another word.
    """
    if wanted not in ("", "fusions", "results"):
        raise ParameterError(f"rest={wanted!r} is not one of ['fusions', 'results']")
    if not wanted:
        return found
    finished = found["finished"].astype(bool) & found["stage"].isin([*SINGLE, "multimodal"])
    if wanted == "results":
        if not finished.any():
            return found[finished]
        return found[finished | found["stage"].isin(["results", "youralbum"])]
    single = found[finished & found["stage"].isin(SINGLE)]
    there = set(single["stage"].str[0])
    able = []
    row: Any
    for row in found.itertuples():
        able.append(row.stage == "multimodal" and there.issuperset(row.modality.split("+")))
    return found[finished | pd.Series(able, found.index, dtype=bool)]


def cores_here(workflow: Any) -> int:
    """Return the cores of this machine that a series may use; 0 where its jobs run elsewhere.

    Parameters
    ----------
    workflow : snakemake.workflow.Workflow
    """
    cores = workflow.resource_settings.cores or 0
    # The node of a job may have more cores than the job was given.
    return 0 if workflow.remote_exec or cores >= sys.maxsize else int(cores)


def cores_of(rule: str, here: int, row: Any = None) -> int:
    """Return the cores of a job.

    Parameters
    ----------
    rule : str
    here : int
        As from :func:`cores_here`.
    row : optional
        Of the plan. Two late fusions take place at once, and where jobs are forked two short runs: half of their seconds
        use one core.
    """
    if not here:
        return CORES[rule]
    short = row is not None and forked.usable() and 60 * row.hours <= SHORT
    return -(-here // 2) if short or _late_fusion(row) else here


def _late_fusion(row: Any) -> bool:
    return row is not None and row.stage == "multimodal" and "simultaneous" not in row.setting


def papermill(here: int, row: Any) -> str:
    """Return the command of a job: papermill, or on one machine a fork that is papermill.

    Of a fork the threads that do linear algebra are told, since sums depend on their number by a last digit, and
    Snakemake tells them the cores of the job: all for a training, whatever runs beside it; else as many as cores.

    Parameters
    ----------
    here : int
        As from :func:`cores_here`.
    row
        Of the plan.
    """
    if not here or not forked.usable():
        return " ".join(map(quoted, [sys.executable, "-m", "papermill"]))
    threads = 1
    if row.stage in (*SINGLE, "multimodal"):
        threads = -(-here // 2) if _late_fusion(row) else here
    return " ".join(map(quoted, ["env", f"{forked.THREADS}={threads}", *forked.command("papermill")]))


def begin(workflow: Any, catalogue: Catalogue, files: Iterable[Path]) -> list[Any]:
    """Do what comes before the first job: refuse what cannot go well, and begin to say what becomes of the jobs.

    Parameters
    ----------
    workflow : snakemake.workflow.Workflow
        Whose jobs are known.
    files : iterable of Path
        What jobs are made of, as far as it is there.

    Returns
    -------
    kept : list
        To be kept as long as the series runs: its lock, on SLURM who watches the jobs, on one machine what forks them.

    Raises
    ------
    MumuError
        Another series is running on the catalogue; jobs of an earlier one go on; SLURM would refuse a job; a file is
        from the future.
    """
    kept: list[Any] = [started.series_lock(catalogue)]
    started.check_times(files)
    for text in overrides.replaced(sys.argv):
        print(text, file=sys.stderr, flush=True)
    executor: Any = getattr(workflow.scheduler, "_executor", None)
    run = getattr(executor, "run_uuid", "")
    if run:
        _refuse_twice(catalogue)
        asks = []
        for job in workflow.dag.needrun_jobs():
            asks.append(slurm.ask_of(job.rule.name, job.threads, dict(job.resources.items())))
        slurm.check(asks)
    started.begin(catalogue, run)
    if run:
        kept.append(watch.Watch(run, executor.slurm_logdir))
        kept[-1].start()
    if cores_here(workflow) and forked.usable():
        kept.append(forked.Forks())
        # Jobs inherit it.
        os.environ.update(kept[-1].environment)
    return kept


def _refuse_twice(catalogue: Catalogue) -> None:
    run = started.last(catalogue).get("run", "")
    jobs = watch.going_on(run) if run else []
    if jobs:
        raise MumuError(
            f"{len(jobs)} jobs of an earlier series on catalogue {catalogue.name!r} go on, and would run twice; wait for "
            f"them ({commands.typed('squeue', '--name', run)}), or end them:  {commands.typed('scancel', '--name', run)}"
        )


def logs_of(found: pd.DataFrame, features: Path) -> dict[Path, int]:
    """Return the logs that are there before a series begins, and when each was written.

    Parameters
    ----------
    found : pd.DataFrame
        As from :func:`mumu_lib.series.plan`.
    features : Path
        As from :func:`mumu_lib.series.features_done`.
    """
    logs = {}
    for _, log in _logs(found, features):
        if log.is_file():
            logs[log] = log.stat().st_mtime_ns
    return logs


def _logs(found: pd.DataFrame, features: Path) -> Iterator[tuple[str, Path]]:
    """Yield the logs of jobs that are not finished, with the name of each."""
    row: Any
    for row in found.itertuples():
        if isinstance(row.folder, Path) and not (row.folder / "metrics.json").is_file():
            name = " ".join(filter(None, [row.modality, row.target, row.setting]))
            yield f"{row.notebook} {name}".strip(), row.folder / "papermill.log"
    for log in sorted(features.parent.glob("*.log")):
        if not log.with_suffix(".done").is_file():
            yield f"features, share {log.stem}".removesuffix(", share all"), log


def failures(found: pd.DataFrame, features: Path, before: Mapping[Path, int]) -> Iterator[tuple[str, Path]]:
    """Yield the jobs of a plan that failed, and the log of each.

    Parameters
    ----------
    found, features
        As for :func:`logs_of`.
    before : mapping
        What :func:`logs_of` said when the series began: what has not changed since is of another one. The machines
        that write logs may have other clocks, so that nothing goes by the time.
    """
    for name, log in _logs(found, features):
        if log.is_file() and log.stat().st_mtime_ns != before.get(log):
            yield name, log


def tell_failures(found: pd.DataFrame, features: Path, before: Mapping[Path, int], parts: int = 1) -> None:
    """Print of each job that failed the last lines of its log, and where the log lies; then the shares not done."""
    for name, log in failures(found, features, before):
        text = _COLOURS.sub("", log.read_text(encoding="utf-8", errors="replace"))
        lines = [line for line in text.splitlines() if line.strip()]
        print(f"\nfailed: {name}. The end of {log}:", file=sys.stderr)
        for line in lines[-LAST_LINES:]:
            print(f"    {line[:500]}", file=sys.stderr)
    undone = []
    for part in range(parts):
        if not (features.parent / f"{part}-of-{parts}.done").is_file():
            undone.append(str(part))
    if parts > 1 and undone and not features.is_file():
        print(f"\nfeatures: shares {', '.join(undone)} of {parts} are not done; the others are kept, and the same command "
              "does what is missing", file=sys.stderr)  # fmt: skip


def fail(found: pd.DataFrame, features: Path, before: Mapping[Path, int], parts: int, logs: Iterable[str]) -> NoReturn:
    """Tell of what failed, as :func:`tell_failures`, and where Snakemake's own log is; and end with :data:`SOME_FAILED`.

    A series that was refused before its first job ends with 1 instead.
    """
    tell_failures(found, features, before, parts)
    print("\nSnakemake's own log:", *logs, file=sys.stderr)
    sys.exit(SOME_FAILED)


def cluster_resources(row_of: Callable[[Any], Any], share: int = 1) -> dict[str, Callable[..., int]]:
    """Return what to ask a cluster for, from the row of a job; twice the memory once a try has failed.

    Parameters
    ----------
    row_of : callable
        Row of the plan, of a job's wildcards.
    share : int
        Into how many jobs the row is divided.
    """
    return {
        "mem_mb": lambda wildcards, attempt: int(row_of(wildcards).memory_mb) * min(attempt, 2),
        "runtime": lambda wildcards: max(int(row_of(wildcards).minutes) // share, costs.MINUTES[0]),
        "gpu": lambda wildcards: int(row_of(wildcards).gpu),
    }


def papermill_args(row: Any) -> str:
    """Return what papermill is told for a row of the plan, beside the catalogue."""
    words: list[str] = []
    for name, value in row.arguments.items():
        words += ["-p" if commands.is_text_to_papermill(value) else "-r", name, quoted(value)]
    return " ".join(words)


quoted = commands.quoted
