"""List which catalogues, feature stores and runs of a home this version can use, with commands to update the others.

Used by ``python -m mumu_lib check``. Nothing is written.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from mumu_lib import audio, experiments, params, results, runs
from mumu_lib.audio import store as audio_store
from mumu_lib.catalogue import Catalogue
from mumu_lib.catalogue.commands import as_typed
from mumu_lib.core import commands
from mumu_lib.core.errors import MissingDataError, MumuError
from mumu_lib.core.parsing import read_json
from mumu_lib.core.paths import checkout, home
from mumu_lib.encoders import store as encoder_store
from mumu_lib.features import build
from mumu_lib.features.store import Recipe
from mumu_lib.image import store as covers

COLUMNS = ["what", "name", "state", "why", "type this"]
USABLE = "usable"
PARTLY = "in part"
UNUSABLE = "not usable"
CQT = re.compile(r"cqt-v\d+-(?P<method>[a-z]+)-(?P<patches>\d+)x15s-seed(?P<seed>\d+)")
NETWORKS = ("network", "album_network")
# Notebooks whose runs are rows of Table 2.
TRAINED = (*(modality.notebook for modality in experiments.MODALITIES), experiments.FUSION_NOTEBOOK)


def take_stock() -> pd.DataFrame:
    """List everything in the home, and whether this version can use it.

    Returns
    -------
    table : pd.DataFrame
        ``what`` (catalogue, store, run), ``name``, ``state`` (usable, in part, not usable), ``why``, and
        ``type this``: a command to run if it is not usable.
    """
    rows: list[tuple[str, str, str, str, str]] = []
    known: dict[str, Path] = {}
    for path in sorted((home() / "data").glob("*/catalogue.json")):
        rows += _catalogue(path.parent, known)
    for folder in _folders(home() / "runs"):
        if folder.name not in known and any(folder.glob("*/params.json")):
            why = "there is no catalogue of this name in data/; of one elsewhere:  python -m mumu_lib check ITS_FOLDER"
            rows.append(("runs", folder.name, UNUSABLE, why, ""))
    return pd.DataFrame(rows, columns=COLUMNS)


def of_catalogue(catalogue: Catalogue) -> pd.DataFrame:
    """List the stores and runs of one catalogue, as :func:`take_stock`; it may be outside of the home."""
    return pd.DataFrame([*_stores(catalogue), *_runs(catalogue)], columns=COLUMNS)


def _catalogue(folder: Path, known: dict[str, Path]) -> Iterator[tuple[str, str, str, str, str]]:
    """Describe a catalogue, then its stores and runs; its name and folder are added to ``known``."""
    try:
        music = Catalogue(folder)
        sizes = f"{len(music.albums)} albums, {len(music.tracks)} tracks, {len(music.reviews)} reviews"
    except MumuError as error:
        known[folder.name] = folder
        yield "catalogue", folder.name, UNUSABLE, str(error), _made_by(folder)
        return
    if music.name != folder.name:
        sizes += f"; its name is {music.name!r}, and its runs and figures are stored under that name"
    yield "catalogue", folder.name, USABLE, sizes, ""
    yield from _stores(music)
    if music.name not in known:
        yield from _runs(music)
    known[music.name] = folder


def _made_by(folder: Path) -> str:
    """Return the command that makes a catalogue again; empty if the folder that it was made from is missing."""
    if folder.name == "sample":
        return "python -m mumu_lib.sources.sample"
    try:
        source = str(read_json(folder / "catalogue.json", runs.RERUN_HINT).get("source", ""))
    except MumuError:
        return ""
    if not source or not Path(source).is_dir():
        return ""
    return commands.python("mumu_lib.sources.folder", source, name=folder.name)


def _folders(base: Path) -> list[Path]:
    return sorted(path for path in base.glob("*") if path.is_dir())


def _stores(catalogue: Catalogue) -> Iterator[tuple[str, str, str, str, str]]:
    """Describe the feature stores of audio and covers."""
    for place in build.places(catalogue):
        for folder in _folders(place):
            yield "store", f"{catalogue.name}/{folder.name}", *_store(catalogue, folder.name)


def _store(catalogue: Catalogue, name: str) -> tuple[str, str, str]:
    """Return the state of one store, why, and what to type."""
    try:
        settings, jobs, command = _recipe(catalogue, name)
    except MissingDataError as error:
        return UNUSABLE, str(error), ""
    except MumuError as error:
        return UNUSABLE, f"the settings in its name are invalid: {error}", ""
    if settings is None or settings.name != name:
        return UNUSABLE, "made by a version with other features; nothing reads it", ""
    lacking = build.lacking(catalogue, jobs, settings)
    if not lacking:
        return USABLE, f"{len(jobs)} items", ""
    state = UNUSABLE
    if lacking < len(jobs):
        state = PARTLY
    return state, f"{lacking} of {len(jobs)} items are new, changed or not extracted yet", command


def _recipe(catalogue: Catalogue, name: str) -> tuple[Recipe | None, pd.DataFrame, str]:
    """Return the settings and jobs of a store with this name, and the command that completes it."""
    where = as_typed(catalogue)
    if name.startswith("covers-"):
        command = _papermill("06_image", {"catalogue": where})
        return covers.CoverRecipe(), covers.jobs(catalogue), command
    if name.startswith("timbre-"):
        timbre = audio_store.settings("timbre", 1, 0, "fast")
        command = commands.python("mumu_lib.patches", where, kind="timbre")
        return timbre, audio_store.jobs(catalogue, timbre), command
    encoder = name.partition("-v")[0]
    if encoder in experiments.AUDIO_ENCODERS:
        windows = encoder_store.settings(encoder)
        command = commands.python("mumu_lib.patches", where, kind=encoder)
        return windows, encoder_store.jobs(catalogue, windows), command
    match = CQT.fullmatch(name)
    if match is None or match["method"] not in audio.METHODS:
        return None, pd.DataFrame(), ""
    cqt = audio_store.settings("cqt", int(match["patches"]), int(match["seed"]), match["method"])
    command = commands.python("mumu_lib.patches", where, patches=match["patches"], seed=match["seed"])
    return cqt, audio_store.jobs(catalogue, cqt), command


def _runs(catalogue: Catalogue) -> Iterator[tuple[str, str, str, str, str]]:
    """Describe the runs of a catalogue."""
    for folder in _folders(home() / "runs" / catalogue.name):
        if (folder / "params.json").is_file() or (folder / "metrics.json").is_file():
            yield "run", f"{catalogue.name}/{folder.name}", *_run(catalogue, folder)


def _run(catalogue: Catalogue, folder: Path) -> tuple[str, str, str]:
    """Return the state of one run, why, and what to type."""
    try:
        stored = read_json(folder / "params.json", runs.RERUN_HINT)
    except MumuError as error:
        return UNUSABLE, str(error), ""
    notebook = notebook_of(stored)
    if not notebook:
        return UNUSABLE, "no notebook of this version has these parameters", ""
    # Notebook 01 makes catalogues by name; the others also take a path.
    where = as_typed(catalogue)
    if notebook == "01_dataset_mapping":
        where = catalogue.name
    command = _papermill(notebook, {**stored, "catalogue": where})
    try:
        params.checked(params.PARAMETERS[notebook], params.restored(params.PARAMETERS[notebook], stored))
    except MumuError as error:
        return UNUSABLE, f"its parameters are not valid in this version: {error}", ""
    if stored.get("fingerprint") != catalogue.fingerprint:
        return UNUSABLE, "made on the catalogue as it was before", command
    if not (folder / "metrics.json").is_file():
        return PARTLY, "not finished; what was trained is kept", command
    try:
        facts = runs.facts_of(folder / "metrics.json")
    except MumuError as error:
        return UNUSABLE, str(error), command
    if notebook not in TRAINED:
        return USABLE, "finished", ""
    return _trained_run(catalogue, folder, facts, command)


def _trained_run(catalogue: Catalogue, folder: Path, facts: Mapping[str, Any], command: str) -> tuple[str, str, str]:
    """Return the state of a finished run with a trained network, as :func:`_run`."""
    if "auc" not in facts:
        return UNUSABLE, f"{folder / 'metrics.json'} holds no AUC", command
    reason = results.reason_against(catalogue, folder, facts)
    if reason:
        return UNUSABLE, reason, command
    for key in NETWORKS:
        network = folder / str(facts.get(key) or "")
        if facts.get(key) and not (network / "model.keras").is_file():
            why = f"its scores are used, but it cannot score a new album: remove {network}, then train it again"
            return PARTLY, why, command
    return USABLE, "finished", ""


def notebook_of(stored: Mapping[str, Any]) -> str:
    """Return the name of the notebook with exactly these parameters; empty if there is none.

    Parameters
    ----------
    stored : mapping
        Contents of a run's ``params.json``. Parameters that were added to the notebook later may be absent.

    Examples
    --------
    >>> notebook_of({"perplexity": 30})
    ''
    """
    for notebook, kind in params.PARAMETERS.items():
        taken = {f.name for f in fields(kind)} - {"workers"}
        added = {f.name for f in fields(kind) if "before" in f.metadata}
        if taken - added <= set(stored) <= taken | {"fingerprint"}:
            return notebook
    return ""


def _papermill(notebook: str, values: Mapping[str, Any]) -> str:
    """Return the command that runs a notebook with these parameters, without those that equal its defaults."""
    changed = {}
    for name, default in _defaults(notebook).items():
        value = values.get(name, default)
        if value != default:
            changed[name] = value
    return commands.papermill(notebook, there=True, **changed)


@cache
def _defaults(notebook: str) -> dict[str, Any]:
    return params.defaults(checkout() / "notebooks" / f"{notebook}.ipynb")


def as_text(table: pd.DataFrame) -> str:
    """Format the table as lines, each followed by the command to run; the last line counts the states.

    Parameters
    ----------
    table : pd.DataFrame
        From :func:`take_stock`.
    """
    lines = [f"home: {home()}"]
    for what, name, state, why, command in table.itertuples(index=False):
        lines.append(f"{what:9} {name}: {state}, {why}")
        if command:
            lines.append(f"          {command}")
    counts = table["state"].value_counts()
    lines.append(", ".join(f"{state}: {counts.get(state, 0)}" for state in (USABLE, PARTLY, UNUSABLE)))
    if (table["type this"].str.startswith("papermill")).any():
        lines.append("A relative path among the parameters is one from notebooks/.")
    return "\n".join(lines)
