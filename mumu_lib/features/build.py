"""Make a store: one memory-mapped file with a row per item, made once and resumed where it was left.

Paper: Sections 5.1 and 5.3.  Notebooks: 04_audio, 06_image.

Under ``<catalogue>/features/<settings>/``: ``<digest>.npy`` with a row per item and ``<digest>.parquet``,
its index, written last. The digest is of the items and the state of their files. Shards of an
unfinished extraction (:mod:`mumu_lib.features.workers`) lie beside them.
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
# In a catalogue that lies outside of the home: the homes whose runs use its features, a line each.
HOMES = "homes.txt"
StoreKind = TypeVar("StoreKind", bound=Store)


def open_or_build(
    catalogue: Catalogue, jobs: pd.DataFrame, settings: Recipe, kind: type[StoreKind], workers: int
) -> StoreKind:
    """Open the store of some jobs; make first what is lacking of it.

    Parameters
    ----------
    jobs : pd.DataFrame
        A row an item: id, path, ``source`` and ``fingerprint``, as from :func:`mumu_lib.audio.store.jobs`.
    settings : Recipe
    kind : type
        The store's class, which names the id's column and the progress bar.
    workers : int
        Processes; 0 is one a core.
    """
    digest = _digest(jobs)
    finished = [place / settings.name for place in places(catalogue) if _finished(place / settings.name, digest)]
    folder = finished[0] if finished else features_folder(catalogue) / settings.name
    # A second run of the same features waits, and then finds them done; one killed at the very end left things lying.
    if not finished or (_leftovers(folder, digest) and os.access(folder, os.W_OK)):
        with locked(folder):
            if not _finished(folder, digest):
                before, shards = _shards(folder, jobs, settings)
                need_room(folder, _size(shards, jobs, settings))
                _extract_shards(shards, workers, kind)
                _join(folder, digest, jobs, settings, before, shards)
            for path in _leftovers(folder, digest):
                # Windows keeps a file that is mapped; the next extraction takes it away.
                with suppress(PermissionError):
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
    _note_home(folder.parent)
    store = kind(folder, digest)
    if not store.index["status"].isin(USABLE).any():
        reasons = "; ".join(f"{n} {status}" for status, n in store.counts().items())
        examples = "\n  ".join(store.index["message"].head(3))
        raise NothingUsableError(
            f"not one of {len(jobs)} {kind.unit}s of {catalogue.name!r} can be used: {reasons}, e.g.\n  {examples}"
        )
    return store


def complete_part(
    catalogue: Catalogue, jobs: pd.DataFrame, settings: Recipe, kind: type[Store], workers: int, part: int, parts: int
) -> int:
    """One machine's share of :func:`complete`, which joins what all of them left in the shared folder.

    Parameters
    ----------
    jobs, settings, kind, workers
        As for :func:`complete`.
    part, parts : int
        This share, from 0, and how many there are.

    Returns
    -------
    items : int
        How many this share holds.
    """
    if not 0 <= part < parts:
        raise ParameterError(f"part={part} must be from 0 to parts - 1 = {parts - 1}")
    if any(_finished(place / settings.name, _digest(jobs)) for place in places(catalogue)):
        return 0
    _, shards = _shards(features_folder(catalogue) / settings.name, jobs, settings)
    _extract_shards(shards[part::parts], workers, kind)
    return sum(len(shard.tracks) for shard in shards[part::parts])


def lacking_parts(catalogue: Catalogue, jobs: pd.DataFrame, settings: Recipe, parts: int) -> dict[int, int]:
    """Return the shares of :func:`complete_part` that are not done, and how many items each of them lacks.

    Parameters
    ----------
    jobs, settings
        As for :func:`complete`.
    parts : int
        How many shares there are.
    """
    if any(_finished(place / settings.name, _digest(jobs)) for place in places(catalogue)):
        return {}
    _, shards = _shards(features_folder(catalogue) / settings.name, jobs, settings)
    found = {}
    for part in range(parts):
        items = sum(len(shard.tracks) for shard in shards[part::parts] if not shard.index.is_file())
        if items:
            found[part] = items
    return found


def places(catalogue: Catalogue) -> tuple[Path, Path]:
    """Beside the catalogue, and in the project's data."""
    return catalogue.folder / "features", home() / "data" / "features" / catalogue.name


def features_folder(catalogue: Catalogue) -> Path:
    """Where stores of a catalogue are made: beside it, or in the project's data where the catalogue is read-only."""
    beside, apart = places(catalogue)
    return beside if os.access(beside if beside.is_dir() else catalogue.folder, os.W_OK) else apart


def lacking(catalogue: Catalogue, jobs: pd.DataFrame, settings: Recipe) -> int:
    """Count the items that :func:`complete` would extract: none where the store of these jobs is finished."""
    finished = [place for place in places(catalogue) if _finished(place / settings.name, _digest(jobs))]
    if finished:
        return 0
    _, shards = _shards(features_folder(catalogue) / settings.name, jobs, settings)
    return sum(len(shard.tracks) for shard in shards if not shard.index.is_file())


def statuses(catalogue: Catalogue, settings: Recipe, *, noted: bool = False) -> dict[str, str]:
    """Return what became of every item that is in a store of these settings, by its fingerprint.

    Parameters
    ----------
    noted : bool
        Only of the stores that :func:`note` has left its note at.
    """
    found: dict[str, str] = {}
    for place in places(catalogue):
        folder = place / settings.name
        for path in sorted([*folder.glob("*.parquet"), *folder.glob("shards/*.parquet")]):
            if not noted or path.with_suffix(NOTE).is_file():
                # What a killed run has left may be no table; it is tidied up later, and says nothing here. Another process
                # may just be tidying up; what it has joined is in a store that is looked into as well, or found again.
                with suppress(pa.ArrowInvalid, FileNotFoundError):
                    table = pd.read_parquet(path, columns=["fingerprint", "status"])
                    found.update(zip(table["fingerprint"], table["status"], strict=True))
    return found


def note(catalogue: Catalogue, jobs: pd.DataFrame, settings: Recipe) -> None:
    """Leave a note at a finished store that its files were looked into, which need not be done again."""
    digest = _digest(jobs)
    for place in places(catalogue):
        folder = place / settings.name
        path = folder / f"{digest}{NOTE}"
        if _finished(folder, digest) and not path.is_file() and os.access(folder, os.W_OK):
            write_atomically(path, "")


def homes_of(place: Path) -> list[Path]:
    """Return the homes, besides the one they lie in, whose runs have used the stores in a folder.

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
    """Write down that runs of this home use stores that lie outside of it, so that nobody takes them for unused."""
    own = Path(os.path.realpath(home()))
    inside = own in Path(os.path.realpath(place)).parents
    if inside or own in homes_of(place) or not os.access(place.parent, os.W_OK):
        return
    homes = sorted({*map(str, homes_of(place)), str(own)})
    write_atomically(place.parent / HOMES, "".join(f"{line}\n" for line in homes))


def _finished(folder: Path, digest: str) -> bool:
    return all((folder / f"{digest}.{end}").is_file() for end in ("npy", "parquet"))


def _size(shards: list[Shard], jobs: pd.DataFrame, settings: Recipe) -> int:
    """Bytes still to be written: the shards that are not there, then all of it once more."""
    lacking = sum(len(shard.tracks) for shard in shards if not shard.index.is_file())
    return (lacking + len(jobs)) * int(np.prod(settings.shape)) * np.dtype(settings.dtype).itemsize


def _digest(jobs: pd.DataFrame) -> str:
    return hash_of(*jobs["fingerprint"], length=16)


def _shards(folder: Path, jobs: pd.DataFrame, settings: Recipe) -> tuple[pd.DataFrame, list[Shard]]:
    """Rows of earlier extractions that can be taken over, by fingerprint, and shards of all other tracks."""
    columns = ["fingerprint", "status", "message", *settings.facts, "file", "row"]
    parts = [_part(path)[columns] for path in sorted(folder.glob("*.parquet")) if path.with_suffix(".npy").is_file()]
    before = pd.concat(parts) if parts else pd.DataFrame(columns=columns)
    before = before.drop_duplicates("fingerprint").set_index("fingerprint")
    new = jobs[~jobs["fingerprint"].isin(before.index)]
    tables = [new.iloc[start : start + SHARD] for start in range(0, len(new), SHARD)]
    return before, [
        Shard(folder / "shards" / f"{_digest(t)}.parquet", list(t.itertuples(index=False, name=None)), settings)
        for t in tables
    ]


def _part(index: Path) -> pd.DataFrame:
    """An index with the place of each row's features."""
    return pd.read_parquet(index).assign(file=str(index.with_suffix(".npy")), row=lambda t: np.arange(len(t)))


def _extract_shards(shards: list[Shard], workers: int, kind: type[Store]) -> None:
    total = sum(len(shard.tracks) for shard in shards)
    done = sum(len(shard.tracks) for shard in shards if shard.index.is_file())
    with progress.bar(total=total, initial=done, desc=kind.task, unit=kind.unit) as bar:
        for tracks in processes.run(shards, workers or cpu_count()):
            bar.update(tracks)


def _join(
    folder: Path, digest: str, jobs: pd.DataFrame, settings: Recipe, before: pd.DataFrame, shards: list[Shard]
) -> None:
    """All rows into one file in the order of the tracks, then its index."""
    known = pd.concat([before, *(_part(shard.index).set_index("fingerprint") for shard in shards)])
    index = jobs.join(known, on="fingerprint").reset_index(drop=True)
    header = {
        "descr": np.dtype(settings.dtype).str,
        "fortran_order": False,
        "shape": (len(jobs), *settings.shape),
    }
    # Written as a stream: pages of a memory map would count as this process's memory.
    with atomic_path(folder / f"{digest}.npy") as joined, open(joined, "wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for start in range(0, len(index), CHUNK):
            part = index[start : start + CHUNK]
            values: np.ndarray = np.empty((len(part), *settings.shape), settings.dtype)
            for source, rows in part.groupby("file", sort=False):
                values[rows.index - start] = np.load(str(source), mmap_mode="r", allow_pickle=False)[
                    rows["row"].to_numpy(int)
                ]
            file.write(values.data)
    with atomic_path(folder / f"{digest}.parquet") as index_part:
        index.drop(columns=["file", "row"]).to_parquet(index_part)


def _leftovers(folder: Path, digest: str) -> list[Path]:
    """What a finished store was made of."""
    return [path for path in folder.iterdir() if path.stem not in (digest, "lock")]
