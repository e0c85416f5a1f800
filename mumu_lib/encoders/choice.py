"""Choose an encoder, check whether it is installed, and name the runs that may not be compared.

Paper: none.  Notebooks: 04_audio, 05_text, 07_multimodal, 08_results.

The plan of a series uses this module: it must not import a backend.
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
# Encoders whose training data may include test albums of a catalogue of the Million Song Dataset, with the reason.
MAY_HAVE_HEARD = {
    "msd_musicnn": "it has heard these albums: it learned from the Million Song Dataset, to which their tracks belong",
    "discogs_effnet": "it may have heard these albums: it learned from two million recordings of Discogs' releases",
}
# Libraries that an encoder needs besides Keras: the extra ``pretrained`` of the package.
LIBRARIES = {"minilm": ("tokenizers", "safetensors")}
INSTALL = "pip install tokenizers safetensors"
Params = TypeVar("Params", bound=Shared)


def has_msd_tracks(catalogue: Catalogue) -> bool:
    """Return whether a catalogue has tracks of the Million Song Dataset, by its folders or by track ids.

    Examples
    --------
    >>> has_msd_tracks(mumu_lib.open_catalogue("mine"))  # doctest: +SKIP
    False
    """
    if "msd" in catalogue.info["roots"]:
        return True
    return bool(catalogue.tracks["track_id"].str.fullmatch(MSD_ID).any())


def full_name(name: str, catalogue: Catalogue) -> str:
    """Return the full name of the encoder for a value of the parameter ``encoder``.

    Parameters
    ----------
    name : str
        ``musicnn`` stands for ``mtt_musicnn`` if the catalogue is synthetic or has tracks of the Million Song Dataset,
        which the other weights were trained on; else for ``msd_musicnn``, trained on more music. Other names are
        returned as they are.
    """
    if name != MUSICNN:
        return name
    if catalogue.synthetic or has_msd_tracks(catalogue):
        return "mtt_musicnn"
    return "msd_musicnn"


def with_encoder(cfg: Params, catalogue: Catalogue) -> Params:
    """Return parameters with the full name of their encoder; without an encoder, return them unchanged."""
    name = getattr(cfg, "encoder", "")
    full = full_name(name, catalogue)
    if full == name:
        return cfg
    return replace(cfg, encoder=full)  # type: ignore[call-arg]


def installed(name: str) -> bool:
    """Return whether the weights of an encoder are installed, without opening them."""
    if name in FETCHED:
        return (folder(name) / ABOUT).is_file()
    return any(path.is_file() and not path.name.startswith(".") for path in folder(name).glob("*"))


def how_to_get(name: str) -> str:
    """Return how to get the weights of an encoder.

    Examples
    --------
    >>> how_to_get("minilm")
    'get them with  make pretrained'
    """
    if name in FETCHED:
        return "get them with  make pretrained"
    return f"put its file into {folder(name)}, as docs/weights-and-encoders.md says"


def lacking(name: str) -> str:
    """Return what an encoder lacks, its weights or a library, and how to get it; empty if it can be opened."""
    if not installed(name):
        return f"its weights are not here; {how_to_get(name)}"
    for library in LIBRARIES.get(name, ()):
        if find_spec(library) is None:
            return f"{library} is not installed; run  {INSTALL}"
    return ""


def require(name: str) -> None:
    """Check that the weights of an encoder are installed.

    Raises
    ------
    MissingDataError
        They are not; the message tells how to get them.
    """
    if not installed(name):
        raise MissingDataError(f"the weights of {name} are not here; {how_to_get(name)}")


def heard(catalogue: Catalogue, setting: str) -> str:
    """Return why runs of a setting are left out: their encoder was trained on the catalogue's albums; empty for others.

    Parameters
    ----------
    catalogue : Catalogue
    setting : str
        Of a run, or of the linear classifier on the same vectors.
    """
    reason = MAY_HAVE_HEARD.get(setting.removeprefix(LINE), "")
    if reason and has_msd_tracks(catalogue):
        return reason
    return ""


def recorded(name: str) -> dict[str, Any]:
    """Return the entry about a run's encoder for ``metrics.json``; an empty dictionary without one.

    Parameters
    ----------
    name : str
        One of ``experiments.ENCODERS``, or empty.

    Examples
    --------
    >>> recorded("")
    {}
    """
    if not name:
        return {}
    about = make(name).about
    facts = {"name": name, "digest": about.digest, "licence": about.licence, "learned_from": about.learned_from}
    return {"encoder": facts}


def uses_encoder(run: Mapping[str, Any] | pd.Series) -> bool:
    """Return whether a run, given its ``metrics.json``, uses a pretrained encoder.

    Examples
    --------
    >>> uses_encoder({"encoder": {"name": "minilm"}}), uses_encoder({})
    (True, False)
    """
    return isinstance(run.get("encoder"), Mapping)
