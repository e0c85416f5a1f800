"""The local linker: names from a dictionary, the longest first, told apart by their categories.

Paper: Section 5.2, where Babelfy does this. Offline, free, and the same for everyone.

Where a name may stand for several articles, the text decides. The words of the categories of all its mentions that
can mean one article only, weighed by how rare they are among categories, are summed up; each candidate is compared
with that sum by the cosine of its own words. The candidate with the highest cosine is taken, except that the one
whose very title the name is keeps it unless another's cosine is higher by ``PRIMARY``: a review of a rock band from
London means the city. Without anything to compare, that one is taken, else the one with the most categories.
A name means the same throughout a text.
"""

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from operator import itemgetter
from pathlib import Path

from mumu_lib.catalogue import Catalogue
from mumu_lib.core import commands
from mumu_lib.core.errors import MissingDataError
from mumu_lib.core.files import locked
from mumu_lib.core.fingerprints import hash_of
from mumu_lib.core.paths import home
from mumu_lib.linking import surfaces, words
from mumu_lib.linking.base import Annotation
from mumu_lib.linking.knowledge import Knowledge

PRIMARY = 0.1
CACHE_SIZE = 1 << 17
BATCH = 1 << 16
# No name holds this, and a sentence begins after it.
SEPARATOR = "\0"

Mention = tuple[int, int, int]


class LocalLinker:
    """Links texts with a knowledge base on disk.

    Parameters
    ----------
    folder : path
        Made by :mod:`mumu_lib.linking.build`.
    """

    name = "local"

    def __init__(self, folder: str | Path) -> None:
        self.knowledge = Knowledge(folder)
        self._known: dict[str, tuple[int, int, bool]] = {}

    def categories(self, titles: Iterable[str]) -> dict[str, list[str]]:
        """Categories of each article, from the knowledge base."""
        return self.knowledge.categories(titles)

    def link(self, text: str) -> list[Annotation]:
        """Mentions of articles, by start; they never overlap.

        The score is 1 where a name can mean one article only, else the article's share of all candidates' cosines.
        """
        return self._annotated(text, 0, self._mentions(text))

    def link_all(self, texts: Iterable[str]) -> Iterator[list[Annotation]]:
        """Mentions in each text, as of :meth:`link`; words of many short texts are looked up at once."""
        for some in _batches(texts):
            mentions, at = self._mentions(SEPARATOR.join(some)), 0
            first = 0
            for text in some:
                last = bisect_left(mentions, at + len(text), first, key=itemgetter(0))
                yield self._annotated(text, at, mentions[first:last])
                first, at = last, at + len(text) + 1

    def _annotated(self, text: str, at: int, mentions: list[Mention]) -> list[Annotation]:
        """Annotations of a text that begins ``at`` so many characters before its mentions are counted."""
        senses, linker = self._senses(text, at, mentions), self.name
        return [
            Annotation(start - at, end - at, text[start - at : end - at], *senses[name], linker)
            for start, end, name in mentions
        ]

    def _mentions(self, text: str) -> list[Mention]:
        """Start, end and name of each mention: the longest from each word on that is not in one already."""
        plain = surfaces.alike(text)
        found = words.read(plain)
        begins, last = [*found.start.tolist(), *[len(plain)] * words.REACH], 0
        mentions = []
        for i, reach in zip(*self.knowledge.candidates(found), strict=True):
            start = begins[i]
            if start < last:
                continue
            if reach < words.REACH:
                length, name, weak = self._short(plain[start : min(begins[i + reach], start + surfaces.LONGEST + 1)])
            else:
                length, name, weak = self.knowledge.longest(plain[start : start + surfaces.LONGEST + 1])
            if length and not (weak and surfaces.sentence_start(text, start)):
                last = start + length
                mentions.append((start, last, name))
        return mentions

    def _short(self, window: str) -> tuple[int, int, bool]:
        """``longest`` for a word or two and what follows up to the next; those recur, so that answers are kept."""
        found = self._known.get(window)
        if found is None:
            if len(self._known) >= CACHE_SIZE:
                self._known.clear()
            found = self._known[window] = self.knowledge.longest(window)
        return found

    def _senses(self, text: str, at: int, mentions: list[Mention]) -> dict[int, tuple[str, float]]:
        """Title and score of each name in a text."""
        senses: dict[int, tuple[str, float]] = {}
        sure, unsure = set(), {}
        for start, end, name in mentions:
            if name in senses or name in unsure:
                continue
            if only := self.knowledge.only_sense(name):
                sure.add(only[0])
                senses[name] = only[1], 1.0
            else:
                unsure[name] = text[start - at : end - at]
        votes, length = self._votes(sure) if unsure else ({}, 0.0)
        for name, surface in unsure.items():
            senses[name] = self._choose(self.knowledge.articles(name), surface, votes, length)
        return senses

    def _votes(self, articles: set[int]) -> tuple[dict[int, float], float]:
        """Sum of the weighted words of articles' categories, and the length of that vector."""
        votes: defaultdict[int, float] = defaultdict(float)
        for article in sorted(articles):
            numbers, weights, _ = self.knowledge.profile(article)
            for number, weight in zip(numbers, weights, strict=True):
                votes[number] += weight
        return votes, math.sqrt(sum(vote * vote for vote in votes.values()))

    def _choose(
        self, articles: tuple[int, ...], surface: str, votes: dict[int, float], length: float
    ) -> tuple[str, float]:
        cosines = [self._cosine(article, votes, length) for article in articles]
        total = sum(cosines)
        if not total:
            return self.knowledge.title(articles[0]), 1 / len(articles)
        best = max(range(len(articles)), key=cosines.__getitem__)
        if cosines[best] < cosines[0] + PRIMARY and self.knowledge.is_primary(articles[0], surfaces.alike(surface)):
            best = 0
        return self.knowledge.title(articles[best]), cosines[best] / total

    def _cosine(self, article: int, votes: dict[int, float], length: float) -> float:
        numbers, weights, own = self.knowledge.profile(article)
        if not (own and length):
            return 0.0
        shared = sum(votes[number] * weight for number, weight in zip(numbers, weights, strict=True) if number in votes)
        return shared / (own * length)


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    some, size = list[str](), 0
    for text in texts:
        if some and size + len(text) > BATCH:
            yield some
            some, size = [], 0
        some.append(text)
        size += len(text)
    if some:
        yield some


def make(catalogue: Catalogue, knowledge: str | Path) -> LocalLinker:
    """Return the local linker over a knowledge base; a synthetic catalogue brings its own.

    Raises
    ------
    MissingDataError
        No knowledge base for a catalogue that is not synthetic; with how to make one.
    """
    if knowledge:
        return LocalLinker(knowledge)
    if not catalogue.synthetic:
        command = commands.python("mumu_lib.linking.build", categories="FILE", redirects="FILE", out="FOLDER")
        raise MissingDataError(
            f"catalogue {catalogue.name!r} needs a knowledge base: get DBpedia's dumps of article categories and "
            f"redirects from https://databus.dbpedia.org, run  {command}  and give  -p knowledge FOLDER , "
            f"or do without:  -p features vsm"
        )
    return LocalLinker(_sample())


def _sample() -> Path:
    """Knowledge base of the embedded sample, made on first use."""
    from mumu_lib.linking.build import FORMAT, build
    from mumu_lib.sources.sample import knowledge

    folder = home() / "data" / "sample-knowledge"
    with locked(folder):
        dumps = knowledge.write(folder)
        made = hash_of(*(path.read_bytes() for path in dumps.values()), length=16)
        base = folder / f"knowledge-{FORMAT}-{made}"
        if not (base / "info.json").is_file():
            build(base, **dumps)
    return base
