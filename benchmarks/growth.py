"""How seconds and memory of each stage grow with the catalogue, and what grows faster than n log n.

    python benchmarks/growth.py                                 1, 10 and 100 thousand
    python benchmarks/growth.py --stages matching labels --sizes 1 10 100 1000

Each stage runs at each size in a process of its own, on made-up input of MuMu's marginals: 250 labels, some six an
album, 50 factors. The input is made before the clock starts. The exponent is the slope of processor time from the size
before: 1 is linear, and n log n is 1.1 at these sizes. A stage that does not end within ``--limit`` seconds is named.
"""

import argparse
import math
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

LABELS, FACTORS, GENRES_AN_ALBUM = 250, 50, 5.97
FASTER = 1.2


def label_matrix(n: int) -> sp.csr_matrix:
    """Albums x labels, frequencies falling as the rank's power, so that an album has as many as in MuMu."""
    rng = np.random.default_rng(n)
    share = 1 / np.arange(1, LABELS + 1) ** 0.9
    share = np.minimum(share * GENRES_AN_ALBUM / share.sum(), 0.84)
    columns = [np.flatnonzero(rng.random(n) < chance) for chance in share]
    rows = np.concatenate(columns)
    labels = np.repeat(np.arange(LABELS), [len(column) for column in columns])
    return sp.csr_matrix((np.ones(len(rows)), (rows, labels)), shape=(n, LABELS))


def factors(n: int) -> np.ndarray:
    from mumu_lib import labels

    M = label_matrix(n)
    F = labels.album_factors(M, labels.label_factors(M, FACTORS))
    return F[np.abs(F).any(axis=1)]


def written(n: int, folder: Path) -> Any:
    """Write a catalogue of so many albums, with a track and a review each, on disk."""
    from mumu_lib import catalogue

    M = label_matrix(n)
    ids = [f"A{i:07d}" for i in range(n)]
    genres = [[f"Genre {g}" for g in M.indices[M.indptr[i] : M.indptr[i + 1]]] or ["Genre 0"] for i in range(n)]
    splits = np.where(np.arange(n) % 10 < 8, "train", np.where(np.arange(n) % 10 < 9, "val", "test"))
    return catalogue.write(
        folder / "grown", name="grown", source="benchmark", synthetic=True, min_albums=1,
        roots={"audio": ".", "covers": "."}, branches=[[f"Genre {g}"] for g in range(LABELS)],
        albums=pd.DataFrame({"album_id": ids, "title": ids, "artist": ids, "genres": genres, "split": splits}),
        tracks=pd.DataFrame({"track_id": ids, "album_id": ids, "audio": ids}),
        reviews=pd.DataFrame({"album_id": ids, "text": texts(n)}),
    )  # fmt: skip


def texts(n: int) -> list[str]:
    """Texts of some 200 characters, words by Zipf's law."""
    rng = np.random.default_rng(n)
    words = np.array(["".join(rng.choice(list("abcdefghiklmnoprstu"), rng.integers(3, 10))) for _ in range(60_000)])
    drawn = np.minimum(rng.zipf(1.3, (n, 30)), len(words)) - 1
    return [" ".join(row) for row in words[drawn]]


class Made:
    """A recipe of features that needs no sound: 48 numbers drawn from the item's name."""

    name, shape, dtype, facts = "made", (48,), np.float32, {"seconds": np.nan, "start": -1}

    def row(self, item: str, path: str, source: str) -> tuple[np.ndarray, dict[str, Any]]:
        """Return the numbers of an item, and its facts."""
        values = np.random.default_rng(int(item[1:])).random(48, dtype=np.float32)
        return values, {"status": "ok", "message": "", "seconds": 30.0, "start": 0}


# Each stage makes its input and returns what is measured.


def stage_labels(n: int, folder: Path) -> Callable[[], Any]:
    from mumu_lib import labels

    M = label_matrix(n)
    return lambda: labels.album_factors(M, labels.label_factors(M, FACTORS))


def stage_neighbours(n: int, folder: Path) -> Callable[[], Any]:
    from mumu_lib import labels

    F = factors(n)
    group = pd.Series(np.random.default_rng(0).integers(0, 20, len(F)))
    return lambda: labels.neighbour_agreement(F, group)


def stage_maps(n: int, folder: Path) -> Callable[[], Any]:
    from mumu_lib.figures import projection

    F = factors(n)
    return lambda: projection.tsne(F)


def stage_splits(n: int, folder: Path) -> Callable[[], Any]:
    from mumu_lib.catalogue import splits

    M = label_matrix(n)
    genres = [[str(g) for g in M.indices[M.indptr[i] : M.indptr[i + 1]]] for i in range(n)]
    return lambda: splits.assign(genres)


def stage_catalogue(n: int, folder: Path) -> Callable[[], Any]:
    from mumu_lib.catalogue import Catalogue

    music = written(n, folder)
    return lambda: Catalogue(music.folder).label_matrix()


def stage_text(n: int, folder: Path) -> Callable[[], Any]:
    from mumu_lib import text

    music = written(n, folder)
    return lambda: text.tfidf(text.aggregate(music), music.rows("train"))


def stage_information_gain(n: int, folder: Path) -> Callable[[], Any]:
    from mumu_lib import text
    from mumu_lib.text import analysis

    X, _ = text.tfidf(pd.Series(texts(n)), np.arange(n))
    M = label_matrix(n)
    return lambda: analysis.information_gain(X, M)


def stage_linking(n: int, folder: Path) -> Callable[[], Any]:
    import linking as linking_benchmark

    from mumu_lib.linking.local import LocalLinker

    written_texts = linking_benchmark.made_up(n, np.random.default_rng(0))
    linking_benchmark.make(folder, 20_000, written_texts[:1000])
    linker = LocalLinker(folder / "knowledge")
    return lambda: sum(map(len, linker.link_all(written_texts)))


def stage_matching(n: int, folder: Path) -> Callable[[], Any]:
    import matching as matching_benchmark

    from mumu_lib.mapping import matching

    right = matching_benchmark.releases(n)
    left = matching_benchmark.albums(right, max(n // 15, 1))
    return lambda: matching.match(left, right)


def stage_features(n: int, folder: Path) -> Callable[[], Any]:
    from growth import Made  # so that worker processes find it by its name

    from mumu_lib.audio.store import AudioStore
    from mumu_lib.features import build

    music = written(n, folder)
    jobs = pd.DataFrame({"track_id": music.tracks["track_id"], "audio": "", "source": "audio"})
    jobs["fingerprint"] = jobs["track_id"]
    return lambda: build.open_or_build(music, jobs, Made(), AudioStore, 2)


def stage_bootstrap(n: int, folder: Path) -> Callable[[], Any]:
    from mumu_lib import metrics

    Y = label_matrix(n).astype(np.int8)
    scores = np.random.default_rng(0).random((n, LABELS), dtype=np.float32)
    metrics.bootstrap(Y[:100], scores[:100], n=2)  # compiles
    return lambda: metrics.bootstrap(Y, scores, n=100)


def stage_prediction(n: int, folder: Path) -> Callable[[], Any]:
    from mumu_lib import labels
    from mumu_lib.prediction import queries

    music = written(n, folder)
    place = labels.learned_factors(music, FACTORS)[0]
    return lambda: queries.nearest_albums(place, music)


STAGES: dict[str, Callable[[int, Path], Callable[[], Any]]] = {
    name.removeprefix("stage_"): stage for name, stage in globals().items() if name.startswith("stage_")
}


def measure(stage: str, n: int, answers: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = STAGES[stage](n, Path(folder))
        before = peak()
        wall, processor = time.perf_counter(), processor_time()
        work()
        answers.put((time.perf_counter() - wall, processor_time() - processor, peak(), peak() - before))


def processor_time() -> float:
    """Return the seconds of processor of this process and of the workers it has waited for."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def peak() -> float:
    """Return the peak memory of this process so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << (30 if sys.platform == "darwin" else 20))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=list(STAGES))
    parser.add_argument("--sizes", nargs="+", type=int, default=[1, 10, 100], help="thousands of albums or tracks")
    parser.add_argument("--limit", type=int, default=1800, help="seconds for one stage at one size, its input included")
    asked = parser.parse_args()
    spawn = multiprocessing.get_context("spawn")
    print("| stage | thousand | s | s of processor | GB at most | of it for the work | exponent |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for stage in asked.stages:
        previous = None
        for thousand in asked.sizes:
            answers = spawn.Queue()
            process = spawn.Process(target=measure, args=(stage, 1000 * thousand, answers))
            process.start()
            process.join(asked.limit)
            if process.is_alive() or process.exitcode:
                process.kill()
                print(f"| {stage} | {thousand:,} | not within {asked.limit} s, or failed | | | | |", flush=True)
                break
            wall, processor, most, more = answers.get()
            exponent = ""
            if previous:
                slope = math.log(processor / previous[1]) / math.log(thousand / previous[0])
                exponent = f"{slope:.2f}{' **faster**' if slope > FASTER else ''}"
            print(
                f"| {stage} | {thousand:,} | {wall:.2f} | {processor:.2f} | {most:.2f} | {more:.2f} | {exponent} |",
                flush=True,
            )
            previous = (thousand, processor)


if __name__ == "__main__":
    main()
