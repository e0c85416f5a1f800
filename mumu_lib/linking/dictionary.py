"""The names by which texts may call articles, and what the words of categories weigh.

Paper: Section 5.2.  The second half of :mod:`mumu_lib.linking.build`.
"""

import errno
import re
from array import array
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import marisa_trie
import numpy as np

from mumu_lib.core import progress
from mumu_lib.core.errors import BadDataError
from mumu_lib.core.files import writing
from mumu_lib.linking import surfaces, words

# Raise it when the files or the rules of names change.
FORMAT = 2
CATEGORY = "Category:"
# A trie mapped from disk opens at once and is shared by processes. Aho-Corasick automata scan faster, but one of
# 5 million names takes minutes and gigabytes to make in every process. Of the layouts of the trie this is the fastest.
LAYOUT: dict[str, Any] = {"num_tries": 1, "binary": True, "cache_size": marisa_trie.HUGE_CACHE}
BATCH = 100_000
LETTERS = re.compile(r"[^\W\d_]{3,}")

Arrays = dict[str, np.ndarray]
Named = list[tuple[str, int]]


def make(titles: marisa_trie.Trie, known: Arrays, labels: Named, path: Path) -> Arrays:
    """Write the trie of names; return the articles of each, best first, and the filter of :mod:`words`.

    Raises
    ------
    BadDataError
        No title can be linked.
    """
    topics = _topics(titles, known)
    trie = marisa_trie.Trie((name for name, _ in _names(titles, known["target"], labels, topics)), **LAYOUT)
    if not len(trie):
        raise BadDataError("no title in the dumps can be linked; see the rules in mumu_lib.linking.surfaces")
    save(trie, path)
    numbers = ((trie[name], article) for name, article in _names(titles, known["target"], labels, topics))
    pairs = np.fromiter(numbers, np.dtype([("name", np.int32), ("article", np.int32)]))
    arrays = _about_names(titles, trie, known["target"])
    name, article = pairs["name"], pairs["article"]
    primary = arrays.pop("primary")[name] == article
    renown = np.diff(known["categories_start"].astype(np.int64))[article]
    starts, members = grouped(name, article, len(trie), -renown, ~primary)
    return arrays | {"articles_start": starts, "articles": members}


def save(trie: marisa_trie.Trie, path: Path) -> None:
    """Write a trie.

    Raises
    ------
    WriteError
        It cannot be written: why, and what to do.
    """
    with writing(path):
        try:
            trie.save(str(path))
        except RuntimeError as error:
            # The library says no more than where in its own source it stopped; whoever writes on is told why.
            with open(path, "ab") as file:
                file.write(bytes(1 << 16))
            raise OSError(errno.EIO, str(error)) from error


def grouped(group: np.ndarray, member: np.ndarray, n: int, *before: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct members of each group, the lowest first.

    Parameters
    ----------
    group, member : np.ndarray [shape=(m,), int]
    n : int
        Groups there are.
    *before : np.ndarray [shape=(m,)]
        Sort by these before the member's number, the last first; equal for equal pairs.

    Returns
    -------
    starts : np.ndarray [shape=(n + 1,), uint32]
        Group i has ``members[starts[i]:starts[i + 1]]``.
    members : np.ndarray [shape=(pairs,), int32]
    """
    order = np.lexsort((member, *before, group))
    group, member = group[order], member[order]
    first = np.ones(len(group), bool)
    first[1:] = (group[1:] != group[:-1]) | (member[1:] != member[:-1])
    starts = np.searchsorted(group[first], np.arange(n + 1))
    return starts.astype(np.uint32), member[first].astype(np.int32)


def _names(
    titles: marisa_trie.Trie, target: np.ndarray, labels: Named, topics: np.ndarray
) -> Iterator[tuple[str, int]]:
    """Every name of every article, with the article's number; some several times."""

    def is_article(title: str) -> bool:
        number = titles.get(title, -1)
        return number >= 0 and target[number] >= 0

    given = progress.bar(titles.iteritems(), "names", len(titles), unit="title")
    for title, number in chain(given, labels):
        article = target[number]
        if article >= 0:
            for name in surfaces.forms(title, is_article=is_article, is_topic=topics[article]):
                yield name, article


def _topics(titles: marisa_trie.Trie, known: Arrays) -> np.ndarray:
    """Which articles are the main one of a category: ``Piano`` stands under ``Pianos`` [shape=(titles,), bool]."""
    topics = np.zeros(len(titles), bool)
    starts, members = known["categories_start"], known["categories"]
    for dense, number in enumerate(known["category_title"]):
        category = titles.restore_key(int(number)).removeprefix(CATEGORY)
        for singular in _singulars(category):
            article = titles.get(singular, -1)
            if article >= 0 and dense in members[starts[article] : starts[article + 1]]:
                topics[article] = True
    return topics


def _singulars(plural: str) -> list[str]:
    """What a title in one word may be of which this is the plural, itself among them."""
    if "_" in plural:
        return []
    endings = (("", ""), ("s", ""), ("es", ""), ("ies", "y"), ("ves", "f"))
    return [plural.removesuffix(end) + new for end, new in endings if plural.endswith(end)]


def _about_names(titles: marisa_trie.Trie, trie: marisa_trie.Trie, target: np.ndarray) -> Arrays:
    """The filter, the article that has each name as its very title, and which names are weak.

    A weak name is one ordinary word that stands only with its capital, so not where any word has one.
    """
    ordinary = _ordinary(titles)
    bits = np.zeros(words.size(len(trie)), np.uint8)
    weak, primary = np.zeros(len(trie), bool), np.full(len(trie), -1, np.int32)
    names = iter(progress.bar(trie.iterkeys(), "filter", len(trie), unit="name"))
    while batch := list(islice(names, BATCH)):
        words.mark(batch, bits)
        for name in batch:
            number, lower = trie[name], name.lower()
            weak[number] = lower in ordinary and lower not in trie
            title = titles.get((name[0].upper() + name[1:]).replace(" ", "_"), -1)
            primary[number] = target[title] if title >= 0 else -1
    return {"filter": np.packbits(bits), "weak": weak, "primary": primary}


def _ordinary(titles: marisa_trie.Trie) -> set[str]:
    """Words that a title or category has in lower case, not as its first."""
    found: set[str] = set()
    for title in progress.bar(titles.iterkeys(), "words", len(titles), unit="title"):
        found.update(word for word in title.split("_")[1:] if word.islower())
    return found


def category_words(titles: marisa_trie.Trie, category_title: np.ndarray) -> Arrays:
    """Words of each category, and how much one tells: the logarithm of categories per category that has it."""
    numbers: dict[str, int] = {}
    starts, members = np.zeros(len(category_title) + 1, np.uint32), array("i")
    for i, number in enumerate(category_title):
        name = titles.restore_key(int(number)).removeprefix(CATEGORY).lower()
        own = set(LETTERS.findall(name)) - surfaces.stop_words()
        members.extend(numbers.setdefault(word, len(numbers)) for word in sorted(own))
        starts[i + 1] = len(members)
    words_of = np.array(members, np.int32)
    weights = np.log(len(category_title) / np.maximum(np.bincount(words_of, minlength=len(numbers)), 1))
    return {"words_start": starts, "words": words_of, "word_weight": weights.astype(np.float32)}
