"""Check and unpack a file NAME.mumu.

Paper: none.  Notebooks: 09_your_album, through :mod:`mumu_lib.prediction.shared`.

The file is a zip of JSON, arrays and networks; :mod:`mumu_lib.prediction.sharing` writes it. Its content is not
trusted: only parts that ``manifest.json`` lists are read, under the names below, with the size and the SHA-256 given
there; nothing is unpickled; :mod:`mumu_lib.prediction.networks` checks networks before Keras builds them. A file is
unpacked once, to ``data/shared/DIGEST``.
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
# Parts that a run may have.
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
    """Check everything in a file and unpack it, once, to ``data/shared/DIGEST``.

    Returns
    -------
    folder : Path

    Raises
    ------
    MissingDataError, BadDataError, WriteError
        The file does not exist; it is not a .mumu file, is incomplete, was changed, or is of a newer version; it cannot
        be unpacked.
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
        # Left by a killed process.
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
    """Check and write every part that the manifest lists."""
    trouble = "is not a complete .mumu file"
    with parsing(path, ASK_AGAIN, trouble=trouble), zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        names = [entry.filename for entry in entries]
        if len(set(names)) != len(names):
            raise ValueError("two of its parts have the same name")
        if MANIFEST not in names:
            raise ValueError(f"it has no {MANIFEST}")
        if archive.getinfo(MANIFEST).file_size > MOST_OF_A_TEXT:
            raise ValueError(f"its {MANIFEST} is too large")
        content = archive.read(MANIFEST)
        manifest = parse_json(content)
        listed = _parts(manifest, path)
        need_room(make_folder(place), _total_size(listed))
        for name, (size, digest) in listed.items():
            piece = _piece(archive, name, size, digest)
            if name.endswith(".keras"):
                networks.check(piece, f"{path}, {name}")
            write_atomically(place / name, piece)
        write_atomically(place / MANIFEST, content)


def _piece(archive: zipfile.ZipFile, name: str, size: int, digest: str) -> bytes:
    """Read one part of a file; refuse it if its size or digest differs from the manifest."""
    if archive.getinfo(name).file_size != size:
        raise ValueError(f"{name} does not have the size that its {MANIFEST} gives")
    with archive.open(name) as packed:
        content = packed.read(size + 1)
    if len(content) != size or hash_of(content) != digest:
        raise ValueError(f"{name} is damaged, or was changed")
    return content


def _parts(manifest: Any, path: Path) -> dict[str, tuple[int, str]]:
    """Check a manifest; return name, size and digest of every part that it lists.

    Raises
    ------
    ValueError, BadDataError
        The manifest is malformed, is of a newer version, or lists unknown parts.
    """
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ValueError(f"its {MANIFEST} is not of format {FORMAT!r}")
    version = manifest.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise ValueError(f"its version {version!r:.50} must be a number from 1")
    if version > VERSION:
        raise BadDataError(
            f"{path} is of version {version} of the format, and this program reads up to {VERSION}; get a newer version of "
            f"MuMu, or ask its author for a file of version {VERSION}"
        )
    _check_facts(manifest)
    listed = _listed(manifest)
    for run in manifest["runs"]:
        needed = ["metrics.json", "params.json", "learned.json", "thresholds.npy", "constant.npy"]
        if f"runs/{run}/centres.npy" in listed:
            needed += ["mean.npy", "scale.npy", "others.npy"]
        for name in needed:
            if f"runs/{run}/{name}" not in listed:
                raise ValueError(f"run {run} lacks {name}")
    return listed


def _listed(manifest: dict[str, Any]) -> dict[str, tuple[int, str]]:
    """Return name, size and digest of every part that a manifest lists; refuse unknown names."""
    listed = {}
    for name, entry in manifest["files"].items():
        if not _is_known(name, manifest["runs"]):
            raise ValueError(f"its {MANIFEST} lists {name!r:.80}, which is not a part of such a file")
        size = int(entry["bytes"])
        if not 0 <= size <= MOST_BYTES:
            raise ValueError(f"{name} cannot have {size} bytes")
        listed[name] = (size, str(entry["sha256"]))
    if _total_size(listed) > MOST_BYTES:
        raise ValueError(f"it unpacks to more than {MOST_BYTES >> 30} GB")
    return listed


def _total_size(listed: dict[str, tuple[int, str]]) -> int:
    """Add up the sizes of parts."""
    total = 0
    for size, _ in listed.values():
        total += size
    return total


def _check_facts(manifest: dict[str, Any]) -> None:
    """Refuse a manifest whose entries have wrong types or values."""
    kinds = {
        "name": str, "fingerprint": str, "synthetic": bool, "labels": list, "links": list, "usual_tracks": int,
        "licence": str, "made": dict, "runs": list, "files": dict,
    }  # fmt: skip
    for key, kind in kinds.items():
        if not isinstance(manifest.get(key), kind):
            raise ValueError(f"its {MANIFEST} has a malformed entry {key!r}")
    for name in [manifest["name"], *manifest["runs"]]:
        try:
            plain_name(name, "a name in it")
        except BadDataError as error:
            raise ValueError(str(error)) from None
    _check_labels(manifest["labels"], manifest["links"])
    names = manifest["runs"]
    if not names or len(names) > MOST_RUNS or len(set(names)) != len(names):
        raise ValueError(f"{len(names)} runs, or one of them twice")


def _check_labels(labels: list[Any], links: list[Any]) -> None:
    """Refuse labels that are missing, repeated or not text, and links to labels that do not exist."""
    if not labels:
        raise ValueError("no label")
    if len(labels) > MOST_LABELS or len(set(labels)) != len(labels):
        raise ValueError(f"{len(labels)} labels, some of them twice")
    if not all(isinstance(label, str) for label in labels):
        raise ValueError("a label must be a string")
    pairs = np.array(links, int).reshape(-1, 2)
    if len(pairs) and not (pairs.min() >= 0 and pairs.max() < len(labels)):
        raise ValueError("a parent must be a label")


def _is_known(name: str, run_names: list[str]) -> bool:
    """Return whether a .mumu file may have a part of this name."""
    parts = name.split("/", 2)
    if len(parts) == 1:
        number = name.removeprefix("factors_").removesuffix(".npy")
        return name == f"factors_{number}.npy" and number.isascii() and number.isdigit() and len(number) < 10
    return len(parts) == 3 and parts[0] == "runs" and parts[1] in run_names and parts[2] in FILES
