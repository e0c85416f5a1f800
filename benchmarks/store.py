"""Shuffled reads of patches: the memory-mapped store against HDF5 and one file a track.

    python benchmarks/store.py                  4,000 patches in each layout
    python benchmarks/store.py --full           115,839 patches, the paper's size (about 7 GB, twice that on disk)

Layouts are read in turn, batch by batch, so that a busy machine slows all alike: ``warm`` from the
system's cache, ``cold`` after the files were dropped from it. ``--full`` writes shards as the workers do,
joins them with the store's own code, and reads one shuffled pass in batches of 32; it prints rates and the largest resident memory: all of it, and the part that is this process's own
(pages of a memory-mapped file count as resident, but the system takes them back when it needs memory).
"""

import argparse
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from mumu_lib import audio
from mumu_lib.audio import store as audio_store
from mumu_lib.features import build, workers
from mumu_lib.features.store import Store, read_rows

SHAPE = (1, audio.PATCH_FRAMES, audio.BINS)
PAPER = 115_839
BATCH = 32
LAYOUTS = (".npy, store.read_rows", ".npy, indexed", "HDF5, a chunk a track", "one .npy a track")


def patch_block(n: int, seed: int) -> np.ndarray:
    """Patches with the range and grain of real ones."""
    levels = np.random.default_rng(seed).integers(-80 * 32, 1, (n, *SHAPE), dtype=np.int16)
    return levels.astype(np.float16) / np.float16(32)


def write_layouts(folder: Path, n: int) -> dict[str, list[Path]]:
    (folder / "tracks").mkdir()
    with h5py.File(folder / "all.h5", "w") as file:
        table = file.create_dataset("patches", (n, *SHAPE), np.float16, chunks=(1, *SHAPE))
        store = np.lib.format.open_memmap(folder / "all.npy", "w+", np.float16, (n, *SHAPE))
        for start in range(0, n, 500):
            block = patch_block(min(500, n - start), start)
            store[start : start + 500] = table[start : start + 500] = block
            for i, patch in enumerate(block):
                np.save(folder / "tracks" / f"{start + i}.npy", patch)
        store.flush()
    return dict(zip(LAYOUTS[:3], ([folder / "all.npy"], [folder / "all.npy"], [folder / "all.h5"]), strict=True))


def readers(folder: Path) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    # Opened for every batch: the system keeps in its cache what a process has mapped, and nothing would be cold.
    def indexed(rows: np.ndarray) -> np.ndarray:
        return np.load(folder / "all.npy", mmap_mode="r")[rows]

    def taken(rows: np.ndarray) -> np.ndarray:
        return read_rows(np.load(folder / "all.npy", mmap_mode="r"), rows)

    def hdf5(rows: np.ndarray) -> np.ndarray:
        with h5py.File(folder / "all.h5") as file:
            table = file["patches"]
            return np.stack([table[row] for row in rows])

    def files(rows: np.ndarray) -> np.ndarray:
        return np.stack([np.load(folder / "tracks" / f"{row}.npy") for row in rows])

    return dict(zip(LAYOUTS, (taken, indexed, hdf5, files), strict=True))


def drop(paths: list[Path]) -> None:
    """Ask the system to forget what it holds of some files."""
    for path in paths:
        with open(path, "rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def compare(folder: Path, n: int, batches: int) -> pd.DataFrame:
    layouts, rng, rows = write_layouts(folder, n), np.random.default_rng(0), []
    for state in ("warm", "cold"):
        for i in range(batches + 1):
            chosen, seen = rng.permutation(n)[:BATCH], []
            for name, read in readers(folder).items():
                if state == "cold":
                    drop(layouts.get(name) or [folder / "tracks" / f"{row}.npy" for row in chosen])
                start = time.perf_counter()
                seen.append(read(chosen))
                if i:  # the first batch fills the caches
                    rows.append((name, state, 1e3 * (time.perf_counter() - start)))
            assert all(np.array_equal(seen[0], other) for other in seen[1:])
    table = pd.DataFrame(rows, columns=["layout", "state", "ms"])
    table = table.pivot_table(index="layout", columns="state", values="ms", aggfunc="median")
    for state in ("warm", "cold"):
        table[f"{state}, times the store's"] = table[state] / table.loc[LAYOUTS[0], state]
    return table.loc[list(LAYOUTS)].round(2)


class Memory(threading.Thread):
    """Largest resident memory while it runs, in GB: ``whole``, and ``own`` without mapped files."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.whole = self.own = 0.0
        self.stop = threading.Event()

    def run(self) -> None:
        """Look twenty times a second."""
        while not self.stop.wait(0.05):
            fields = dict(
                line.split(":") for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
            )
            whole, mapped = (int(fields[key].split()[0]) / 1e6 for key in ("VmRSS", "RssFile"))
            self.whole, self.own = max(self.whole, whole), max(self.own, whole - mapped)

    def __enter__(self) -> "Memory":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.join()


def timed(name: str, gigabytes: float, work: Callable[[], object]) -> object:
    with Memory() as memory:
        start = time.perf_counter()
        result = work()
        seconds = time.perf_counter() - start
    rate = gigabytes / seconds
    print(f"| {name} | {seconds:.1f} | {rate:.2f} | {memory.whole:.2f} | {memory.own:.2f} |", flush=True)
    return result


def full(folder: Path, n: int) -> None:
    settings = audio_store.settings("cqt", 1, 0, "fast")
    jobs = pd.DataFrame({"track_id": [f"T{i:06d}" for i in range(n)], "audio": "", "source": "audio"})
    jobs["fingerprint"] = jobs["track_id"]
    _, shards = build._shards(folder, jobs, settings)
    (folder / "shards").mkdir()
    size = n * np.prod(SHAPE) * 2 / 1e9
    print(f"{n:,} patches, {size:.1f} GB\n\n| work | s | GB/s | resident, GB | of it own, GB |\n|---|---|---|---|---|")
    timed("write shards", size, lambda: [write_shard(shard, i) for i, shard in enumerate(shards)])
    nothing = pd.DataFrame(columns=["status", "message", "seconds", "start", "file", "row"])
    timed("join", size, lambda: build._join(folder, "full", jobs, settings, nothing, shards))
    for name in ("one shuffled pass, cold", "one shuffled pass again"):
        if name.endswith("cold"):
            drop([folder / "full.npy"])
        timed(name, size, lambda: shuffled_pass(Store(folder, "full")))
    timed("standardisation", size, lambda: Store(folder, "full").standardisation(np.arange(n)))


def write_shard(shard: workers.Shard, seed: int) -> None:
    facts = {"status": "ok", "message": "", "seconds": 30.0, "start": 0}
    table = pd.DataFrame([{"fingerprint": track[3], **facts} for track in shard.tracks])
    workers._write(shard.index, patch_block(len(shard.tracks), seed), table)


def shuffled_pass(store: Store) -> float:
    order = np.random.default_rng(0).permutation(len(store.index))
    return statistics.fmean(
        float(read_rows(store.values, order[start : start + BATCH])[0, 0, 0, 0])
        for start in range(0, len(order), BATCH)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patches", type=int, default=0, help="4,000, or the paper's 115,839 with --full")
    parser.add_argument("--batches", type=int, default=60)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--folder", type=Path, help="on the disk to measure")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        if asked.full:
            full(Path(folder), asked.patches or PAPER)
        else:
            print(compare(Path(folder), asked.patches or 4000, asked.batches).to_string())


if __name__ == "__main__":
    main()
