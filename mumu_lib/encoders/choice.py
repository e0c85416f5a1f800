"""Which encoder a parameter means, whether it is here, and where its runs may not be compared.

Paper: none.  Notebooks: 04_audio, 05_text, 07_multimodal, 08_results.  Needs no backend, so that the plan of a series
can ask.
"""

from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from typing import Any, TypeVar

import pandas as pd

from mumu_lib.catalogue import Catalogue
from mumu_lib.core.errors import MissingDataError
from mumu_lib.encoders import ABOUT, folder, make
from mumu_lib.experiments import FETCHED, LINE, MUSICNN
from mumu_lib.params import Shared

# The id of a track of the Million Song Dataset has 18 characters.
MSD_ID = r"TR[A-Z0-9]{16}"
# What may have heard the test albums of a catalogue of the Million Song Dataset, and why.
MAY_HAVE_HEARD = {
    "msd_musicnn": "it has heard these albums: it learned from the Million Song Dataset, to which their tracks belong",
    "discogs_effnet": "it may have heard these albums: it learned from two million recordings of Discogs' releases",
}
# What reads an encoder's files beside Keras: the extra ``pretrained`` of the package.
LIBRARIES = {"minilm": ("tokenizers", "safetensors")}
INSTALL = "pip install tokenizers safetensors"
Params = TypeVar("Params", bound=Shared)


def has_msd_tracks(catalogue: Catalogue) -> bool:
    """Whether tracks of a catalogue are those of the Million Song Dataset: it names their folder, or their ids do.

    Examples
    --------
    >>> has_msd_tracks(mumu_lib.open_catalogue("mine"))  # doctest: +SKIP
    False
    """
    if "msd" in catalogue.info["roots"]:
        return True
    return bool(catalogue.tracks["track_id"].str.fullmatch(MSD_ID).any())


def full_name(name: str, catalogue: Catalogue) -> str:
    """Return the encoder that a value of ``encoder`` means on a catalogue.

    Parameters
    ----------
    name : str
        ``musicnn`` means the weights that have not heard the test albums, where the catalogue has tracks of the Million
        Song Dataset, and on a synthetic one; else those that have heard more music. Any other name means itself.
    """
    if name != MUSICNN:
        return name
    if catalogue.synthetic or has_msd_tracks(catalogue):
        return "mtt_musicnn"
    return "msd_musicnn"


def with_encoder(cfg: Params, catalogue: Catalogue) -> Params:
    """Return parameters with the full name of their encoder; those without one come back as they are."""
    name = getattr(cfg, "encoder", "")
    if full_name(name, catalogue) == name:
        return cfg
    return replace(cfg, encoder=full_name(name, catalogue))  # type: ignore[call-arg]


def installed(name: str) -> bool:
    """Whether the weights of an encoder are here; they are not opened."""
    if name in FETCHED:
        return (folder(name) / ABOUT).is_file()
    there = [path for path in folder(name).glob("*") if path.is_file() and not path.name.startswith(".")]
    return bool(there)


def how_to_get(name: str) -> str:
    """Say what brings the weights of an encoder."""
    if name in FETCHED:
        return "get them with  make pretrained"
    return f"put its file into {folder(name)}, as docs/weights-and-encoders.md says"


def lacking(name: str) -> str:
    """Say what an encoder lacks, its weights or a library, and what brings it; empty if it can be opened."""
    if not installed(name):
        return f"its weights are not here; {how_to_get(name)}"
    for library in LIBRARIES.get(name, ()):
        if find_spec(library) is None:
            return f"{library} is not installed; run  {INSTALL}"
    return ""


def require(name: str) -> None:
    """Stop where the weights of an encoder are not here.

    Raises
    ------
    MissingDataError
        With what brings them.
    """
    if not installed(name):
        raise MissingDataError(f"the weights of {name} are not here; {how_to_get(name)}")


def heard(catalogue: Catalogue, setting: str) -> str:
    """Say why runs of a setting are left out on a catalogue: their encoder has heard its albums; empty for all others.

    Parameters
    ----------
    setting : str
        Of a run, or of the straight line beside it.
    """
    reason = MAY_HAVE_HEARD.get(setting.removeprefix(LINE), "")
    if reason and has_msd_tracks(catalogue):
        return reason
    return ""


def recorded(name: str) -> dict[str, Any]:
    """Return what ``metrics.json`` keeps of a run's encoder: four facts about it; nothing without one.

    Parameters
    ----------
    name : str
        One of ``experiments.ENCODERS``, or empty.
    """
    if not name:
        return {}
    about = make(name).about
    facts = {"name": name, "digest": about.digest, "licence": about.licence, "learned_from": about.learned_from}
    return {"encoder": facts}


def uses_encoder(run: Mapping[str, Any] | pd.Series) -> bool:
    """Whether a run, as of ``metrics.json``, was made with a pretrained encoder."""
    return isinstance(run.get("encoder"), Mapping)
