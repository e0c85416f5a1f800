"""Define the stages of a rehearsal, their commands, and their costs as estimated by  make paper.

Paper: Table 2.
"""

import sys
from dataclasses import dataclass, field, replace
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
# Epochs at the paper's size; other stages have those of the paper.
EPOCHS = {"audio": 2, "text": 3, "image": 1, "multimodal": 3}
# Settings at the paper's size: networks that two cores can train.
AUDIO = ("timbre_mlp", "low_4x96")
TEXT = ("vsm", "vsm_sem")
# Epochs on the sample.
FEW_EPOCHS = {"audio": 2, "text": 5, "image": 1}
# Pretrained weights would need a download.
RESNET = {"weights": "random", "image_size": 224}


class Predicted(NamedTuple):
    """Hold the estimates of  make paper  for a stage; NaN if there are none."""

    seconds: float = float("nan")
    memory: float = float("nan")
    disk: float = float("nan")


@dataclass(frozen=True)
class Stage:
    """Describe one stage: a notebook with its parameters, or a part of :mod:`mumu_lib.rehearsal.parts`.

    Attributes
    ----------
    name : str
    stage : str
        Key of :data:`mumu_lib.series.STAGES`; for a part, the stage by which its costs are estimated, or empty.
    part : str
        Name of the part; empty for a notebook.
    setting : str
        Setting of the row of ``params/costs.tsv``.
    arguments : dict
        Parameters passed to papermill.
    profile : {'paper', 'sample'}
        Profile of all other parameters.
    run : str
        Id of its run, if it is not the name.
    """

    name: str
    stage: str = ""
    part: str = ""
    setting: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    profile: str = "paper"
    run: str = ""


def building_stages(*, stores: bool) -> list[Stage]:
    """Return the stages that make the catalogue.

    Parameters
    ----------
    stores : bool
        Whether features and covers are made.

    Examples
    --------
    >>> [stage.name for stage in building_stages(stores=True)]
    ['tables', 'timbre', 'patches', 'covers']
    """
    stages = [Stage("tables", part="tables")]
    if stores:
        stages.append(Stage("timbre", part="timbre"))
        stages.append(Stage("patches", "features", "patches", "cqt"))
        stages.append(Stage("covers", "covers", "covers", "store"))
    return stages


def paper_size(knowledge: Path, *, every_row: bool = False) -> list[Stage]:
    """Return the stages at the paper's size, after those that make the catalogue.

    Parameters
    ----------
    knowledge : Path
        Folder of the knowledge base.
    every_row : bool
        Whether to include the rows that need a GPU or days: wide networks, and ResNet-101 from random weights.
    """
    settings = {"audio": AUDIO, "text": TEXT, "multimodal": ("mlp",)}
    single = []
    fusions = []
    row: Any
    for row in experiments.paper_rows().itertuples():
        stage = STAGE_OF[row.notebook]
        if not every_row and row.setting not in settings.get(stage, ()):
            continue
        own: dict[str, Any] = {"epochs": EPOCHS[stage]}
        if row.setting == "vsm_sem":
            own["knowledge"] = str(knowledge)
        if stage == "image":
            own |= RESNET
        if stage == "multimodal":
            fusions.append(_of_row(row, own, "paper"))
        else:
            single.append(_of_row(row, own, "paper"))
    small = experiments.table().query("setting == 'small' and target == 'logistic'")
    images = [_of_row(row, {"epochs": EPOCHS["image"]}, "sample") for row in small.itertuples()]
    joint = Stage("joint", "multimodal", "joint", "simultaneous")
    first = [_once("overview"), _once("factors")]
    return [*first, *single, *images, *fusions, joint, _once("results"), _once("youralbum")]


def without_networks() -> list[Stage]:
    """Return the stages that train no network, after those that make the catalogue."""
    return [_once("overview"), _once("factors"), Stage("words", part="words")]


def whole_sample() -> list[Stage]:
    """Return all rows of Table 2 on the sample, with few epochs; the image network starts from random weights."""
    stages = []
    row: Any
    for row in experiments.paper_rows().itertuples():
        stage = STAGE_OF[row.notebook]
        own: dict[str, Any] = {}
        if stage in FEW_EPOCHS:
            own["epochs"] = FEW_EPOCHS[stage]
        if stage == "image":
            own |= RESNET
        stages.append(_of_row(row, own, "sample"))
    return [*stages, _once("results", "sample")]


def _once(stage: str, profile: str = "paper") -> Stage:
    return Stage(stage, stage, profile=profile)


def _of_row(row: Any, own: dict[str, Any], profile: str) -> Stage:
    name = f"{row.modality}-{row.target}-{row.setting}"
    arguments = {**series.arguments(row), **own}
    return Stage(name, STAGE_OF[row.notebook], setting=row.setting, arguments=arguments, profile=profile)


def chosen(stages: list[Stage], names: list[str]) -> list[Stage]:
    """Select stages by name; without names all are returned.

    Raises
    ------
    ParameterError
        There is no stage of this name.
    """
    known = [stage.name for stage in stages]
    for name in names:
        if name not in known:
            raise ParameterError(f"stage {name!r} is not one of {known}{did_you_mean(name, known)}")
    if not names:
        return stages
    return [stage for stage in stages if stage.name in names]


def with_epochs(stages: list[Stage], epochs: int) -> list[Stage]:
    """Replace the number of epochs of every notebook that trains a network; 0 leaves it as it is.

    A stage whose number changes is measured under a name of its own.

    Examples
    --------
    >>> stage = with_epochs([Stage("audio-cosine-low_4x96", "audio", arguments={"epochs": 2})], 5)[0]
    >>> stage.name, stage.arguments
    ('audio-cosine-low_4x96@5', {'epochs': 5})
    """
    if not epochs:
        return stages
    changed = []
    for stage in stages:
        trains = stage.stage in EPOCHS and not stage.part
        if trains and stage.arguments.get("epochs") != epochs:
            arguments = {**stage.arguments, "epochs": epochs}
            stage = replace(stage, name=f"{stage.name}@{epochs}", run=stage.name, arguments=arguments)
        changed.append(stage)
    return changed


def command(stage: Stage, folder: Path, out: Path, size: Size | None) -> list[str]:
    """Return the command of a stage.

    Parameters
    ----------
    folder : Path
        Folder of the catalogue.
    out : Path
        Output notebook.
    size : Size or None
        Size of the rehearsal; None for the sample.
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
        option = "-p"
        if isinstance(value, str) and not commands.is_text_to_papermill(value):
            option = "-r"
        words += [option, name, str(value)]
    return words


def made_with(stage: Stage, size: Size | None) -> dict[str, Any]:
    """Return everything that a stage's measurements depend on; paths of the checkout are left out."""
    arguments = dict(stage.arguments)
    arguments.pop("knowledge", None)
    source = "sample"
    if size:
        source = size.source
    return {"of": source, "part": stage.part, "profile": stage.profile, "arguments": arguments}


def predicted(stage: Stage, music: Catalogue) -> Predicted:
    """Estimate the costs of a stage with its own number of epochs, from ``params/costs.tsv``."""
    if not stage.stage:
        return Predicted()
    rows = [(stage.stage, stage.setting)]
    if stage.part == "joint":
        rows = [("audio", "low_4x96"), ("text", "vsm"), ("image", "small"), *rows]
    plan = pd.DataFrame(rows, columns=["stage", "setting"])
    last = costs.estimate(music, plan, dict.fromkeys(series.ORDER, values_of(stage))).iloc[-1]
    seconds = float(last["hours"]) * 3600
    if stage.part == "joint":
        seconds = SHARE * (seconds - costs.SECONDS_PER_RUN) + costs.SECONDS_PER_RUN
    if stage.setting in ("cqt", "store", "timbre_mlp"):
        # Most of their time is decoding, which a rehearsal skips.
        seconds = float("nan")
    return Predicted(seconds, float(last["memory_mb"]) * 1e6, float(last["gb"]) * 1e9)


def values_of(stage: Stage) -> dict[str, Any]:
    """Return the parameters of a stage; those of joint training are for one epoch."""
    known = series.values(stage.profile)
    own = dict(stage.arguments)
    if stage.part == "joint":
        own = {"together_epochs": 1, "patches": 1}
    if stage.stage in ("features", "covers"):
        return {**known["audio"], **own}
    return {**known[stage.stage], **own}


def share_of_epochs(stage: Stage) -> float:
    """Return the share of the paper's epochs that a stage trains; 1 if it has no parameter ``epochs``.

    Examples
    --------
    >>> share_of_epochs(Stage("overview", "overview"))
    1.0
    """
    if stage.part == "joint":
        return SHARE / series.values("paper")["multimodal"]["together_epochs"]
    if "epochs" in stage.arguments:
        return stage.arguments["epochs"] / series.values("paper")[stage.stage]["epochs"]
    return 1.0


def folder_of(size: Size | None) -> Path:
    """Return the folder of the catalogue of a rehearsal, or of the sample."""
    if size is None:
        return home() / "data" / "sample"
    return building.folder_of(size.albums)
