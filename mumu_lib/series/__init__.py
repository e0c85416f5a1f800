"""Plan a series: list the rows of Table 2 and ours, the parameters of their notebooks, and their state and costs.

Paper: Table 2.  Used by the Snakefile.
"""

import sys
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import lazy_loader
import numpy as np
import pandas as pd

from mumu_lib import experiments, params, runs
from mumu_lib.catalogue import Catalogue
from mumu_lib.core.errors import ParameterError, did_you_mean
from mumu_lib.core.paths import checkout, home
from mumu_lib.encoders import choice
from mumu_lib.series import costs
from mumu_lib.series.needs import Needs

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submodules=[
        "cleaning",
        "costs",
        "forked",
        "inventory",
        "jobs",
        "needs",
        "overrides",
        "slurm",
        "started",
        "storage",
        "watch",
    ],
)


# Stage: its notebook, and the id of its run if it runs only once.
STAGES = {
    "overview": ("02_dataset_overview", "overview"),
    "factors": ("03_label_factors", "factors"),
    "audio": ("04_audio", ""),
    "text": ("05_text", ""),
    "image": ("06_image", ""),
    "multimodal": ("07_multimodal", ""),
    "results": ("08_results", "results"),
    "youralbum": ("09_your_album", "your_album"),
}
# Notebooks that train networks on audio and images.
_WITH_PRECISION = ("04_audio", "06_image")
# Order of the stages in a plan.
ORDER = ("overview", "factors", "features", "audio", "text", "covers", "image", "multimodal", "results", "youralbum")


def rows(profile: str) -> pd.DataFrame:
    """Return the rows of a profile: those of Table 2, then ours (``params/experiments.tsv``).

    Parameters
    ----------
    profile : {'sample', 'paper'}

    Returns
    -------
    rows : pd.DataFrame
        ``modality``, ``target``, ``setting``, ``notebook``.

    Examples
    --------
    >>> list(rows("paper").columns)
    ['modality', 'target', 'setting', 'notebook']
    """
    if profile not in ("sample", "paper"):
        raise ParameterError(f"profile={profile!r} is not one of ['sample', 'paper']")
    return experiments.of_profile(profile)


def arguments(row: Any) -> dict[str, str]:
    """Return the notebook parameters that select a row.

    Parameters
    ----------
    row : namedtuple
        A row of :func:`rows`.

    Examples
    --------
    >>> arguments(next(rows("paper").itertuples()))
    {'target': 'logistic', 'filters': 'timbre_mlp'}
    """
    return experiments.arguments(row.notebook, row.modality, row.target, row.setting)


@cache
def values(profile: str) -> dict[str, dict[str, Any]]:
    """Return the parameters of each stage: the defaults of its notebook, overridden by ``params/paper.yaml``.

    Only the profile ``paper`` reads ``params/paper.yaml``.
    """
    result = {}
    for stage, (notebook, _) in STAGES.items():
        own = params.defaults(checkout() / "notebooks" / f"{notebook}.ipynb")
        if profile == "paper":
            own = {**own, **params.paper(stage)}
        result[stage] = own
    return result


def plan(catalogue: Catalogue, profile: str, knowledge: str = "", precision: str = "") -> pd.DataFrame:
    """List everything that a series computes on a catalogue, in the order of the notebooks, and its costs.

    Parameters
    ----------
    profile : {'sample', 'paper'}
    knowledge : str
        Folder of a knowledge base for the rows that link entities; a synthetic catalogue has its own.
    precision : str
        Precision of the notebooks with this parameter, such as ``auto``; by default that of the profile.

    Returns
    -------
    plan : pd.DataFrame
        One row a run, and one each for the stores of audio features and covers: ``stage``, ``notebook``, ``modality``,
        ``target``, ``setting``, ``arguments`` (passed to papermill), ``folder`` (which the notebook will choose for
        the run), ``finished``, ``left_out`` (a tuple of reasons, empty if the run is possible), and the columns of
        :func:`mumu_lib.series.costs.estimate`.
    """
    if precision and precision not in params.PRECISIONS:
        raise ParameterError(
            f"precision={precision!r} is not one of {list(params.PRECISIONS)}{did_you_mean(precision, params.PRECISIONS)}"
        )
    needs = Needs(catalogue, knowledge)
    jobs = [*_rows_as_jobs(catalogue, profile, needs, precision), *_single_jobs(profile)]
    for job in jobs:
        job["folder"] = _folder(catalogue, profile, job)
        job["finished"] = (job["folder"] / "metrics.json").is_file()
    image_finished = any(job["finished"] for job in jobs if job["stage"] == "image")
    audio_finished = features_done(catalogue).is_file()
    jobs += [
        {"stage": "features", "modality": "audio", "setting": "cqt", "finished": audio_finished},
        {"stage": "covers", "modality": "image", "setting": "store", "finished": image_finished},
    ]
    for job in jobs:
        job["left_out"] = needs.lacking(job)
    jobs.sort(key=lambda job: ORDER.index(job["stage"]))
    table = pd.DataFrame(jobs).fillna({"modality": "", "target": "", "setting": "", "notebook": ""})
    return costs.estimate(catalogue, table, {**values(profile), "features": values(profile)["audio"]})


def _rows_as_jobs(catalogue: Catalogue, profile: str, needs: Needs, precision: str) -> list[dict[Any, Any]]:
    """Return the rows of a profile as jobs, with the parameters of their notebooks."""
    stage_of = {notebook: stage for stage, (notebook, _) in STAGES.items()}
    table = rows(profile)
    table = table.assign(stage=table["notebook"].map(stage_of))
    jobs: list[dict[Any, Any]] = table.to_dict("records")
    for job, row in zip(jobs, table.itertuples(), strict=True):
        job["arguments"] = {**arguments(row), **needs.arguments(row)}
        if job["setting"] in experiments.ENCODERS:
            job["setting"] = choice.full_name(job["arguments"][experiments.ENCODER], catalogue)
        if precision and job["notebook"] in _WITH_PRECISION:
            job["arguments"]["precision"] = precision
    return jobs


def _single_jobs(profile: str) -> list[dict[Any, Any]]:
    """Return the jobs of the notebooks that run once."""
    jobs: list[dict[Any, Any]] = []
    for stage, (notebook, run_id) in STAGES.items():
        if run_id and not (stage == "youralbum" and profile == "paper"):
            jobs.append({"stage": stage, "notebook": notebook, "arguments": {}})
    return jobs


def _folder(catalogue: Catalogue, profile: str, job: Mapping[str, Any]) -> Path:
    """Return the folder of a run, which its notebook will choose with the same parameters."""
    notebook, run_id = STAGES[job["stage"]]
    kind = params.PARAMETERS[notebook]
    given = {**values(profile)[job["stage"]], **job["arguments"], "catalogue": str(catalogue.folder)}
    run_id = run_id or f"{job['modality']}-{job['target']}-{job['setting']}"
    return runs.folder_of(catalogue, run_id, kind(**{f.name: given[f.name] for f in fields(kind)}))


def possible(found: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a plan that are possible on the catalogue; print why the others are left out.

    Parameters
    ----------
    found : pd.DataFrame
        From :func:`plan`.
    """
    for reason in found["left_out"].explode().dropna().unique():
        print(f"left out, {reason}", file=sys.stderr)
    return found[found["left_out"].map(len) == 0]


def features_done(catalogue: Catalogue) -> Path:
    """Return the file that marks a catalogue's audio features as extracted."""
    return home() / "runs" / catalogue.name / "features" / "all.done"


def disk(catalogue: Catalogue, found: pd.DataFrame) -> pd.DataFrame:
    """Return the disk space that the unfinished part of a plan needs, as :func:`mumu_lib.series.costs.disks`."""
    from mumu_lib.features.build import features_folder

    todo = possible(found[~found["finished"]])
    store = todo["stage"].isin(["features", "covers"])
    place = features_folder(catalogue)
    extracted = sum(shard.stat().st_size for shard in place.glob("*/shards/*")) / 1e9
    training = 0.0
    if len(todo):
        # During training the last and the best state of a network are both stored.
        training = 2 * todo["mb"].max() / 1e3
    return costs.disks(
        {
            place: max(todo["gb"][store].sum() - extracted, 0.0),
            home() / "runs" / catalogue.name: todo["gb"][~store].sum() + training,
        }
    )


def report(found: pd.DataFrame) -> str:
    """Format a plan as text: every row of Table 2 and ours with its state, then jobs, hours and disk of every stage.

    Parameters
    ----------
    found : pd.DataFrame
        From :func:`plan`.
    """
    able = found["left_out"].map(len) == 0
    todo = able & ~found["finished"]
    state = np.select([~able, found["finished"]], ["left out", "finished"], "to run")
    named = found.assign(state=state, hours=found["hours"].where(todo), gb=found["gb"].where(todo))
    lines = named.loc[named["target"] != "", ["modality", "target", "setting", "state", "hours"]]
    # The store of covers has no job of its own: the first image run builds it.
    own = named[named["stage"] != "covers"]
    sums = named.groupby("stage", sort=False)[["hours", "gb"]].sum()
    jobs = pd.crosstab(own["stage"], own["state"]).reindex(sums.index).fillna(0)
    sums = jobs.join(sums)
    sums.loc["in all"] = sums.sum()
    sums = sums.astype(dict.fromkeys(jobs, int)).rename_axis("jobs")
    lines = lines.map(_with_one_decimal).replace("nan", "")
    sums = sums.map(_with_one_decimal)
    return (
        f"{lines.to_string(index=False)}\n\n{sums.to_string()}\n\n"
        "Hours on 2 cores without a GPU, at most: all epochs are counted, but patience ends most trainings much earlier.\n"
        "The hours of some networks are estimates (see params/costs.tsv); benchmarks/README.md has epochs on a GPU."
    )


def _with_one_decimal(value: Any) -> Any:
    if isinstance(value, float):
        return f"{value:,.1f}"
    return value
