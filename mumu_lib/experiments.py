"""What an experiment is: the modalities, and the rows of Table 2 and ours (``params/experiments.tsv``).

Paper: Table 2.  Read by parameters, catalogue, series, fusion, prediction and the Snakefile.

Learning and encoding are named here as dotted names and resolved where they are used, so that this module needs no
backend.
"""

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import pandas as pd

from mumu_lib.core.errors import BadDataError, did_you_mean
from mumu_lib.core.parsing import parsing
from mumu_lib.core.paths import checkout

TARGETS = ("logistic", "cosine")
NUMBERS = ["params", "seconds_per_epoch", "auc", "coverage@1", "coverage@3", "coverage@5"]
COLUMNS = [
    "modality",
    "target",
    "setting",
    "notebook",
    "arguments",
    "learns",
    "origin",
    *NUMBERS,
    "sample",
    "paper",
    "why",
]
REMEDY = "correct it, or restore it with  git checkout params/experiments.tsv"
FUSION_NOTEBOOK = "07_multimodal"
# What genres alone are enough for.
LABEL_NOTEBOOKS = ("02_dataset_overview", "03_label_factors")
# The rows of the paper name no parameters that have these values.
FUSION_DEFAULTS = {"learning": "late", "missing": "complete"}
# How the setting of a straight line begins; the rest is the setting of the network beside which it was fitted.
LINE = "linear_"
# Entity linkers, and what makes each of a catalogue and a knowledge base.
LINKERS = {
    "local": "mumu_lib.linking.local:make",
    "babelfy": "mumu_lib.linking.babelfy:make",
    "spotlight": "mumu_lib.linking.spotlight:make",
}

# Pretrained encoders, and what opens each of them: one line an encoder.
AUDIO_ENCODERS = {
    "mtt_musicnn": "mumu_lib.encoders.musicnn:mtt",
    "msd_musicnn": "mumu_lib.encoders.musicnn:msd",
    "discogs_effnet": "mumu_lib.encoders.discogs_effnet:make",
}
TEXT_ENCODERS = {
    "minilm": "mumu_lib.encoders.minilm:make",
}
ENCODERS = {**AUDIO_ENCODERS, **TEXT_ENCODERS}
# Those whose weights  make pretrained  brings; those of any other are a file that the user has.
FETCHED = ("mtt_musicnn", "msd_musicnn", "minilm")
# One name for the two of musicnn; the catalogue decides between them.
MUSICNN = "musicnn"
# The parameter of 04 and 05 that names an encoder in the place of what the setting of a row is.
ENCODER = "encoder"


@dataclass(frozen=True)
class Modality:
    """What a network can learn genres from.

    Attributes
    ----------
    name, letter : str
        As they stand in ids and tables, and in the parameter ``modalities`` of 07; without a letter it is no part of
        the paper's fusions, and none of its runs is chosen for one unless it is named.
    notebook : str
        The notebook that learns from it.
    needs : str
        What the catalogue must have: ``audio``, ``reviews``, ``covers`` or only ``labels``.
    setting : str
        Parameter of the notebook that names the setting of a row, but for the rows of a pretrained encoder, which the
        parameter ``encoder`` names.
    learns : str
        Dotted name of what its notebook learns by.
    encodes : str
        Dotted name of the function that puts a new album through a run; empty where a new album cannot be.
    branch : str
        Dotted name of the function that makes the untrained network of a run a branch of a joint one; or empty.
    """

    name: str
    letter: str
    notebook: str
    needs: str
    setting: str
    learns: str
    encodes: str = ""
    branch: str = ""


MODALITIES = (
    Modality(
        "audio", "a", "04_audio", "audio", "filters", learns="mumu_lib.training.tracks:learner",
        encodes="mumu_lib.prediction.encoding:encode_audio", branch="mumu_lib.fusion.joint:audio_branch",
    ),
    Modality(
        "text", "t", "05_text", "reviews", "features", learns="mumu_lib.text.album_vectors:reader",
        encodes="mumu_lib.prediction.encoding:encode_text", branch="mumu_lib.fusion.joint:text_branch",
    ),
    Modality(
        "image", "i", "06_image", "covers", "backbone", learns="mumu_lib.image.finetuning:fine_tune",
        encodes="mumu_lib.prediction.encoding:encode_image", branch="mumu_lib.fusion.joint:image_branch",
    ),
    # Album vectors from a file of the user's own.
    Modality("own", "", "05_text", "labels", "embeddings", learns="mumu_lib.text.album_vectors:reader"),
)  # fmt: skip
BY_NAME = {modality.name: modality for modality in MODALITIES}
BY_LETTER = {modality.letter: modality for modality in MODALITIES if modality.letter}


def line_of(setting: str) -> str:
    """Return the setting of the straight line beside a network, e.g. ``linear_vsm``."""
    return LINE + setting


def is_line(setting: str) -> bool:
    """Whether a setting is that of a straight line."""
    return setting.startswith(LINE)


def resolve(dotted: str) -> Any:
    """Return what a dotted name such as ``mumu_lib.fusion.joint:learn`` means.

    Raises
    ------
    BadDataError
        There is no such module, or it has no such name.
    """
    module, _, name = dotted.partition(":")
    try:
        return getattr(import_module(module), name)
    except (ModuleNotFoundError, AttributeError) as error:
        raise BadDataError(
            f"{dotted!r} is not there ({error}); correct it in mumu_lib/experiments.py or in the column learns of "
            "params/experiments.tsv"
        ) from error


def table() -> pd.DataFrame:
    """Return every row of ``params/experiments.tsv``.

    Returns
    -------
    rows : pd.DataFrame
        ``modality``, ``target``, ``setting``, ``notebook``; ``arguments``, what a fusion's notebook is told besides, or the encoder of a row;
        ``learns``, the module of a text feature or a fusion; ``origin``, ``paper`` or ``ours``; the paper's numbers; ``sample`` and
        ``paper``, yes where a profile runs it; ``why``. All as text.

    Raises
    ------
    BadDataError
        A column is not there, or a row cannot be what it says; names the row and what may stand there.
    """
    return _read().copy()


@cache
def _read() -> pd.DataFrame:
    path = checkout() / "params" / "experiments.tsv"
    with parsing(path, REMEDY, trouble="is not a table of tabs"):
        rows = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    absent = [column for column in COLUMNS if column not in rows]
    if absent:
        raise BadDataError(f"{path} lacks the columns {absent}; {REMEDY}")
    for line, row in enumerate(rows.itertuples(), 2):
        problem = _problem(row)
        if problem:
            raise BadDataError(f"{path}, line {line}: {problem}; {REMEDY}")
    key = ["modality", "target", "setting"]
    repeated = rows.duplicated(key) | rows[rows["arguments"] != ""].duplicated(["modality", "target", "arguments"])
    if repeated.any():
        line = int(repeated.to_numpy(bool, na_value=False).argmax()) + 2
        raise BadDataError(f"{path}, line {line}: another row is the same experiment; {REMEDY}")
    return rows


def _problem(row: Any) -> str:
    """Say what a row has that cannot be; empty if it is well."""
    names = [*BY_NAME, *BY_LETTER]
    choices = {
        "target": TARGETS, "origin": ("paper", "ours"), "sample": ("yes", "no"), "paper": ("yes", "no"),
        "notebook": (*{modality.notebook for modality in MODALITIES}, FUSION_NOTEBOOK),
    }  # fmt: skip
    for part in row.modality.split("+"):
        if part not in names:
            return f"modality {row.modality!r} holds {part!r}, which is not one of {names}{did_you_mean(part, names)}"
    for column, allowed in choices.items():
        value = getattr(row, column)
        if value not in allowed:
            return f"{column} {value!r} is not one of {list(allowed)}{did_you_mean(value, allowed)}"
    allowed = (ENCODER,)
    if row.notebook == FUSION_NOTEBOOK:
        allowed = tuple(FUSION_DEFAULTS)
    for word in row.arguments.split():
        name, equals, value = word.partition("=")
        if not equals or name not in allowed:
            return f"arguments {word!r} is not NAME=VALUE with a name of {list(allowed)}"
        if name == ENCODER and value not in (MUSICNN, *ENCODERS):
            return f"arguments {word!r} names no encoder of {[MUSICNN, *ENCODERS]}{did_you_mean(value, ENCODERS)}"
    if row.notebook == FUSION_NOTEBOOK and not row.learns:
        return "a fusion needs a module in the column learns, such as mumu_lib.fusion.late"
    return ""


def paper_rows() -> pd.DataFrame:
    """Return the 26 rows of the paper's Table 2 with the paper's own numbers."""
    rows = table()
    found = rows[rows["origin"] == "paper"].reset_index(drop=True)
    for column in NUMBERS:
        found[column] = pd.to_numeric(found[column])
    return found[["modality", "target", "setting", "notebook", *NUMBERS, "sample"]]


def of_profile(profile: str) -> pd.DataFrame:
    """Return the rows that a profile runs, ``sample`` or ``paper``: those of Table 2, then ours."""
    rows = table()
    return rows.loc[rows[profile] == "yes", ["modality", "target", "setting", "notebook"]].reset_index(drop=True)


def settings(modality: str) -> tuple[str, ...]:
    """Return the settings of a modality, in the order of the rows, without those that are a pretrained encoder."""
    return tuple(setting for setting in _all_settings(modality) if setting not in ENCODERS)


def encoders(modality: str) -> tuple[str, ...]:
    """Return the pretrained encoders that a modality has a row of, in the order of the rows."""
    return tuple(setting for setting in _all_settings(modality) if setting in ENCODERS)


def _all_settings(modality: str) -> list[str]:
    rows = table()
    return list(rows.loc[rows["modality"] == modality, "setting"].unique())


def encoder_of(setting: str) -> str:
    """Return the pretrained encoder that a setting needs; empty if it needs none.

    Examples
    --------
    >>> encoder_of("minilm"), encoder_of("vsm_minilm"), encoder_of("vsm")
    ('minilm', 'minilm', '')
    """
    for name in ENCODERS:
        if setting == name or setting.endswith(f"_{name}"):
            return name
    return ""


def arguments(notebook: str, modality: str, target: str, setting: str) -> dict[str, str]:
    """Return the parameters of the notebook that make it run one row."""
    if notebook == FUSION_NOTEBOOK:
        return {"target": target, "modalities": modality.replace("+", ""), **fusions()[setting]}
    if setting in ENCODERS:
        return {"target": target, ENCODER: _told(modality, setting) or setting}
    return {"target": target, BY_NAME[modality].setting: setting}


def _told(modality: str, setting: str) -> str:
    """Return what ``arguments`` of a row say its encoder is called, such as ``musicnn``; empty where they say nothing."""
    rows = table()
    own = rows.loc[(rows["modality"] == modality) & (rows["setting"] == setting), "arguments"]
    for word in " ".join(own).split():
        name, _, value = word.partition("=")
        if name == ENCODER:
            return value
    return ""


def fusions() -> dict[str, dict[str, str]]:
    """Return the settings of fusions, each with the parameters that differ from :data:`FUSION_DEFAULTS`."""
    found: dict[str, dict[str, str]] = {}
    rows = table()
    rows = rows[rows["notebook"] == FUSION_NOTEBOOK]
    for setting, words in zip(rows["setting"], rows["arguments"], strict=True):
        found[setting] = dict(word.split("=") for word in words.split())
    return found


def fusion_setting(values: dict[str, str]) -> str:
    """Return the setting that stands for parameters of 07, e.g. ``mlp``; empty if no row has these.

    Parameters
    ----------
    values : dict
        ``learning`` and ``missing``.
    """
    for setting, own in fusions().items():
        if {**FUSION_DEFAULTS, **own} == values:
            return setting
    return ""


def module_of(notebook: str, setting: str) -> str:
    """Return the name of the module that a setting of a notebook is learned by: the column ``learns`` of its rows."""
    rows = table()
    found = rows.loc[(rows["notebook"] == notebook) & (rows["setting"] == setting), "learns"]
    return str(found.iloc[0])


def fusion_choices(parameter: str) -> tuple[str, ...]:
    """Return the values that ``learning`` or ``missing`` of 07 may have."""
    found = [FUSION_DEFAULTS[parameter]]
    for own in fusions().values():
        found.append(own.get(parameter, FUSION_DEFAULTS[parameter]))
    return tuple(dict.fromkeys(found))
