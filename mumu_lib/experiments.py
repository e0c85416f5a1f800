"""Experiments: the modalities, and the rows of the paper's Table 2 and of our table (``params/experiments.tsv``).

Paper: Table 2.  Used by parameters, catalogue, series, fusion, prediction and the Snakefile.

Functions that learn or encode are given as dotted names and imported where they are used, because this module must not
import Keras.
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
RESTORE_HINT = "correct it, or restore it with  git checkout params/experiments.tsv"
FUSION_NOTEBOOK = "07_multimodal"
# Notebooks that need genres only.
LABEL_NOTEBOOKS = ("02_dataset_overview", "03_label_factors")
# Parameters of 07 that the column `arguments` omits if they have these values.
FUSION_DEFAULTS = {"learning": "late", "missing": "complete"}
# Prefix of the setting of a straight line; the rest is the setting of the network it is compared with.
LINE = "linear_"
# Entity linkers, and the function that makes each one from a catalogue and a knowledge base.
LINKERS = {
    "local": "mumu_lib.linking.local:make",
    "babelfy": "mumu_lib.linking.babelfy:make",
    "spotlight": "mumu_lib.linking.spotlight:make",
}

# Pretrained encoders, and the function that opens each one.
AUDIO_ENCODERS = {
    "mtt_musicnn": "mumu_lib.encoders.musicnn:mtt",
    "msd_musicnn": "mumu_lib.encoders.musicnn:msd",
    "discogs_effnet": "mumu_lib.encoders.discogs_effnet:make",
}
TEXT_ENCODERS = {
    "minilm": "mumu_lib.encoders.minilm:make",
}
ENCODERS = {**AUDIO_ENCODERS, **TEXT_ENCODERS}
# Encoders whose weights  make pretrained  downloads; for the others the user provides a file.
FETCHED = ("mtt_musicnn", "msd_musicnn", "minilm")
# Common name of the two musicnn encoders; the catalogue decides between them.
MUSICNN = "musicnn"
# Parameter of 04 and 05 that replaces the setting by an encoder.
ENCODER = "encoder"


@dataclass(frozen=True)
class Modality:
    """A source of information about albums: audio, text, image, or embeddings of the user's own.

    Attributes
    ----------
    name : str
        Name in ids and tables.
    letter : str
        Letter in the parameter ``modalities`` of 07. A modality without a letter is not part of the paper's fusions;
        its runs are fused only if they are named.
    notebook : str
        The notebook that learns from it.
    needs : str
        Data that the catalogue must have: ``audio``, ``reviews``, ``covers`` or only ``labels``.
    setting : str
        Parameter of the notebook that holds the setting of a row; rows of a pretrained encoder use ``encoder`` instead.
    learns : str
        Dotted name of the function that learns.
    encodes : str
        Dotted name of the function that encodes a new album with a run; empty if that is impossible.
    branch : str
        Dotted name of the function that turns the untrained network of a run into a branch of a joint network, or
        empty.
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
    # Album embeddings from a file of the user's own.
    Modality("own", "", "05_text", "labels", "embeddings", learns="mumu_lib.text.album_vectors:reader"),
)  # fmt: skip
BY_NAME = {modality.name: modality for modality in MODALITIES}
BY_LETTER = {modality.letter: modality for modality in MODALITIES if modality.letter}


def line_of(setting: str) -> str:
    """Return the setting of the straight line for comparison with a network.

    Examples
    --------
    >>> line_of("vsm")
    'linear_vsm'
    """
    return LINE + setting


def is_line(setting: str) -> bool:
    """Whether a setting is that of a straight line.

    Examples
    --------
    >>> is_line("linear_vsm"), is_line("vsm")
    (True, False)
    """
    return setting.startswith(LINE)


def resolve(dotted: str) -> Any:
    """Import the object with a dotted name such as ``mumu_lib.fusion.joint:learn``.

    Raises
    ------
    BadDataError
        The module or the name in it does not exist.

    Examples
    --------
    >>> resolve("mumu_lib.experiments:TARGETS")
    ('logistic', 'cosine')
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
    """Read ``params/experiments.tsv``.

    Returns
    -------
    rows : pd.DataFrame
        All columns as text: ``modality``, ``target``, ``setting``, ``notebook``; ``arguments``, further parameters of a
        fusion, or the encoder; ``learns``, the module of a text feature or a fusion; ``origin``, ``paper`` or ``ours``;
        the paper's results; ``sample`` and ``paper``, ``yes`` if the profile runs the row; ``why``.

    Raises
    ------
    BadDataError
        A column is missing, or a row is invalid; the message names the line and the choices.

    Examples
    --------
    >>> table().loc[0, ["modality", "target", "setting"]].tolist()
    ['audio', 'logistic', 'timbre_mlp']
    """
    return _read().copy()


@cache
def _read() -> pd.DataFrame:
    """Read and check the table once."""
    path = checkout() / "params" / "experiments.tsv"
    with parsing(path, RESTORE_HINT, trouble="is not a table of tabs"):
        rows = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    absent = [column for column in COLUMNS if column not in rows]
    if absent:
        raise BadDataError(f"{path} lacks the columns {absent}; {RESTORE_HINT}")
    for line, row in enumerate(rows.itertuples(), 2):
        problem = _choice_problem(row) or _argument_problem(row)
        if problem:
            raise BadDataError(f"{path}, line {line}: {problem}; {RESTORE_HINT}")
    key = ["modality", "target", "setting"]
    repeated = rows.duplicated(key) | rows[rows["arguments"] != ""].duplicated(["modality", "target", "arguments"])
    if repeated.any():
        line = int(repeated.to_numpy(bool, na_value=False).argmax()) + 2
        raise BadDataError(f"{path}, line {line}: another row is the same experiment; {RESTORE_HINT}")
    return rows


def _choice_problem(row: Any) -> str:
    """Describe the first value of a row that is not one of its choices; empty if all are."""
    names = [*BY_NAME, *BY_LETTER]
    for part in row.modality.split("+"):
        if part not in names:
            return f"modality {row.modality!r} holds {part!r}, which is not one of {names}{did_you_mean(part, names)}"
    choices = {
        "target": TARGETS,
        "origin": ("paper", "ours"),
        "sample": ("yes", "no"),
        "paper": ("yes", "no"),
        "notebook": (*{modality.notebook for modality in MODALITIES}, FUSION_NOTEBOOK),
    }
    for column, allowed in choices.items():
        value = getattr(row, column)
        if value not in allowed:
            return f"{column} {value!r} is not one of {list(allowed)}{did_you_mean(value, allowed)}"
    return ""


def _argument_problem(row: Any) -> str:
    """Describe what is wrong with the columns ``arguments`` and ``learns`` of a row; empty if they are valid."""
    is_fusion = row.notebook == FUSION_NOTEBOOK
    allowed = list(FUSION_DEFAULTS) if is_fusion else [ENCODER]
    for word in row.arguments.split():
        name, equals, value = word.partition("=")
        if not equals or name not in allowed:
            return f"arguments {word!r} is not NAME=VALUE with a name of {allowed}"
        if name == ENCODER and value not in (MUSICNN, *ENCODERS):
            known = [MUSICNN, *ENCODERS]
            return f"the encoder in arguments {word!r} is not one of {known}{did_you_mean(value, ENCODERS)}"
    if is_fusion and not row.learns:
        return "a fusion needs a module in the column learns, such as mumu_lib.fusion.late"
    return ""


def paper_rows() -> pd.DataFrame:
    """Return the 26 rows of the paper's Table 2 with the paper's results.

    Examples
    --------
    >>> len(paper_rows())
    26
    """
    rows = table()
    rows = rows[rows["origin"] == "paper"].reset_index(drop=True)
    for column in NUMBERS:
        rows[column] = pd.to_numeric(rows[column])
    return rows[["modality", "target", "setting", "notebook", *NUMBERS, "sample"]]


def of_profile(profile: str) -> pd.DataFrame:
    """Return the rows that a profile runs, ``sample`` or ``paper``: those of Table 2, then ours."""
    rows = table()
    return rows.loc[rows[profile] == "yes", ["modality", "target", "setting", "notebook"]].reset_index(drop=True)


def settings(modality: str) -> tuple[str, ...]:
    """Return the settings of a modality in the order of the rows, without pretrained encoders.

    Examples
    --------
    >>> settings("text")
    ('vsm', 'vsm_sem', 'vsm_minilm')
    """
    names = _all_settings(modality)
    return tuple(names[~names.isin(list(ENCODERS))])


def encoders(modality: str) -> tuple[str, ...]:
    """Return the pretrained encoders among the settings of a modality, in the order of the rows.

    Examples
    --------
    >>> encoders("text")
    ('minilm',)
    """
    names = _all_settings(modality)
    return tuple(names[names.isin(list(ENCODERS))])


def _all_settings(modality: str) -> pd.Series:
    """Return all settings of a modality, in the order of the rows."""
    rows = table()
    return rows.loc[rows["modality"] == modality, "setting"].drop_duplicates()


def encoder_of(setting: str) -> str:
    """Return the pretrained encoder that a setting uses; empty if it uses none.

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
    """Return the parameters with which a notebook runs a row.

    Examples
    --------
    >>> arguments("04_audio", "audio", "cosine", "low_4x96")
    {'target': 'cosine', 'filters': 'low_4x96'}
    """
    if notebook == FUSION_NOTEBOOK:
        return {"target": target, "modalities": modality.replace("+", ""), **fusions()[setting]}
    if setting in ENCODERS:
        return {"target": target, ENCODER: _encoder_argument(modality, setting) or setting}
    return {"target": target, BY_NAME[modality].setting: setting}


def _encoder_argument(modality: str, setting: str) -> str:
    """Return the encoder in the column ``arguments`` of a row, such as ``musicnn``; empty without one."""
    rows = table()
    own_arguments = rows.loc[(rows["modality"] == modality) & (rows["setting"] == setting), "arguments"]
    for word in " ".join(own_arguments).split():
        name, _, value = word.partition("=")
        if name == ENCODER:
            return value
    return ""


def fusions() -> dict[str, dict[str, str]]:
    """Return the settings of fusions, each with the parameters that differ from :data:`FUSION_DEFAULTS`."""
    settings_of_fusions: dict[str, dict[str, str]] = {}
    rows = table()
    rows = rows[rows["notebook"] == FUSION_NOTEBOOK]
    for setting, words in zip(rows["setting"], rows["arguments"], strict=True):
        settings_of_fusions[setting] = {}
        for word in words.split():
            name, _, value = word.partition("=")
            settings_of_fusions[setting][name] = value
    return settings_of_fusions


def fusion_setting(values: dict[str, str]) -> str:
    """Return the setting of parameters of 07; empty if there is no row with these parameters.

    Parameters
    ----------
    values : dict
        ``learning`` and ``missing``.

    Examples
    --------
    >>> fusion_setting({"learning": "late", "missing": "complete"})
    'mlp'
    """
    for setting, own_values in fusions().items():
        if {**FUSION_DEFAULTS, **own_values} == values:
            return setting
    return ""


def module_of(notebook: str, setting: str) -> str:
    """Return the module that learns a setting of a notebook: the column ``learns`` of its rows.

    Examples
    --------
    >>> module_of("07_multimodal", "mlp")
    'mumu_lib.fusion.late'
    """
    rows = table()
    modules = rows.loc[(rows["notebook"] == notebook) & (rows["setting"] == setting), "learns"]
    return str(modules.iloc[0])


def fusion_choices(parameter: str) -> tuple[str, ...]:
    """Return the choices of the parameters ``learning`` and ``missing`` of 07.

    Examples
    --------
    >>> fusion_choices("missing")[0]
    'complete'
    """
    values = [FUSION_DEFAULTS[parameter]]
    for own_values in fusions().values():
        values.append(own_values.get(parameter, FUSION_DEFAULTS[parameter]))
    return tuple(dict.fromkeys(values))
