"""Commands that run notebooks on a catalogue, for messages."""

from typing import Any

from mumu_lib.catalogue import Catalogue
from mumu_lib.core import commands
from mumu_lib.core.errors import MissingDataError
from mumu_lib.core.paths import home
from mumu_lib.experiments import BY_LETTER, BY_NAME, FUSION_NOTEBOOK


def as_typed(catalogue: Catalogue) -> str:
    """Return the argument for a catalogue in a command: its name if it is in ``data/``, otherwise its path."""
    under_its_name = catalogue.folder.absolute() == (home() / "data" / catalogue.name).absolute()
    # A name that begins with a dash would be parsed as an option.
    if under_its_name and not catalogue.name.startswith("-"):
        return catalogue.name
    return str(catalogue.folder.absolute())


def notebook(catalogue: Catalogue, name: str, **parameters: Any) -> str:
    """Return the command that runs a notebook on a catalogue, with the parameters that the catalogue requires.

    Parameters
    ----------
    catalogue : Catalogue
    name : str
        Name of the notebook, such as ``05_text``.
    **parameters
        Further parameters of the notebook.

    Returns
    -------
    command : str
        E.g. ``papermill 05_text.ipynb out.ipynb -p catalogue mine -p features vsm``: only a synthetic catalogue has a
        knowledge base, and without one 05 can use words only. ``KNOWLEDGE`` is a placeholder for a knowledge base.
    """
    arguments = {"catalogue": as_typed(catalogue), **parameters}
    if name == BY_NAME["audio"].notebook and "filters" not in arguments and only_timbre(catalogue):
        arguments["filters"] = "timbre_mlp"
    if name == BY_NAME["text"].notebook and needs_knowledge(catalogue) and "embeddings" not in arguments:
        arguments.setdefault("features", "vsm")
        if arguments["features"] == "vsm_sem":
            arguments.setdefault("knowledge", "KNOWLEDGE")
    if name == FUSION_NOTEBOOK and "modalities" not in arguments:
        letters = modalities(catalogue)
        if letters:
            arguments["modalities"] = letters
    return commands.papermill(name, **arguments)


def run_of(catalogue: Catalogue, modality: str) -> str:
    """Return the advice how to get a run of a modality: the command that makes it, or a fusion without the modality.

    Parameters
    ----------
    catalogue : Catalogue
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
    """Return the advice how to get a run of any modality: the command for the first one that the catalogue has."""
    for modality in BY_LETTER.values():
        if has(catalogue, modality.name):
            return f"run one, such as  {notebook(catalogue, modality.notebook, **parameters)}"
    return "it has neither sound nor texts nor covers to learn from"


def has(catalogue: Catalogue, modality: str) -> bool:
    """Whether a catalogue has data of a modality in any form, including timbre and published text matrices."""
    if modality == "text" and "ismir" in catalogue.info["roots"]:
        return True
    try:
        catalogue.require("timbre" if modality == "audio" else BY_NAME[modality].needs)
    except MissingDataError:
        return False
    return True


def needs_knowledge(catalogue: Catalogue) -> bool:
    """Whether entity linking of a catalogue's reviews requires a knowledge base as a parameter."""
    return not catalogue.synthetic and "ismir" not in catalogue.info["roots"]


def only_timbre(catalogue: Catalogue) -> bool:
    """Whether a catalogue has timbre from Million Song Dataset files but no recordings."""
    try:
        catalogue.require("audio")
    except MissingDataError:
        return has(catalogue, "audio")
    return False


def modalities(catalogue: Catalogue) -> str:
    """Return the letters of the modalities that a catalogue has; empty if it has all or none."""
    letters = ""
    for letter, modality in BY_LETTER.items():
        if has(catalogue, modality.name):
            letters += letter
    if len(letters) == len(BY_LETTER):
        return ""
    return letters
