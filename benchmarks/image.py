"""Covers a second into the image network, against plain Pillow one by one, and against what a GPU eats.

    python benchmarks/image.py                          synthetic covers, 500 x 500 jpg
    python benchmarks/image.py --covers FOLDER          covers of your own

Two things are timed in turn with plain Pillow, so that a busy machine slows both; medians of ratios count.

* The views of an epoch: plain Pillow opens each file, crops, resizes, changes brightness, contrast, saturation
  and lighting one after the other, mirrors. Ours reads the cover store and cuts views in a thread a core, as
  training does.
* The store itself, made once: files decoded and resized in a process a core, with a process's start left out.

What the GPU eats is an assumption, printed: a training step of ResNet-101 at 224 pixels costs 3 x 15.6 GFLOP a
cover, of which a GPU of 790 TFLOP/s in bfloat16 does at most a fifth with convolutions of this size.
"""

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageEnhance

from mumu_lib import catalogue, image
from mumu_lib.core.errors import ImageError
from mumu_lib.image import augment, store as covers
from mumu_lib.image.augment import EIGENVALUES, EIGENVECTORS

SIZE = 224
GFLOP_A_COVER = 3 * 15.6
TFLOPS = 790
SHARE = 0.2
GPU_CORES = 16


def synthetic(folder: Path, n: int) -> None:
    """Smooth colours with some grain, as a photograph has them."""
    for i in range(n):
        rng = np.random.default_rng(i)
        smooth = Image.fromarray(rng.integers(0, 256, (12, 12, 3), np.uint8)).resize(
            (500, 500), Image.Resampling.BICUBIC
        )
        grain = np.asarray(smooth) + rng.normal(0, 8, (500, 500, 1))
        Image.fromarray(np.clip(grain, 0, 255).astype(np.uint8)).save(folder / f"{i}.jpg", quality=88)


def plain_view(path: Path) -> np.ndarray:
    """Open and crop one cover as most training scripts do."""
    picture = Image.open(path).convert("RGB")
    box = augment.random_crop(*picture.size, np.random.default_rng())
    picture = picture.crop(tuple(map(int, box))).resize((SIZE, SIZE), Image.Resampling.BICUBIC)
    changes = [ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color]
    for change in random.sample(changes, 3):
        picture = change(picture).enhance(random.uniform(0.6, 1.4))
    shift = 255 * EIGENVECTORS @ (np.random.default_rng().normal(0, 0.1, 3) * EIGENVALUES)
    view = np.clip(np.asarray(picture, np.float32) + shift.astype(np.float32), 0, 255).astype(np.uint8)
    return view[:, ::-1] if random.random() < 0.5 else view


def plain_decode(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB").resize((256, 256), Image.Resampling.BICUBIC))


def our_decode(path: Path) -> int:
    return image.squeezed(path)[1][0]


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def milliseconds_of_processor(files: list[Path], batches: Sequence) -> dict[str, float]:
    """Processor time of one thread a cover, which other work on the machine changes little."""
    ways: dict[str, Callable[[], object]] = {
        "view, plain": lambda: [plain_view(path) for path in files],
        "view, ours": lambda: [batches[i] for i in range(len(batches))],
        "decode, plain": lambda: [plain_decode(path) for path in files],
        "decode, ours": lambda: [our_decode(path) for path in files],
    }
    spent = {}
    for name, way in ways.items():
        start = time.thread_time()
        way()
        spent[name] = 1e3 * (time.thread_time() - start) / len(files)
    return spent


def usable(files: list[Path]) -> list[Path]:
    kept = []
    for path in files:
        try:
            image.read(path)
        except ImageError as error:
            print(f"left out, {error.reason}: {error}")
        else:
            kept.append(path)
    return kept


def store_of(files: list[Path], folder: Path) -> covers.CoverStore:
    albums = pd.DataFrame(
        {"album_id": [f"A{i}" for i in range(len(files))], "title": "", "artist": "", "split": "train"}
    )
    albums["genres"], albums["cover"] = [["Pop"]] * len(files), [str(path.resolve()) for path in files]
    none = pd.DataFrame({"track_id": [], "album_id": []})
    music = catalogue.write(
        folder / "benchmark", name="benchmark", albums=albums, tracks=none, reviews=none[["album_id"]],
        branches=[["Pop"]], min_albums=1, source="benchmark", roots={"audio": "/", "covers": "/"},
    )  # fmt: skip
    return covers.decode(music)


def measure(files: list[Path], folder: Path, rounds: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Covers a second, and milliseconds of processor time a cover: a column a way, a row a round."""
    from mumu_lib.image.finetuning import CoverBatches

    store, rows, spent = store_of(files, folder), [], []
    batches = CoverBatches(store, store.rows(store.index["album_id"]), size=SIZE, batch_size=16, seed=0)
    cores = os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as threads, ProcessPoolExecutor(cores) as processes:
        list(processes.map(our_decode, files[: 2 * cores]))
        for _ in range(rounds):
            ways: dict[str, Callable[[], object]] = {
                "view, plain": lambda: [plain_view(path) for path in files],
                "view, ours, one thread": lambda: [batches[i] for i in range(len(batches))],
                "view, ours": lambda: list(threads.map(batches.__getitem__, range(len(batches)))),
                "decode, plain": lambda: [plain_decode(path) for path in files],
                "decode, ours": lambda: list(processes.map(our_decode, files, chunksize=8)),
            }
            rows.append({name: len(files) / seconds(way) for name, way in ways.items()})
            spent.append(milliseconds_of_processor(files, batches))
    return pd.DataFrame(rows), pd.DataFrame(spent)


def report(rates: pd.DataFrame, spent: pd.DataFrame, files: int) -> None:
    median, cores = rates.median(), os.cpu_count() or 1
    print(f"\n{files} covers, {cores} cores, medians of {len(rates)} rounds\n\n| work | covers a second |\n|---|---|")
    for name, value in median.items():
        print(f"| {name} | {value:.0f} |")
    print("\n| work | ms of processor time a cover |\n|---|---|")
    for name, value in spent.median().items():
        print(f"| {name} | {value:.2f} |")
    print()
    for work in ("view", "decode"):
        ratio = statistics.median(rates[f"{work}, ours"] / rates[f"{work}, plain"])
        print(f"{work}: {ratio:.1f} times as fast as plain Pillow")
    one, many, alone = median["view, ours, one thread"], median["view, ours"], 1e3 / spent["view, ours"].median()
    hunger = TFLOPS * 1e3 * SHARE / GFLOP_A_COVER
    print(f"{cores} threads give {many / one:.1f} times the views of one")
    print(
        f"assumed appetite: {SHARE:.0%} of {TFLOPS} TFLOP/s, {GFLOP_A_COVER:.0f} GFLOP a cover: {hunger:.0f} covers a second"
    )
    for what, rate in ((f"{cores} threads as measured", many / cores), ("processor time of one", alone)):
        print(
            f"{GPU_CORES} cores, from {what}: {GPU_CORES * rate:.0f} a second, {GPU_CORES * rate / hunger:.1f} times that"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--covers", type=Path, help="folder of covers, searched through")
    parser.add_argument("--files", type=int, default=192, help="how many of them to use")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        if not asked.covers:
            synthetic(Path(made), asked.files)
        endings = (".jpg", ".jpeg", ".png", ".gif", ".webp")
        found = sorted(p for p in (asked.covers or Path(made)).rglob("*") if p.suffix.lower() in endings)
        files = usable(found[: asked.files])
        report(*measure(files, Path(made), asked.rounds), len(files))


if __name__ == "__main__":
    main()
