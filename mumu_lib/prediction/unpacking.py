"""What a file NAME.mumu holds, and how it is unpacked.

Paper: none.  Notebooks: 09_your_album, through :mod:`mumu_lib.prediction.shared`.

The file is a zip of JSON, arrays and networks; :mod:`mumu_lib.prediction.sharing` writes it. Everything in it is read
as coming from a stranger: only what ``manifest.json`` lists is taken, by names that are known beforehand, with the size
and the SHA-256 given there; nothing is unpickled; networks are looked at by :mod:`mumu_lib.prediction.networks` before Keras
builds them. It is unpacked once, to ``data/shared/DIGEST``.
"""

import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from mumu_lib.core.errors import BadDataError
from mumu_lib.core.files import locked, make_folder, need_room, write_atomically, writing
from mumu_lib.core.fingerprints import hash_of, hash_of_file
from mumu_lib.core.parsing import parse_json, parsing, plain_name
from mumu_lib.core.paths import home
from mumu_lib.prediction import networks
from mumu_lib.prediction.networks import ASK_AGAIN

SUFFIX = ".mumu"
FORMAT = "mumu-shared"
VERSION = 1
MANIFEST = "manifest.json"
README = "README.txt"
# What a run may consist of.
NETWORKS = ("network/model.keras", "album_network/model.keras")
ARRAYS = ("thresholds", "precision", "decided", "constant", "mean", "scale", "centres", "others")
FILES = (
    *NETWORKS,
    "metrics.json",
    "params.json",
    "vocabulary.json",
    "learned.json",
    *(f"{name}.npy" for name in ARRAYS),
)
MOST_RUNS = 100
MOST_LABELS = 100_000
MOST_BYTES = 8 << 30
MOST_OF_A_TEXT = 256 << 20


def unpack(path: Path) -> Path:
    """Unpack a file to ``data/shared/DIGEST``, once, after a look at everything in it.

    Returns
    -------
    folder : Path

    Raises
    ------
    MissingDataError, BadDataError, WriteError
        It is not there; it is no such file, is cut, was changed, or is of a newer version; it cannot be unpacked.
    """
    with parsing(path, "give the path of a file made by  python -m mumu_lib export CATALOGUE FILE"):
        digest = hash_of_file(path, length=24)
    base = home() / "data" / "shared"
    folder = base / digest
    if folder.is_dir():
        return folder
    with locked(base):
        if folder.is_dir():
            return folder
        # Left by a killed process, or half-done.
        part = base / f"{digest}.part"
        shutil.rmtree(part, ignore_errors=True)
        try:
            _unpack(path, part)
            with writing(folder):
                part.replace(folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return folder


def _unpack(path: Path, place: Path) -> None:
    """Write what the manifest lists, each piece checked."""
    trouble = "is no whole .mumu file"
    with parsing(path, ASK_AGAIN, trouble=trouble), zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        names = [entry.filename for entry in entries]
        if len(set(names)) != len(names):
            raise ValueError("two of its parts have one name")
        if MANIFEST not in names:
            raise ValueError(f"it has no {MANIFEST}")
        if archive.getinfo(MANIFEST).file_size > MOST_OF_A_TEXT:
            raise ValueError(f"its {MANIFEST} is too large")
        content = archive.read(MANIFEST)
        manifest = parse_json(content)
        wanted = _wanted(manifest, path)
        need_room(make_folder(place), sum(size for size, _ in wanted.values()))
        for name, (size, digest) in wanted.items():
            piece = _piece(archive, name, size, digest)
            if name.endswith(".keras"):
                networks.check(piece, f"{path}, {name}")
            write_atomically(place / name, piece)
        write_atomically(place / MANIFEST, content)


def _piece(archive: zipfile.ZipFile, name: str, size: int, digest: str) -> bytes:
    """Return one part of a file, if it is what the manifest says."""
    if archive.getinfo(name).file_size != size:
        raise ValueError(f"{name} is not of the size that its {MANIFEST} gives")
    with archive.open(name) as packed:
        content = packed.read(size + 1)
    if len(content) != size or hash_of(content) != digest:
        raise ValueError(f"{name} is damaged, or was changed")
    return content


def _wanted(manifest: Any, path: Path) -> dict[str, tuple[int, str]]:
    """Return name, size and digest of every part that a manifest lists, after a look at what else it says.

    Raises
    ------
    ValueError, BadDataError
        It is not such a manifest; it is of a newer version; it lists what a file of this kind does not have.
    """
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ValueError(f"its {MANIFEST} is not of format {FORMAT!r}")
    version = manifest.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise ValueError(f"its version {version!r:.50} is no number")
    if version > VERSION:
        raise BadDataError(
            f"{path} is of version {version} of the format, and this program reads up to {VERSION}; get a newer version of "
            f"MuMu, or ask whoever made the file for one of version {VERSION}"
        )
    _check_facts(manifest)
    wanted = _listed(manifest)
    for run in manifest["runs"]:
        needed = ["metrics.json", "params.json", "learned.json", "thresholds.npy", "constant.npy"]
        if f"runs/{run}/centres.npy" in wanted:
            needed += ["mean.npy", "scale.npy", "others.npy"]
        for name in needed:
            if f"runs/{run}/{name}" not in wanted:
                raise ValueError(f"run {run} lacks {name}")
    return wanted


def _listed(manifest: dict[str, Any]) -> dict[str, tuple[int, str]]:
    """Return name, size and digest of every part that a manifest lists, if a file of this kind may have them."""
    wanted = {}
    for name, entry in manifest["files"].items():
        if not _is_known(name, manifest["runs"]):
            raise ValueError(f"its {MANIFEST} lists {name!r:.80}, which a file of this kind does not have")
        wanted[name] = (int(entry["bytes"]), str(entry["sha256"]))
        if not 0 <= wanted[name][0] <= MOST_BYTES:
            raise ValueError(f"{name} cannot have {wanted[name][0]} bytes")
    if sum(size for size, _ in wanted.values()) > MOST_BYTES:
        raise ValueError(f"it unpacks to more than {MOST_BYTES >> 30} GB")
    return wanted


def _check_facts(manifest: dict[str, Any]) -> None:
    """Refuse a manifest whose facts are not of their kinds."""
    kinds = {
        "name": str, "fingerprint": str, "synthetic": bool, "labels": list, "links": list, "usual_tracks": int,
        "licence": str, "made": dict, "runs": list, "files": dict,
    }  # fmt: skip
    for key, kind in kinds.items():
        if not isinstance(manifest.get(key), kind):
            raise ValueError(f"its {MANIFEST} does not say {key!r} as it should")
    for name in [manifest["name"], *manifest["runs"]]:
        try:
            plain_name(name, "a name in it")
        except BadDataError as error:
            raise ValueError(str(error)) from None
    labels = manifest["labels"]
    if not labels or len(labels) > MOST_LABELS or len(set(labels)) != len(labels):
        raise ValueError(f"{len(labels)} labels, some of them twice" if labels else "no label")
    if not all(isinstance(label, str) for label in labels):
        raise ValueError("a label is no text")
    links = np.array(manifest["links"], int).reshape(-1, 2)
    if len(links) and not (links.min() >= 0 and links.max() < len(labels)):
        raise ValueError("a parent is no label")
    names = manifest["runs"]
    if not names or len(names) > MOST_RUNS or len(set(names)) != len(names):
        raise ValueError(f"{len(names)} runs, or one of them twice")


def _is_known(name: str, of_runs: list[str]) -> bool:
    """Whether a file of this kind has a part of this name."""
    parts = name.split("/", 2)
    if len(parts) == 1:
        number = name.removeprefix("factors_").removesuffix(".npy")
        return name == f"factors_{number}.npy" and number.isascii() and number.isdigit() and len(number) < 10
    return len(parts) == 3 and parts[0] == "runs" and parts[1] in of_runs and parts[2] in FILES
