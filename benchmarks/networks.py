"""Speed of the audio networks: a training step, its share of the machine's matrix-product peak, an epoch.

    python benchmarks/networks.py                                  steps of all twelve, batch 32
    python benchmarks/networks.py --filters high_4x70 --plain      also in the plain two-dimensional layout
    KERAS_BACKEND=jax python benchmarks/networks.py --precision mixed_bfloat16
    python benchmarks/networks.py --epoch 115839                   one whole epoch from a memory map, at the paper's size

Variants are timed in turn, one step each, and medians are given: trust the ratios.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import keras
import numpy as np

from mumu_lib import models, training
from mumu_lib.core import environment
from mumu_lib.core.environment import device
from mumu_lib.experiments import TARGETS
from mumu_lib.models.convolution import ConvolutionPool

LABELS, FACTORS = 250, 50


def gflop_per_example(network: keras.Model) -> tuple[float, float]:
    """Multiplications and additions of a forward pass and of a training step, from the layers' shapes."""
    work = []
    for layer in network.layers:
        if isinstance(layer, keras.layers.Conv1D | keras.layers.Conv2D | keras.layers.Dense | ConvolutionPool):
            maps = layer.output.shape[1:-1]
            if isinstance(layer, ConvolutionPool):
                # Its outputs are pooled already.
                sides = zip(layer.input.shape[1:-1], layer.kernel_size, strict=True)
                maps = [length - kernel + 1 for length, kernel in sides]
            work.append(2 * np.prod(layer.kernel.shape) * np.prod(maps) / 1e9)
    # The gradient with respect to the patch itself is never taken.
    return float(sum(work)), float(3 * sum(work) - work[0])


def peak_gflops(n: int = 4096) -> float:
    """Measure what the machine reaches on a float32 product of two n x n matrices."""
    a = keras.random.normal((n, n))
    times = []
    for _ in range(7):
        start = time.perf_counter()
        float(keras.ops.sum(keras.ops.matmul(a, a)[0]))
        times.append(time.perf_counter() - start)
    return 2 * n**3 / min(times) / 1e9


def compiled(filters: str, target: str, plain: bool = False) -> keras.Model:
    network = models.cnn(filters, target, LABELS, FACTORS, mean=[-40.0] * 96, std=[15.0] * 96, plain=plain)
    loss = keras.losses.BinaryCrossentropy() if target == "logistic" else keras.losses.CosineSimilarity()
    network.compile(keras.optimizers.Adam(1e-3, epsilon=1e-8), loss, jit_compile=keras.backend.backend() == "jax")
    return network


def targets(n: int, target: str, rng: np.random.Generator) -> np.ndarray:
    if target == "logistic":
        return (rng.random((n, LABELS)) < 6 / LABELS).astype(np.float32)
    vectors = rng.normal(size=(n, FACTORS)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def steps(filters: list[str], target: str, batch: int, n: int, plain: bool) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-80, 0, (batch, *models.PATCH_SHAPE)).astype(np.float32), targets(batch, target, rng)
    print(f"matrix product: {(peak := peak_gflops()):.0f} GFLOP/s")
    for name in filters:
        variants = {"cheap": compiled(name, target), **({"plain": compiled(name, target, plain=True)} if plain else {})}
        seconds: dict[str, list[float]] = {variant: [] for variant in variants}
        for step in range(n + 2):
            for variant, network in variants.items():
                start = time.perf_counter()
                network.train_on_batch(x, y)
                if step >= 2:
                    seconds[variant].append(time.perf_counter() - start)
        work = gflop_per_example(variants["cheap"])[1] * batch
        for variant, times in seconds.items():
            median = statistics.median(times)
            print(
                f"{name:>10} {target:>8} {variant}: {1000 * median:8.1f} ms a step, {work / median:8.0f} GFLOP/s = "
                f"{work / median / peak:4.0%} of the product's, epoch of 115,839: {115839 / batch * median:7.0f} s",
                flush=True,
            )


def epochs(filters: list[str], target: str, batch: int, n: int, workers: int) -> None:
    """Whole epochs, feeding included, as ``training.fit`` runs them: the second one, the first compiles."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        patches = np.lib.format.open_memmap(Path(folder) / "patches.npy", "w+", np.float16, (n, *models.PATCH_SHAPE))
        for start in range(0, n, 4096):
            patches[start : start + 4096] = rng.uniform(-80, 0, patches[start : start + 4096].shape).astype(np.float32)
        encoded_targets = targets(n, target, rng)
        for name in filters:
            train = training.Batches(patches, np.arange(n), encoded_targets, batch_size=batch, seed=0, workers=workers)
            val = training.Batches(patches, np.arange(batch), encoded_targets[:batch], batch_size=batch)
            network = models.cnn(name, target, LABELS, FACTORS, mean=[-40.0] * 96, std=[15.0] * 96)
            loss = keras.losses.BinaryCrossentropy() if target == "logistic" else keras.losses.CosineSimilarity()
            history = training.fit(network, loss, train, val, epochs=2, patience=9, learning_rate=1e-4, seed=0)
            print(f"{name:>10} {target:>8}: {history['seconds'].iloc[1]:7.1f} s an epoch of {n:,} patches", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--filters", nargs="*", choices=list(models.NETWORKS), default=list(models.NETWORKS))
    parser.add_argument("--targets", nargs="*", choices=TARGETS, default=TARGETS)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--steps", type=int, default=7)
    parser.add_argument("--plain", action="store_true", help="also time the plain two-dimensional layout")
    parser.add_argument("--precision", default="float32", choices=("float32", "mixed_float16", "mixed_bfloat16"))
    parser.add_argument("--epoch", type=int, default=0, help="patches of a whole epoch, fed from a memory map")
    parser.add_argument("--workers", type=int, default=2, help="threads that feed an epoch")
    asked = parser.parse_args()
    environment.seed_everything(0, asked.precision)
    print(f"{device()}, {asked.precision}, batch {asked.batch}", flush=True)
    for target in asked.targets:
        if asked.epoch:
            epochs(list(asked.filters), target, asked.batch, asked.epoch, asked.workers)
        else:
            steps(list(asked.filters), target, asked.batch, asked.steps, asked.plain)


if __name__ == "__main__":
    main()
