"""Write the trained networks of a collection to one file, NAME.mumu, for other machines.

Paper: none.  Notebooks: 09_your_album reads such files.

The file contains no album: no id, title, artist, text or file name, no embedding of an album, no score. Its parts are
listed in :mod:`mumu_lib.prediction.unpacking`. With a text run it contains the words of the vocabulary.
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

# Entries of a run's metrics.json that go into the file: those that prediction reads, the metrics, and their origin.
FACTS = (
    "run", "catalogue", "synthetic", "fingerprint", "modality", "target", "setting", "recipe", "params", "epochs", "source",
    "features", "sources", "missing", "worse_than", "scaling", "encoder", "auc", "auc_low", "auc_high", "map", "lrap",
    "precision@1", "coverage@1", "albums", "val_auc", "f1", "versions",
)  # fmt: skip
# Parameters that may contain a path of this machine.
PATHS = ("knowledge", "embeddings", "weights")
NOT_STATED = "not stated; ask the author of this file before you pass it on"

Parts = dict[str, bytes]


def collect(learned: AtHome, names: Sequence[str], *, licence: str = "") -> Parts:
    """Collect the parts of a file.

    Parameters
    ----------
    learned : AtHome
    names : sequence of str
        From :func:`mumu_lib.prediction.choosing.choose`.
    licence : str
        Of the file.

    Returns
    -------
    parts : dict
        Name in the file -> content; the manifest first.

    Raises
    ------
    NothingUsableError, BadDataError, MissingDataError
        A run has no stored network, or its files cannot be read or shared.
    """
    base = Path(learned.finished()["folder"].iloc[0]).parent
    parts: Parts = {}
    dimensions = set()
    encoders = []
    for name in names:
        facts = read_json(base / name / "metrics.json", runs.RERUN_HINT)
        if facts.get("encoder"):
            encoders.append(facts["encoder"])
        kind = PARAMETERS[_notebook_of(runs.modality_of(facts))]
        params = runs.parameters(base / name, kind)
        dimensions.add(params["dimensions"])
        allowed = {field.name for field in fields(kind)}
        for piece, content in _run_parts(learned, base / name, facts, params, allowed).items():
            parts[f"runs/{name}/{piece}"] = content
    for number in sorted(dimensions):
        try:
            parts[f"factors_{number}.npy"] = _as_npy(learned.factors(number))
        except BadDataError:
            # Labels that are all equal have no factors; prediction does not need them either.
            continue
    manifest = _manifest(learned, names, parts, licence, encoders)
    text = json.dumps(manifest, indent=1, ensure_ascii=False, allow_nan=False)
    return {MANIFEST: text.encode(), README: _readme(manifest).encode(), **parts}


def _notebook_of(modality: str) -> str:
    """Return the notebook that trains a modality or a fusion."""
    if modality in BY_NAME:
        return BY_NAME[modality].notebook
    return FUSION_NOTEBOOK


def _run_parts(
    learned: AtHome, folder: Path, facts: dict[str, Any], params: dict[str, Any], allowed: set[str]
) -> Parts:
    """Collect the parts of one run."""
    parts: Parts = {}
    kept_facts = {key: facts[key] for key in FACTS if key in facts}
    for key in ("network", "album_network"):
        if facts.get(key):
            parts[f"{key}/model.keras"] = _network(folder / facts[key] / "model.keras", folder.name)
            kept_facts[key] = key
    kept_params = {key: value for key, value in params.items() if key in allowed or key == "fingerprint"}
    parts["params.json"] = _as_json(_without_paths(kept_params))
    parts["metrics.json"] = _as_json(kept_facts)
    words = folder / "vocabulary.json"
    if words.is_file():
        vocabulary = read_json(words, "run notebook 05 again")
        vocabulary["settings"] = _without_paths(vocabulary["settings"])
        parts["vocabulary.json"] = _as_json(vocabulary)
    usual_words = None
    if facts.get("source") == "reviews":
        usual_words = learned.usual_words(folder, params)
    decisions = learned.decisions(folder)
    about = {"reason": decisions.reason, "albums": decisions.albums, "shared": decisions.shared}
    parts["learned.json"] = _as_json({**about, "usual_words": usual_words})
    for name, array in _arrays(learned, folder, params).items():
        parts[f"{name}.npy"] = _as_npy(array)
    return parts


def _arrays(learned: AtHome, folder: Path, params: dict[str, Any]) -> dict[str, np.ndarray]:
    """Collect the arrays of thresholds and of the likeness of albums."""
    decisions = learned.decisions(folder)
    arrays = {"thresholds": decisions.values, "constant": learned.target(folder, params).constant}
    if isinstance(decisions.expected, Expected):
        arrays |= {"precision": decisions.expected.precision, "decided": decisions.expected.decided}
    likeness = learned.likeness(folder)
    if likeness is not None:
        arrays |= {
            "mean": likeness.mean,
            "scale": likeness.scale,
            "centres": likeness.centres,
            "others": likeness.others,
        }
    return arrays


def _network(path: Path, run: str) -> bytes:
    """Return a network without its optimizer."""
    if not path.is_file():
        raise MissingDataError(f"{run} has no stored network; run its notebook again")
    with tempfile.TemporaryDirectory() as place:
        with writing(Path(place) / "model.keras"):
            networks.without_optimizer(path, Path(place) / "model.keras")
        return (Path(place) / "model.keras").read_bytes()


def _without_paths(values: dict[str, Any]) -> dict[str, Any]:
    """Return parameters; those that may contain a path of this machine are empty."""
    without = dict(values)
    for key in PATHS:
        if key in without:
            without[key] = ""
    return without


def _as_json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False).encode()


def _as_npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, np.ascontiguousarray(array), allow_pickle=False)
    return file.getvalue()


def _manifest(
    learned: AtHome, names: Sequence[str], parts: Parts, licence: str, encoders: list[dict[str, Any]]
) -> dict[str, Any]:
    """Describe a file: its parts, the collection and the encoders behind it, its licence."""
    files = {}
    for name, content in parts.items():
        files[name] = {"bytes": len(content), "sha256": hash_of(content)}
    albums = {split: len(learned.catalogue.rows(split)) for split in ("train", "val", "test")}
    made = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(), "versions": versions(), "commit": git_commit(),
        "albums": albums,
    }  # fmt: skip
    each_once = {str(encoder): encoder for encoder in encoders}
    return {
        "format": FORMAT, "version": VERSION, "name": learned.name, "fingerprint": learned.fingerprint,
        "synthetic": learned.synthetic, "licence": licence or NOT_STATED, "encoders": list(each_once.values()), "made": made,
        "labels": learned.labels, "links": learned.links.tolist(), "usual_tracks": learned.usual_tracks, "runs": list(names),
        "files": files,
    }  # fmt: skip


def _readme(manifest: dict[str, Any]) -> str:
    """Describe the file for people who open the zip."""
    made = manifest["made"]
    kind = ""
    if manifest["synthetic"]:
        kind = "\nThe collection is synthetic: its predictions mean nothing for real music.\n"
    lines = [
        f"Networks trained on the collection {manifest['name']!r} with MuMu.",
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
    """Write a file atomically.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    need_room(path.parent, sum(map(len, parts.values())))
    with atomic_path(path) as part, zipfile.ZipFile(part, "w") as archive:
        for name, content in parts.items():
            # Without a date: equal content gives equal bytes.
            entry = zipfile.ZipInfo(name)
            packing = zipfile.ZIP_DEFLATED
            # Weights hardly compress.
            if name.endswith((".keras", ".npy")):
                packing = zipfile.ZIP_STORED
            archive.writestr(entry, content, packing)


def export(
    catalogue: Catalogue, path: str | Path, *, only: Sequence[str] = (), licence: str = "", force: bool = False
) -> Path:
    """Write the trained networks of a catalogue to one file.

    Parameters
    ----------
    catalogue : Catalogue
    path : path
        Ends in ``.mumu``; the ending is added if it is missing.
    only : sequence of str
        Runs to take in place of the best, by id or folder.
    licence : str
        Of the file.
    force : bool
        Replace an existing file.

    Returns
    -------
    path : Path

    Raises
    ------
    ParameterError
        The file exists; a run of ``only`` does not exist or cannot be shared.
    MissingDataError
        No finished run can be shared.
    WriteError
        The file cannot be written.

    Examples
    --------
    >>> export(open_catalogue("mine"), "mine.mumu", licence="CC-BY-4.0")  # doctest: +SKIP
    """
    path = Path(path).expanduser()
    if path.suffix.lower() != SUFFIX:
        path = path.with_name(path.name + SUFFIX)
    if path.exists() and (not force or path.is_dir()):
        remedy = "give another name"
        if path.is_file():
            remedy = "give another name, or --force to replace it"
        raise ParameterError(f"{path} exists already; {remedy}")
    learned = at_home(catalogue)
    names, left_out = choose(learned, only)
    parts = collect(learned, names, licence=licence)
    for name in names:
        size = 0
        for part, content in parts.items():
            if part.startswith(f"runs/{name}/"):
                size += len(content)
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
    parser.add_argument("file", help="file to write, such as mine.mumu")
    parser.add_argument("--runs", default="", help="runs to take, separated by commas (default: the best)")
    parser.add_argument("--licence", default="", help="licence of the file, such as CC-BY-4.0")
    parser.add_argument("--force", action="store_true", help="replace an existing file")
    args = parser.parse_args(words)
    only = [name.strip() for name in args.runs.split(",") if name.strip()]
    path = export(open_catalogue(args.catalogue), args.file, only=only, licence=args.licence, force=args.force)
    print(f'use it with  mumu_lib.predict_album("FOLDER", catalogue="{path}")')
    return 0
