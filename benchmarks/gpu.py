"""What an epoch at the paper's size takes on a GPU: the six audio networks and ResNet-101, as the notebooks train them.

    python benchmarks/gpu.py                                       all of them, in float32 and in bfloat16
    KERAS_BACKEND=jax python benchmarks/gpu.py --networks high_3x3 resnet101
    python benchmarks/gpu.py --patches 512 --covers 64             a trial in minutes, without a GPU

Each training has a process of its own, so that its memory is its own too. It reads made-up patches and covers from a
memory map, cuts the views of the covers in all cores, and trains two epochs of a part of the paper's examples. The second
epoch is timed, and multiplied up to the paper's number of examples; validation is one batch.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

# Its settings of the backend must come before Keras.
import mumu_lib  # noqa: F401  # isort: skip
import keras
import numpy as np

from mumu_lib import models, training
from mumu_lib.core import environment
from mumu_lib.core.environment import device
from mumu_lib.image import finetuning

LABELS, FACTORS = 250, 50
# Training examples and batches of the paper's catalogue (params/paper.yaml).
PATCHES, COVERS = 115_839, 23_603
PATCH_BATCH, COVER_BATCH = 32, 50
COVER, VIEW = 256, 224
PRECISIONS = ("float32", "mixed_bfloat16")


def write_examples(folder: Path, patches: int, covers: int) -> None:
    """Write made-up patches and covers in the types of the stores."""
    rng = np.random.default_rng(0)
    shape = (patches, *models.PATCH_SHAPE)
    sounds = np.lib.format.open_memmap(folder / "patches.npy", "w+", np.float16, shape)
    for start in range(0, patches, 1024):
        sounds[start : start + 1024] = rng.uniform(-80, 0, sounds[start : start + 1024].shape).astype(np.float16)
    pictures = np.lib.format.open_memmap(folder / "covers.npy", "w+", np.uint8, (covers, COVER, COVER, 3))
    for start in range(0, covers, 256):
        pictures[start : start + 256] = rng.integers(0, 256, pictures[start : start + 256].shape, np.uint8)


def gpu_gigabytes() -> float:
    """Return the largest memory of the GPU in use so far; NaN without a GPU."""
    if keras.backend.backend() == "jax":
        import jax

        used = jax.devices()[0].memory_stats() or {}
        return used.get("peak_bytes_in_use", float("nan")) / 1e9
    import tensorflow as tf

    if not tf.config.list_physical_devices("GPU"):
        return float("nan")
    return tf.config.experimental.get_memory_info("GPU:0")["peak"] / 1e9


def sounds(folder: Path, name: str) -> tuple[keras.Model, training.Batches, training.Batches, dict]:
    patches = np.load(folder / "patches.npy", mmap_mode="r")
    rng = np.random.default_rng(0)
    factors = rng.normal(size=(len(patches), FACTORS)).astype(np.float32)
    factors /= np.linalg.norm(factors, axis=1, keepdims=True)
    rows = np.arange(len(patches))
    train = training.Batches(patches, rows, factors, batch_size=PATCH_BATCH, seed=0, workers=2)
    val = training.Batches(patches, rows[:PATCH_BATCH], factors[:PATCH_BATCH], batch_size=PATCH_BATCH)
    network = models.cnn(name, "cosine", LABELS, FACTORS, mean=[-40.0] * 96, std=[15.0] * 96)
    return network, train, val, {"learning_rate": 1e-3}


def pictures(folder: Path) -> tuple[keras.Model, training.Batches, training.Batches, dict]:
    covers = np.load(folder / "covers.npy", mmap_mode="r")
    store = SimpleNamespace(values=covers, sizes=np.full((len(covers), 2), COVER))
    labels = (np.random.default_rng(0).random((len(covers), LABELS)) < 6 / LABELS).astype(np.float32)
    rows = np.arange(len(covers))
    options = {"size": VIEW, "batch_size": COVER_BATCH, "workers": os.cpu_count()}
    train = finetuning.CoverBatches(store, rows, labels, seed=0, **options)
    val = finetuning.CoverBatches(store, rows[:COVER_BATCH], labels[:COVER_BATCH], **options)
    network = models.resnet("resnet101", "logistic", LABELS, LABELS, weights="random", image_size=VIEW)
    optimizer = finetuning.optimizer("sgd", 0.1, 1e-4, len(train))
    return network, train, val, {"learning_rate": 0.1, "optimizer": optimizer}


def train_one(folder: Path, name: str, precision: str) -> None:
    """Train one network and print its row."""
    environment.seed_everything(0, precision)
    if name == "resnet101":
        (network, train, val, options), examples, loss = pictures(folder), COVERS, keras.losses.BinaryCrossentropy()
    else:
        (network, train, val, options), examples, loss = sounds(folder, name), PATCHES, keras.losses.CosineSimilarity()
    history = training.fit(network, loss, train, val, epochs=2, patience=9, seed=0, lines=False, **options)
    first, second = history["seconds"]
    n = len(train.rows)
    print(
        f"| {name} | {precision} | {second / len(train) * 1e3:.1f} | {n / second:,.0f} | {examples / n * second:.0f} | "
        f"{first - second:.0f} | {gpu_gigabytes():.1f} |",
        flush=True,
    )


def main() -> None:
    networks = [*models.NETWORKS, "resnet101"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="*", choices=networks, default=networks)
    parser.add_argument("--precisions", nargs="*", choices=PRECISIONS, default=PRECISIONS)
    parser.add_argument("--patches", type=int, default=28_960, help="a quarter of the paper's")
    parser.add_argument("--covers", type=int, default=6_000, help="a quarter of the paper's")
    parser.add_argument("--examples", type=Path, help="folder of the examples; only for the processes of this script")
    asked = parser.parse_args()
    if asked.examples:
        train_one(asked.examples, asked.networks[0], asked.precisions[0])
        return
    print(f"{device()}, Keras {keras.__version__} on {keras.backend.backend()}, {os.cpu_count()} cores\n")
    print("| network | precision | ms a step | examples/s | s an epoch | s more in the first epoch | GB of the GPU |")
    print("|---|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        write_examples(Path(folder), asked.patches, asked.covers)
        for name in asked.networks:
            for precision in asked.precisions:
                own = ["--examples", folder, "--networks", name, "--precisions", precision]
                subprocess.run([sys.executable, __file__, *own], check=False)


if __name__ == "__main__":
    main()
