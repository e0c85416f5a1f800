"""Which runs there are: the rows of Table 2 and ours, what papermill is told for each, and the plan of a whole series.

Paper: Table 2.  Read by the Snakefile.
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


# Stage: its notebook, and the run it makes when it runs only once.
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
# Notebooks that train networks over sound and pictures.
_WITH_PRECISION = ("04_audio", "06_image")
# In this order they are listed.
ORDER = ("overview", "factors", "features", "audio", "text", "covers", "image", "multimodal", "results", "youralbum")


def rows(profile: str) -> pd.DataFrame:
    """Rows that a profile runs, of Table 2, then ours (``params/experiments.tsv``).

    Parameters
    ----------
    profile : {'sample', 'paper'}

    Returns
    -------
    rows : pd.DataFrame
        ``modality``, ``target``, ``setting``, ``notebook``.
    """
    if profile not in ("sample", "paper"):
        raise ParameterError(f"profile={profile!r} is not one of ['sample', 'paper']")
    return experiments.of_profile(profile)


def arguments(row: Any) -> dict[str, str]:
    """Parameters of the notebook that make it run one of these rows."""
    return experiments.arguments(row.notebook, row.modality, row.target, row.setting)


@cache
def values(profile: str) -> dict[str, dict[str, Any]]:
    """Parameters of each stage: its notebook's own, and in the profile ``paper`` those of ``params/paper.yaml``."""
    own = {stage: params.defaults(checkout() / "notebooks" / f"{book}.ipynb") for stage, (book, _) in STAGES.items()}
    return {stage: {**cell, **(params.paper(stage) if profile == "paper" else {})} for stage, cell in own.items()}


def plan(catalogue: Catalogue, profile: str, knowledge: str = "", precision: str = "") -> pd.DataFrame:
    """Everything that the series does on a catalogue, in the order of the notebooks, and what it costs.

    Parameters
    ----------
    profile : {'sample', 'paper'}
    knowledge : str
        Folder of a knowledge base for the rows that link entities; a synthetic catalogue brings its own.
    precision : str
        Of the notebooks that have this parameter, instead of their profile's; such as ``auto``.

    Returns
    -------
    plan : pd.DataFrame
        A row a run, after the stores of audio features and covers: ``stage``, ``notebook``, ``modality``, ``target``,
        ``setting``, ``arguments`` (what papermill is told), ``folder`` (where the notebook will put the run),
        ``finished``, ``left_out`` (a tuple, empty or with what the catalogue lacks), and the columns of
        :func:`mumu_lib.series.costs.estimate`.
    """
    if precision and precision not in params.PRECISIONS:
        raise ParameterError(
            f"precision={precision!r} is not one of {list(params.PRECISIONS)}{did_you_mean(precision, params.PRECISIONS)}"
        )
    needs = Needs(catalogue, knowledge)
    stage_of = {notebook: stage for stage, (notebook, _) in STAGES.items()}
    wanted = rows(profile)
    wanted = wanted.assign(stage=wanted["notebook"].map(stage_of))
    jobs: list[dict[Any, Any]] = wanted.to_dict("records")
    for job, row in zip(jobs, wanted.itertuples(), strict=True):
        job["arguments"] = {**arguments(row), **needs.arguments(row)}
        if job["setting"] in experiments.ENCODERS:
            job["setting"] = choice.full_name(job["arguments"][experiments.ENCODER], catalogue)
        if precision and job["notebook"] in _WITH_PRECISION:
            job["arguments"]["precision"] = precision
    jobs += [
        {"stage": stage, "notebook": notebook, "arguments": {}}
        for stage, (notebook, run_id) in STAGES.items()
        if run_id and not (stage == "youralbum" and profile == "paper")
    ]
    for job in jobs:
        job["folder"] = _folder(catalogue, profile, job)
        job["finished"] = (job["folder"] / "metrics.json").is_file()
    covered = any(job["finished"] for job in jobs if job["stage"] == "image")
    heard = features_done(catalogue).is_file()
    jobs += [
        {"stage": "features", "modality": "audio", "setting": "cqt", "finished": heard},
        {"stage": "covers", "modality": "image", "setting": "store", "finished": covered},
    ]
    for job in jobs:
        job["left_out"] = needs.lacking(job)
    jobs.sort(key=lambda job: ORDER.index(job["stage"]))
    found = pd.DataFrame(jobs).fillna({"modality": "", "target": "", "setting": "", "notebook": ""})
    return costs.estimate(catalogue, found, {**values(profile), "features": values(profile)["audio"]})


def _folder(catalogue: Catalogue, profile: str, job: Mapping[str, Any]) -> Path:
    """Folder of a run: the one its notebook will choose with the same parameters."""
    notebook, run_id = STAGES[job["stage"]]
    kind = params.PARAMETERS[notebook]
    given = {**values(profile)[job["stage"]], **job["arguments"], "catalogue": str(catalogue.folder)}
    run_id = run_id or f"{job['modality']}-{job['target']}-{job['setting']}"
    return runs.folder_of(catalogue, run_id, kind(**{f.name: given[f.name] for f in fields(kind)}))


def possible(found: pd.DataFrame) -> pd.DataFrame:
    """Rows of a plan that the catalogue allows; the others are named on the screen."""
    for reason in dict.fromkeys(reason for reasons in found["left_out"] for reason in reasons):
        print(f"left out, {reason}", file=sys.stderr)
    return found[found["left_out"].map(len) == 0]


def features_done(catalogue: Catalogue) -> Path:
    """The file that says that a catalogue's audio features are extracted."""
    return home() / "runs" / catalogue.name / "features" / "all.done"


def disk(catalogue: Catalogue, found: pd.DataFrame) -> pd.DataFrame:
    """What is still to run of a plan needs of each disk, as from :func:`mumu_lib.series.costs.disks`."""
    from mumu_lib.features.build import features_folder

    todo = possible(found[~found["finished"]])
    store = todo["stage"].isin(["features", "covers"])
    place = features_folder(catalogue)
    extracted = sum(shard.stat().st_size for shard in place.glob("*/shards/*")) / 1e9
    # While a network learns, its last and its best state stand beside each other.
    learning = 2 * todo["mb"].max() / 1e3 if len(todo) else 0.0
    return costs.disks(
        {
            place: max(todo["gb"][store].sum() - extracted, 0.0),
            home() / "runs" / catalogue.name: todo["gb"][~store].sum() + learning,
        }
    )


def report(found: pd.DataFrame) -> str:
    """A plan as text: every row of Table 2 and ours with its state, then jobs, hours and disk of every stage."""
    able = found["left_out"].map(len) == 0
    todo = able & ~found["finished"]
    state = np.select([~able, found["finished"]], ["left out", "finished"], "to run")
    named = found.assign(state=state, hours=found["hours"].where(todo), gb=found["gb"].where(todo))
    lines = named.loc[named["target"] != "", ["modality", "target", "setting", "state", "hours"]]
    # The covers' store is no job of its own: the first image run makes it.
    own = named[named["stage"] != "covers"]
    sums = named.groupby("stage", sort=False)[["hours", "gb"]].sum()
    jobs = pd.crosstab(own["stage"], own["state"]).reindex(sums.index).fillna(0)
    sums = jobs.join(sums)
    sums.loc["in all"] = sums.sum()
    sums = sums.astype(dict.fromkeys(jobs, int)).rename_axis("jobs")
    lines, sums = (part.map(lambda x: f"{x:,.1f}" if isinstance(x, float) else x) for part in (lines, sums))
    return (
        f"{lines.replace('nan', '').to_string(index=False)}\n\n{sums.to_string()}\n\n"
        "Hours on 2 cores without a GPU, at most: all epochs are counted, and patience ends most trainings long before.\n"
        "Some networks were not measured but reckoned (params/costs.tsv says which); none was measured on a GPU."
    )
