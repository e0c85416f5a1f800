"""Cost and quality of matching as the release table grows, against all pairs without blocks.

    python benchmarks/matching.py                       20 thousand to 3 million releases
    python benchmarks/matching.py --albums 2000 --releases 20000 100000

Names are made up from a vocabulary with Zipf's frequencies; every second album is in the release
table, in other words: with a typing error, an edition in brackets, other case, a turned-round artist.
Prints seconds, growth, blocking recall, precision, recall, and the ratio to all pairs.
"""

import argparse
import resource
import time

import numpy as np
import pandas as pd
from rapidfuzz import process
from rapidfuzz.distance import Indel

from mumu_lib.mapping import matching, normalise

SYLLABLES = np.array([c + v for c in "bdfgklmnrstvwz" for v in "aeiou"])
STOCK = np.array(["Greatest Hits", "Live", "The Best Of", "Greatest Hits Vol. 2", "Christmas Album"])
ALL_PAIRS_UP_TO = 200_000
EDITIONS = np.array([" (Remastered)", " [Deluxe Edition]", " (2009 - Remaster)", " - Disc 1", " (Bonus Tracks)"])


def words(n: int, rng: np.random.Generator) -> np.ndarray:
    lengths = rng.integers(1, 5, n)
    parts = [SYLLABLES[rng.integers(0, len(SYLLABLES), n)] for _ in range(4)]
    out = parts[0].astype("<U8")
    for i, part in enumerate(parts[1:], start=1):
        out = np.char.add(out, np.where(lengths > i, part, ""))
    return out


def phrases(n: int, longest: int, vocabulary: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Phrases of 1 to ``longest`` words, frequent words first in the vocabulary (Zipf, exponent 1)."""
    weight = np.cumsum(1 / np.arange(1, len(vocabulary) + 1))
    draw = np.searchsorted(weight, rng.random((n, longest)) * weight[-1])
    lengths = rng.integers(1, longest + 1, n)
    out = vocabulary[draw[:, 0]].astype("<U48")
    for i in range(1, longest):
        out = np.char.add(out, np.where(lengths > i, np.char.add(" ", vocabulary[draw[:, i]]), ""))
    return out


def releases(n: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng([seed, n])
    vocabulary = np.unique(words(200_000, rng))
    rng.shuffle(vocabulary)
    artists = phrases(max(n // 5, 10), 3, vocabulary, rng)
    return pd.DataFrame(
        {"title": phrases(n, 5, vocabulary, rng), "artist": artists[rng.integers(0, len(artists), n)]}
    ).drop_duplicates(ignore_index=True)


def albums(table: pd.DataFrame, n: int, seed: int = 0) -> pd.DataFrame:
    """Albums, every second of them from ``table``, with noise; column ``truth`` is its row or -1."""
    rng = np.random.default_rng([seed, n, 1])
    truth = rng.choice(len(table), n, replace=n > len(table))
    picked = table.iloc[truth]
    absent = np.arange(n) % 2 == 1
    other = releases(n, seed + 1).reindex(range(n)).fillna("zzz")
    titles = np.where(absent, other["title"], picked["title"])
    artists = np.where(absent, other["artist"], picked["artist"])
    kind = rng.integers(0, 5, n)
    rows = [noisy(t, a, k, rng) for t, a, k in zip(titles, artists, kind, strict=True)]
    return pd.DataFrame(rows, columns=["title", "artist"]).assign(truth=np.where(absent, -1, truth))


def noisy(title: str, artist: str, kind: int, rng: np.random.Generator) -> tuple[str, str]:
    if kind == 1:
        return title + str(rng.choice(EDITIONS)), artist
    if kind == 2:
        return mistyped(title, rng), artist
    if kind == 3:
        return mistyped(title, rng), mistyped(artist, rng).upper()
    if kind == 4 and artist.count(" ") == 1:
        first, last = artist.split(" ")
        return title, f"{last}, {first}"
    return title, artist


def mistyped(name: str, rng: np.random.Generator) -> str:
    """Drop a letter; from short names none, as a single one would be more than the threshold forgives."""
    if len(name) < 10:
        return name
    at = int(rng.integers(1, len(name) - 1))
    return name[:at] + name[at + 1 :]


def blocking(left: pd.DataFrame, right: pd.DataFrame) -> tuple[float, float]:
    """Share of true pairs that share a block, and pairs compared per album."""
    sides = [(normalise.titles(t["title"]), normalise.artists(t["artist"])) for t in (left, right)]
    kept = pairs = 0
    for row, block in zip(left["truth"], matching.blocks(*sides), strict=True):
        pairs += len(block)
        kept += row in block
    return kept / (left["truth"] >= 0).sum(), pairs / len(left)


def all_pairs(left: pd.DataFrame, right: pd.DataFrame) -> None:
    """Best title and artist by plain rapidfuzz over every pair."""
    (titles, artists), (other_titles, other_artists) = [
        (normalise.titles(t["title"]), normalise.artists(t["artist"])) for t in (left, right)
    ]
    for start in range(0, len(titles), 256):
        part = slice(start, start + 256)
        title = process.cdist(
            titles[part], other_titles, scorer=Indel.normalized_similarity, score_cutoff=0.9, dtype=np.float32
        )
        artist = process.cdist(
            artists[part], other_artists, scorer=Indel.normalized_similarity, score_cutoff=0.9, dtype=np.float32
        )
        np.minimum(title, artist).argmax(axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--albums", type=int, default=65_000)
    parser.add_argument("--releases", type=int, nargs="+", default=[20_000, 200_000, 1_000_000, 3_000_000])
    parser.add_argument("--all-pairs", type=int, default=1_000, help="albums of the run without blocks; 0: none")
    chosen = parser.parse_args()
    previous = None
    for n in chosen.releases:
        right = releases(n)
        left = albums(right, chosen.albums)
        start = time.perf_counter()
        found = matching.match(left, right)
        seconds = time.perf_counter() - start
        sure = found[~found["ambiguous"]]
        hit = sure["right"].to_numpy() == left["truth"].to_numpy()[sure["left"]]
        recall, pairs = blocking(left, right)
        growth = "" if previous is None else f"  growth {seconds / previous:.2f}"
        print(
            f"{len(right):9,} releases  {len(left):,} albums  {seconds:7.1f} s{growth}  {pairs:6.0f} pairs an album  blocking recall {recall:.4f}  "
            f"precision {hit.mean():.4f}  recall {hit.sum() / (left['truth'] >= 0).sum():.4f}  ambiguous {found['ambiguous'].mean():.4f}  "
            f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GB",
            flush=True,
        )
        previous = seconds
        if chosen.all_pairs and n <= ALL_PAIRS_UP_TO:
            few = left.head(chosen.all_pairs)
            start = time.perf_counter()
            all_pairs(few, right)
            without = time.perf_counter() - start
            start = time.perf_counter()
            matching.match(few, right)
            print(
                f"          all pairs of {len(few):,} albums: {without:.1f} s, {without / (time.perf_counter() - start):.0f} times the time with blocks"
            )


if __name__ == "__main__":
    main()
