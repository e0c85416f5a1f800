"""The patch store: features of every track in one memory-mapped file, extracted once.

Paper: Section 5.1.  Notebooks: 04_audio.

Under ``<catalogue>/features/<settings>/``: ``<digest>.npy`` with a row per track and ``<digest>.parquet``,
its index, written last. The digest is of the tracks and the state of their recordings. Shards of an
unfinished extraction lie beside them.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from filelock import FileLock
from threadpoolctl import threadpool_limits
from tqdm.auto import tqdm

from mumu_lib import audio
from mumu_lib.catalogue import Catalogue
from mumu_lib.errors import AudioError, MumuError, NothingUsableError, ParameterError
from mumu_lib.params import home
from mumu_lib.sources import open_catalogue

FORMAT = 1
SHARD = 64
SECONDS_PER_FILE = 120
USABLE = ("ok", "padded")
KINDS = ("cqt", "timbre")


@dataclass(frozen=True)
class Settings:
    """What the features of a track depend on, besides its recording."""

    kind: str
    patches: int
    seed: int
    method: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one track's row."""
        return (
            (4 * audio.TIMBRE_COEFFICIENTS,)
            if self.kind == "timbre"
            else (self.patches, audio.PATCH_FRAMES, audio.BINS)
        )

    @property
    def name(self) -> str:
        """Name of their folder."""
        if self.kind == "timbre":
            return f"timbre-v{FORMAT}"
        return f"cqt-v{FORMAT}-{self.method}-{self.patches}x15s-seed{self.seed}"

    @property
    def dtype(self) -> type:
        """float16 holds decibels to 0.06; squared timbre coefficients would overflow it."""
        return np.float32 if self.kind == "timbre" else np.float16


class Store:
    """Features of a catalogue's tracks.

    Attributes
    ----------
    patches : np.ndarray [shape=(tracks, patches, 322, 96), float16, dB] or [shape=(tracks, 48), float32]
        Memory-mapped; a row for every track, also for those that cannot be used.
    index : pd.DataFrame
        A row a track: ``track_id``, ``audio``, ``status`` (ok, padded, short, silent, corrupt, missing,
        timeout), ``message``, ``seconds`` of the recording, ``start`` (frame of the first patch).
    """

    def __init__(self, folder: Path, digest: str) -> None:
        self.index = pd.read_parquet(folder / f"{digest}.parquet")
        self.patches = np.load(folder / f"{digest}.npy", mmap_mode="r", allow_pickle=False)

    @cached_property
    def _row_of(self) -> pd.Series:
        usable = self.index["status"].isin(USABLE)
        return pd.Series(np.where(usable, np.arange(len(self.index)), -1), self.index["track_id"])

    def rows(self, track_ids: pd.Series) -> np.ndarray:
        """Row of each track, -1 where it cannot be used [shape=(n,), int]."""
        return self._row_of.reindex(track_ids, fill_value=-1).to_numpy()

    def counts(self) -> dict[str, int]:
        """Tracks by status."""
        return {str(status): int(n) for status, n in self.index["status"].value_counts().items()}

    def report(self) -> pd.DataFrame:
        """Tracks by status, with the first message of each."""
        groups = self.index.groupby("status")
        return pd.DataFrame({"tracks": groups.size(), "for example": groups["message"].first()}).sort_values(
            "tracks", ascending=False
        )

    def standardisation(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and deviation of each frequency bin over some tracks, in one pass.

        Parameters
        ----------
        rows : np.ndarray [shape=(n,), int]
            Training tracks.

        Returns
        -------
        mean, std : np.ndarray [shape=(96,), float32, dB]
            A bin that never changes gets deviation 1.
        """
        rows, count = np.sort(np.asarray(rows)), 0
        total, squares = np.zeros(audio.BINS), np.zeros(audio.BINS)
        for start in range(0, len(rows), 256):
            # Around the middle of the range, so that the squares lose no digits.
            x = self.patches[rows[start : start + 256]].reshape(-1, audio.BINS).astype(np.float64) - audio.FLOOR_DB / 2
            count += len(x)
            total += x.sum(axis=0)
            squares += (x**2).sum(axis=0)
        mean = total / count
        std = np.sqrt(np.maximum(squares / count - mean**2, 0))
        return (mean + audio.FLOOR_DB / 2).astype(np.float32), np.where(std > 1e-3, std, 1).astype(np.float32)


def extract(
    catalogue: Catalogue,
    kind: str = "cqt",
    *,
    patches: int = 1,
    workers: int = 0,
    seed: int = 0,
    method: str = "fast",
) -> Store:
    """Features of every track of a catalogue; what was extracted before is kept.

    Can be killed at any moment and called again. A recording that was added or changed since is
    extracted again, the others are taken over. No recording stops the rest.

    Parameters
    ----------
    kind : {'cqt', 'timbre'}
        15-second patches of the log-CQT, or 48 timbre statistics: of the Million Song Dataset's segments where the
        catalogue names their folder (root ``msd``), else of librosa's MFCCs.
    patches : int > 0
        Patches of a track; their starts are drawn from the seed and the track's id alone.
    workers : int
        Processes; 0 is one a core. The features do not depend on it.
    method : {'fast', 'librosa'}
        As for :func:`mumu_lib.audio.log_cqt`.

    Returns
    -------
    Store

    Raises
    ------
    NothingUsableError
        Not one track can be used; with the reasons.
    """
    if kind not in KINDS:
        raise ParameterError(f"kind={kind!r} is not one of {list(KINDS)}")
    settings = Settings(kind, patches if kind == "cqt" else 1, seed, method)
    folder = _folder(catalogue) / settings.name
    jobs = _jobs(catalogue, settings)
    digest = hashlib.sha256("".join(jobs["fingerprint"]).encode()).hexdigest()[:16]
    if not (folder / f"{digest}.parquet").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        # A second run of the same features waits, and then finds them done.
        with FileLock(folder / "lock"):
            before = _taken_over(folder)
            new = jobs[~jobs["fingerprint"].isin(before.index)]
            shards = _extract_shards(folder, new, settings, workers or os.cpu_count() or 1)
            _join(folder, digest, jobs, settings, before, shards)
    store = Store(folder, digest)
    if not store.index["status"].isin(USABLE).any():
        reasons = "; ".join(f"{n} {status}" for status, n in store.counts().items())
        examples = "\n  ".join(store.index["message"].head(3))
        raise NothingUsableError(
            f"not one of {len(jobs)} tracks of {catalogue.name!r} can be used: {reasons}, e.g.\n  {examples}"
        )
    return store


def _folder(catalogue: Catalogue) -> Path:
    """Beside the catalogue, or in the project's data where that is read-only."""
    beside = catalogue.folder / "features"
    if os.access(beside if beside.is_dir() else catalogue.folder, os.W_OK):
        return beside
    return home() / "data" / "features" / catalogue.name


def _jobs(catalogue: Catalogue, settings: Settings) -> pd.DataFrame:
    """A row a track: its recording and a fingerprint that changes with the recording or the settings."""
    tracks = catalogue.tracks[["track_id", "audio"]]
    source = "msd" if settings.kind == "timbre" and "msd" in catalogue.info["roots"] else "audio"
    base = catalogue.folder / catalogue.info["roots"][source]
    rows = []
    for track_id, name in tracks.itertuples(index=False):
        if source == "msd":
            name = f"{track_id[2]}/{track_id[3]}/{track_id[4]}/{track_id}.h5"
        path = base / name if name else None
        try:
            facts = path.stat() if path else None
        except OSError:
            facts = None
        state = [FORMAT, repr(settings), source, track_id, name, facts and (facts.st_size, facts.st_mtime_ns)]
        rows.append((track_id, str(path or ""), source, hashlib.sha256(json.dumps(state).encode()).hexdigest()[:24]))
    return pd.DataFrame(rows, columns=["track_id", "audio", "source", "fingerprint"])


def _taken_over(folder: Path) -> pd.DataFrame:
    """Rows of earlier extractions with these settings, by fingerprint."""
    columns = ["fingerprint", "status", "message", "seconds", "start", "file", "row"]
    parts = [_part(path)[columns] for path in sorted(folder.glob("*.parquet"))]
    merged = pd.concat(parts) if parts else pd.DataFrame(columns=columns)
    return merged.drop_duplicates("fingerprint").set_index("fingerprint")


def _part(index: Path) -> pd.DataFrame:
    """An index with the place of each row's features."""
    return pd.read_parquet(index).assign(file=str(index.with_suffix(".npy")), row=lambda t: np.arange(len(t)))


def _extract_shards(folder: Path, new: pd.DataFrame, settings: Settings, workers: int) -> list[Path]:
    """Every shard of what has to be extracted; finished ones are kept."""
    shards = []
    with tqdm(total=len(new), desc=f"{settings.kind} features", unit="track", disable=None) as bar:
        todo = []
        for start in range(0, len(new), SHARD):
            jobs = new.iloc[start : start + SHARD]
            name = hashlib.sha256("".join(jobs["fingerprint"]).encode()).hexdigest()[:16]
            shards.append(folder / "shards" / f"{name}.parquet")
            if shards[-1].is_file():
                bar.update(len(jobs))
            else:
                todo.append((shards[-1], list(jobs.itertuples(index=False, name=None)), settings))
        for done in _run(todo, workers):
            bar.update(done)
    return shards


def _run(todo: list[tuple], workers: int) -> Iterator[int]:
    if min(workers, len(todo)) <= 1:
        yield from (_extract_shard(*job) for job in todo)
        return
    # Never fork: the parent may hold a deep-learning backend with threads of its own.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(workers, len(todo)), mp_context=context, max_tasks_per_child=64)
    try:
        for future in as_completed([pool.submit(_extract_shard, *job) for job in todo]):
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _extract_shard(index_path: Path, jobs: list[tuple], settings: Settings) -> int:
    """Features of some tracks into one shard; its index is written last, so that it proves the shard whole."""
    values = np.zeros((len(jobs), *settings.shape), settings.dtype)
    rows = []
    with threadpool_limits(1):
        for row, (track_id, path, source, fingerprint) in enumerate(jobs):
            try:
                with _time_limit(SECONDS_PER_FILE, path):
                    values[row], facts = _features(track_id, path, source, settings)
            except MumuError as error:
                facts = {
                    "status": getattr(error, "reason", "corrupt"),
                    "message": str(error),
                    "seconds": np.nan,
                    "start": -1,
                }
            rows.append({"fingerprint": fingerprint, **facts})
    index_path.parent.mkdir(exist_ok=True)
    _save(index_path.with_suffix(".npy"), values)
    part = index_path.with_suffix(f".{os.getpid()}.tmp")
    pd.DataFrame(rows).to_parquet(part)
    os.replace(part, index_path)
    return len(jobs)


def _save(path: Path, values: np.ndarray) -> None:
    part = path.with_suffix(f".{os.getpid()}.tmp.npy")
    np.save(part, values)
    os.replace(part, path)


def _features(track_id: str, path: str, source: str, settings: Settings) -> tuple[np.ndarray, dict[str, Any]]:
    facts: dict[str, Any] = {"status": "ok", "message": "", "seconds": np.nan, "start": 0}
    if not path:
        raise AudioError("missing", f"track {track_id}: the catalogue names no recording")
    if source == "msd":
        return audio.msd_timbre(path), facts
    y = audio.load(path)
    facts["seconds"] = len(y) / audio.SAMPLE_RATE
    if settings.kind == "timbre":
        return audio.mfcc_timbre(y), facts
    spectrogram = audio.log_cqt(y, settings.method)
    if len(spectrogram) < audio.PATCH_FRAMES:
        facts |= {"status": "padded", "message": f"{path}: {facts['seconds']:.1f} s, padded to 15 s with silence"}
        missing = audio.PATCH_FRAMES - len(spectrogram)
        spectrogram = np.pad(spectrogram, ((0, missing), (0, 0)), constant_values=audio.FLOOR_DB)
    starts = patch_starts(track_id, len(spectrogram), settings.patches, settings.seed)
    facts["start"] = int(starts[0])
    return np.stack([spectrogram[s : s + audio.PATCH_FRAMES] for s in starts]), facts


def patch_starts(track_id: str, frames: int, patches: int, seed: int) -> np.ndarray:
    """First frames of a track's patches, drawn from the seed and the track's id alone.

    Returns
    -------
    starts : np.ndarray [shape=(patches,), int]
        Between 0 and ``frames - 322``.
    """
    own = int.from_bytes(hashlib.sha256(track_id.encode()).digest()[:8], "big")
    return np.random.default_rng([seed, own]).integers(0, frames - audio.PATCH_FRAMES + 1, patches)


@contextmanager
def _time_limit(seconds: int, path: str) -> Iterator[None]:
    """Stop a recording that takes too long; works where the system has alarms, in a main thread."""
    if not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: Any) -> None:
        raise AudioError("timeout", f"{path}: not done after {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _join(
    folder: Path, digest: str, jobs: pd.DataFrame, settings: Settings, before: pd.DataFrame, shards: list[Path]
) -> None:
    """All rows into one file in the order of the tracks, then its index; then what it was made of goes."""
    known = pd.concat([before, *(_part(shard).set_index("fingerprint") for shard in shards)])
    index = jobs.join(known, on="fingerprint").reset_index(drop=True)
    part = folder / "joined.tmp.npy"
    values = np.lib.format.open_memmap(part, "w+", settings.dtype, (len(jobs), *settings.shape))
    for file, rows in index.groupby("file", sort=False):
        values[rows.index] = np.load(file, mmap_mode="r", allow_pickle=False)[rows["row"].to_numpy(int)]
    values.flush()
    del values
    os.replace(part, folder / f"{digest}.npy")
    index.drop(columns=["file", "row"]).to_parquet(folder / "index.tmp")
    os.replace(folder / "index.tmp", folder / f"{digest}.parquet")
    for path in folder.iterdir():
        if path.suffix in (".npy", ".parquet") and path.stem != digest:
            path.unlink()
    shutil.rmtree(folder / "shards", ignore_errors=True)


def main(words: list[str] | None = None) -> int:
    """Command line: ``python -m mumu_lib.patches CATALOGUE``."""
    parser = argparse.ArgumentParser(
        description="Extract the audio features of a catalogue; can be interrupted and repeated."
    )
    parser.add_argument("catalogue", help="name under data/, or path")
    parser.add_argument("--kind", choices=KINDS, default="cqt")
    parser.add_argument("--patches", type=int, default=1, help="15-second patches of a track")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=0, help="processes; 0: one a core")
    asked = parser.parse_args(words)
    try:
        store = extract(
            open_catalogue(asked.catalogue), asked.kind, patches=asked.patches, seed=asked.seed, workers=asked.workers
        )
    except MumuError as error:
        print(error, file=sys.stderr)
        return 1
    print(store.report().to_string())
    return 0


if __name__ == "__main__":
    sys.exit(main())
