"""Write what a collection's networks have learned to one file, NAME.mumu, for other machines.

Paper: none.  Notebooks: 09_your_album reads such files.

No album is in it: no id, title, artist, text or file name, no vector of an album, no score. What a file holds is listed
in :mod:`mumu_lib.prediction.unpacking`. The words of the texts' vocabulary are in it where a text run is.
"""

import datetime
import io
import json
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from mumu_lib import runs
from mumu_lib.catalogue import Catalogue
from mumu_lib.core.arguments import Parser
from mumu_lib.core.environment import git_commit, versions
from mumu_lib.core.errors import BadDataError, MissingDataError, ParameterError
from mumu_lib.core.files import atomic_path, need_room, writing
from mumu_lib.core.fingerprints import hash_of
from mumu_lib.core.parsing import read_json
from mumu_lib.experiments import BY_NAME, FUSION_NOTEBOOK
from mumu_lib.metrics.thresholds import Expected
from mumu_lib.params import PARAMETERS
from mumu_lib.prediction import networks
from mumu_lib.prediction.choosing import choose
from mumu_lib.prediction.trained import AtHome, at_home
from mumu_lib.prediction.unpacking import FORMAT, MANIFEST, README, SUFFIX, VERSION
from mumu_lib.sources import open_catalogue

# What metrics.json of a run in a file says: what prediction asks, the numbers, and where they come from.
FACTS = (
    "run", "catalogue", "synthetic", "fingerprint", "modality", "target", "setting", "recipe", "params", "epochs", "source",
    "features", "sources", "missing", "worse_than", "scaling", "encoder", "auc", "auc_low", "auc_high", "map", "lrap",
    "precision@1", "coverage@1", "albums", "val_auc", "f1", "versions",
)  # fmt: skip
# Parameters that may hold a path of this machine.
PATHS = ("knowledge", "embeddings", "weights")
NOT_STATED = "not stated; ask whoever made this file before you pass it on"

Parts = dict[str, bytes]


def collect(known: AtHome, names: Sequence[str], *, licence: str = "") -> Parts:
    """Collect what a file is to hold.

    Parameters
    ----------
    names : sequence of str
        Of :func:`mumu_lib.prediction.choosing.choose`.
    licence : str
        Under which it may be used.

    Returns
    -------
    parts : dict
        Name in the file -> content; the manifest first.

    Raises
    ------
    NothingUsableError, BadDataError, MissingDataError
        A run has kept no network, or what it keeps cannot be read or shared.
    """
    base = Path(known.finished()["folder"].iloc[0]).parent
    parts: Parts = {}
    dimensions = set()
    learned_by = []
    for name in names:
        facts = read_json(base / name / "metrics.json", runs.RERUN_HINT)
        if facts.get("encoder"):
            learned_by.append(facts["encoder"])
        modality = runs.modality_of(facts)
        kind = PARAMETERS[BY_NAME[modality].notebook if modality in BY_NAME else FUSION_NOTEBOOK]
        params = runs.parameters(base / name, kind)
        dimensions.add(params["dimensions"])
        allowed = {field.name for field in fields(kind)}
        for piece, content in _of_run(known, base / name, facts, params, allowed).items():
            parts[f"runs/{name}/{piece}"] = content
    for number in sorted(dimensions):
        try:
            parts[f"factors_{number}.npy"] = _as_npy(known.factors(number))
        except BadDataError:
            # Labels that tell nothing apart have no factors, here as little as there.
            continue
    manifest = _manifest(known, names, parts, licence, learned_by)
    text = json.dumps(manifest, indent=1, ensure_ascii=False, allow_nan=False)
    return {MANIFEST: text.encode(), README: _readme(manifest).encode(), **parts}


def _of_run(known: AtHome, folder: Path, facts: dict[str, Any], params: dict[str, Any], allowed: set[str]) -> Parts:
    """Collect what a file holds of one run."""
    parts: Parts = {}
    said = {key: facts[key] for key in FACTS if key in facts}
    for key in ("network", "album_network"):
        if facts.get(key):
            parts[f"{key}/model.keras"] = _network(folder / facts[key] / "model.keras", folder.name)
            said[key] = key
    plain = {key: value for key, value in params.items() if key in allowed | {"fingerprint"}}
    parts["params.json"] = _as_json(_without_paths(plain))
    parts["metrics.json"] = _as_json(said)
    words = folder / "vocabulary.json"
    usual = None
    if words.is_file():
        vocabulary = read_json(words, "run notebook 05 again")
        vocabulary["settings"] = _without_paths(vocabulary["settings"])
        parts["vocabulary.json"] = _as_json(vocabulary)
    if facts.get("source") == "reviews":
        usual = known.usual_words(folder, params)
    decisions = known.decisions(folder)
    learned = {"reason": decisions.reason, "albums": decisions.albums, "shared": decisions.shared}
    parts["learned.json"] = _as_json({**learned, "usual_words": usual})
    for name, array in _arrays(known, folder, params).items():
        parts[f"{name}.npy"] = _as_npy(array)
    return parts


def _arrays(known: AtHome, folder: Path, params: dict[str, Any]) -> dict[str, np.ndarray]:
    """Collect what thresholds and the likeness of albums are made of."""
    decisions = known.decisions(folder)
    arrays = {"thresholds": decisions.values, "constant": known.target(folder, params).constant}
    if isinstance(decisions.expected, Expected):
        arrays |= {"precision": decisions.expected.precision, "decided": decisions.expected.decided}
    likeness = known.likeness(folder)
    if likeness is not None:
        arrays |= {
            "mean": likeness.mean,
            "scale": likeness.scale,
            "centres": likeness.centres,
            "others": likeness.others,
        }
    return arrays


def _network(path: Path, run: str) -> bytes:
    """Return a network as others get it."""
    if not path.is_file():
        raise MissingDataError(f"{run} has kept no network; run its notebook again")
    with tempfile.TemporaryDirectory() as place:
        with writing(Path(place) / "model.keras"):
            networks.without_optimizer(path, Path(place) / "model.keras")
        return (Path(place) / "model.keras").read_bytes()


def _without_paths(values: dict[str, Any]) -> dict[str, Any]:
    """Return parameters without those that may hold a path of this machine."""
    return {key: "" if key in PATHS else value for key, value in values.items()}


def _as_json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False).encode()


def _as_npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, np.ascontiguousarray(array), allow_pickle=False)
    return file.getvalue()


def _manifest(
    known: AtHome, names: Sequence[str], parts: Parts, licence: str, learned_by: list[dict[str, Any]]
) -> dict[str, Any]:
    """Describe a file: what it holds, of what it was learned, and by whom it may be used."""
    files = {}
    for name, content in parts.items():
        files[name] = {"bytes": len(content), "sha256": hash_of(content)}
    albums = {split: len(known.catalogue.rows(split)) for split in ("train", "val", "test")}
    made = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(), "versions": versions(), "commit": git_commit(),
        "albums": albums,
    }  # fmt: skip
    encoders = list({str(encoder): encoder for encoder in learned_by}.values())
    return {
        "format": FORMAT, "version": VERSION, "name": known.name, "fingerprint": known.fingerprint,
        "synthetic": known.synthetic, "licence": licence or NOT_STATED, "encoders": encoders, "made": made,
        "labels": known.labels, "links": known.links.tolist(), "usual_tracks": known.usual_tracks, "runs": list(names),
        "files": files,
    }  # fmt: skip


def _readme(manifest: dict[str, Any]) -> str:
    """Say to whoever opens the zip what it is."""
    made = manifest["made"]
    kind = (
        "\nThe collection is synthetic: nothing in this file says anything about music.\n"
        if manifest["synthetic"]
        else ""
    )
    lines = [
        f"What was learned from the collection {manifest['name']!r} with MuMu.",
        kind,
        f"Made {made['date']} from {made['albums']['train']} training, {made['albums']['val']} validation and "
        f"{made['albums']['test']} test albums; none of them is in this file.",
        f"Runs: {', '.join(manifest['runs'])}",
        f"Licence: {manifest['licence']}",
    ]
    for encoder in manifest["encoders"]:
        lines.append(f"Needs the encoder {encoder.get('name')}, licence {encoder.get('licence')}")
    lines += [
        "",
        "Use it with MuMu, from Python:",
        '  mumu_lib.predict_album("FOLDER OF AN ALBUM", catalogue="THIS FILE.mumu")',
        "",
    ]
    return "\n".join(lines)


def write(parts: Parts, path: Path) -> None:
    """Write a file; a reader sees none, or the whole.

    Raises
    ------
    WriteError
        It cannot be written.
    """
    need_room(path.parent, sum(map(len, parts.values())))
    with atomic_path(path) as part, zipfile.ZipFile(part, "w") as archive:
        for name, content in parts.items():
            # The same content gives the same bytes; weights hardly get smaller.
            entry = zipfile.ZipInfo(name)
            packing = zipfile.ZIP_STORED if name.endswith((".keras", ".npy")) else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content, packing)


def export(
    catalogue: Catalogue, path: str | Path, *, only: Sequence[str] = (), licence: str = "", force: bool = False
) -> Path:
    """Write what a catalogue's networks have learned to one file.

    Parameters
    ----------
    path : path
        Ends in ``.mumu``; the ending is added where it is missing.
    only : sequence of str
        Runs to take, by id or folder, instead of the best.
    licence : str
        Under which it may be used.
    force : bool
        Replace a file that is there.

    Returns
    -------
    path : Path

    Raises
    ------
    ParameterError
        The file is there already; a run of ``only`` is not, or cannot be shared.
    MissingDataError
        No finished run that can be shared.
    WriteError
        It cannot be written.
    """
    path = Path(path).expanduser()
    if path.suffix.lower() != SUFFIX:
        path = path.with_name(path.name + SUFFIX)
    if path.exists() and (not force or path.is_dir()):
        again = "give another name" if path.is_dir() else "give another name, or --force to replace it"
        raise ParameterError(f"{path} is there already; {again}")
    known = at_home(catalogue)
    names, left_out = choose(known, only)
    parts = collect(known, names, licence=licence)
    for name in names:
        size = sum(len(content) for part, content in parts.items() if part.startswith(f"runs/{name}/"))
        print(f"{size / 1e6:9.2f} MB  {name}")
    for name, why in left_out.items():
        print(f"  left out  {name}: {why}")
    write(parts, path)
    print(f"{path.stat().st_size / 1e6:9.2f} MB  {path}; licence: {licence or NOT_STATED}")
    return path


def main(words: Sequence[str]) -> int:
    """Run the command ``export``."""
    parser = Parser(prog="python -m mumu_lib export", description=__doc__.split("\n")[0])
    parser.add_argument("catalogue", help="name or path of the catalogue whose networks to share")
    parser.add_argument("file", help="where to write it, such as mine.mumu")
    parser.add_argument("--runs", default="", help="runs to take, separated by commas (default: the best)")
    parser.add_argument("--licence", default="", help="under which it may be used, such as CC-BY-4.0")
    parser.add_argument("--force", action="store_true", help="replace a file that is there")
    asked = parser.parse_args(words)
    only = [name for name in map(str.strip, asked.runs.split(",")) if name]
    path = export(open_catalogue(asked.catalogue), asked.file, only=only, licence=asked.licence, force=asked.force)
    print(f'use it with  mumu_lib.predict_album("FOLDER", catalogue="{path}")')
    return 0
