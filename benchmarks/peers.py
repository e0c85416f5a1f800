"""Us beside the peers of today: the same work, one thread each, in turn.

    python benchmarks/peers.py cqt --audio FOLDER       log-CQT: librosa, nnAudio2, audioFlux
    python benchmarks/peers.py scan --names 1000000     names found in texts: daachorse, ahocorasick_rs
    python benchmarks/peers.py match                    album tables: Splink on DuckDB
    python benchmarks/peers.py covers --covers FOLDER   covers decoded: PyTurboJPEG, simplejpeg
    python benchmarks/peers.py text                     tf-idf: polars

A peer is measured where it is installed (``pip install nnaudio2 audioflux daachorse ahocorasick_rs splink PyTurboJPEG
simplejpeg polars``) and named where it is not. librosa 1.0 needs Python 3.12: run ``cqt`` with an environment that has
it. Seconds are of the processor, so that other work on the machine counts little; prints Markdown tables with versions.
"""

# ruff: noqa: E402
import os

# Before numpy is imported, which reads them then.
for variable in (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "POLARS_MAX_THREADS",
    "RAYON_NUM_THREADS",
    "NUMBA_NUM_THREADS",
):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("NNAUDIO_DISABLE_CITATION_REMINDER", "1")

import argparse
import importlib.metadata
import multiprocessing
import re
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

RATE, HOP, BINS, LOWEST = 22050, 1024, 96, 32.703195662574829


def version(package: str) -> str:
    return f"{package} {importlib.metadata.version(package)}"


def in_turn(ways: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Median processor seconds of each way; the first round, which compiles, does not count."""
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, way in ways.items():
            start = time.process_time()
            way()
            if number:
                spent[name].append(time.process_time() - start)
    return {name: statistics.median(seconds) for name, seconds in spent.items()}


def show(what: str, medians: dict[str, float], further: dict[str, str], absent: Iterable[str]) -> None:
    """Print a table: each way, its seconds, and how many times as long it takes as ours, which stands first."""
    ours = next(iter(medians.values()))
    print(f"\n{what}; Python {sys.version.split()[0]}\n\n| | ms | times ours | |\n|---|---|---|---|")
    for name, seconds in medians.items():
        print(f"| {name} | {1e3 * seconds:.1f} | {seconds / ours:.2f} | {further.get(name, '')} |")
    for name in absent:
        print(f"\n{name}: not installed, not measured")


def peak() -> float:
    """Peak memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


# --- log-CQT -------------------------------------------------------------------------------------------------


def cqt_librosa() -> Callable[[np.ndarray], np.ndarray]:
    import librosa

    return lambda y: np.abs(librosa.cqt(y, sr=RATE, hop_length=HOP, n_bins=BINS, bins_per_octave=12)).T


def cqt_nnaudio(kind: str) -> Callable[[np.ndarray], np.ndarray]:
    import torch
    from nnAudio2 import features

    torch.set_num_threads(1)
    layer = getattr(features, kind)(sr=RATE, hop_length=HOP, n_bins=BINS, bins_per_octave=12, verbose=False)

    def run(y: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return layer(torch.from_numpy(y)[None])[0].numpy().T

    return run


def cqt_audioflux() -> Callable[[np.ndarray], np.ndarray]:
    import audioflux

    transform = audioflux.CQT(num=BINS, samplate=RATE, low_fre=LOWEST, bin_per_octave=12, slide_length=HOP)
    return lambda y: np.abs(transform.cqt(y)).T


def decibels(magnitude: np.ndarray) -> np.ndarray:
    power = np.maximum(magnitude.astype(np.float32) ** 2, 1e-10)
    level = 10 * np.log10(power / power.max())
    return np.maximum(level, -80)


def cqt(asked: argparse.Namespace) -> None:
    """Turn decoded recordings into decibels."""
    from mumu_lib import audio
    from mumu_lib.core.errors import AudioError

    peers = {
        "librosa": (cqt_librosa, "librosa"),
        "nnAudio2 CQT1992v2": (lambda: cqt_nnaudio("CQT1992v2"), "nnaudio2"),
        "nnAudio2 CQT2010v2": (lambda: cqt_nnaudio("CQT2010v2"), "nnaudio2"),
        "audioFlux": (cqt_audioflux, "audioflux"),
    }
    found = sorted(path for path in asked.audio.rglob("*") if path.suffix in (".mp3", ".ogg", ".flac", ".wav"))
    sounds = []
    for path in found[: asked.files]:
        try:
            sounds.append(audio.load(path))
        except AudioError as error:
            print(f"left out, {error.reason}: {path.name}")
    ways: dict[str, Callable[[np.ndarray], np.ndarray]] = {"mumu_lib": audio.log_cqt}
    absent = []
    for name, (make, package) in peers.items():
        try:
            transform = make()
        except ImportError:
            absent.append(name)
            continue
        ways[f"{name} ({version(package)})"] = lambda y, transform=transform: decibels(transform(y))
    medians = in_turn({name: lambda way=way: [way(y) for y in sounds] for name, way in ways.items()}, asked.rounds)
    exact = decibels(cqt_librosa()(sounds[0]))
    further = {}
    for name, way in ways.items():
        off = np.abs(way(sounds[0])[: len(exact)] - exact[: len(way(sounds[0]))])
        further[name] = f"off librosa's by {np.median(off):.4f} dB (median), {off.max():.2f} (largest)"
    seconds = sum(map(len, sounds)) / RATE
    show(f"log-CQT of {len(sounds)} recordings, {seconds:.0f} s of sound", medians, further, absent)


# --- names in texts ------------------------------------------------------------------------------------------

WORD = re.compile(r"\w")


def whole_words(text: str, matches: list[tuple[int, int, int]]) -> int:
    """Count mentions as the linker does: from the left the longest that begins and ends at a word's edge."""
    longest: dict[int, int] = {}
    for _, start, end in matches:
        inside = (start and WORD.match(text[start - 1])) or (end < len(text) and WORD.match(text[end]))
        if not inside and end > longest.get(start, 0):
            longest[start] = end
    mentions = last = 0
    for start in sorted(longest):
        if start >= last:
            mentions += 1
            last = longest[start]
    return mentions


def automaton(kind: str, names: list[str]) -> Callable[[str], int]:
    """Return what counts the mentions in a text, by one of the peers."""
    if kind == "daachorse":
        import daachorse

        double_array = daachorse.CharwiseDoubleArrayAhoCorasick(names)

        def by_daachorse(text: str) -> int:
            found = double_array.find_overlapping(text)
            return whole_words(text, [(number, start, end) for start, end, number in found])

        return by_daachorse
    import ahocorasick_rs

    plain = ahocorasick_rs.AhoCorasick(names)
    return lambda text: whole_words(text, plain.find_matches_as_indexes(text, overlapping=True))


def own_memory() -> float:
    """Memory of this process that no file backs, in MB; Linux only."""
    fields = dict(line.split(":") for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines())
    return int(fields["RssAnon"].split()[0]) / 2**10


def scan_ours(folder: Path, texts: list[str]) -> None:
    from mumu_lib.linking.local import LocalLinker

    before, start = own_memory(), time.process_time()
    linker = LocalLinker(folder)
    print_scan(
        "mumu_lib, names on disk", time.process_time() - start, before, lambda text: len(linker._mentions(text)), texts
    )


def scan_peer(kind: str, folder: Path, texts: list[str]) -> None:
    from mumu_lib.linking.knowledge import Knowledge

    names = [*Knowledge(folder)._names.iterkeys()]
    before, start = own_memory(), time.process_time()
    mentions = automaton(kind, names)
    print_scan(version(kind), time.process_time() - start, before, mentions, texts)


def print_scan(name: str, opening: float, before: float, mentions: Callable[[str], int], texts: list[str]) -> None:
    for text in texts[: len(texts) // 4]:
        mentions(text)
    start = time.process_time()
    found = sum(map(mentions, texts))
    rate = sum(map(len, texts)) / 1e6 / (time.process_time() - start)
    print(f"| {name} | {opening:.1f} | {own_memory() - before:.0f} | {rate:.2f} | {found:,} |", flush=True)


def scan(asked: argparse.Namespace) -> None:
    """All names of a dictionary in texts, the longest from the left, whole words only; each way in its own process."""
    import linking as linking_benchmark

    texts = linking_benchmark.made_up(asked.texts, np.random.default_rng(0))
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as made:
        for count in asked.names:
            folder = (asked.keep or Path(made)) / str(count)
            if not (folder / "knowledge" / "info.json").is_file():
                folder.mkdir(parents=True, exist_ok=True)
                alone(spawn, linking_benchmark.make, folder, count, texts)
            print("\n| | s to open or build | MB | MB of text/s | mentions |\n|---|---|---|---|---|", flush=True)
            alone(spawn, scan_ours, folder / "knowledge", texts)
            for kind in ("daachorse", "ahocorasick_rs"):
                if installed(kind):
                    alone(spawn, scan_peer, kind, folder / "knowledge", texts)


def alone(spawn: Any, work: Callable[..., None], *given: Any) -> None:
    """Run in a process of its own, so that memory is told apart."""
    process = spawn.Process(target=work, args=given)
    process.start()
    process.join()
    if process.exitcode:
        print(f"| {work.__name__} {given[0]} | ended with {process.exitcode} | | | |", flush=True)


def installed(package: str) -> bool:
    try:
        version(package)
    except importlib.metadata.PackageNotFoundError:
        print(f"{package}: not installed, not measured")
        return False
    return True


# --- album tables --------------------------------------------------------------------------------------------


def splink_pairs(left: pd.DataFrame, right: pd.DataFrame) -> pd.Series:
    """Best release of each album by Splink, trained on these very tables [index: row of ``left``]."""
    import duckdb
    import splink.comparison_library as comparisons
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    connection.execute("SET enable_progress_bar = false")
    database = DuckDBAPI(connection)
    tables = [
        database.register(table, dataset_display_name=name) for table, name in ((left, "albums"), (right, "releases"))
    ]
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[comparisons.JaroWinklerAtThresholds(column, [0.97, 0.9]) for column in ("title", "artist")],
        blocking_rules_to_generate_predictions=[
            block_on("title"), block_on("substr(title, 1, 8)"), block_on("artist", "substr(title, 1, 3)"),
            block_on("artist", "substr(title, -3, 3)"),
        ],
    )  # fmt: skip
    linker = Linker(tables, settings, log_level=40)
    linker.training.estimate_probability_two_random_records_match([block_on("title", "artist")], recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    for column in ("title", "artist"):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(column))
    pairs = linker.inference.predict(threshold_match_weight=0).as_pandas_dataframe()
    best = pairs.sort_values("match_weight", kind="stable").groupby("unique_id_l").last()
    return best["unique_id_r"]


def our_pairs(left: pd.DataFrame, right: pd.DataFrame) -> pd.Series:
    from mumu_lib.mapping import matching

    found = matching.match(left, right)
    sure = found[~found["ambiguous"]]
    return sure.set_index("left")["right"]


def match_alone(kind: str, albums: int, releases: int) -> None:
    import matching as matching_benchmark

    from mumu_lib.mapping import normalise

    right = matching_benchmark.releases(releases)
    left = matching_benchmark.albums(right, albums)
    truth = left["truth"].to_numpy()
    start, wall = time.process_time(), time.perf_counter()
    if kind == "splink":
        # Splink compares names as they are given: it gets the ones that ours are compared by.
        prepared = []
        for table in (left, right):
            names = {"title": normalise.titles(table["title"]), "artist": normalise.artists(table["artist"])}
            prepared.append(pd.DataFrame({"unique_id": range(len(table)), **names}))
        found, name = splink_pairs(*prepared), f"{version('splink')}, {version('duckdb')}"
    else:
        found, name = our_pairs(left, right), "mumu_lib"
    seconds, wall = time.process_time() - start, time.perf_counter() - wall
    hits = (found.to_numpy() == truth[found.index.to_numpy()]).sum()
    precision, recall = hits / len(found), hits / (truth >= 0).sum()
    print(f"| {name} | {seconds:.1f} | {wall:.1f} | {peak() / 1024:.1f} | {precision:.4f} | {recall:.4f} |", flush=True)


def match(asked: argparse.Namespace) -> None:
    """Made-up albums against made-up releases, as of benchmarks/matching.py; each way in its own process."""
    spawn = multiprocessing.get_context("spawn")
    print(f"{asked.albums:,} albums, {asked.releases:,} releases\n")
    print("| | s of processor | s | GB at most | precision | recall |\n|---|---|---|---|---|---|", flush=True)
    for kind in ("mumu_lib", "splink"):
        if kind == "mumu_lib" or installed(kind):
            alone(spawn, match_alone, kind, asked.albums, asked.releases)


# --- covers --------------------------------------------------------------------------------------------------


def covers(asked: argparse.Namespace) -> None:
    """JPEG files to squares of 256 pixels."""
    from PIL import Image

    from mumu_lib import image

    def resized(pixels: np.ndarray) -> np.ndarray:
        picture = Image.fromarray(pixels)
        return np.asarray(picture.resize((image.SIDE, image.SIDE), Image.Resampling.BICUBIC))

    files = sorted(asked.covers.rglob("*.jpg"))[: asked.files]
    ways: dict[str, Callable[[], Any]] = {"mumu_lib": lambda: [image.squeezed(path) for path in files]}
    absent = []
    try:
        import simplejpeg

        def by_simplejpeg() -> list[np.ndarray]:
            return [resized(simplejpeg.decode_jpeg(path.read_bytes(), fastdct=False)) for path in files]

        ways[version("simplejpeg")] = by_simplejpeg
    except ImportError:
        absent.append("simplejpeg")
    try:
        import turbojpeg

        decoder = turbojpeg.TurboJPEG()

        def by_turbojpeg() -> list[np.ndarray]:
            return [resized(decoder.decode(path.read_bytes(), pixel_format=turbojpeg.TJPF_RGB)) for path in files]

        ways[version("PyTurboJPEG")] = by_turbojpeg
    except (ImportError, RuntimeError) as error:
        absent.append(f"PyTurboJPEG ({error})")
    show(f"{len(files)} covers to {image.SIDE} x {image.SIDE}", in_turn(ways, asked.rounds), {}, absent)


# --- tf-idf --------------------------------------------------------------------------------------------------


def text(asked: argparse.Namespace) -> None:
    """Turn cleaned texts into tf-idf of the 10,000 most frequent terms in at most half of the texts."""
    import linking as linking_benchmark

    from mumu_lib.text import tfidf

    texts = pd.Series(linking_benchmark.made_up(asked.texts, np.random.default_rng(0)))
    rows = np.arange(len(texts))
    ways: dict[str, Callable[[], Any]] = {"mumu_lib": lambda: tfidf(texts, rows, 10_000)}
    absent, further = [], {}
    if installed("polars"):
        import polars

        ways[name := version("polars")] = lambda: polars_tfidf(polars, texts)
        sums = [float(tfidf(texts, rows, 10_000)[0].sum()), float(polars_tfidf(polars, texts)["weight"].sum())]
        further[name] = f"sum of all weights {sums[1]:.0f}, ours {sums[0]:.0f}"
    show(f"tf-idf of {len(texts):,} texts of 1,000 characters", in_turn(ways, asked.rounds), further, absent)


def polars_tfidf(polars: Any, texts: pd.Series) -> Any:
    """Return a table with a row a text and term: weight at length 1."""
    column = polars.col
    table = polars.DataFrame({"row": np.arange(len(texts), dtype=np.uint32), "text": texts.tolist()}).lazy()
    words = table.select("row", term=column("text").str.to_lowercase().str.extract_all(r"\b\w\w+\b")).explode("term")
    counts = words.group_by("row", "term").agg(count=polars.len())
    terms = counts.group_by("term").agg(texts=polars.len(), total=column("count").sum())
    kept = terms.filter(column("texts") <= 0.5 * len(texts)).top_k(10_000, by="total")
    idf = ((1 + len(texts)) / (1 + column("texts"))).log() + 1
    joined = counts.join(kept, on="term").with_columns(weight=(1 + column("count").log()) * idf)
    length = column("weight").pow(2).sum().over("row").sqrt()
    return joined.with_columns(weight=column("weight") / length).collect()


COMMANDS = {"cqt": cqt, "scan": scan, "match": match, "covers": covers, "text": text}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", choices=COMMANDS)
    parser.add_argument("--audio", type=Path)
    parser.add_argument("--files", type=int, default=9)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--names", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--keep", type=Path, help="scan: where to put the dictionaries; used again if they are there")
    parser.add_argument("--albums", type=int, default=65_000)
    parser.add_argument("--releases", type=int, default=1_000_000)
    parser.add_argument("--covers", type=Path)
    parser.add_argument("--texts", type=int, default=2_000)
    asked = parser.parse_args()
    COMMANDS[asked.work](asked)


if __name__ == "__main__":
    main()
