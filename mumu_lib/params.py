"""Parameters of the notebooks, strictly checked.

papermill only logs an unknown parameter and then runs with the default. Here it is an error, like a wrong type or a
value that is not one of the choices.
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

# Precision of the networks in 04 and 06; ``auto`` is the fastest one on the machine.
PRECISIONS = ("float32", "mixed_float16", "mixed_bfloat16", "auto")


# A new parameter needs ``before=``, the value that is equivalent to runs made before it existed:
# ``recipe: str = _choice("auto", "paper", "ours", before="paper")``. Those runs then stay valid (:func:`restored`).
def _choice(*names: str, default: Any = MISSING, **further: Any) -> Any:
    """Declare a parameter with a set of choices."""
    return field(default=default, metadata={"choices": names, **further})


def _at_least(least: float, *, strictly: bool = False, **further: Any) -> Any:
    """Declare a number with a lower bound; ``strictly`` excludes the bound itself."""
    return field(metadata={"least": least, "strictly": strictly, **further})


@dataclass(frozen=True, kw_only=True)
class Shared:
    """Parameters of all notebooks. The defaults are in the notebooks, the paper's values in paper.yaml."""

    catalogue: str
    seed: int = _at_least(0)


@dataclass(frozen=True, kw_only=True)
class DatasetMapping(Shared):
    """Parameters of 01_dataset_mapping; ``catalogue`` is the name of the new catalogue."""

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
    """Parameters of all notebooks that train a network."""

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
# Parameters that exclude one another, since each names the features to learn from. The first one has a default.
EXCLUSIVE: dict[type[Shared], tuple[str, ...]] = {
    Audio: ("filters", "encoder"),
    Text: ("features", "encoder", "embeddings"),
}
# Sections of a parameter file.
SECTIONS = tuple(kind.__name__.lower() for kind in PARAMETERS.values() if kind is not DatasetMapping)
Params = TypeVar("Params", bound=Shared)


def read(kind: type[Params], namespace: Mapping[str, Any]) -> Params:
    """Read and check a notebook's parameters.

    Parameters
    ----------
    kind : type
        The dataclass of the notebook, e.g. ``params.Audio``.
    namespace : mapping
        The notebook's ``globals()``, after its ``parameters`` cell and papermill's injected cell.

    Returns
    -------
    cfg
        An instance of ``kind``. Values come from ``-p``, otherwise from the notebook's section of a parameter file
        (``-f params/paper.yaml``), otherwise from the notebook's ``parameters`` cell.

    Raises
    ------
    ParameterError
        A name is unknown, a type is wrong, or a value is not one of the choices; the message suggests the closest name.

    Examples
    --------
    >>> read(Overview, {"catalogue": "sample", "seed": 0, "top": 10})
    Overview(catalogue='sample', seed=0, top=10)
    """
    names = [parameter.name for parameter in fields(kind)]
    injected = _injected_names(namespace.get("In", ()))
    for name in injected:
        if name not in names and name not in SECTIONS:
            raise ParameterError(f"unknown parameter {name!r}; this notebook takes {names}{did_you_mean(name, names)}")
    section = _section(kind.__name__.lower(), names, namespace, injected)
    values = {}
    for name in names:
        if name in section and name not in injected:
            values[name] = section[name]
        elif name in namespace:
            values[name] = namespace[name]
        else:
            raise ParameterError(f"the notebook's parameters cell lacks {name!r}; add it")
    cfg = checked(kind, values)
    _refuse_several(cfg, injected)
    return cfg


def _section(
    section_name: str, names: list[str], namespace: Mapping[str, Any], injected: set[str]
) -> Mapping[str, Any]:
    """Return a notebook's section of the parameter file; empty without one."""
    if section_name not in injected:
        return {}
    section = namespace[section_name]
    if not isinstance(section, Mapping):
        raise ParameterError(f"section {section_name!r} of the parameter file must map names to values")
    for name in section:
        if name not in names:
            raise ParameterError(
                f"unknown parameter {name!r} in section {section_name!r}; it takes {names}{did_you_mean(name, names)}"
            )
    return section


def _refuse_several(cfg: Shared, injected: set[str]) -> None:
    """Raise an error if an encoder is given together with another parameter of :data:`EXCLUSIVE`.

    The first of these parameters has a default and counts only if it was injected. ``features`` and ``embeddings`` do
    not exclude each other, because finished runs have both: ``embeddings`` is then used.
    """
    if not getattr(cfg, "encoder", ""):
        return
    first, *others = EXCLUSIVE.get(type(cfg), ("",))
    given = [name for name in others if getattr(cfg, name)]
    if given and first in injected:
        given.insert(0, first)
    if len(given) > 1:
        listed = " and ".join(f"{name}={getattr(cfg, name)!r}" for name in given)
        raise ParameterError(f"{listed} exclude one another, since each says what to learn from; leave all but one out")


def checked(kind: type[Params], values: Mapping[str, Any]) -> Params:
    """Check the type and the choices of a notebook's parameters; other names are ignored.

    Parameters
    ----------
    kind : type
        The dataclass of the notebook.
    values : mapping
        Values by name; only ``workers``, which is not stored with runs, may be absent.

    Returns
    -------
    cfg
        An instance of ``kind``.

    Raises
    ------
    ParameterError
        As :func:`read`.

    Examples
    --------
    >>> checked(Factors, {"catalogue": "mine", "seed": 0, "dimensions": 50, "perplexity": 30})
    Factors(catalogue='mine', seed=0, dimensions=50, perplexity=30.0)
    """
    valid = {}
    for parameter in fields(kind):
        name = parameter.name
        # Runs are stored without the number of workers.
        value = values.get(name, 0) if name == "workers" else values[name]
        valid[name] = _checked(parameter, value)
    return kind(**valid)


def _injected_names(history: Iterable[str]) -> set[str]:
    """Return the names that papermill's injected cell assigns; it starts with ``# Parameters``."""
    names: set[str] = set()
    for source in history:
        if not source.startswith("# Parameters"):
            continue
        for node in ast.parse(source).body:
            if isinstance(node, ast.Assign):
                names.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return names


def _checked(parameter: Any, value: Any) -> Any:
    """Check a value, and return it; an int is converted to float where a float is required."""
    name = parameter.name
    kind = parameter.type
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        hint = _type_hint(name, kind, value)
        raise ParameterError(f"{name} must be {kind.__name__}, got {value!r} ({type(value).__name__}); {hint}")
    choices = parameter.metadata.get("choices")
    if choices and value not in choices:
        raise ParameterError(f"{name}={value!r} is not one of {list(choices)}{did_you_mean(value, choices)}")
    least = parameter.metadata.get("least")
    if least is not None:
        # Written this way, NaN fails too.
        if parameter.metadata.get("strictly") and not value > least:
            raise ParameterError(f"{name} must be above {least}, got {value!r}")
        if not value >= least:
            raise ParameterError(f"{name} must be at least {least}, got {value!r}")
    if parameter.default is MISSING and value == "":
        raise ParameterError(f"{name} is empty; give it a value or leave the parameter out")
    return value


def _type_hint(name: str, kind: type, value: Any) -> str:
    """Explain how to pass a value of the right type to papermill."""
    if kind is bool:
        return f"write  -p {name} True  or  -p {name} False"
    if kind is str:
        return _text_hint(name, value)
    return f"write a plain {kind.__name__}"


def _text_hint(name: str, value: Any) -> str:
    """Explain how to pass text that papermill converts to another type, such as ``007`` to 7."""
    if name == "catalogue":
        for path in sorted((home() / "data").glob("*/catalogue.json")):
            known = path.parent.name
            # Compared by repr: nan is not equal to itself.
            if known != value and repr(commands.read_by_papermill(known)) == repr(value):
                return f"write  {commands.typed('-r', name, known)}  to pass the name as text"
    return f"write  -r {name} TEXT  to pass it as text; papermill converted it to {value!r}"


def restored(kind: type[Shared], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Add the parameters that did not exist when a run was made to its stored parameters.

    Parameters
    ----------
    kind : type
        The dataclass of the run's notebook.
    stored : mapping
        The parameters in its ``params.json``, in any order.

    Examples
    --------
    >>> restored(Audio, {"recipe": "ours"})
    {'recipe': 'ours', 'encoder': ''}
    """
    values = {}
    for parameter in fields(kind):
        if "before" in parameter.metadata:
            values[parameter.name] = parameter.metadata["before"]
    return {**values, **stored}


def with_recipe(cfg: Params, *, synthetic: bool) -> Params:
    """Replace the recipe ``auto`` by ``paper`` or ``ours``.

    Fusions that are not learned late, such as joint training, have the paper's recipe only. Embeddings from a file or of
    a pretrained encoder get ours, since the paper has none. Otherwise the sample gets the paper's recipe, and other
    catalogues ours. Parameters without a recipe are returned unchanged.

    Parameters
    ----------
    cfg : Params
        Parameters of a notebook.
    synthetic : bool
        Whether the catalogue is synthetic.

    Examples
    --------
    >>> cfg = with_recipe(checked(Multimodal, {**paper("multimodal"), "catalogue": "mine", "seed": 0, "recipe": "auto",
    ...     "target": "cosine", "modalities": "at", "embeddings": "", "learning": "late"}), synthetic=False)
    >>> cfg.recipe
    'ours'
    """
    if getattr(cfg, "recipe", "") != "auto":
        return cfg
    is_late = getattr(cfg, "learning", "late") == "late"
    given_embeddings = getattr(cfg, "encoder", "") or (isinstance(cfg, Text) and cfg.embeddings)
    recipe = "ours"
    if not is_late or (synthetic and not given_embeddings):
        recipe = "paper"
    return replace(cfg, recipe=recipe)  # type: ignore[call-arg]


def defaults(notebook: str | Path) -> dict[str, Any]:
    """Read the values of a notebook's ``parameters`` cell without running it."""
    from papermill import inspect_notebook

    values = {}
    for name, entry in inspect_notebook(str(notebook)).items():
        values[name] = ast.literal_eval(entry["default"])
    return values


def paper(section: str) -> dict[str, Any]:
    """Read the paper's parameters for a notebook from ``params/paper.yaml``; empty if the paper has none.

    Examples
    --------
    >>> paper("factors")["dimensions"]
    50
    """
    path = checkout() / "params" / "paper.yaml"
    with parsing(path, "fix it or restore it from git", trouble="does not map each notebook to its parameters"):
        return dict(yaml.safe_load(path.read_text(encoding="utf-8")).get(section) or {})
