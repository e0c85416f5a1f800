"""What of a home this version can still use: its catalogues, stores of features and runs, and what to type for the rest.

Read by ``python -m mumu_lib check``; it opens and compares, and writes nothing.
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
USABLE, PARTLY, UNUSABLE = "usable", "in part", "not usable"
CQT = re.compile(r"cqt-v\d+-(?P<method>[a-z]+)-(?P<patches>\d+)x15s-seed(?P<seed>\d+)")
NETWORKS = ("network", "album_network")
# Notebooks whose runs are rows of Table 2.
TRAINED = (*(modality.notebook for modality in experiments.MODALITIES), experiments.FUSION_NOTEBOOK)


def take_stock() -> pd.DataFrame:
    """Return everything that lies in the home, and whether this version can use it.

    Returns
    -------
    table : pd.DataFrame
        ``what`` (catalogue, store, run), ``name``, ``state`` (usable, in part, not usable), ``why``, and
        ``type this``: a command for what cannot be used as it is.
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
    """Return the stores and runs of one catalogue, as :func:`take_stock`, wherever the catalogue lies."""
    return pd.DataFrame([*_stores(catalogue), *_runs(catalogue)], columns=COLUMNS)


def _catalogue(folder: Path, known: dict[str, Path]) -> Iterator[tuple[str, str, str, str, str]]:
    """Describe a catalogue, then its stores and runs; ``known`` is joined by its name and folder."""
    try:
        music = Catalogue(folder)
        sizes = f"{len(music.albums)} albums, {len(music.tracks)} tracks, {len(music.reviews)} reviews"
    except MumuError as error:
        known[folder.name] = folder
        yield "catalogue", folder.name, UNUSABLE, str(error), _made_by(folder)
        return
    if music.name != folder.name:
        sizes += f"; it calls itself {music.name!r}, and its runs and figures lie under that name"
    yield "catalogue", folder.name, USABLE, sizes, ""
    yield from _stores(music)
    if music.name not in known:
        yield from _runs(music)
    known[music.name] = folder


def _made_by(folder: Path) -> str:
    """Return the command that makes a catalogue again; empty where the folder that it was made of is not there."""
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
    """Describe the stores of features, of sound and of covers."""
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
        return UNUSABLE, f"its name says what cannot be: {error}", ""
    if settings is None or settings.name != name:
        return UNUSABLE, "made by a version with other features; nothing reads it", ""
    lacking = build.lacking(catalogue, jobs, settings)
    if not lacking:
        return USABLE, f"{len(jobs)} items", ""
    state = PARTLY if lacking < len(jobs) else UNUSABLE
    return state, f"{lacking} of {len(jobs)} items are new, changed or not extracted yet", command


def _recipe(catalogue: Catalogue, name: str) -> tuple[Recipe | None, pd.DataFrame, str]:
    """Return how a store of this name is made: settings, jobs, and the command that completes it."""
    where = as_typed(catalogue)
    if name.startswith("covers-"):
        return covers.CoverRecipe(), covers.jobs(catalogue), _papermill("06_image", {"catalogue": as_typed(catalogue)})
    if name.startswith("timbre-"):
        settings = audio_store.settings("timbre", 1, 0, "fast")
        return (
            settings,
            audio_store.jobs(catalogue, settings),
            commands.python("mumu_lib.patches", where, kind="timbre"),
        )
    encoder = name.partition("-v")[0]
    if encoder in experiments.AUDIO_ENCODERS:
        chosen = encoder_store.settings(encoder)
        command = commands.python("mumu_lib.patches", where, kind=encoder)
        return chosen, encoder_store.jobs(catalogue, chosen), command
    found = CQT.fullmatch(name)
    if found is None or found["method"] not in audio.METHODS:
        return None, pd.DataFrame(), ""
    settings = audio_store.settings("cqt", int(found["patches"]), int(found["seed"]), found["method"])
    command = commands.python("mumu_lib.patches", where, patches=found["patches"], seed=found["seed"])
    return settings, audio_store.jobs(catalogue, settings), command


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
        return UNUSABLE, "its parameters are those of no notebook of this version", ""
    # 01 makes catalogues by their name; the others also take a path.
    where = catalogue.name if notebook == "01_dataset_mapping" else as_typed(catalogue)
    command = _papermill(notebook, {**stored, "catalogue": where})
    try:
        params.checked(params.PARAMETERS[notebook], params.restored(params.PARAMETERS[notebook], stored))
    except MumuError as error:
        return UNUSABLE, f"its parameters are not those of this version: {error}", ""
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
    if "auc" not in facts:
        return UNUSABLE, f"{folder / 'metrics.json'} holds no AUC", command
    if reason := results.reason_against(catalogue, folder, facts):
        return UNUSABLE, reason, command
    for key in NETWORKS:
        kept = folder / str(facts.get(key) or "")
        if facts.get(key) and not (kept / "model.keras").is_file():
            why = f"its scores count, but no new album can be put through it: remove {kept}, then train it anew"
            return PARTLY, why, command
    return USABLE, "finished", ""


def notebook_of(stored: Mapping[str, Any]) -> str:
    """Return the name of the notebook that takes exactly these parameters; empty if there is none.

    Parameters
    ----------
    stored : mapping
        What a run's ``params.json`` holds. Parameters that were added since it was written may be absent.
    """
    for notebook, kind in params.PARAMETERS.items():
        taken = {f.name for f in fields(kind)} - {"workers"}
        added = {f.name for f in fields(kind) if "before" in f.metadata}
        if taken - added <= set(stored) <= taken | {"fingerprint"}:
            return notebook
    return ""


def _papermill(notebook: str, values: Mapping[str, Any]) -> str:
    """Return the command that runs a notebook with these parameters, those left out that are its defaults."""
    told = {}
    for name, default in _defaults(notebook).items():
        value = values.get(name, default)
        if value != default:
            told[name] = value
    return commands.papermill(notebook, there=True, **told)


@cache
def _defaults(notebook: str) -> dict[str, Any]:
    return params.defaults(checkout() / "notebooks" / f"{notebook}.ipynb")


def as_text(table: pd.DataFrame) -> str:
    """Return the table as lines, each followed by what to type, and at the end how many are in which state."""
    lines = [f"home: {home()}"]
    for row in table.itertuples(index=False):
        what, name, state, why, command = row
        lines.append(f"{what:9} {name}: {state}, {why}")
        if command:
            lines.append(f"          {command}")
    counts = table["state"].value_counts()
    lines.append(", ".join(f"{state}: {counts.get(state, 0)}" for state in (USABLE, PARTLY, UNUSABLE)))
    if (table["type this"].str.startswith("papermill")).any():
        lines.append("A relative path among the parameters is one from notebooks/.")
    return "\n".join(lines)
