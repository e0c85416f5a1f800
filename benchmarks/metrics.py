"""Macro AUC of bootstrap resamples, against resampling through scikit-learn.

    python benchmarks/metrics.py                        250 labels, 3,147 albums, 1,000 resamples: the paper's test set
    python benchmarks/metrics.py --albums 31471 --resamples 200

Both ways run in turn, one thread each, so that a busy machine slows both: ours does all resamples, scikit-learn a few
of the same ones, from which its time for all is reckoned (``--all`` does all of them; about 20 minutes a round).
The first call, which compiles, is left out and printed apart. Scores are rounded, so that there are ties.
"""

import argparse
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score
from threadpoolctl import threadpool_limits

from mumu_lib import metrics


def genres(albums: int, labels: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Labels as unbalanced as the paper's Table 1 (84 % to 0.06 % of the albums), and scores that know something."""
    rng = np.random.default_rng(seed)
    shares = np.r_[0.84, 0.55, 0.28, np.geomspace(0.2, 0.0006, labels - 3)]
    Y = rng.random((albums, labels)) < shares
    Y[rng.integers(0, albums, labels), np.arange(labels)] = True
    return Y, (Y + rng.normal(size=Y.shape)).round(3)


def with_scikit_learn(Y: np.ndarray, S: np.ndarray, draws: np.ndarray, score: Callable) -> np.ndarray:
    values = []
    for rows in draws:
        y, s = Y[rows], S[rows]
        both = y.any(axis=0) & ~y.all(axis=0) if score is roc_auc_score else y.any(axis=0)
        values.append(score(y[:, both], s[:, both], average="macro"))
    return np.array(values)


def timed(work: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def peak(work: Callable[[], np.ndarray]) -> float:
    """Megabytes allocated at most on top of what is there."""
    tracemalloc.start()
    work()
    highest = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return highest


def compare(name: str, score: Callable, asked: argparse.Namespace) -> None:
    Y, S = genres(asked.albums, asked.labels)
    draws = np.random.default_rng(0).integers(0, asked.albums, (asked.resamples, asked.albums))
    few = draws if asked.all else draws[: asked.few]
    first, _ = timed(lambda: metrics.bootstrap(Y[:50], S[:50], name, 2))
    ours, theirs, worst = [], [], 0.0
    for _ in range(asked.rounds):
        seconds, values = timed(lambda: metrics.bootstrap(Y, S, name, asked.resamples))
        ours.append(seconds)
        seconds, expected = timed(lambda: with_scikit_learn(Y, S, few, score))
        theirs.append(seconds / len(few) * asked.resamples)
        worst = max(worst, float(np.abs(values[: len(few)] - expected).max()))
    fast, slow = np.median(ours), np.median(theirs)
    memory = peak(lambda: metrics.bootstrap(Y, S, name, asked.resamples))
    print(
        f"| {name} | {slow:.0f} | {fast:.2f} | {slow / fast:.0f} | {worst:.0e} | {memory:.0f} | {first:.1f} |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--albums", type=int, default=3147)
    parser.add_argument("--labels", type=int, default=250)
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--few", type=int, default=5, help="resamples that scikit-learn does a round")
    parser.add_argument("--all", action="store_true", help="let scikit-learn do all of them")
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    print(f"{asked.resamples:,} resamples of {asked.albums:,} albums, {asked.labels} labels\n")
    print("| metric | scikit-learn, s | ours, s | times faster | largest difference | memory, MB | first call, s |")
    print("|---|---|---|---|---|---|---|")
    with threadpool_limits(1):
        compare("auc", roc_auc_score, asked)
        compare("map", average_precision_score, asked)


if __name__ == "__main__":
    main()
