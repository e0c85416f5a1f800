"""Features of recordings, in processes that no recording can stop.

Paper: Section 5.1.  Notebooks: 04_audio.

The unit of work is a shard: some tracks, one ``.npy`` with their features and one ``.parquet`` with what
became of each, written last. A shard is there whole or not at all, so that a killed extraction resumes.

A decoder that hangs cannot be interrupted from Python. Each worker therefore notes in a ``.trail`` beside
the shard which track it is at, and a watchdog thread in C (``faulthandler``) ends the whole process when a
track takes too long; a crash leaves its name there too. The shard is then done again without that track.
"""

import faulthandler
import hashlib
import multiprocessing
import os
import threading
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from mumu_lib import audio, timbre
from mumu_lib.catalogue import Catalogue
from mumu_lib.core.errors import AudioError, MumuError, ParameterError, RefusedError, did_you_mean
from mumu_lib.core.files import make_folder, save_array, whole
from mumu_lib.core.fingerprints import fingerprint
from mumu_lib.store import Recipe

FORMAT = 1
KINDS = ("cqt", "timbre")
SECONDS_PER_FILE = 120
# Processes are renewed after so many shards, lest a decoder's leaks add up.
SHARDS_PER_WORKER = 64


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
        if self.kind == "timbre":
            return (4 * timbre.COEFFICIENTS,)
        return self.patches, audio.PATCH_FRAMES, audio.BINS

    @property
    def name(self) -> str:
        """Name of their folder."""
        if self.kind == "timbre":
            return f"timbre-v{FORMAT}"
        return f"cqt-v{FORMAT}-{self.method}-{self.patches}x15s-seed{self.seed}"

    @property
    def dtype(self) -> type:
        """float16 holds decibels to 0.03; squared timbre coefficients would overflow it."""
        return np.float32 if self.kind == "timbre" else np.float16

    @property
    def facts(self) -> dict[str, Any]:
        """No length, no first frame."""
        return {"seconds": np.nan, "start": -1}

    def row(self, item: str, path: str, source: str) -> tuple[np.ndarray, dict[str, Any]]:
        """As :func:`features`."""
        return features(item, path, source, self)


@dataclass(frozen=True)
class Shard:
    """Some items to extract: each a tuple of id, path, source (``audio``, ``msd``, ``cover``) and fingerprint."""

    index: Path
    tracks: Sequence[tuple[str, str, str, str]]
    settings: Recipe


def settings(kind: str, patches: int, seed: int, method: str) -> Settings:
    """Checked settings; timbre depends on the recording alone.

    Raises
    ------
    ParameterError
        Unknown kind or method; fewer than one patch.
    """
    for name, value, choices in (("kind", kind, KINDS), ("method", method, audio.METHODS)):
        if value not in choices:
            raise ParameterError(f"{name}={value!r} is not one of {list(choices)}{did_you_mean(value, choices)}")
    if patches < 1:
        raise ParameterError(f"patches must be at least 1, got {patches}")
    return Settings(kind, patches, seed, method) if kind == "cqt" else Settings(kind, 1, 0, "mfcc")


def jobs(catalogue: Catalogue, settings: Settings) -> pd.DataFrame:
    """What to extract.

    Returns
    -------
    jobs : pd.DataFrame
        A row a track: ``track_id``, ``audio`` (path), ``source`` (``audio`` or ``msd``) and ``fingerprint``,
        which changes with the file, the settings and the constants of the transform.
    """
    tracks = catalogue.tracks[["track_id", "audio"]]
    source = "msd" if settings.kind == "timbre" and "msd" in catalogue.info["roots"] else "audio"
    base = catalogue.folder / catalogue.info["roots"][source]
    made, rows = [FORMAT, audio.RECIPE, timbre.COEFFICIENTS, repr(settings)], []
    for track_id, name in tracks.itertuples(index=False):
        if source == "msd":
            # Sharded by the third to fifth letter, as published; a hand-picked few lie flat.
            sharded = f"{track_id[2:3]}/{track_id[3:4]}/{track_id[4:5]}/{track_id}.h5"
            name = sharded if os.path.isfile(base / sharded) else f"{track_id}.h5"
        path = base / name if name else None
        rows.append((track_id, str(path or ""), source, fingerprint(path, made, source, track_id, name)))
    return pd.DataFrame(rows, columns=["track_id", "audio", "source", "fingerprint"])


def run(shards: Sequence[Shard], workers: int) -> Iterator[int]:
    """Extract shards in worker processes; those on disk are left alone.

    Parameters
    ----------
    workers : int > 0
        Processes, each with one thread for linear algebra. The features do not depend on it.

    Yields
    ------
    tracks : int
        How many a shard just finished holds.

    Raises
    ------
    MumuError
        A process was killed from outside. What is finished is kept.
    """
    blamed: set[tuple[Path, int]] = set()
    while todo := [shard for shard in shards if not shard.index.is_file()]:
        try:
            yield from _run_processes(todo[: workers * SHARDS_PER_WORKER], min(workers, len(todo)))
        except BrokenProcessPool:
            stopped = {(shard.index, row) for shard in todo for row in _stopped_by(shard)}
            if stopped <= blamed:
                raise MumuError(
                    "a process was killed while extracting features, mostly for lack of memory; "
                    "what is done is kept: run it again with fewer workers"
                ) from None
            blamed |= stopped


def _run_processes(shards: Sequence[Shard], workers: int) -> Iterator[int]:
    # Never fork: the parent may hold a deep-learning backend with threads of its own.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker)
    try:
        for future in as_completed([pool.submit(_extract, shard) for shard in shards]):
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _start_worker() -> None:
    # libmpg123 writes its complaints past Python; what matters of them comes back as a status.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    # A worker whose parent was killed would wait for work for ever.
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _extract(shard: Shard) -> int:
    values: np.ndarray = np.zeros((len(shard.tracks), *shard.settings.shape), shard.settings.dtype)
    rows, stopped = [], _stopped_by(shard)
    make_folder(shard.index.parent)
    with threadpool_limits(1), open(_trail(shard), "a", encoding="utf-8") as trail:
        faulthandler.enable(trail)
        for row, (track_id, path, source, fingerprint) in enumerate(shard.tracks):
            try:
                if row in stopped:
                    raise RefusedError(stopped[row], f"{path}: {_WHY[stopped[row]]}")
                print(row, file=trail, flush=True)
                faulthandler.dump_traceback_later(SECONDS_PER_FILE, exit=True, file=trail)
                values[row], facts = shard.settings.row(track_id, path, source)
            except RefusedError as error:
                facts = {"status": error.reason, "message": str(error), **shard.settings.facts}
            finally:
                faulthandler.cancel_dump_traceback_later()
            rows.append({"fingerprint": fingerprint, **facts})
        faulthandler.disable()
    _write(shard.index, values, pd.DataFrame(rows))
    _trail(shard).unlink()
    return len(shard.tracks)


_WHY = {"timeout": f"not decoded after {SECONDS_PER_FILE} s", "corrupt": "crashes the decoder"}


def _trail(shard: Shard) -> Path:
    return shard.index.with_suffix(".trail")


def _stopped_by(shard: Shard) -> dict[int, str]:
    """Rows that ended an earlier process, with the reason."""
    if not _trail(shard).is_file():
        return {}
    row, stopped = -1, {}
    for line in _trail(shard).read_text(encoding="utf-8").splitlines():
        if line.isdigit():
            row = int(line)
        elif line.startswith("Timeout ("):
            stopped[row] = "timeout"
        elif line.startswith(("Fatal Python error", "Windows fatal exception")):
            stopped[row] = "corrupt"
    return stopped


def _write(index: Path, values: np.ndarray, table: pd.DataFrame) -> None:
    """Both files under their names only when whole, the index last."""
    save_array(index.with_suffix(".npy"), values)
    with whole(index) as part:
        table.to_parquet(part)


def features(track_id: str, path: str, source: str, settings: Settings) -> tuple[np.ndarray, dict[str, Any]]:
    """Features of one track.

    Returns
    -------
    values : np.ndarray [shape=settings.shape]
    facts : dict
        ``status``, ``message``, ``seconds`` of the recording, ``start`` (frame of the first patch).

    Raises
    ------
    AudioError
        The recording cannot be used.
    """
    facts: dict[str, Any] = {"status": "ok", "message": "", "seconds": np.nan, "start": 0}
    if not path:
        raise AudioError("missing", f"track {track_id}: the catalogue names no recording")
    if source == "msd":
        return timbre.from_msd(path), facts
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", audio.TruncatedAudioWarning)
        y = audio.load(path)
    facts["seconds"] = len(y) / audio.SAMPLE_RATE
    facts["message"] = "".join(str(w.message) for w in heard if w.category is audio.TruncatedAudioWarning)
    if settings.kind == "timbre":
        return timbre.from_mfcc(y), facts
    spectrogram = audio.log_cqt(y, settings.method)
    missing = audio.PATCH_FRAMES - len(spectrogram)
    if missing > 0:
        padded = f"{path}: {facts['seconds']:.1f} s, padded to 15 s with silence"
        facts |= {"status": "padded", "message": "; ".join(filter(None, [facts["message"], padded]))}
        spectrogram = np.pad(spectrogram, ((0, missing), (0, 0)), constant_values=audio.FLOOR_DB)
    starts = patch_starts(track_id, len(spectrogram), settings.patches, settings.seed)
    facts["start"] = int(starts[0])
    return np.stack([spectrogram[s : s + audio.PATCH_FRAMES] for s in starts]), facts


def patch_starts(track_id: str, frames: int, patches: int, seed: int) -> np.ndarray:
    """First frames of a track's patches, drawn independently, from the seed and the track's id alone.

    Returns
    -------
    starts : np.ndarray [shape=(patches,), int]
        Between 0 and ``frames - 322``.
    """
    own = int.from_bytes(hashlib.sha256(track_id.encode()).digest()[:8], "big")
    return np.random.default_rng([seed, own]).integers(0, frames - audio.PATCH_FRAMES + 1, patches)
