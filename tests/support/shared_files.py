"""A shared file of the twelve albums' runs, and files that differ from it in one thing."""

import json
import shutil
import zipfile
from pathlib import Path

from mumu_lib.core.fingerprints import hash_of
from mumu_lib.prediction import sharing
from mumu_lib.prediction.unpacking import MANIFEST


def parts_of(path):
    """Name -> content of every part of a file."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def manifest_of(path):
    return json.loads(parts_of(path)[MANIFEST])


def with_manifest(path, place, **changes):
    """The same file with other facts in its manifest."""
    parts = parts_of(path)
    parts[MANIFEST] = json.dumps({**json.loads(parts[MANIFEST]), **changes}).encode()
    sharing.write(parts, place)
    return place


def with_part(path, place, name, content):
    """The same file with another content of one part, which its manifest vouches for."""
    parts = parts_of(path)
    parts[name] = content
    manifest = json.loads(parts[MANIFEST])
    manifest["files"][name] = {"bytes": len(content), "sha256": hash_of(content)}
    parts[MANIFEST] = json.dumps(manifest).encode()
    sharing.write(parts, place)
    return place


def moved(path, place):
    """A file taken to another machine."""
    place.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(path, place))
