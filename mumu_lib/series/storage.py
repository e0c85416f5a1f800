"""List what a home stores and how much disk space it uses; remove what nothing refers to any more.

Used by ``python -m mumu_lib disk``. Links are never followed, neither to measure nor to remove. Only files of the home
are removed, and those that Snakemake and the tests store in the checkout.
"""

import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from mumu_lib.core.errors import MumuError
from mumu_lib.core.files import writing
from mumu_lib.core.paths import checkout, home
from mumu_lib.experiments import ENCODERS
from mumu_lib.series import references
from mumu_lib.series.references import References, name_of
from mumu_lib.series.sizes import DAY, Below, Item, entries, folders, half_written, is_open, is_young, measure

# Kinds of items that can be removed, and their descriptions.
KINDS = {
    "leftovers": "what killed processes left half-written",
    "stores": "features of settings that no run uses, and of versions that nothing reads",
    "runs": "runs of catalogues that are gone or have changed since, and trainings that were set aside",
    "weights": "weights of encoders that this version does not use",
    "caches": "files that are made again when they are needed",
    "logs": "logs of Snakemake and SLURM that are two weeks old or older",
}
REBUILD_HINT = "it is made again when it is needed"
# Jobs of a series in another home may use the checkout's .snakemake, and may run for days.
JOBS_LAST = 14 * DAY
LOGS = ("log", "slurm_logs")
# Homes that targets of the Makefile create in the checkout.
HOMES_OF_MAKE = {"make test": ".stored", "make whole": ".whole"}
# Folders of data/ that hold neither a catalogue nor features -> the sort of their items.
PLACES = {"raw": "download", "linking": "answers", "shared": "shared", "your-album": "album"}


def listing(elsewhere: Iterable[Path] = ()) -> list[Item]:
    """List everything in a home.

    Parameters
    ----------
    elsewhere : iterable of Path
        Folders of catalogues outside of ``data/``. Their runs count as in use; their features are listed, but never
        removed.
    """
    outside = list(elsewhere)
    known = references.of_home(outside)
    items: list[Item] = []
    for name in ("data", "runs", "cache", "figures"):
        items += _skipped(home() / name)
    for folder in folders(home() / "data"):
        items += _data(folder, known)
    for folder in outside:
        for item in _catalogue(folder, known):
            items.append(replace(item, name=str(item.path), kind="", why="outside of the home; it stays"))
    for folder in folders(home() / "runs"):
        items += _runs(folder, known)
    for folder in folders(home() / "cache"):
        items.append(_item("cache", folder, "caches", REBUILD_HINT, _series_locks()))
    for folder in folders(home() / "figures"):
        items.append(_item("figures", folder))
    items += _of_tools(home())
    if checkout().resolve() != home().resolve():
        items += _of_tools(checkout())
    return items


def _series_locks(base: Path | None = None) -> list[Path]:
    return sorted(((base or home()) / "runs").glob("*/series.lock"))


def _skipped(base: Path) -> Iterator[Item]:
    """Yield links and unreadable folders, which would otherwise be left out of the list silently."""
    for path in (base, *entries(base)):
        if path.is_symlink():
            yield Item("link", _name(path), path, 0, why=f"not followed; it leads to {os.readlink(path)}", base=home())
        elif path.is_dir() and not is_open(path):
            yield Item("closed", _name(path), path, 0, why="it cannot be read; its size is unknown", base=home())


def _name(path: Path) -> str:
    """Return a path relative to the home; an absolute path if it is outside."""
    if path.is_relative_to(home()):
        return path.relative_to(home()).as_posix()
    return str(path)


def _item(
    what: str, path: Path, kind: str = "", why: str = "", locks: Sequence[Path] = (), base: Path | None = None
) -> Item:
    """Measure a file or folder; folders with unreadable contents are marked as not removable."""
    size, closed = measure(path)
    if closed:
        kind = ""
        why = f"{len(closed)} in it cannot be read, such as {closed[0]}; it may take more, and stays"
    return Item(what, _name(path), path, size, kind, why, tuple(locks), base or home())


def _without(whole: Item, parts: Iterable[Item]) -> Item:
    return replace(whole, size=whole.size - sum(item.size for item in parts))


def _data(folder: Path, known: References) -> Iterator[Item]:
    """Yield the items in one folder of ``data/``."""
    if os.path.lexists(folder / "catalogue.json"):
        yield from _catalogue(folder, known)
    elif folder.name == "features":
        for place in folders(folder):
            yield from _stores(place, place.name, known)
    elif folder.name == "pretrained":
        yield from _weights(folder)
    elif folder.name == "sample-knowledge":
        yield _item("cache", folder, "caches", REBUILD_HINT, [folder / "lock", *_series_locks()])
    else:
        left = list(_leftovers(half_written(Below(folder)), [folder / "lock"]))
        yield _without(_item(PLACES.get(folder.name, "download"), folder), left)
        yield from left


def _catalogue(folder: Path, known: References) -> Iterator[Item]:
    name = name_of(folder)
    stores = list(_stores(folder / "features", name, known))
    left = list(_leftovers(half_written(entries(folder)), _locks(name)))
    whole = _without(_item("catalogue", folder), [*stores, *left])
    if not whole.why:
        whole = replace(whole, why="without its features")
    yield whole
    yield from stores
    yield from left


def _locks(name: str) -> list[Path]:
    return [home() / "runs" / name / "series.lock", home() / "runs" / name / "lock"]


def _stores(place: Path, name: str, known: References) -> Iterator[Item]:
    for folder in folders(place):
        locks = [folder / "lock", *_locks(name)[:1]]
        why = known.why_store_unused(folder, name)
        if why and not is_young(folder):
            yield _item("store", folder, "stores", why, locks)
            continue
        left = list(_leftovers(half_written(Below(folder)), locks))
        yield _without(_item("store", folder), left)
        yield from left


def _weights(folder: Path) -> Iterator[Item]:
    yield from _leftovers(half_written(entries(folder)), _series_locks())
    for place in folders(folder):
        if place.name.startswith("."):
            continue
        if place.name in ENCODERS or is_young(place):
            yield _item("pretrained", place)
        else:
            yield _item("pretrained", place, "weights", "this version has no encoder of this name", _series_locks())


def _runs(folder: Path, known: References) -> Iterator[Item]:
    """Yield the runs of one catalogue."""
    for run in folders(folder):
        # A training locks its own folder.
        locks = [*_locks(folder.name), *sorted(run.rglob("lock"))]
        why = known.why_unused(run)
        if why and is_young(run):
            yield _item("run", run, why=f"{why}; it was written to today")
        elif why:
            yield _item("run", run, "runs", why, locks)
        else:
            parts = _unused_parts(run, known, locks)
            yield _without(_item("run", run, locks=locks), parts)
            yield from parts
    yield from _leftovers(half_written(entries(folder)), _locks(folder.name))


def _unused_parts(run: Path, known: References, locks: Sequence[Path]) -> list[Item]:
    """List the parts of a used run that can be removed: trainings that were set aside, and half-written files."""
    parts: list[Item] = []
    for path in sorted(run.rglob("before")):
        if path.is_dir() and not path.is_symlink() and not is_young(path) and not known.names(path):
            parts.append(_item("run", path, "runs", "a training on other data, set aside", locks))
    aside = {item.path for item in parts}
    left = [path for path in half_written(Below(run)) if aside.isdisjoint(path.parents)]
    return [*parts, *_leftovers(left, locks)]


def _leftovers(paths: Iterable[Path], locks: Sequence[Path]) -> Iterator[Item]:
    for path in paths:
        yield _item("leftover", path, "leftovers", "half-written by a process that was killed", locks)


def _of_tools(base: Path) -> Iterator[Item]:
    """Yield the files that Snakemake, the tests of the notebooks and numba store in a checkout."""
    yield from _of_snakemake(base)
    for command, name in HOMES_OF_MAKE.items():
        other = base / name
        if not is_open(other) or other.is_symlink() or other.resolve() == home().resolve():
            continue
        if is_young(other):
            yield _item("cache", other, why=f"of {command}, which ran today", base=base)
        else:
            yield _item("cache", other, "caches", f"of {command}; {REBUILD_HINT}", _series_locks(other), base)
    for folder in sorted((base / "mumu_lib").glob("**/__pycache__")):
        if any(folder.glob("*.nbi")):
            yield _item("cache", folder, "caches", f"of numba; {REBUILD_HINT}", (), base)


def _of_snakemake(base: Path) -> Iterator[Item]:
    """Yield the folders of Snakemake in a checkout."""
    snakemake = base / ".snakemake"
    in_use = is_young(snakemake, JOBS_LAST)
    for folder in folders(snakemake):
        # Snakemake creates many folders at its start, most of which stay empty.
        if not measure(folder)[0]:
            continue
        if in_use:
            yield _item("snakemake", folder, why="used in the last two weeks", base=base)
        elif folder.name in LOGS:
            yield _item("snakemake", folder, "logs", "", _series_locks(), base)
        else:
            yield _item("snakemake", folder, "caches", REBUILD_HINT, _series_locks(), base)


def remove(item: Item) -> None:
    """Remove one item, unless it is in use.

    The item is checked again, since a series may have started after it was listed. A folder is renamed before it is
    removed, so an interrupted removal leaves a leftover instead of an incomplete run.

    Raises
    ------
    MumuError
        The item is in use, is outside of the home or behind a link, or something refers to it.
    WriteError
        The user has no permission to remove it.
    """
    _must_be_ours(item)
    locks = set(item.locks)
    if item.kind in ("caches", "weights", "logs"):
        locks.update(_series_locks())
    with ExitStack() as held:
        for path in sorted(locks):
            if path.is_file():
                held.enter_context(_free(path))
        if item.kind in ("stores", "runs", "leftovers") and is_young(item.path):
            raise MumuError(f"{item.path} was written to meanwhile; it stays")
        with writing(item.path):
            if item.path.is_dir():
                _remove_folder(item.path)
            else:
                item.path.unlink(missing_ok=True)


def _remove_folder(folder: Path) -> None:
    renamed = folder
    # On Windows a folder with an open lock in it cannot be renamed.
    if os.name != "nt":
        renamed = folder.with_name(f"{folder.name}.{secrets.token_hex(4)}.tmp")
        folder.rename(renamed)
    shutil.rmtree(renamed)


def _must_be_ours(item: Item) -> None:
    """Check that an item may be removed, and that it is really within the home or the checkout."""
    base = item.base
    if not item.kind:
        raise MumuError(f"{item.path} is in use; it stays")
    if base.resolve() not in (home().resolve(), checkout().resolve()) or not item.path.is_relative_to(base):
        raise MumuError(f"{item.path} is outside of {home()}; it stays")
    if item.path.is_symlink() or item.path.parent.resolve() != base.resolve() / item.path.parent.relative_to(base):
        raise MumuError(f"{item.path} is behind a link; it stays")


def _free(lock: Path) -> Any:
    """Acquire a lock without waiting, or raise an error."""
    try:
        return FileLock(lock).acquire(timeout=0)
    except (Timeout, OSError):
        raise MumuError(f"a process is using it (it holds {lock}); it stays") from None
