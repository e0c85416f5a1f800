"""Build the dictionary of article names, and the weights of the words in categories.

Paper: Section 5.2.  Used by :mod:`mumu_lib.linking.build`.
"""

import errno
import re
from array import array
from collections.abc import Iterator
from itertools import chain, islice
from operator import itemgetter
from pathlib import Path
from typing import Any

import marisa_trie
import numpy as np

from mumu_lib.core import progress
from mumu_lib.core.errors import BadDataError
from mumu_lib.core.files import writing
from mumu_lib.linking import surfaces, words

# Increase it when the files or the rules for names change.
FORMAT = 2
CATEGORY = "Category:"
# A trie mapped from disk opens at once and is shared by processes. An Aho-Corasick automaton scans faster, but for
# 5 million names each process needs minutes and gigabytes to build one. This layout of the trie is the fastest.
LAYOUT: dict[str, Any] = {"num_tries": 1, "binary": True, "cache_size": marisa_trie.HUGE_CACHE}
BATCH = 100_000
LETTERS = re.compile(r"[^\W\d_]{3,}")

Arrays = dict[str, np.ndarray]
Labels = list[tuple[str, int]]


def make(titles: marisa_trie.Trie, known: Arrays, labels: Labels, path: Path) -> Arrays:
    """Write the trie of names; return the articles of each name, best first, and the filter of :mod:`words`.

    Raises
    ------
    BadDataError
        If no title can be linked.
    """
    topics = _topics(titles, known)
    # The generator runs twice rather than keep all names in memory.
    names = map(itemgetter(0), _names(titles, known["target"], labels, topics))
    trie = marisa_trie.Trie(names, **LAYOUT)
    if not len(trie):
        raise BadDataError("no title in the dumps can be linked; see the rules in mumu_lib.linking.surfaces")
    save(trie, path)
    numbers = ((trie[name], article) for name, article in _names(titles, known["target"], labels, topics))
    pairs = np.fromiter(numbers, np.dtype([("name", np.int32), ("article", np.int32)]))
    arrays = _about_names(titles, trie, known["target"])
    name = pairs["name"]
    article = pairs["article"]
    primary = arrays.pop("primary")[name] == article
    category_counts = np.diff(known["categories_start"].astype(np.int64))[article]
    starts, members = grouped(name, article, len(trie), -category_counts, ~primary)
    arrays["articles_start"] = starts
    arrays["articles"] = members
    return arrays


def save(trie: marisa_trie.Trie, path: Path) -> None:
    """Write a trie.

    Raises
    ------
    WriteError
        If the trie cannot be written; the message says why and what to do.
    """
    with writing(path):
        try:
            trie.save(str(path))
        except RuntimeError as error:
            # The library only names a line of its own source; a further write raises the error of the system.
            with open(path, "ab") as file:
                file.write(bytes(1 << 16))
            raise OSError(errno.EIO, str(error)) from error


def grouped(group: np.ndarray, member: np.ndarray, n: int, *before: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct members of each group in ascending order.

    Parameters
    ----------
    group, member : np.ndarray [shape=(m,), int]
        Pairs of a group and a member.
    n : int
        Number of groups.
    *before : np.ndarray [shape=(m,)]
        Sort keys that precede the number of the member, the most significant last; equal for equal pairs.

    Returns
    -------
    starts : np.ndarray [shape=(n + 1,), uint32]
        Group i has ``members[starts[i]:starts[i + 1]]``.
    members : np.ndarray [shape=(pairs,), int32]

    Examples
    --------
    >>> starts, members = grouped(np.array([1, 0, 1, 1]), np.array([5, 7, 3, 5]), 2)
    >>> starts.tolist(), members.tolist()
    ([0, 1, 3], [7, 3, 5])
    """
    order = np.lexsort((member, *before, group))
    group = group[order]
    member = member[order]
    first = np.ones(len(group), bool)
    first[1:] = (group[1:] != group[:-1]) | (member[1:] != member[:-1])
    starts = np.searchsorted(group[first], np.arange(n + 1))
    return starts.astype(np.uint32), member[first].astype(np.int32)


def _names(
    titles: marisa_trie.Trie, target: np.ndarray, labels: Labels, topics: np.ndarray
) -> Iterator[tuple[str, int]]:
    """Yield every name of every article with the number of the article; some pairs occur several times."""

    def is_article(title: str) -> bool:
        number = titles.get(title, -1)
        return number >= 0 and target[number] >= 0

    numbered = progress.bar(titles.iteritems(), "names", len(titles), unit="title")
    for title, number in chain(numbered, labels):
        article = target[number]
        if article >= 0:
            for name in surfaces.forms(title, is_article=is_article, is_topic=topics[article]):
                yield name, article


def _topics(titles: marisa_trie.Trie, known: Arrays) -> np.ndarray:
    """Return which articles are the main article of a category, as ``Piano`` of ``Pianos`` [shape=(titles,), bool]."""
    topics = np.zeros(len(titles), bool)
    starts = known["categories_start"]
    members = known["categories"]
    for dense, number in enumerate(known["category_title"]):
        category = titles.restore_key(int(number)).removeprefix(CATEGORY)
        for singular in _singulars(category):
            article = titles.get(singular, -1)
            if article >= 0 and dense in members[starts[article] : starts[article + 1]]:
                topics[article] = True
    return topics


def _singulars(plural: str) -> list[str]:
    """Return the possible singulars of a title of one word, and the title itself.

    Examples
    --------
    >>> _singulars("Harmonies"), _singulars("Port_cities")
    (['Harmonies', 'Harmonie', 'Harmoni', 'Harmony'], [])
    """
    if "_" in plural:
        return []
    singulars = []
    for ending, replacement in (("", ""), ("s", ""), ("es", ""), ("ies", "y"), ("ves", "f")):
        if plural.endswith(ending):
            singulars.append(plural.removesuffix(ending) + replacement)
    return singulars


def _about_names(titles: marisa_trie.Trie, trie: marisa_trie.Trie, target: np.ndarray) -> Arrays:
    """Return the filter of all names, the article whose title equals each name, and which names are weak.

    A weak name is one ordinary word that links only with its capital letter, so not at the start of a sentence, where
    every word has a capital letter.
    """
    ordinary = _ordinary(titles)
    bits = np.zeros(words.size(len(trie)), np.uint8)
    weak = np.zeros(len(trie), bool)
    primary = np.full(len(trie), -1, np.int32)
    names = iter(progress.bar(trie.iterkeys(), "filter", len(trie), unit="name"))
    while batch := list(islice(names, BATCH)):
        words.mark(batch, bits)
        for name in batch:
            number = trie[name]
            lower = name.lower()
            weak[number] = lower in ordinary and lower not in trie
            title = titles.get((name[0].upper() + name[1:]).replace(" ", "_"), -1)
            if title >= 0:
                primary[number] = target[title]
    return {"filter": np.packbits(bits), "weak": weak, "primary": primary}


def _ordinary(titles: marisa_trie.Trie) -> set[str]:
    """Return the words that occur in lower case in a title or category, except as its first word."""
    ordinary: set[str] = set()
    for title in progress.bar(titles.iterkeys(), "words", len(titles), unit="title"):
        ordinary.update(filter(str.islower, title.split("_")[1:]))
    return ordinary


def category_words(titles: marisa_trie.Trie, category_title: np.ndarray) -> Arrays:
    """Return the words of each category and their weights: inverse document frequencies over all categories."""
    numbers: dict[str, int] = {}
    starts = np.zeros(len(category_title) + 1, np.uint32)
    members = array("i")
    for i, number in enumerate(category_title):
        name = titles.restore_key(int(number)).removeprefix(CATEGORY).lower()
        own = set(LETTERS.findall(name)) - surfaces.stop_words()
        for word in sorted(own):
            members.append(numbers.setdefault(word, len(numbers)))
        starts[i + 1] = len(members)
    words_of = np.array(members, np.int32)
    weights = np.log(len(category_title) / np.maximum(np.bincount(words_of, minlength=len(numbers)), 1))
    return {"words_start": starts, "words": words_of, "word_weight": weights.astype(np.float32)}
