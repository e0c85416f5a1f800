"""Notebook parameters: one vocabulary, read strictly; the project's folders and seeds.

papermill only logs an unknown parameter and then runs the default. Here it is an error, as is a
wrong type or a value that is not one of the choices.
"""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

import yaml

from mumu_lib import experiments
from mumu_lib.core import commands
from mumu_lib.core.errors import ParameterError, did_you_mean
from mumu_lib.core.parsing import parsing
from mumu_lib.core.paths import checkout, home

# Of the layers of 04's and 06's networks; ``auto`` is what the machine computes fastest.
PRECISIONS = ("float32", "mixed_float16", "mixed_bfloat16", "auto")


# A parameter that is added after runs were made says with ``before=`` which value means what those runs did:
# ``recipe: str = _choice("auto", "paper", "ours", before="paper")``. Runs without it then stay valid (:func:`restored`).
def _choice(*names: str, default: Any = MISSING, **further: Any) -> Any:
    return field(default=default, metadata={"choices": names, **further})


def _at_least(least: float, *, strictly: bool = False, **further: Any) -> Any:
    return field(metadata={"least": least, "strictly": strictly, **further})


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What every notebook takes. Defaults live in the notebooks, the paper's values in paper.yaml."""

    catalogue: str
    seed: int = _at_least(0)


@dataclass(frozen=True, kw_only=True)
class DatasetMapping(Shared):
    """Parameters of 01_dataset_mapping; ``catalogue`` is the one it makes."""

    source: str = _choice("sample", "raw", "mumu", "msd-i")
    root: str = ""
    method: str = _choice("ratcliff_obershelp", "indel", "jaro_winkler", "token_sort")
    threshold: float = _at_least(0, strictly=True)
    min_albums: int = _at_least(1)


@dataclass(frozen=True, kw_only=True)
class Overview(Shared):
    """Parameters of 02_dataset_overview."""

    top: int = _at_least(1)


@dataclass(frozen=True, kw_only=True)
class Factors(Shared):
    """Parameters of 03_label_factors."""

    dimensions: int = _at_least(1)
    perplexity: float = _at_least(1)


@dataclass(frozen=True, kw_only=True)
class Training(Shared):
    """What every notebook that trains a network takes."""

    recipe: str = _choice("auto", "paper", "ours", before="paper")
    target: str = _choice(*experiments.TARGETS)
    dimensions: int = _at_least(1)
    epochs: int = _at_least(1)
    batch_size: int = _at_least(1)
    learning_rate: float = _at_least(0, strictly=True)
    patience: int = _at_least(1)


@dataclass(frozen=True, kw_only=True)
class Audio(Training):
    """Parameters of 04_audio."""

    filters: str = _choice(*experiments.settings("audio"))
    encoder: str = _choice("", experiments.MUSICNN, *experiments.AUDIO_ENCODERS, default="", before="")
    album_epochs: int = _at_least(1)
    album_learning_rate: float = _at_least(0, strictly=True)
    patches: int = _at_least(1)
    precision: str = _choice(*PRECISIONS)
    workers: int = _at_least(0)


@dataclass(frozen=True, kw_only=True)
class Image(Training):
    """Parameters of 06_image."""

    backbone: str = _choice(*experiments.settings("image"))
    weights: str
    image_size: int = _at_least(32)
    head_epochs: int = _at_least(0)
    head_learning_rate: float = _at_least(0, strictly=True)
    frozen_statistics: bool
    optimizer: str = _choice("adam", "sgd")
    weight_decay: float = _at_least(0)
    precision: str = _choice(*PRECISIONS)
    workers: int = _at_least(0)


@dataclass(frozen=True, kw_only=True)
class Text(Training):
    """Parameters of 05_text."""

    features: str = _choice(*experiments.settings("text"))
    characters: int = _at_least(1)
    vocabulary: int = _at_least(1)
    linker: str = _choice(*experiments.LINKERS)
    knowledge: str = ""
    matrices: str = _choice("auto", "published", "reviews")
    encoder: str = _choice("", *experiments.encoders("text"), default="", before="")
    embeddings: str = ""


@dataclass(frozen=True, kw_only=True)
class Multimodal(Training):
    """Parameters of 07_multimodal."""

    modalities: str = ""
    embeddings: str = ""
    learning: str = _choice(*experiments.fusion_choices("learning"))
    missing: str = _choice(*experiments.fusion_choices("missing"))
    together_epochs: int = _at_least(1)
    together_learning_rate: float = _at_least(0, strictly=True)


@dataclass(frozen=True, kw_only=True)
class YourAlbum(Shared):
    """Parameters of 09_your_album."""

    folder: str = ""
    genres: int = _at_least(1)
    mix: str = ""


@dataclass(frozen=True, kw_only=True)
class Results(Shared):
    """Parameters of 08_results."""

    resamples: int = _at_least(0)


# The parameters of each notebook.
PARAMETERS: dict[str, type[Shared]] = {
    "01_dataset_mapping": DatasetMapping,
    "02_dataset_overview": Overview,
    "03_label_factors": Factors,
    "04_audio": Audio,
    "05_text": Text,
    "06_image": Image,
    "07_multimodal": Multimodal,
    "08_results": Results,
    "09_your_album": YourAlbum,
}
# Parameters of a notebook that an encoder excludes, and it. Where none is given the first says what is learned from.
EXCLUSIVE: dict[type[Shared], tuple[str, ...]] = {
    Audio: ("filters", "encoder"),
    Text: ("features", "encoder", "embeddings"),
}
# Sections of a parameter file.
SECTIONS = tuple(kind.__name__.lower() for kind in PARAMETERS.values() if kind is not DatasetMapping)
Params = TypeVar("Params", bound=Shared)


def read(kind: type[Params], namespace: Mapping[str, Any]) -> Params:
    """Read a notebook's parameters from its namespace, strictly.

    Parameters
    ----------
    kind : type
        The dataclass of the notebook, e.g. ``params.Audio``.
    namespace : mapping
        The notebook's ``globals()``, after its ``parameters`` cell and papermill's injected cell.

    Returns
    -------
    kind
        Checked values. Precedence: ``-p``, then this notebook's section of a parameter file
        (``-f params/paper.yaml``), then the notebook's ``parameters`` cell.

    Raises
    ------
    ParameterError
        An unknown name, a wrong type, a value outside the choices; with the nearest valid name.
    """
    section_name = kind.__name__.lower()
    names = [f.name for f in fields(kind)]
    injected = _injected_names(namespace.get("In", ()))
    for name in injected:
        if name not in names and name not in SECTIONS:
            raise ParameterError(f"unknown parameter {name!r}; this notebook takes {names}{did_you_mean(name, names)}")
    section = namespace[section_name] if section_name in injected else {}
    if not isinstance(section, Mapping):
        raise ParameterError(f"section {section_name!r} of the parameter file must map names to values")
    for name in section:
        if name not in names:
            raise ParameterError(
                f"unknown parameter {name!r} in section {section_name!r}; it takes {names}{did_you_mean(name, names)}"
            )
    values = {}
    for f in fields(kind):
        if f.name not in namespace and f.name not in section:
            raise ParameterError(f"the notebook's parameters cell lacks {f.name!r}")
        from_section = f.name in section and f.name not in injected
        values[f.name] = section[f.name] if from_section else namespace[f.name]
    found = checked(kind, values)
    _refuse_several(found, injected)
    return found


def _refuse_several(cfg: Shared, injected: set[str]) -> None:
    """Refuse an encoder together with another parameter that says what to learn from.

    The first of them has a default, so that it counts only where ``-p`` names it. ``features`` and ``embeddings`` may
    stand together, since finished runs were made so: then ``embeddings`` counts.
    """
    if not getattr(cfg, "encoder", ""):
        return
    first, *others = EXCLUSIVE.get(type(cfg), ("",))
    named = [name for name in others if getattr(cfg, name)]
    if named and first in injected:
        named.insert(0, first)
    if len(named) > 1:
        given = " and ".join(f"{name}={getattr(cfg, name)!r}" for name in named)
        raise ParameterError(f"{given} exclude one another, since each says what to learn from; leave all but one out")


def checked(kind: type[Params], values: Mapping[str, Any]) -> Params:
    """Return parameters of a notebook, each of the right type and one of its choices; other names are ignored.

    Raises
    ------
    ParameterError
        As :func:`read`. Of ``workers``, which no stored run has, any number will do.
    """
    found = {}
    for f in fields(kind):
        found[f.name] = _checked(f, values.get(f.name, 0) if f.name == "workers" else values[f.name])
    return kind(**found)


def _injected_names(history: Iterable[str]) -> set[str]:
    """Names assigned by the cell that papermill injects (it starts with ``# Parameters``)."""
    names: set[str] = set()
    for source in history:
        if not source.startswith("# Parameters"):
            continue
        for node in ast.parse(source).body:
            if isinstance(node, ast.Assign):
                names |= {t.id for t in node.targets if isinstance(t, ast.Name)}
    return names


def _checked(f: Any, value: Any) -> Any:
    if f.type is float and type(value) is int:
        value = float(value)
    if type(value) is not f.type:
        hint = {
            bool: f"write  -p {f.name} True  or  -p {f.name} False",
            str: _as_text(f.name, value),
        }.get(f.type, f"write a plain {f.type.__name__}")
        raise ParameterError(f"{f.name} must be {f.type.__name__}, got {value!r} ({type(value).__name__}); {hint}")
    choices = f.metadata.get("choices")
    if choices and value not in choices:
        raise ParameterError(f"{f.name}={value!r} is not one of {list(choices)}{did_you_mean(value, choices)}")
    least = f.metadata.get("least")
    # Written so that NaN fails too.
    if least is not None and not (value > least if f.metadata.get("strictly") else value >= least):
        raise ParameterError(
            f"{f.name} must be {'above' if f.metadata.get('strictly') else 'at least'} {least}, got {value!r}"
        )
    if f.default is MISSING and value == "":
        raise ParameterError(f"{f.name} is empty; give it a value or leave the parameter out")
    return value


def _as_text(name: str, value: Any) -> str:
    """Say how papermill is told a text that it has taken for something else, such as 7 for ``007``."""
    if name == "catalogue":
        for path in sorted((home() / "data").glob("*/catalogue.json")):
            known = path.parent.name
            # Compared as written: nan is not equal to itself.
            if known != value and repr(commands.read_by_papermill(known)) == repr(value):
                return f"write  {commands.typed('-r', name, known)}  to pass the name as text"
    return f"write  -r {name} TEXT  to pass it as text, as it was before it was taken for {value!r}"


def restored(kind: type[Shared], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a stored run, completed by those that did not exist when it was made.

    Parameters
    ----------
    kind : type
        The dataclass of its notebook.
    stored : mapping
        What its ``params.json`` holds, in any order.
    """
    before = {f.name: f.metadata["before"] for f in fields(kind) if "before" in f.metadata}
    return {**before, **stored}


def with_recipe(cfg: Params, *, synthetic: bool) -> Params:
    """Return parameters with the recipe that ``auto`` stands for.

    The paper's on the sample and where all networks learn by one loss, for which there is none of ours. Else ours, and
    on vectors from a file or of a pretrained encoder always, since the paper has none. Parameters without a recipe come
    back as they are.

    Parameters
    ----------
    synthetic : bool
        Of the catalogue.

    Examples
    --------
    >>> cfg = with_recipe(checked(Multimodal, {**paper("multimodal"), "catalogue": "mine", "seed": 0, "recipe": "auto",
    ...     "target": "cosine", "modalities": "at", "embeddings": "", "learning": "late"}), synthetic=False)
    >>> cfg.recipe
    'ours'
    """
    if getattr(cfg, "recipe", "") != "auto":
        return cfg
    if getattr(cfg, "learning", "late") == "simultaneous":
        recipe = "paper"
    elif getattr(cfg, "encoder", "") or (isinstance(cfg, Text) and cfg.embeddings):
        recipe = "ours"
    else:
        recipe = "paper" if synthetic else "ours"
    return replace(cfg, recipe=recipe)  # type: ignore[call-arg]


def defaults(notebook: str | Path) -> dict[str, Any]:
    """Values of a notebook's ``parameters`` cell, without running it."""
    from papermill import inspect_notebook

    return {name: ast.literal_eval(entry["default"]) for name, entry in inspect_notebook(str(notebook)).items()}


def paper(section: str) -> dict[str, Any]:
    """The paper's values for one notebook, from ``params/paper.yaml``; none for a notebook that is not in the paper."""
    path = checkout() / "params" / "paper.yaml"
    with parsing(path, "mend it, or get it again", trouble="does not map each notebook to its parameters"):
        return dict(yaml.safe_load(path.read_text(encoding="utf-8")).get(section) or {})
