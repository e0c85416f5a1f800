"""Speed of the text path at the paper's size, and of the text network with and without XLA.

    python benchmarks/text.py                  31,471 albums from 447,583 generated reviews
    python benchmarks/text.py --steps          training steps of the network, batches of 16 to 128
    python benchmarks/text.py --sentences FILE texts of a CSV (column text) through the sentence encoder
    python benchmarks/text.py --plain          only what one would write with scikit-learn alone, for its memory

Plain scikit-learn joins and cleans every review, vectorises, and takes the information gain of every genre
from ``mutual_info_classif`` on binary presence (some terms of one genre are timed, all reckoned from them).
"""

import argparse
import html
import multiprocessing
import re
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from mumu_lib import catalogue, text
from mumu_lib.text import analysis

ALBUMS, REVIEWS, LABELS = 31_471, 447_583, 250


def generate(folder: Path, albums: int, reviews: int) -> None:
    """Reviews of Amazon's sizes: about 1,000 characters, words by Zipf's law, some markup; labels by rank."""
    rng = np.random.default_rng(0)
    words = np.array(
        ["".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz"), rng.integers(2, 10))) for _ in range(60_000)]
    )
    ids = np.array([f"B{i:09d}" for i in range(albums)])
    # Every album has a review; the others fall to few.
    of = np.r_[np.arange(albums), (albums * rng.beta(0.5, 3, reviews - albums)).astype(int)]
    lengths = np.maximum(rng.lognormal(4.8, 0.9, reviews).astype(int), 5)
    written = []
    for length in lengths:
        chosen = words[np.minimum(rng.zipf(1.3, length), len(words)) - 1]
        written.append(" ".join(chosen) + ("<br />It&#39;s &amp; good" if length % 3 == 0 else ""))
    share = 0.84 / (1 + np.arange(LABELS)) ** 0.9
    genres = [[f"Genre {g}" for g in np.flatnonzero(rng.random(LABELS) < share)] or ["Genre 0"] for _ in range(albums)]
    catalogue.write(
        folder, name="generated", source="benchmark", synthetic=True, min_albums=1, roots={"audio": ".", "covers": "."},
        branches=[[f"Genre {g}"] for g in range(LABELS)], tracks=pd.DataFrame({"track_id": [], "album_id": [], "audio": []}),
        albums=pd.DataFrame({"album_id": ids, "title": ids, "genres": genres, "split": np.where(np.arange(albums) % 10 < 8, "train", "test")}),
        reviews=pd.DataFrame({"album_id": ids[of], "text": written, "helpful": rng.integers(0, 9, reviews)}),
    )  # fmt: skip


def timed(what: str, work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << (30 if sys.platform == "darwin" else 20))
    print(f"{what:>45}: {seconds:7.1f} s, peak of the process so far {peak:.2f} GB", flush=True)
    return result, seconds


def ours(music: catalogue.Catalogue) -> list[float]:
    train, M = music.rows("train"), music.label_matrix()
    texts, a = timed("aggregate", lambda: text.aggregate(music))
    (X, vectorizer), b = timed("tf-idf", lambda: text.tfidf(texts, train))
    terms = vectorizer.get_feature_names_out().tolist()
    _, c = timed(
        f"information gain, {X.shape[1]:,} terms x {M.shape[1]} genres",
        lambda: analysis.telling_terms(X[train], M[train], terms, music.labels),
    )
    return [a, b, c]


def plainly(music: catalogue.Catalogue, some: int = 500) -> list[float]:
    """Do the same with pandas and scikit-learn, as one would write it down."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.feature_selection import mutual_info_classif

    def joined() -> pd.Series:
        cleaned = music.reviews["text"].map(lambda t: re.sub("<[^<>]*>", " ", html.unescape(t)))
        order = music.reviews["helpful"].argsort()[::-1]
        return cleaned.iloc[order].groupby(music.reviews["album_id"].iloc[order]).agg(" ".join).str[:1000]

    train, M = music.rows("train"), music.label_matrix("train")
    texts, a = timed("plain: join", joined)
    texts = texts.reindex(music.albums["album_id"])
    vectorizer = TfidfVectorizer(sublinear_tf=True, max_df=0.5, max_features=10_000)
    fitted, b = timed(
        "plain: tf-idf", lambda: (vectorizer.fit_transform(texts.iloc[train]), vectorizer.transform(texts))
    )
    present, genre = (fitted[0][:, :some] != 0).astype(np.int8), M[:, [0]].toarray().ravel()
    _, c = timed(
        f"plain: information gain, {some} terms of one genre",
        lambda: mutual_info_classif(present, genre, discrete_features=True),
    )
    return [a, b, c * fitted[0].shape[1] / some * M.shape[1]]


def steps(batches: list[int], n: int) -> None:
    """Training steps with and without XLA, taken in turn; medians by the clock and of processor time."""
    import keras

    from mumu_lib import models

    rng = np.random.default_rng(0)
    for target, outputs in (("logistic", LABELS), ("cosine", 50)):
        loss = keras.losses.BinaryCrossentropy() if target == "logistic" else keras.losses.CosineSimilarity()
        networks = {}
        for xla in (False, True):
            networks[xla] = models.text_mlp(10_000, target)
            networks[xla].compile(keras.optimizers.Adam(1e-3, epsilon=1e-8), loss, jit_compile=xla)
        for batch in batches:
            x = sp.random(batch, 10_000, 0.01, random_state=0, dtype=np.float32).toarray()
            y = rng.random((batch, outputs)).astype(np.float32)
            took: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
            for _ in range(n + 1):
                for xla, network in networks.items():
                    start = time.perf_counter(), time.process_time()
                    network.train_on_batch(x, y)
                    took[xla].append((time.perf_counter() - start[0], time.process_time() - start[1]))
            for xla, ((first, _), *later) in took.items():
                wall, cpu = (1000 * statistics.median(values) for values in zip(*later, strict=True))
                print(
                    f"{target:>8}, batch {batch:3d}, {'XLA' if xla else 'no XLA':>6}: {wall:6.0f} ms a step, {cpu:6.0f} of "
                    f"the processors', least {1000 * min(wall for wall, _ in later):6.0f}; the first one {first:4.1f} s",
                    flush=True,
                )


def sentences(path: Path, characters: int, n: int) -> None:
    """Texts through the sentence encoder, as they are and joined to an album's length."""
    from mumu_lib import encoders

    encoder = encoders.make("minilm")
    written = pd.read_csv(path)["text"].astype(str).tolist()
    long = [" ".join(written[i:] + written[:i])[:characters] for i in range(0, len(written), 4)]
    for what, texts in (("as they are", written[:n]), (f"{characters:,} characters", long[: n // 4])):
        encoder.encode(texts[:64])
        start = time.perf_counter(), time.process_time()
        encoder.encode(texts)
        wall, cpu = (time.perf_counter() - start[0]) / len(texts), (time.process_time() - start[1]) / len(texts)
        print(f"{what}: {1 / wall:.1f} a second, {1000 * cpu:.1f} ms of processor time each")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--albums", type=int, default=ALBUMS)
    parser.add_argument("--reviews", type=int, default=REVIEWS)
    parser.add_argument("--home", type=Path, help="keep the generated reviews here, and find them again")
    parser.add_argument("--steps", action="store_true")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--sentences", type=Path, help="a CSV with a column text")
    parser.add_argument("--batches", type=int, nargs="*", default=[16, 32, 64, 128])
    parser.add_argument("--repeat", type=int, default=15)
    asked = parser.parse_args()
    if asked.sentences:
        sentences(asked.sentences, 1000, 1024)
        return
    if asked.steps:
        steps(asked.batches, asked.repeat)
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = (asked.home or Path(scratch)) / "generated"
        if not (folder / "catalogue.json").is_file():
            # In a process of its own, so that its memory does not count.
            maker = multiprocessing.get_context("spawn").Process(
                target=generate, args=(folder, asked.albums, asked.reviews)
            )
            maker.start()
            maker.join()
        fast = [] if asked.plain else ours(catalogue.Catalogue(folder))
        slow = plainly(catalogue.Catalogue(folder))
        for what, one, other in zip(("aggregation", "tf-idf", "information gain"), slow, fast, strict=False):
            print(f"{what}: plain {one:,.1f} s, here {other:.1f} s, {one / other:,.1f} times")
        if fast:
            print(f"in all {sum(fast):.1f} s")


if __name__ == "__main__":
    main()
