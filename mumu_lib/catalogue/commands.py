"""The commands that run notebooks on a catalogue, as messages print them."""

from typing import Any

from mumu_lib.catalogue import Catalogue
from mumu_lib.core import commands
from mumu_lib.core.errors import MissingDataError
from mumu_lib.core.paths import home
from mumu_lib.experiments import BY_LETTER, BY_NAME, FUSION_NOTEBOOK


def as_typed(catalogue: Catalogue) -> str:
    """Return what names a catalogue in a command: its name under ``data/``, else its path."""
    under_its_name = catalogue.folder.absolute() == (home() / "data" / catalogue.name).absolute()
    # A command would take a name that begins with a dash for an option.
    if under_its_name and not catalogue.name.startswith("-"):
        return catalogue.name
    return str(catalogue.folder.absolute())


def notebook(catalogue: Catalogue, name: str, **parameters: Any) -> str:
    """Return the command that runs a notebook on a catalogue, with the parameters that what it has asks for.

    Parameters
    ----------
    name : str
        Of the notebook, such as ``05_text``.
    **parameters
        More of its parameters.

    Returns
    -------
    command : str
        E.g. ``papermill 05_text.ipynb out.ipynb -p catalogue mine -p features vsm``: without a knowledge base, which
        only a synthetic catalogue brings, 05 can read words alone; ``KNOWLEDGE`` stands for one where it must be given.
    """
    found = {"catalogue": as_typed(catalogue), **parameters}
    if name == BY_NAME["audio"].notebook and "filters" not in found and only_timbre(catalogue):
        found["filters"] = "timbre_mlp"
    if name == BY_NAME["text"].notebook and needs_knowledge(catalogue) and "embeddings" not in found:
        found.setdefault("features", "vsm")
        if found["features"] == "vsm_sem":
            found.setdefault("knowledge", "KNOWLEDGE")
    if name == FUSION_NOTEBOOK and "modalities" not in found:
        some = modalities(catalogue)
        if some:
            found["modalities"] = some
    return commands.papermill(name, **found)


def run_of(catalogue: Catalogue, modality: str) -> str:
    """Return what to do for a run of a modality: the command that makes it, or the fusion that does without.

    Parameters
    ----------
    modality : str
        A name of :data:`mumu_lib.experiments.BY_NAME`.
    """
    kind = BY_NAME[modality]
    if not kind.letter:
        return f"run  {notebook(catalogue, kind.notebook, embeddings='FILE')}"
    if has(catalogue, kind.name):
        return f"run  {notebook(catalogue, kind.notebook)}"
    without = f"it has no {kind.needs}"
    if modalities(catalogue):
        without += f", so leave them out:  {notebook(catalogue, FUSION_NOTEBOOK)}"
    return without


def any_run(catalogue: Catalogue, **parameters: Any) -> str:
    """Return what to do for a finished run of any modality: the command of the first that the catalogue has."""
    for modality in BY_LETTER.values():
        if has(catalogue, modality.name):
            return f"run one, such as  {notebook(catalogue, modality.notebook, **parameters)}"
    return "it has neither sound nor texts nor covers to learn from"


def has(catalogue: Catalogue, modality: str) -> bool:
    """Whether a catalogue has what a modality is learned from, in any form: sound or its timbre, reviews or matrices."""
    if modality == "text" and "ismir" in catalogue.info["roots"]:
        return True
    try:
        catalogue.require("timbre" if modality == "audio" else BY_NAME[modality].needs)
    except MissingDataError:
        return False
    return True


def needs_knowledge(catalogue: Catalogue) -> bool:
    """Whether entity linking of a catalogue's texts needs a knowledge base to be given."""
    return not catalogue.synthetic and "ismir" not in catalogue.info["roots"]


def only_timbre(catalogue: Catalogue) -> bool:
    """Whether a catalogue has the timbre of Million Song Dataset files and no recording."""
    try:
        catalogue.require("audio")
    except MissingDataError:
        return has(catalogue, "audio")
    return False


def modalities(catalogue: Catalogue) -> str:
    """Return the letters of the modalities that a catalogue has; empty if it has all, or none."""
    letters = ""
    for letter, modality in BY_LETTER.items():
        if has(catalogue, modality.name):
            letters += letter
    if len(letters) == len(BY_LETTER):
        return ""
    return letters
