"""Link entities offline: find the longest names of a dictionary, and disambiguate them by their categories.

Paper: Section 5.2, which uses Babelfy.

An ambiguous name is resolved by its text. The unambiguous mentions in the text vote: the words of their categories,
weighted by inverse document frequency among categories, are added up. The candidate article whose own category words
have the highest cosine similarity to that sum is chosen. An article whose title equals the name is preferred, unless
another candidate exceeds its cosine by ``PRIMARY``: "London" in a review of a rock band is the city. Without votes that
article is chosen, or the one with the most categories. A name has the same meaning throughout a text.
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
# Never part of a name; a sentence begins after it.
SEPARATOR = "\0"

# Start, end and number of the name.
Mention = tuple[int, int, int]


class LocalLinker:
    """Link texts with a knowledge base on disk.

    Parameters
    ----------
    folder : path
        Knowledge base, built by :mod:`mumu_lib.linking.build`.
    """

    name = "local"

    def __init__(self, folder: str | Path) -> None:
        self.knowledge = Knowledge(folder)
        self._cache: dict[str, tuple[int, int, bool]] = {}

    def categories(self, titles: Iterable[str]) -> dict[str, list[str]]:
        """Return the categories of each article."""
        return self.knowledge.categories(titles)

    def link(self, text: str) -> list[Annotation]:
        """Return the mentions of articles, sorted by start; they never overlap.

        The score of an unambiguous name is 1; otherwise it is the share of the article in the sum of all candidates'
        cosines.
        """
        return self._annotated(text, 0, self._mentions(text))

    def link_all(self, texts: Iterable[str]) -> Iterator[list[Annotation]]:
        """Yield the mentions in each text, as :meth:`link` returns them; short texts are processed in batches."""
        for batch in _batches(texts):
            mentions = self._mentions(SEPARATOR.join(batch))
            offset = 0
            first = 0
            for text in batch:
                last = bisect_left(mentions, offset + len(text), first, key=itemgetter(0))
                yield self._annotated(text, offset, mentions[first:last])
                first = last
                offset += len(text) + 1

    def _annotated(self, text: str, offset: int, mentions: list[Mention]) -> list[Annotation]:
        """Return the annotations of a text; its mentions are counted from ``offset`` characters before it."""
        senses = self._senses(text, offset, mentions)
        annotations = []
        for start, end, name in mentions:
            title, score = senses[name]
            surface = text[start - offset : end - offset]
            annotations.append(Annotation(start - offset, end - offset, surface, title, score, self.name))
        return annotations

    def _mentions(self, text: str) -> list[Mention]:
        """Return start, end and name of each mention: the longest name at each word outside an earlier mention."""
        plain = surfaces.alike(text)
        text_words = words.read(plain)
        starts = text_words.start.tolist() + [len(plain)] * words.REACH
        last = 0
        mentions = []
        for i, reach in zip(*self.knowledge.candidates(text_words), strict=True):
            start = starts[i]
            if start < last:
                continue
            end = start + surfaces.LONGEST + 1
            if reach < words.REACH:
                length, name, weak = self._longest_short(plain[start : min(starts[i + reach], end)])
            else:
                length, name, weak = self.knowledge.longest(plain[start:end])
            if length and not (weak and surfaces.sentence_start(text, start)):
                last = start + length
                mentions.append((start, last, name))
        return mentions

    def _longest_short(self, window: str) -> tuple[int, int, bool]:
        """Return the longest name in a window of one or two words, which recur and are cached."""
        found = self._cache.get(window)
        if found is None:
            if len(self._cache) >= CACHE_SIZE:
                self._cache.clear()
            found = self.knowledge.longest(window)
            self._cache[window] = found
        return found

    def _senses(self, text: str, offset: int, mentions: list[Mention]) -> dict[int, tuple[str, float]]:
        """Return title and score of each name in a text."""
        senses: dict[int, tuple[str, float]] = {}
        unambiguous: set[int] = set()
        ambiguous: dict[int, str] = {}
        for start, end, name in mentions:
            if name in senses or name in ambiguous:
                continue
            only_sense = self.knowledge.only_sense(name)
            if only_sense is None:
                ambiguous[name] = text[start - offset : end - offset]
                continue
            article, title = only_sense
            unambiguous.add(article)
            senses[name] = (title, 1.0)
        if not ambiguous:
            return senses
        votes, length = self._votes(unambiguous)
        for name, surface in ambiguous.items():
            senses[name] = self._choose(self.knowledge.articles(name), surface, votes, length)
        return senses

    def _votes(self, articles: set[int]) -> tuple[dict[int, float], float]:
        """Return the sum of the weighted category words of articles, and its norm."""
        votes: defaultdict[int, float] = defaultdict(float)
        for article in sorted(articles):
            numbers, weights, _ = self.knowledge.profile(article)
            for number, weight in zip(numbers, weights, strict=True):
                votes[number] += weight
        return votes, math.sqrt(sum(vote * vote for vote in votes.values()))

    def _choose(
        self, articles: tuple[int, ...], surface: str, votes: dict[int, float], length: float
    ) -> tuple[str, float]:
        """Return title and score of the article that fits the votes of a text best."""
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
        shared = 0.0
        for number, weight in zip(numbers, weights, strict=True):
            if number in votes:
                shared += votes[number] * weight
        return shared / (own * length)


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    """Yield batches of texts with at most ``BATCH`` characters, or one longer text."""
    batch: list[str] = []
    size = 0
    for text in texts:
        if batch and size + len(text) > BATCH:
            yield batch
            batch = []
            size = 0
        batch.append(text)
        size += len(text)
    if batch:
        yield batch


def make(catalogue: Catalogue, knowledge: str | Path) -> LocalLinker:
    """Return the local linker with a knowledge base; a synthetic catalogue has its own.

    Raises
    ------
    MissingDataError
        If a real catalogue has no knowledge base; the message says how to make one.
    """
    if knowledge:
        return LocalLinker(knowledge)
    if not catalogue.synthetic:
        command = commands.python("mumu_lib.linking.build", categories="FILE", redirects="FILE", out="FOLDER")
        raise MissingDataError(
            f"catalogue {catalogue.name!r} needs a knowledge base: get DBpedia's dumps of article categories and "
            f"redirects from https://databus.dbpedia.org, run  {command}  and give  -p knowledge FOLDER , "
            f"or skip entity linking:  -p features vsm"
        )
    return LocalLinker(_sample())


def _sample() -> Path:
    """Return the knowledge base of the embedded sample, which is built on first use."""
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
