"""What refers to what in a home: runs to catalogues, stores of features and files, catalogues to homes.

Read by ``python -m mumu_lib disk``. Where something cannot be read, everything that it may refer to counts as in use.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mumu_lib import experiments
from mumu_lib.audio import store as audio_store
from mumu_lib.catalogue import Catalogue
from mumu_lib.core.errors import MumuError
from mumu_lib.core.parsing import read_json
from mumu_lib.core.paths import home
from mumu_lib.encoders import choice, store as encoder_store
from mumu_lib.features.build import homes_of
from mumu_lib.image import store as covers
from mumu_lib.series import values
from mumu_lib.series.inventory import CQT, notebook_of
from mumu_lib.series.sizes import is_open

AGAIN = "delete it"
# Parameters that may name a run or a file, of several parted by commas.
NAMING = ("embeddings", "knowledge", "weights")
ELSEWHERE = "no catalogue of this name is in data/; is it elsewhere, then  python -m mumu_lib disk ITS_FOLDER"
CHANGED = "made on the catalogue as it was before"
NO_RUN = "no run uses features of these settings"
OLD = "nothing in this version reads it"


@dataclass
class References:
    """What the catalogues and runs of a home refer to.

    Attributes
    ----------
    fingerprints : dict
        Name of each catalogue that is known, and its fingerprint; empty of one that cannot be read.
    unseen : list of Path
        What may hold catalogues and cannot be read, such as a link to a drive that is not there.
    named : set of Path
        What the parameters of runs name.
    encoders : dict
        Name of a catalogue, and the encoder that ``musicnn`` means on it.
    """

    fingerprints: dict[str, str] = field(default_factory=dict)
    unseen: list[Path] = field(default_factory=list)
    named: set[Path] = field(default_factory=set)
    encoders: dict[str, str] = field(default_factory=dict)

    def why_unused(self, run: Path) -> str:
        """Say why nothing refers to a run; empty where something does, or where that is not known."""
        name = run.parent.name
        if self.names(run):
            return ""
        if name not in self.fingerprints:
            return "" if self.unseen else ELSEWHERE
        try:
            stored = read_json(run / "params.json", AGAIN)
        except MumuError:
            return ""
        now = self.fingerprints[name]
        return CHANGED if now and stored.get("fingerprint", now) != now else ""

    def names(self, path: Path) -> bool:
        """Whether a run names something, or something in it."""
        own = Path(os.path.realpath(path))
        return any(one == own or own in one.parents for one in self.named)

    def why_store_unused(self, folder: Path, name: str) -> str:
        """Say why nothing refers to a store of a catalogue's features; empty where something does or may."""
        known = bool(CQT.fullmatch(folder.name)) or folder.name.startswith(("cqt-", "timbre-", "covers-"))
        encoder, version, _ = folder.name.partition("-v")
        known = bool(known) or (bool(version) and encoder in experiments.AUDIO_ENCODERS)
        if not known or folder.name == covers.CoverRecipe().name or self.names(folder):
            return ""
        if folder.name.startswith("covers-"):
            return OLD
        asked = _asked(name, folder.parent)
        if asked is None:
            return ""
        if encoder in experiments.AUDIO_ENCODERS:
            used = encoder in {given.get("encoder") for given in asked} | {self.encoders.get(name, encoder)}
            if not _is_current(folder.name, encoder):
                return OLD
            return "" if used else NO_RUN
        return "" if folder.name in _sound(asked) else NO_RUN


def of_home(elsewhere: Iterable[Path] = ()) -> References:
    """Return what the catalogues and runs of the home refer to.

    Parameters
    ----------
    elsewhere : iterable of Path
        Folders of catalogues that lie outside of ``data/``.
    """
    found = References()
    data = home() / "data"
    beside: list[Path] = []
    if is_open(data):
        # Catalogues behind a link are in use as well, though they are not counted.
        beside = sorted(data.iterdir())
    elif os.path.lexists(data):
        found.unseen.append(data)
    for folder in (*elsewhere, *beside):
        if not is_open(folder) and (folder.is_symlink() or folder.is_dir()):
            found.unseen.append(folder)
        elif os.path.lexists(folder / "catalogue.json"):
            _take(folder, found)
    for path in _params_of(home(), "*"):
        _take_names(path, found)
    return found


def name_of(folder: Path) -> str:
    """Return the name of a catalogue, by which its runs are called: not always that of its folder."""
    try:
        return str(read_json(folder / "catalogue.json", AGAIN).get("name", folder.name))
    except MumuError:
        return folder.name


def _take(folder: Path, found: References) -> None:
    """Join a catalogue's name and fingerprint to those known; of one that cannot be read only the name."""
    try:
        music = Catalogue(folder)
        fingerprint = music.fingerprint if len(music.albums) else ""
        found.encoders[music.name] = choice.full_name(experiments.MUSICNN, music)
        # Of two catalogues of one name nobody knows whose the runs are.
        found.fingerprints[music.name] = "" if music.name in found.fingerprints else fingerprint
    except (MumuError, OSError, ValueError):
        found.fingerprints[name_of(folder)] = ""


def _take_names(path: Path, found: References) -> None:
    """Join what the parameters of one run name."""
    try:
        stored = read_json(path, AGAIN)
    except MumuError:
        return
    for key in NAMING:
        for word in str(stored.get(key) or "").split(","):
            if word.strip():
                # A path of the notebooks is one from notebooks/ or whole; a run's id names a run of the same catalogue.
                for place in (path.parents[1] / word.strip(), Path(word.strip())):
                    found.named.add(Path(os.path.realpath(place)))


def _params_of(base: Path, name: str) -> list[Path]:
    return sorted((base / "runs").glob(f"{name}/*/params.json"))


def _asked(name: str, place: Path) -> list[dict[str, Any]] | None:
    """Return the parameters of all runs on a catalogue that hear sound; None where some cannot be read.

    Parameters
    ----------
    place : Path
        Where the catalogue's stores lie, with a note of the other homes whose runs use them.
    """
    found: list[dict[str, Any]] = []
    for base in (home(), *homes_of(place)):
        folder = base / "runs" / name
        if not is_open(folder) and (base != home() or os.path.lexists(folder)):
            return None
        for run in sorted(folder.iterdir() if folder.is_dir() else []):
            path = run / "params.json"
            if run.is_dir() and not is_open(run):
                return None
            try:
                stored = read_json(path, AGAIN) if path.is_file() else {}
            except MumuError:
                return None
            if notebook_of(stored) == "04_audio":
                found.append(stored)
    return found


def _sound(asked: list[dict[str, Any]]) -> set[str]:
    """Return the stores of sound that runs, or the next of a series, are made of."""
    found = {audio_store.settings("timbre", 1, 0, "fast").name}
    for given in (values("sample")["audio"], values("paper")["audio"], *asked):
        patches, seed = given.get("patches"), given.get("seed")
        if isinstance(patches, int) and isinstance(seed, int) and patches > 0:
            found.add(audio_store.settings("cqt", patches, seed, "fast").name)
    return found


def _is_current(name: str, encoder: str) -> bool:
    """Whether this version makes stores of an encoder under such a name; no weights are opened."""
    return name.startswith(f"{encoder}-v{encoder_store.FORMAT}-") and name.endswith(f"-{encoder_store.WINDOWS}windows")
