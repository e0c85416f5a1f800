"""A training step of the audio networks: the layout of version 0.1.0 in float32 beside today's, in float32 and ``auto``.

    python benchmarks/layouts.py                                          all six, cosine, batch 32
    python benchmarks/layouts.py --filters high_4x70 --steps 5
    ONEDNN_MAX_CPU_ISA=AVX2 python benchmarks/layouts.py                  as on a processor without AVX-512

Steps are taken in turn, one of each variant, all from the same weights, and one table of medians is printed. On a machine
with other work trust the processor time (summed over cores); on a quiet one the milliseconds.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from mumu_lib import models
from mumu_lib.core import environment, processor

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from former_layout import former

SETTINGS = {"n_labels": 250, "d": 50, "mean": [-40.0] * 96, "std": [15.0] * 96}
VARIANTS = {
    "former": (former, "float32"),
    "now": (models.cnn, "float32"),
    "auto": (models.cnn, "auto"),
    "former_bf16": (former, "mixed_bfloat16"),
}


def networks(filters: str, variants: list[str]) -> dict[str, keras.Model]:
    """Compiled networks of the same weights, by variant."""
    made: dict[str, keras.Model] = {}
    for name in variants:
        make, precision = VARIANTS[name]
        environment.seed_everything(0, precision)
        made[name] = make(filters, "cosine", **SETTINGS)
        adam = keras.optimizers.Adam(1e-3, epsilon=1e-8)
        jit = keras.backend.backend() == "jax"
        made[name].compile(adam, keras.losses.CosineSimilarity(), jit_compile=jit)
    return made


def measured(filters: str, variants: list[str], batch: int, steps: int) -> dict[str, object]:
    """Measure a row of the table."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-80, 0, (batch, *models.PATCH_SHAPE)).astype(np.float32)
    y = keras.utils.normalize(rng.normal(size=(batch, 50))).astype(np.float32)
    made = networks(filters, variants)
    outputs = {name: network.predict(x[:4], verbose=0) for name, network in made.items()}
    wall: dict[str, list[float]] = {name: [] for name in made}
    spent: dict[str, list[float]] = {name: [] for name in made}
    for step in range(steps + 2):
        for name, network in made.items():
            start, busy = time.perf_counter(), time.process_time()
            network.train_on_batch(x, y)
            if step >= 2:
                wall[name].append(1000 * (time.perf_counter() - start))
                spent[name].append(1000 * (time.process_time() - busy))
    row: dict[str, object] = {"network": filters}
    first = variants[0]
    for name in variants:
        row[f"{name} ms"] = round(statistics.median(wall[name]), 1)
        row[f"{name} cpu ms"] = round(statistics.median(spent[name]), 1)
        if name != first:
            row[f"{name} x"] = round(statistics.median(wall[first]) / statistics.median(wall[name]), 2)
            row[f"{name} cpu x"] = round(statistics.median(spent[first]) / statistics.median(spent[name]), 2)
            row[f"{name} differs by"] = f"{np.abs(outputs[name] - outputs[first]).max():.0e}"
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--filters", nargs="*", choices=list(models.NETWORKS), default=list(models.NETWORKS))
    parser.add_argument("--variants", nargs="*", choices=list(VARIANTS), default=["former", "now", "auto"])
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--steps", type=int, default=7)
    asked = parser.parse_args()
    found = []
    for filters in asked.filters:
        found.append(measured(filters, asked.variants, asked.batch, asked.steps))
        print(found[-1], file=sys.stderr, flush=True)
    isa = ", ".join(sorted(flag for flag in processor.flags() if flag.startswith(("avx", "amx"))))
    print(f"{environment.device()}; {isa}\nauto is {processor.precision('auto')} here\n")
    print(pd.DataFrame(found).to_string(index=False))


if __name__ == "__main__":
    main()
