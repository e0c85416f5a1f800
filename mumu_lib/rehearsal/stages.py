"""What a rehearsal runs, in order; the command of each stage, and what  make paper  says that it takes.

Paper: Table 2.
"""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from mumu_lib import experiments, series
from mumu_lib.catalogue import Catalogue
from mumu_lib.core import commands
from mumu_lib.core.errors import ParameterError, did_you_mean
from mumu_lib.core.paths import checkout, home
from mumu_lib.rehearsal import building
from mumu_lib.rehearsal.parts import SHARE
from mumu_lib.rehearsal.tables import Size
from mumu_lib.series import costs

NOTEBOOK_OF = {stage: notebook for stage, (notebook, _) in series.STAGES.items()}
STAGE_OF = {notebook: stage for stage, notebook in NOTEBOOK_OF.items()}
# Epochs at most at the paper's size; of what is not here the paper's.
EPOCHS = {"audio": 2, "text": 3, "image": 1, "multimodal": 3}
# What the paper's size is rehearsed with: the networks that two cores can train.
AUDIO = ("timbre_mlp", "low_4x96")
TEXT = ("vsm", "vsm_sem")
# On the sample.
FEW_EPOCHS = {"audio": 2, "text": 5, "image": 1}
# No weights can be had without a download.
RESNET = {"weights": "random", "image_size": 224}


class Predicted(NamedTuple):
    """What  make paper  says of a stage; NaN where it says nothing."""

    seconds: float = float("nan")
    memory: float = float("nan")
    disk: float = float("nan")


@dataclass(frozen=True)
class Stage:
    """One stage: a notebook with its parameters, or a part of :mod:`mumu_lib.rehearsal.parts`.

    Attributes
    ----------
    name : str
    stage : str
        Of :data:`mumu_lib.series.STAGES`; of a part what it is priced as, or empty.
    part : str
        Name of the part; empty for a notebook.
    setting : str
        Of the row of ``params/costs.tsv``.
    arguments : dict
        What papermill is told.
    profile : {'paper', 'sample'}
        Whose parameters it has besides.
    """

    name: str
    stage: str = ""
    part: str = ""
    setting: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    profile: str = "paper"


def building_stages(*, stores: bool) -> list[Stage]:
    """Return the stages that make the catalogue.

    Parameters
    ----------
    stores : bool
        Whether features and covers are made.
    """
    found = [Stage("tables", part="tables")]
    if stores:
        found.append(Stage("timbre", part="timbre"))
        found.append(Stage("patches", "features", "patches", "cqt"))
        found.append(Stage("covers", "covers", "covers", "store"))
    return found


def paper_size(knowledge: Path) -> list[Stage]:
    """Return the stages at the paper's size, after those that make the catalogue.

    Parameters
    ----------
    knowledge : Path
        Of the knowledge base.
    """
    found = [_once("overview"), _once("factors")]
    rows = experiments.of_profile("paper")
    row: Any
    for row in rows.itertuples():
        stage = STAGE_OF[row.notebook]
        if row.setting not in {"audio": AUDIO, "text": TEXT, "multimodal": ("mlp",)}.get(stage, ()):
            continue
        own: dict[str, Any] = {"epochs": EPOCHS[stage]}
        if row.setting == "vsm_sem":
            own["knowledge"] = str(knowledge)
        found.append(_of_row(row, own, "paper"))
    small = experiments.table().query("setting == 'small' and target == 'logistic'")
    first_fusion = next(place for place, stage in enumerate(found) if stage.stage == "multimodal")
    images = [_of_row(row, {"epochs": EPOCHS["image"]}, "sample") for row in small.itertuples()]
    found[first_fusion:first_fusion] = images
    return [*found, Stage("joint", "multimodal", "joint", "simultaneous"), _once("results"), _once("youralbum")]


def without_networks() -> list[Stage]:
    """Return the stages that train nothing, after the one that makes the tables."""
    return [_once("overview"), _once("factors"), Stage("words", part="words")]


def whole_sample() -> list[Stage]:
    """Return all rows of Table 2 on the sample, in few epochs; the image network from random weights."""
    found = []
    row: Any
    for row in experiments.paper_rows().itertuples():
        stage = STAGE_OF[row.notebook]
        own: dict[str, Any] = {}
        if stage in FEW_EPOCHS:
            own["epochs"] = FEW_EPOCHS[stage]
        if stage == "image":
            own |= RESNET
        found.append(_of_row(row, own, "sample"))
    return [*found, _once("results", "sample")]


def _once(stage: str, profile: str = "paper") -> Stage:
    return Stage(stage, stage, profile=profile)


def _of_row(row: Any, own: dict[str, Any], profile: str) -> Stage:
    name = f"{row.modality}-{row.target}-{row.setting}"
    arguments = {**series.arguments(row), **own}
    return Stage(name, STAGE_OF[row.notebook], setting=row.setting, arguments=arguments, profile=profile)


def chosen(found: list[Stage], names: list[str]) -> list[Stage]:
    """Return the stages of some names; all without one.

    Raises
    ------
    ParameterError
        There is no such stage.
    """
    known = [stage.name for stage in found]
    for name in names:
        if name not in known:
            raise ParameterError(f"stage {name!r} is not one of {known}{did_you_mean(name, known)}")
    return [stage for stage in found if not names or stage.name in names]


def command(stage: Stage, folder: Path, out: Path, size: Size | None) -> list[str]:
    """Return the command of a stage.

    Parameters
    ----------
    folder : Path
        Of the catalogue.
    out : Path
        The notebook with its outputs.
    size : Size or None
        Of the rehearsal; None on the sample.
    """
    if stage.part and size:
        options = []
        for name, value in size._asdict().items():
            options += [f"--{name}", str(value)]
        return [sys.executable, "-m", "mumu_lib.rehearsal.parts", stage.part, *options]
    notebooks = checkout() / "notebooks"
    source = notebooks / f"{NOTEBOOK_OF[stage.stage]}.ipynb"
    words = [sys.executable, "-m", "papermill", "--cwd", str(notebooks), "--no-progress-bar", str(source), str(out)]
    if stage.profile == "paper":
        words += ["-f", str(checkout() / "params" / "paper.yaml")]
    for name, value in {"catalogue": str(folder), **stage.arguments}.items():
        is_text = isinstance(value, str) and not commands.is_text_to_papermill(value)
        words += ["-r" if is_text else "-p", name, str(value)]
    return words


def made_with(stage: Stage, size: Size | None) -> dict[str, Any]:
    """Return what a stage's measurements depend on, wherever the checkout lies."""
    arguments = {name: value for name, value in stage.arguments.items() if name != "knowledge"}
    of = size.source if size else "sample"
    return {"of": of, "part": stage.part, "profile": stage.profile, "arguments": arguments}


def predicted(stage: Stage, music: Catalogue) -> Predicted:
    """Return what ``params/costs.tsv`` says of a stage with its own epochs."""
    if not stage.stage:
        return Predicted()
    rows = [(stage.stage, stage.setting)]
    if stage.part == "joint":
        rows = [("audio", "low_4x96"), ("text", "vsm"), ("image", "small"), *rows]
    given = values_of(stage)
    found = costs.estimate(music, pd.DataFrame(rows, columns=["stage", "setting"]), dict.fromkeys(series.ORDER, given))
    last = found.iloc[-1]
    seconds = float(last["hours"]) * 3600
    if stage.part == "joint":
        seconds = SHARE * (seconds - costs.SECONDS_PER_RUN) + costs.SECONDS_PER_RUN
    if stage.setting in ("cqt", "store", "timbre_mlp"):
        # Most of what these take is decoding, and nothing is decoded here.
        seconds = float("nan")
    return Predicted(seconds, float(last["memory_mb"]) * 1e6, float(last["gb"]) * 1e9)


def values_of(stage: Stage) -> dict[str, Any]:
    """Return the parameters of a stage; of learning at once for one epoch."""
    known = series.values(stage.profile)
    own = dict(stage.arguments)
    if stage.part == "joint":
        own = {"together_epochs": 1, "patches": 1}
    if stage.stage in ("features", "covers"):
        return {**known["audio"], **own}
    return {**known[stage.stage], **own}


def share_of_epochs(stage: Stage) -> float:
    """Return how many of the paper's epochs a stage has, as a share; 1 where it has none to choose."""
    if stage.part == "joint":
        return SHARE / series.values("paper")["multimodal"]["together_epochs"]
    if "epochs" in stage.arguments:
        return stage.arguments["epochs"] / series.values("paper")[stage.stage]["epochs"]
    return 1.0


def folder_of(size: Size | None) -> Path:
    """Return where the catalogue of a rehearsal lies, or the sample's."""
    if size is None:
        return home() / "data" / "sample"
    return building.folder_of(size.albums)
