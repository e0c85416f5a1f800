"""Read the Snakefile's command line, write the shell command of each job, and report failed jobs.

Used by the Snakefile.
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
# Exit status of Snakemake if some jobs failed; make paper then runs the remaining jobs.
SOME_FAILED = 3
# Cores of a job on a cluster, where those of the nodes are unknown; set-threads of a profile overrides them.
CORES = {"features_part": 4, "features": 4, "audio": 8, "text": 8, "image": 16, "multimodal": 4}
# papermill copies colour codes from the kernel into its log.
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
SINGLE = ("audio", "text", "image")
# Longest estimate, in minutes, of a short run; most of its time is spent on one core, on imports, figures and metrics.
SHORT = 5


def catalogue_name(words: Iterable[str], config: Mapping[str, Any]) -> str:
    """Return the name or path of the catalogue as typed (see :func:`typed_text`); by default the sample.

    Examples
    --------
    >>> catalogue_name(["catalogue=007"], {"catalogue": 7})
    '007'
    """
    return typed_text("catalogue", words, config, "sample")


def typed_text(name: str, words: Iterable[str], config: Mapping[str, Any], default: str = "") -> str:
    """Return a value of ``--config`` as the text that was typed.

    Snakemake parses ``catalogue=007`` and ``catalogue=2017_02`` as the numbers 7 and 201702, which may be the names of
    other catalogues.

    Parameters
    ----------
    name : str
        Name of the value, before the equals sign.
    words : iterable of str
        Arguments of ``--config``, such as ``catalogue=007``; the last one counts, as for Snakemake.
    config : mapping
        The values that Snakemake has parsed from these arguments and from the files of ``--configfile``.

    Raises
    ------
    ParameterError
        A file of ``--configfile`` has a value that is not a string.
    """
    value = config.get(name, default)
    for word in words:
        if word.startswith(f"{name}="):
            # Snakemake also removes quotes; those of a shell have been removed before.
            value = re.sub(r"""^(['"])(.*)\1$""", r"\2", word.removeprefix(f"{name}="))
    if not isinstance(value, str):
        raise ParameterError(
            f"the file of --configfile gives {name}={value!r}, which is not a string; put the name in quotes in that "
            f'file, such as  {name}: "007"  or type it instead, such as  --config {name}=007'
        )
    return value


def rest(found: pd.DataFrame, wanted: str) -> pd.DataFrame:
    """Return the part of a plan that is still possible after some of its jobs have failed.

    Parameters
    ----------
    found : pd.DataFrame
        From :func:`mumu_lib.series.possible`.
    wanted : {'', 'fusions', 'results'}
        ``fusions``: finished runs, and the fusions whose modalities all have a finished run. ``results``: finished
        runs, and the notebooks that read them. Empty: everything.

    Raises
    ------
    ParameterError
        ``wanted`` is another word.
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
    letters = set(single["stage"].str[0])
    able = []
    row: Any
    for row in found.itertuples():
        able.append(row.stage == "multimodal" and letters.issuperset(row.modality.split("+")))
    return found[finished | pd.Series(able, found.index, dtype=bool)]


def cores_here(workflow: Any) -> int:
    """Return the cores of this machine that a series may use; 0 if its jobs run on other machines.

    Parameters
    ----------
    workflow : snakemake.workflow.Workflow
    """
    cores = workflow.resource_settings.cores or 0
    # On a cluster, the node of a job may have more cores than were requested for the job.
    if workflow.remote_exec or cores >= sys.maxsize:
        return 0
    return int(cores)


def cores_of(rule: str, here: int, row: Any = None) -> int:
    """Return the cores of a job.

    Parameters
    ----------
    rule : str
    here : int
        From :func:`cores_here`.
    row : optional
        Row of the plan. Two late fusions run at the same time; so do two short runs if jobs are forked, because they
        use one core for half of their time.
    """
    if not here:
        return CORES[rule]
    short = row is not None and forked.usable() and 60 * row.hours <= SHORT
    if short or _late_fusion(row):
        return _half(here)
    return here


def _half(cores: int) -> int:
    """Return half of the cores, rounded up."""
    return (cores + 1) // 2


def _late_fusion(row: Any) -> bool:
    return row is not None and row.stage == "multimodal" and "simultaneous" not in row.setting


def papermill(here: int, row: Any) -> str:
    """Return the command of a job: papermill, or on one machine a fork that runs papermill.

    The number of linear algebra threads is passed to a fork explicitly, because the last digits of sums depend on it
    and Snakemake would set it to the cores of the job: all cores for a training of one modality, half of them for a
    late fusion, one otherwise.

    Parameters
    ----------
    here : int
        From :func:`cores_here`.
    row
        Row of the plan.
    """
    if not here or not forked.usable():
        return _shell_line([sys.executable, "-m", "papermill"])
    threads = 1
    if _late_fusion(row):
        threads = _half(here)
    elif row.stage in (*SINGLE, "multimodal"):
        threads = here
    return _shell_line(["env", f"{forked.THREADS}={threads}", *forked.command("papermill")])


def _shell_line(words: Iterable[str]) -> str:
    return " ".join(quoted(word) for word in words)


def begin(workflow: Any, catalogue: Catalogue, files: Iterable[Path]) -> list[Any]:
    """Prepare a series: lock the catalogue, check what could fail, and start to watch the jobs.

    Parameters
    ----------
    workflow : snakemake.workflow.Workflow
        After its jobs have been determined.
    files : iterable of Path
        Inputs of the jobs, as far as they exist.

    Returns
    -------
    kept : list
        Objects to keep while the series runs: its lock; on SLURM the watch of its jobs; on one machine the process
        that forks them.

    Raises
    ------
    MumuError
        Another series is running on the catalogue; jobs of an earlier series are still running; SLURM would refuse a
        job; a file has a time in the future.
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
        # Jobs inherit the environment.
        os.environ.update(kept[-1].environment)
    return kept


def _refuse_twice(catalogue: Catalogue) -> None:
    """Check that no SLURM jobs of an earlier series on the catalogue are still running."""
    run = started.last(catalogue).get("run", "")
    if not run:
        return
    jobs = watch.going_on(run)
    if jobs:
        raise MumuError(
            f"{len(jobs)} jobs of an earlier series on catalogue {catalogue.name!r} go on, and would run twice; wait for "
            f"them ({commands.typed('squeue', '--name', run)}), or end them:  {commands.typed('scancel', '--name', run)}"
        )


def logs_of(found: pd.DataFrame, features: Path) -> dict[Path, int]:
    """Return the logs that exist before a series begins, with their times.

    Parameters
    ----------
    found : pd.DataFrame
        From :func:`mumu_lib.series.plan`.
    features : Path
        From :func:`mumu_lib.series.features_done`.
    """
    logs = {}
    for _, log in _logs(found, features):
        if log.is_file():
            logs[log] = log.stat().st_mtime_ns
    return logs


def _logs(found: pd.DataFrame, features: Path) -> Iterator[tuple[str, Path]]:
    """Yield the name and log of each job that is not finished; the log need not exist."""
    row: Any
    for row in found.itertuples():
        if isinstance(row.folder, Path) and not (row.folder / "metrics.json").is_file():
            words = [word for word in (row.notebook, row.modality, row.target, row.setting) if word]
            yield " ".join(words), row.folder / "papermill.log"
    for log in sorted(features.parent.glob("*.log")):
        if not log.with_suffix(".done").is_file():
            yield f"features, share {log.stem}".removesuffix(", share all"), log


def failures(found: pd.DataFrame, features: Path, before: Mapping[Path, int]) -> Iterator[tuple[str, Path]]:
    """Yield the name and log of each job of a plan that failed.

    Parameters
    ----------
    found, features
        As for :func:`logs_of`.
    before : mapping
        Result of :func:`logs_of` from the beginning of the series; logs that have not changed since belong to an
        earlier series. Times are only compared for equality, since machines may have different clocks.
    """
    for name, log in _logs(found, features):
        if log.is_file() and log.stat().st_mtime_ns != before.get(log):
            yield name, log


def tell_failures(found: pd.DataFrame, features: Path, before: Mapping[Path, int], parts: int = 1) -> None:
    """Print the log of each failed job and its last lines; then the shares of the features that are not done."""
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
    """Print what failed (:func:`tell_failures`) and the path of Snakemake's log; exit with :data:`SOME_FAILED`.

    A series that was refused before its first job exits with 1 instead.
    """
    tell_failures(found, features, before, parts)
    print("\nSnakemake's own log:", *logs, file=sys.stderr)
    sys.exit(SOME_FAILED)


def cluster_resources(row_of: Callable[[Any], Any], share: int = 1) -> dict[str, Callable[..., int]]:
    """Return the resources to request of a cluster for the row of a job; twice the memory after a failed attempt.

    Parameters
    ----------
    row_of : callable
        Wildcards of a job -> row of the plan.
    share : int
        Number of jobs that the row is divided into.
    """
    return {
        "mem_mb": lambda wildcards, attempt: int(row_of(wildcards).memory_mb) * min(attempt, 2),
        "runtime": lambda wildcards: max(int(row_of(wildcards).minutes) // share, costs.MINUTES[0]),
        "gpu": lambda wildcards: int(row_of(wildcards).gpu),
    }


def papermill_args(row: Any) -> str:
    """Return papermill's arguments for the parameters of a row of the plan, without the catalogue."""
    words: list[str] = []
    for name, value in row.arguments.items():
        option = "-r"
        if commands.is_text_to_papermill(value):
            option = "-p"
        words += [option, name, quoted(value)]
    return " ".join(words)


quoted = commands.quoted
