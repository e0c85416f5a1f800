"""Speed and memory of the local entity linker, and its ratio to a regular expression.

    python benchmarks/linking.py                            5 million titles, made-up texts
    python benchmarks/linking.py --texts FILE --column caption
    python benchmarks/linking.py --titles 200000 --keep FOLDER

Titles are made up in the shares of Wikipedia's kinds (persons, works with and without a qualifier, places, concepts),
three in ten of them redirects, and go through the real build from dumps, in a process of its own. Texts of about 1,000
characters are linked whole: mentions, their sense, annotations. One process, one thread; the regular expression and
the linker link the same texts with the same names in turn, and medians are given. Seconds are
of the processor, so that other people's work counts little.
"""

import argparse
import multiprocessing
import re
import resource
import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from mumu_lib.linking import build, surfaces
from mumu_lib.linking.local import LocalLinker

SYLLABLES = np.array([c + v for c in "bdfgklmnrstvwz" for v in "aeiou"])
KINDS, SHARES = ("person", "work", "place", "concept"), (0.5, 0.25, 0.15, 0.1)
QUALIFIERS = (" (album)", " (song)", " (film)", " (band)")
REDIRECTS, PER_ARTICLE = 0.3, 2
CATEGORY = (
    "<http://dbpedia.org/resource/{}> <http://purl.org/dc/terms/subject> <http://dbpedia.org/resource/Category:{}> ."
)
REDIRECT = "<http://dbpedia.org/resource/{}> <http://dbpedia.org/ontology/wikiPageRedirects> <http://dbpedia.org/resource/{}> ."
LENGTH = 1_000
EXPRESSION_NAMES = 2_000


def vocabulary(texts: list[str], rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """Words of the texts, frequent ones first, and invented ones for names."""
    counted = Counter(word for text in texts for word in re.findall("[a-z]{3,}", text))
    real = [word for word, _ in (counted + Counter(surfaces.OFTEN.split())).most_common()]
    parts = [SYLLABLES[rng.integers(0, len(SYLLABLES), 300_000)] for _ in range(4)]
    lengths = rng.integers(2, 5, 300_000)
    made = parts[0].astype("<U8")
    for i, part in enumerate(parts[1:], start=1):
        made = np.char.add(made, np.where(lengths > i, part, ""))
    return real, np.unique(made).tolist()


def titles(wanted: int, real: list[str], made: list[str], rng: np.random.Generator) -> list[str]:
    """So many different titles; names are drawn by Zipf's law, the words of works and concepts by a flatter one."""
    weight, flatter = (np.cumsum(np.arange(1, n + 1) ** power) for n, power in ((len(made), -1.0), (len(real), -0.5)))
    found: dict[str, None] = {}
    while len(found) < wanted:
        kinds = rng.choice(len(KINDS), 100_000, p=SHARES)
        names = np.searchsorted(weight, rng.random((len(kinds), 2)) * weight[-1]).tolist()
        words = np.searchsorted(flatter, rng.random((len(kinds), 5)) * flatter[-1]).tolist()
        counts = rng.integers(1, 6, len(kinds)).tolist()
        for i, kind in enumerate(kinds.tolist()):
            first, last = (made[name].capitalize() for name in names[i])
            chosen = [real[word] for word in words[i][: counts[i]]]
            title = {
                "person": f"{first} {last}",
                "work": " ".join(map(str.capitalize, chosen)) + (QUALIFIERS[i % 4] if i % 3 == 0 else ""),
                "place": f"{first}, {last}",
                "concept": " ".join(chosen[:3]).capitalize(),
            }[KINDS[kind]]
            found[title] = None
    return [*found][:wanted]


def write_dumps(folder: Path, names: list[str], real: list[str], rng: np.random.Generator) -> dict[str, Path]:
    """Write dumps in which the last titles are redirects to the first; every article has a few categories of 100,000."""
    articles = int(len(names) * (1 - REDIRECTS))
    paths = {kind: folder / f"{kind}.ttl" for kind in ("categories", "redirects")}
    chosen = rng.integers(0, len(real), (100_000, 3)).tolist()
    categories = ["_".join(real[word] for word in row).capitalize() for row in chosen]
    written = [name.replace(" ", "_") for name in names]
    with paths["categories"].open("w") as file:
        for start in range(0, articles, 100_000):
            numbers = rng.integers(0, len(categories), (100_000, PER_ARTICLE)).tolist()
            for title, row in zip(written[start : min(start + 100_000, articles)], numbers, strict=False):
                file.writelines(CATEGORY.format(title, categories[number]) + "\n" for number in row)
    with paths["redirects"].open("w") as file:
        goals = rng.integers(0, articles, len(names) - articles).tolist()
        for title, goal in zip(written[articles:], goals, strict=True):
            file.write(REDIRECT.format(title, written[goal]) + "\n")
    return paths


def make(folder: Path, n: int, texts: list[str]) -> None:
    """Make dumps and knowledge base; print what that took."""
    rng = np.random.default_rng([n])
    real, made = vocabulary(texts, rng)
    names = titles(n, real, made, rng)
    paths = write_dumps(folder, names, real, rng)
    del names
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    start = time.process_time()
    info = build.build(folder / "knowledge", **paths)
    seconds, peak = time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    size = sum(path.stat().st_size for path in (folder / "knowledge").iterdir()) / 1e6
    print(
        f"build: {n:,} titles ({info['articles']:,} articles, {info['redirects']:,} redirects) to {info['names']:,} names "
        f"in {seconds:.0f} s, peak {peak:.1f} GB ({before:.1f} GB before); {size:.0f} MB on disk",
        flush=True,
    )


def made_up(n: int, rng: np.random.Generator) -> list[str]:
    """Texts of common words, with an invented name in ten."""
    words = [*surfaces.stop_words(), *surfaces.OFTEN.split()]
    weight = np.cumsum(1 / np.arange(1, len(words) + 1))
    _, made = vocabulary([], rng)
    texts = []
    for _ in range(n):
        drawn = [words[i] for i in np.searchsorted(weight, rng.random(LENGTH // 5) * weight[-1])]
        for place in rng.integers(0, len(drawn), len(drawn) // 10):
            drawn[place] = made[int(len(made) ** rng.random()) - 1].capitalize()
        texts.append(" ".join(drawn))
    return texts


def pieces(texts: list[str]) -> list[str]:
    """Texts joined to pieces of about 1,000 characters, as albums have."""
    out, current = [], ""
    for text in texts:
        current = f"{current}\n{text}" if current else text
        if len(current) >= LENGTH:
            out.append(current)
            current = ""
    return out


def memory() -> str:
    fields = dict(line.split(":") for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines())
    own, mapped = (int(fields[key].split()[0]) / 1e3 for key in ("RssAnon", "RssFile"))
    return f"{own:.0f} MB own, {mapped:.0f} MB mapped from files"


def expression(names: list[str]) -> re.Pattern[str]:
    """Compile a regular expression for the longest of some names that ends where a word does."""
    longest_first = sorted(names, key=len, reverse=True)
    ends = (re.escape(name) + (r"(?!\w)" if re.match(r"\w", name[-1]) else "") for name in longest_first)
    return re.compile(rf"(?<!\w)(?:{'|'.join(ends)})")


def speed(linker: LocalLinker, texts: list[str]) -> tuple[float, int]:
    start = time.process_time()
    found = sum(map(len, linker.link_all(texts)))
    return sum(map(len, texts)) / 1e6 / (time.process_time() - start), found


def compare(folder: Path, texts: list[str], rounds: int) -> None:
    """Time the linker and a regular expression with the same few names, in turn."""
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(0)
    real, made = vocabulary(texts, rng)
    names = titles(EXPRESSION_NAMES, real, made, rng)
    build.build(folder / "few", write_dumps(folder, names, real, rng)["categories"])
    linker = LocalLinker(folder / "few")
    pattern = expression([*linker.knowledge._names.iterkeys()])
    some = texts[:50]
    rates: dict[str, list[float]] = {"linker": [], "expression": []}
    for _ in range(rounds):
        rates["linker"].append(speed(linker, some)[0])
        start = time.process_time()
        for text in some:
            pattern.findall(text)
        rates["expression"].append(sum(map(len, some)) / 1e6 / (time.process_time() - start))
    ours, theirs = (statistics.median(rate) for rate in rates.values())
    print(
        f"{EXPRESSION_NAMES:,} titles: linker {ours:.2f} MB/s, regular expression {theirs:.3f} MB/s, ratio {ours / theirs:.0f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--titles", type=int, default=5_000_000)
    parser.add_argument("--texts", type=Path, help="a CSV of texts")
    parser.add_argument("--column", default="text", help="column of the texts")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--keep", type=Path, help="where to put the knowledge base; used again if it is there")
    asked = parser.parse_args()
    texts = pieces(
        pd.read_csv(asked.texts)[asked.column].dropna().tolist()
        if asked.texts
        else made_up(2_000, np.random.default_rng(0))
    )
    with tempfile.TemporaryDirectory() as made:
        folder = asked.keep or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "knowledge" / "info.json").is_file():
            child = multiprocessing.get_context("spawn").Process(target=make, args=(folder, asked.titles, texts))
            child.start()
            child.join()
        print(f"memory before: {memory()}")
        linker = LocalLinker(folder / "knowledge")
        half = len(texts) // 2
        speed(linker, texts[:half])
        unseen, _ = speed(linker, texts[half:])
        _, found = speed(linker, texts)
        rates = [speed(linker, texts)[0] for _ in range(asked.rounds)]
        mentions = 100 * found / sum(len(text.split()) for text in texts)
        print(
            f"{linker.knowledge.info['names']:,} names, {sum(map(len, texts)) / 1e6:.1f} MB of text: "
            f"texts never seen {unseen:.1f} MB/s, seen before median {statistics.median(rates):.1f} MB/s "
            f"({min(rates):.1f} to {max(rates):.1f}); {mentions:.1f} mentions per 100 words; memory {memory()}"
        )
        compare(folder / "small", texts, asked.rounds)


if __name__ == "__main__":
    main()
