"""Build a store of features: one memory-mapped file with a row per item; an interrupted build resumes.

Paper: Sections 5.1 and 5.3.  Notebooks: 04_audio, 06_image.

Files under ``<catalogue>/features/<settings>/``: ``<digest>.npy`` with a row per item, and its index
``<digest>.parquet``, written last. The digest depends on the items and the state of their files. Shards of an unfinished
extraction (:mod:`mumu_lib.features.workers`) are in the folder ``shards``.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
from joblib import cpu_count

from mumu_lib.catalogue import Catalogue
from mumu_lib.core import progress
from mumu_lib.core.errors import NothingUsableError, ParameterError
from mumu_lib.core.files import atomic_path, locked, need_room, write_atomically
from mumu_lib.core.fingerprints import hash_of
from mumu_lib.core.paths import home
from mumu_lib.features import workers as processes
from mumu_lib.features.store import CHUNK, USABLE, Recipe, Store
from mumu_lib.features.workers import Shard

SHARD = 64
NOTE = ".looked"
# File in a catalogue outside MUMU_HOME: the homes whose runs use its features, one per line.
HOMES = "homes.txt"
StoreKind = TypeVar("StoreKind", bound=Store)


def open_or_build(
    catalogue: Catalogue, jobs: pd.DataFrame, settings: Recipe, kind: type[StoreKind], workers: int
) -> StoreKind:
    """Open the store of some jobs; extract missing features first.

    Parameters
    ----------
    jobs : pd.DataFrame
        A row per item: id, path, ``source`` and ``fingerprint``, as from :func:`mumu_lib.audio.store.jobs`.
    settings : Recipe
    kind : type
        The store's class, which names the id's column and the progress bar.
    workers : int
        Processes; 0 is one per core.

    Raises
    ------
    NothingUsableError
        If no item can be used.
    """
    digest = _digest(jobs)
    folder = _finished_folder(catalogue, settings, digest)
    if folder is None:
        folder = features_folder(catalogue) / settings.name
        # A second process that needs the same features waits here and then finds them finished.
        with locked(folder):
            if not _finished(folder, digest):
                _build(folder, digest, jobs, settings, kind, workers)
            _tidy(folder, digest)
    elif _leftovers(folder, digest) and os.access(folder, os.W_OK):
        # A killed build may leave temporary files behind.
        with locked(folder):
            _tidy(folder, digest)
    _note_home(folder.parent)
    store = kind(folder, digest)
    if not store.index["status"].isin(USABLE).any():
        reasons = "; ".join(f"{n} {status}" for status, n in store.counts().items())
        examples = "\n  ".join(store.index["message"].head(3))
        raise NothingUsableError(
            f"none of the {len(jobs)} {kind.unit}s of {catalogue.name!r} can be used: {reasons}, e.g.\n  {examples}"
        )
    return store


def _build(
    folder: Path, digest: str, jobs: pd.DataFrame, settings: Recipe, kind: type[StoreKind], workers: int
) -> None:
    """Extract all missing features and write the store."""
    before, shards = _shards(folder, jobs, settings)
    need_room(folder, _size(shards, jobs, settings))
    _extract_shards(shards, workers, kind)
    _join(folder, digest, jobs, settings, before, shards)


def _tidy(folder: Path, digest: str) -> None:
    """Remove everything except the finished store."""
    for path in _leftovers(folder, digest):
        # Windows refuses to remove a mapped file; the next build removes it.
        with suppress(PermissionError):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def complete_part(
    catalogue: Catalogue, jobs: pd.DataFrame, settings: Recipe, kind: type[Store], workers: int, part: int, parts: int
) -> int:
    """Extract one machine's share of the features; afterwards :func:`open_or_build` joins all shares.

    Parameters
    ----------
    jobs, settings, kind, workers
        As for :func:`open_or_build`.
    part, parts : int
        Number of this share, from 0, and number of shares.

    Returns
    -------
    items : int
        Number of items in this share.
    """
    if not 0 <= part < parts:
        raise ParameterError(f"part={part} must be from 0 to parts - 1 = {parts - 1}")
    if _finished_folder(catalogue, settings, _digest(jobs)):
        return 0
    _, shards = _shards(features_folder(catalogue) / settings.name, jobs, settings)
    _extract_shards(shards[part::parts], workers, kind)
    return sum(len(shard.tracks) for shard in shards[part::parts])


def lacking_parts(catalogue: Catalogue, jobs: pd.DataFrame, settings: Recipe, parts: int) -> dict[int, int]:
    """Return the unfinished shares of :func:`complete_part`, and the number of items that each lacks.

    Parameters
    ----------
    jobs, settings
        As for :func:`open_or_build`.
    parts : int
        Number of shares.
    """
    if _finished_folder(catalogue, settings, _digest(jobs)):
        return {}
    _, shards = _shards(features_folder(catalogue) / settings.name, jobs, settings)
    unfinished = {}
    for part in range(parts):
        items = _items_to_extract(shards[part::parts])
        if items:
            unfinished[part] = items
    return unfinished


def places(catalogue: Catalogue) -> tuple[Path, Path]:
    """Return the two folders that may hold stores of a catalogue: within it, and in the project's data."""
    return catalogue.folder / "features", home() / "data" / "features" / catalogue.name


def features_folder(catalogue: Catalogue) -> Path:
    """Return the folder for new stores: within the catalogue, or in the project's data if the catalogue is read-only."""
    within, in_data = places(catalogue)
    existing = catalogue.folder
    if within.is_dir():
        existing = within
    if os.access(existing, os.W_OK):
        return within
    return in_data


def lacking(catalogue: Catalogue, jobs: pd.DataFrame, settings: Recipe) -> int:
    """Count the items that :func:`open_or_build` would extract: 0 if the store of these jobs is finished."""
    if _finished_folder(catalogue, settings, _digest(jobs)):
        return 0
    _, shards = _shards(features_folder(catalogue) / settings.name, jobs, settings)
    return _items_to_extract(shards)


def statuses(catalogue: Catalogue, settings: Recipe, *, noted: bool = False) -> dict[str, str]:
    """Return the status of every item in the stores of these settings, by fingerprint.

    Parameters
    ----------
    noted : bool
        Read only stores that :func:`note` has marked.
    """
    by_fingerprint: dict[str, str] = {}
    for place in places(catalogue):
        folder = place / settings.name
        for path in sorted([*folder.glob("*.parquet"), *folder.glob("shards/*.parquet")]):
            if not noted or path.with_suffix(NOTE).is_file():
                # Ignore half-written files of a killed run, and files that another process is just removing: the rows of
                # the latter are in its finished store.
                with suppress(pa.ArrowInvalid, FileNotFoundError):
                    table = pd.read_parquet(path, columns=["fingerprint", "status"])
                    by_fingerprint.update(zip(table["fingerprint"], table["status"], strict=True))
    return by_fingerprint


def note(catalogue: Catalogue, jobs: pd.DataFrame, settings: Recipe) -> None:
    """Mark a finished store as checked: its source files were read and need not be checked again."""
    digest = _digest(jobs)
    for place in places(catalogue):
        folder = place / settings.name
        path = folder / f"{digest}{NOTE}"
        if _finished(folder, digest) and not path.is_file() and os.access(folder, os.W_OK):
            write_atomically(path, "")


def homes_of(place: Path) -> list[Path]:
    """Return the homes outside a folder of stores whose runs have used these.

    Parameters
    ----------
    place : Path
        One of :func:`places`.
    """
    with suppress(OSError, UnicodeDecodeError):
        lines = (place.parent / HOMES).read_text(encoding="utf-8").splitlines()
        return [Path(line) for line in lines if line]
    return []


def _note_home(place: Path) -> None:
    """Record that runs of this home use stores outside it; otherwise these would be listed as unused."""
    own = Path(os.path.realpath(home()))
    inside = own in Path(os.path.realpath(place)).parents
    if inside or own in homes_of(place) or not os.access(place.parent, os.W_OK):
        return
    homes = sorted({*map(str, homes_of(place)), str(own)})
    write_atomically(place.parent / HOMES, "".join(f"{line}\n" for line in homes))


def _finished(folder: Path, digest: str) -> bool:
    return (folder / f"{digest}.npy").is_file() and (folder / f"{digest}.parquet").is_file()


def _finished_folder(catalogue: Catalogue, settings: Recipe, digest: str) -> Path | None:
    """Return the folder with the finished store, if there is one."""
    for place in places(catalogue):
        folder = place / settings.name
        if _finished(folder, digest):
            return folder
    return None


def _items_to_extract(shards: list[Shard]) -> int:
    """Count the items of unfinished shards."""
    return sum(len(shard.tracks) for shard in shards if not shard.index.is_file())


def _size(shards: list[Shard], jobs: pd.DataFrame, settings: Recipe) -> int:
    """Return the number of bytes to write: the unfinished shards, then the whole store."""
    return (_items_to_extract(shards) + len(jobs)) * int(np.prod(settings.shape)) * np.dtype(settings.dtype).itemsize


def _digest(jobs: pd.DataFrame) -> str:
    return hash_of(*jobs["fingerprint"], length=16)


def _shards(folder: Path, jobs: pd.DataFrame, settings: Recipe) -> tuple[pd.DataFrame, list[Shard]]:
    """Return the reusable rows of earlier stores, by fingerprint, and shards of all other items."""
    columns = ["fingerprint", "status", "message", *settings.facts, "file", "row"]
    before = pd.DataFrame(columns=columns)
    parts = []
    for path in sorted(folder.glob("*.parquet")):
        if path.with_suffix(".npy").is_file():
            parts.append(_part(path)[columns])
    if parts:
        before = pd.concat(parts)
    before = before.drop_duplicates("fingerprint").set_index("fingerprint")
    new = jobs[~jobs["fingerprint"].isin(before.index)]
    shards = []
    for start in range(0, len(new), SHARD):
        items = new.iloc[start : start + SHARD]
        index = folder / "shards" / f"{_digest(items)}.parquet"
        shards.append(Shard(index, list(items.itertuples(index=False, name=None)), settings))
    return before, shards


def _part(index: Path) -> pd.DataFrame:
    """Read an index and add the file and row of each item's features."""
    table = pd.read_parquet(index)
    return table.assign(file=str(index.with_suffix(".npy")), row=np.arange(len(table)))


def _extract_shards(shards: list[Shard], workers: int, kind: type[Store]) -> None:
    """Extract unfinished shards with a progress bar over items."""
    total = sum(len(shard.tracks) for shard in shards)
    done = total - _items_to_extract(shards)
    with progress.bar(total=total, initial=done, desc=kind.task, unit=kind.unit) as bar:
        for tracks in processes.run(shards, workers or cpu_count()):
            bar.update(tracks)


def _join(
    folder: Path, digest: str, jobs: pd.DataFrame, settings: Recipe, before: pd.DataFrame, shards: list[Shard]
) -> None:
    """Write all rows to one file in the order of the jobs, then the index."""
    extracted = [_part(shard.index).set_index("fingerprint") for shard in shards]
    index = jobs.join(pd.concat([before, *extracted]), on="fingerprint").reset_index(drop=True)
    header = {
        "descr": np.dtype(settings.dtype).str,
        "fortran_order": False,
        "shape": (len(jobs), *settings.shape),
    }
    # Write a stream: pages of a memory map would count as this process's memory.
    with atomic_path(folder / f"{digest}.npy") as joined, open(joined, "wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for start in range(0, len(index), CHUNK):
            part = index[start : start + CHUNK]
            values: np.ndarray = np.empty((len(part), *settings.shape), settings.dtype)
            for source, rows in part.groupby("file", sort=False):
                features = np.load(str(source), mmap_mode="r", allow_pickle=False)
                values[rows.index - start] = features[rows["row"].to_numpy(int)]
            file.write(values.data)
    with atomic_path(folder / f"{digest}.parquet") as index_part:
        index.drop(columns=["file", "row"]).to_parquet(index_part)


def _leftovers(folder: Path, digest: str) -> list[Path]:
    """Return the files and folders that a finished store no longer needs."""
    return [path for path in folder.iterdir() if path.stem not in (digest, "lock")]
