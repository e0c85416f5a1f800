"""Find the references within a home: from runs to catalogues, feature stores and files, from catalogues to homes.

Used by ``python -m mumu_lib disk``. If a file cannot be read, everything that it may refer to counts as in use.
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
from mumu_lib.series.inventory import notebook_of
from mumu_lib.series.sizes import is_open

RERUN_HINT = "delete it"
# Parameters that may name runs or files, separated by commas.
NAMING = ("embeddings", "knowledge", "weights")
ELSEWHERE = "no catalogue of this name is in data/; if it is elsewhere, run  python -m mumu_lib disk ITS_FOLDER"
CHANGED = "made on the catalogue as it was before"
NO_RUN = "no run uses features of these settings"
OLD = "nothing in this version reads it"


@dataclass
class References:
    """Collect what the catalogues and runs of a home refer to.

    Attributes
    ----------
    fingerprints : dict
        Name of each catalogue -> its fingerprint; empty if the catalogue cannot be read.
    unseen : list of Path
        Folders and links that may lead to catalogues but cannot be read, such as a link to an unmounted drive.
    named : set of Path
        Paths in the parameters of runs.
    encoders : dict
        Name of a catalogue -> the encoder that the parameter ``musicnn`` means on it.
    """

    fingerprints: dict[str, str] = field(default_factory=dict)
    unseen: list[Path] = field(default_factory=list)
    named: set[Path] = field(default_factory=set)
    encoders: dict[str, str] = field(default_factory=dict)

    def why_unused(self, run: Path) -> str:
        """Return why a run is unused; empty if something refers to it, or if that cannot be determined."""
        name = run.parent.name
        if self.names(run):
            return ""
        if name not in self.fingerprints:
            if self.unseen:
                return ""
            return ELSEWHERE
        try:
            stored = read_json(run / "params.json", RERUN_HINT)
        except MumuError:
            return ""
        current = self.fingerprints[name]
        if current and stored.get("fingerprint", current) != current:
            return CHANGED
        return ""

    def names(self, path: Path) -> bool:
        """Return whether the parameters of a run name a path, or a path within it."""
        real = Path(os.path.realpath(path))
        return any(named == real or real in named.parents for named in self.named)

    def why_store_unused(self, folder: Path, name: str) -> str:
        """Return why a store of a catalogue's features is unused; empty if something refers to it, or may."""
        encoder, version, _ = folder.name.partition("-v")
        of_encoder = bool(version) and encoder in experiments.AUDIO_ENCODERS
        if not of_encoder and not folder.name.startswith(("cqt-", "timbre-", "covers-")):
            return ""
        if folder.name == covers.CoverRecipe().name or self.names(folder):
            return ""
        if folder.name.startswith("covers-"):
            return OLD
        used = _audio_parameters(name, folder.parent)
        if used is None:
            return ""
        if not of_encoder:
            if folder.name in _audio_stores(used):
                return ""
            return NO_RUN
        if not _is_current(folder.name, encoder):
            return OLD
        encoders = {parameters.get("encoder") for parameters in used}
        if encoder in encoders or encoder == self.encoders.get(name, encoder):
            return ""
        return NO_RUN


def of_home(elsewhere: Iterable[Path] = ()) -> References:
    """Return what the catalogues and runs of the home refer to.

    Parameters
    ----------
    elsewhere : iterable of Path
        Folders of catalogues outside of ``data/``.
    """
    references = References()
    data = home() / "data"
    in_data: list[Path] = []
    if is_open(data):
        # Links are included: the catalogues that they lead to are in use, although their size is not counted.
        in_data = sorted(data.iterdir())
    elif os.path.lexists(data):
        references.unseen.append(data)
    for folder in (*elsewhere, *in_data):
        if not is_open(folder) and (folder.is_symlink() or folder.is_dir()):
            references.unseen.append(folder)
        elif os.path.lexists(folder / "catalogue.json"):
            _add_catalogue(folder, references)
    for path in sorted((home() / "runs").glob("*/*/params.json")):
        _add_named_paths(path, references)
    return references


def name_of(folder: Path) -> str:
    """Return the name of a catalogue, as used for its runs; it may differ from the name of its folder."""
    try:
        return str(read_json(folder / "catalogue.json", RERUN_HINT).get("name", folder.name))
    except MumuError:
        return folder.name


def _add_catalogue(folder: Path, references: References) -> None:
    """Add a catalogue's name and fingerprint; only the name if it cannot be read."""
    try:
        music = Catalogue(folder)
        fingerprint = ""
        if len(music.albums):
            fingerprint = music.fingerprint
        references.encoders[music.name] = choice.full_name(experiments.MUSICNN, music)
        # If two catalogues have one name, runs cannot be assigned to either.
        if music.name in references.fingerprints:
            fingerprint = ""
        references.fingerprints[music.name] = fingerprint
    except (MumuError, OSError, ValueError):
        references.fingerprints[name_of(folder)] = ""


def _add_named_paths(path: Path, references: References) -> None:
    """Add the paths in the parameters of one run."""
    try:
        stored = read_json(path, RERUN_HINT)
    except MumuError:
        return
    for key in NAMING:
        for word in str(stored.get(key) or "").split(","):
            if word.strip():
                # The id of a run on the same catalogue, or a path: absolute, or relative to notebooks/.
                for place in (path.parents[1] / word.strip(), Path(word.strip())):
                    references.named.add(Path(os.path.realpath(place)))


def _audio_parameters(name: str, place: Path) -> list[dict[str, Any]] | None:
    """Return the parameters of all audio runs on a catalogue; None if some cannot be read.

    Parameters
    ----------
    place : Path
        Folder of the catalogue's stores, which lists the other homes whose runs use them.
    """
    parameters: list[dict[str, Any]] = []
    for base in (home(), *homes_of(place)):
        folder = base / "runs" / name
        if not is_open(folder) and (base != home() or os.path.lexists(folder)):
            return None
        if not folder.is_dir():
            continue
        for run in sorted(folder.iterdir()):
            if run.is_dir() and not is_open(run):
                return None
            if not (run / "params.json").is_file():
                continue
            try:
                stored = read_json(run / "params.json", RERUN_HINT)
            except MumuError:
                return None
            if notebook_of(stored) == "04_audio":
                parameters.append(stored)
    return parameters


def _audio_stores(used: list[dict[str, Any]]) -> set[str]:
    """Return the names of the audio stores that existing runs, or the runs of a series, are made from."""
    names = {audio_store.settings("timbre", 1, 0, "fast").name}
    for parameters in (values("sample")["audio"], values("paper")["audio"], *used):
        patches = parameters.get("patches")
        seed = parameters.get("seed")
        if isinstance(patches, int) and isinstance(seed, int) and patches > 0:
            names.add(audio_store.settings("cqt", patches, seed, "fast").name)
    return names


def _is_current(name: str, encoder: str) -> bool:
    """Return whether this version gives stores of an encoder such a name; no weights are read."""
    return name.startswith(f"{encoder}-v{encoder_store.FORMAT}-") and name.endswith(f"-{encoder_store.WINDOWS}windows")
