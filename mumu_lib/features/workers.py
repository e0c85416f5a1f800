"""Extract features in worker processes that survive crashing and hanging decoders.

Paper: Sections 5.1 and 5.3.  Notebooks: 04_audio, 06_image.

The unit of work is a shard: some items, one ``.npy`` with their features and one ``.parquet`` with their status, written
last. A shard is complete or absent, hence a killed extraction resumes.

Python cannot interrupt a decoder that hangs. Each worker therefore writes the current item to a ``.trail`` file, and a
watchdog thread in C (``faulthandler``) ends the process if an item takes too long; it also writes crashes to the trail.
The shard is then extracted again without that item.
"""

import faulthandler
import io
import multiprocessing
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from mumu_lib.core.errors import MumuError, RefusedError
from mumu_lib.core.files import atomic_path, make_folder, save_array, writing
from mumu_lib.features.store import Recipe

SECONDS_PER_FILE = 120
# Restart processes after this many shards, to bound memory leaked by decoders.
SHARDS_PER_WORKER = 64


@dataclass(frozen=True)
class Shard:
    """Some items to extract: each a tuple of id, path, source (``audio``, ``msd``, ``cover``) and fingerprint."""

    index: Path
    tracks: Sequence[tuple[str, str, str, str]]
    settings: Recipe


def run(shards: Sequence[Shard], workers: int) -> Iterator[int]:
    """Extract shards in worker processes; skip finished ones.

    Parameters
    ----------
    workers : int > 0
        Processes, each with one thread for linear algebra. The features do not depend on their number.

    Yields
    ------
    tracks : int
        Number of items in a shard just finished.

    Raises
    ------
    MumuError
        If a process was killed from outside. Finished shards are kept.
    """
    blamed: set[tuple[Path, int]] = set()
    todo = _unfinished(shards)
    while todo:
        try:
            yield from _run_processes(todo[: workers * SHARDS_PER_WORKER], min(workers, len(todo)))
        except BrokenProcessPool:
            stopped: set[tuple[Path, int]] = set()
            for shard in todo:
                stopped.update((shard.index, row) for row in _stopped_by(shard))
            if stopped <= blamed:
                raise MumuError(
                    "a process was killed while extracting features, usually because memory ran out; "
                    "finished features are kept: run again with fewer workers"
                ) from None
            blamed |= stopped
        todo = _unfinished(shards)


def _unfinished(shards: Sequence[Shard]) -> list[Shard]:
    return [shard for shard in shards if not shard.index.is_file()]


def _run_processes(shards: Sequence[Shard], workers: int) -> Iterator[int]:
    """Extract shards in a pool of processes; yield the number of items of each as it finishes."""
    # Never fork: the parent may hold a deep-learning backend with threads of its own.
    context = multiprocessing.get_context("spawn")
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker)
    try:
        with _without_main():
            futures = [pool.submit(_extract, shard) for shard in shards]
        for future in as_completed(futures):
            yield future.result()
    except BaseException:
        # After Ctrl-C the pool would wait forever for workers interrupted while starting.
        for worker in set(multiprocessing.active_children()) - others:
            worker.kill()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _without_main() -> Iterator[None]:
    """Keep spawned processes from importing the caller's script, which may lack ``if __name__ == "__main__":``.

    A spawned process imports the script by the name or file of ``__main__``. Workers need neither.
    """
    main = sys.modules["__main__"]
    kept = {}
    for name in ("__spec__", "__file__"):
        if hasattr(main, name):
            kept[name] = getattr(main, name)
            setattr(main, name, None)
    try:
        yield
    finally:
        for name, value in kept.items():
            setattr(main, name, value)


def _start_worker() -> None:
    # Silence warnings that libmpg123 writes to stderr; errors are reported as a status.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    # A worker whose parent was killed would wait for work forever.
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _extract(shard: Shard) -> int:
    """Extract and write one shard; return its number of items."""
    values: np.ndarray = np.zeros((len(shard.tracks), *shard.settings.shape), shard.settings.dtype)
    rows = []
    stopped = _stopped_by(shard)
    make_folder(shard.index.parent)
    with threadpool_limits(1), _opened(_trail(shard)) as trail:
        faulthandler.enable(trail)
        for row, (track_id, path, source, fingerprint) in enumerate(shard.tracks):
            try:
                if row in stopped:
                    raise RefusedError(stopped[row], f"{path}: {_WHY[stopped[row]]}")
                with writing(_trail(shard)):
                    trail.write(f"{row}\n".encode())
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


def _opened(trail: Path) -> io.FileIO:
    """Open a trail to append, unbuffered: a buffer would be flushed again after a full disk has refused it."""
    with writing(trail):
        return io.FileIO(trail, "a")


def _stopped_by(shard: Shard) -> dict[int, str]:
    """Return the rows that ended an earlier process, with the reason."""
    if not _trail(shard).is_file():
        return {}
    row = -1
    stopped = {}
    for line in _trail(shard).read_text(encoding="utf-8").splitlines():
        if line.isdigit():
            row = int(line)
        elif line.startswith("Timeout ("):
            stopped[row] = "timeout"
        elif line.startswith(("Fatal Python error", "Windows fatal exception")):
            stopped[row] = "corrupt"
    return stopped


def _write(index: Path, values: np.ndarray, table: pd.DataFrame) -> None:
    """Write both files atomically, the index last."""
    save_array(index.with_suffix(".npy"), values)
    with atomic_path(index) as part:
        table.to_parquet(part)
