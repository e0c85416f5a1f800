"""Define the interface of entity linkers, and the base class of linkers that use a web service.

Paper: Section 5.2.  Notebook: 05.
"""

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote

import numpy as np

from mumu_lib.core.parsing import storable
from mumu_lib.linking.services import Service


@dataclass(frozen=True, slots=True)
class Annotation:
    """Mention of a Wikipedia article in a text.

    Attributes
    ----------
    start, end : int
        Offsets into the Python string; ``end`` is exclusive.
    surface : str
        ``text[start:end]``.
    title : str
        Title of the article, with ``_`` for blanks, as in DBpedia.
    score : float
        Confidence of the linker in [0, 1]; scores of different linkers are not comparable.
    linker : str
        Name of the linker.
    """

    start: int
    end: int
    surface: str
    title: str
    score: float
    linker: str


class Categories(Protocol):
    """Source of the categories of articles."""

    def categories(self, titles: Iterable[str]) -> dict[str, list[str]]:
        """Return the categories of each article."""
        ...


class Linker(Protocol):
    """Finds entities in texts and returns their categories."""

    name: str

    def link(self, text: str) -> list[Annotation]:
        """Return the annotations of a text, sorted by start; they may overlap, except with ``local``."""
        ...

    def categories(self, titles: Iterable[str]) -> dict[str, list[str]]:
        """Return the Wikipedia categories of each article, with ``_`` for blanks and without ``Category:``."""
        ...


class Offsets:
    """Converts offsets of services written in Java to offsets into a Python string.

    Java counts a character above U+FFFF, such as an emoji, as two. Offsets outside the text, and surfaces that the text
    does not have at their offset, are dropped with a warning.

    Examples
    --------
    >>> text = "\N{GUITAR} Adele"
    >>> start, end = Offsets(text).span(3, 8)
    >>> text[start:end]
    'Adele'
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._length = len(text)
        self._starts: np.ndarray | None = None
        if not text.isascii() and max(text) > "\uffff":
            # Code points above U+FFFF are two units of UTF-16.
            codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
            widths = np.where(codes > 0xFFFF, 2, 1)
            self._starts = np.concatenate([[0], np.cumsum(widths)])
            self._length = int(self._starts[-1])

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return start and end (exclusive) in the Python string; (0, 0) if they are outside the text."""
        if not 0 <= start < end <= self._length:
            return self._dropped(f"{start!r:.20} to {end!r:.20}")
        if self._starts is None:
            return start, end
        first, last = np.searchsorted(self._starts, [start, end]).tolist()
        return first, last

    def of_surface(self, start: int, surface: str) -> tuple[int, int]:
        """Return start and end of a surface form that the service found at ``start``; (0, 0) if it is not there."""
        first, last = self.span(start, start + 1)
        if last and self._text[first : first + len(surface)] != surface:
            return self._dropped(f"{surface!r} at {start}")
        return first, first + len(surface)

    def _dropped(self, what: str) -> tuple[int, int]:
        warnings.warn(f"an annotation left out: {what} is not in the text {self._text[:40]!r}…", stacklevel=5)
        return 0, 0


def title_of(address: str) -> str:
    """Return the title in the address of a DBpedia resource, with ``_`` for blanks; empty for other addresses.

    Examples
    --------
    >>> title_of("http://dbpedia.org/resource/Soul%20music"), title_of("https://example.org")
    ('Soul_music', '')
    """
    _, resource, name = address.partition("dbpedia.org/resource/")
    if not resource:
        return ""
    return storable(unquote(name)).replace(" ", "_")


class WebLinker:
    """Base class of linkers that send each text to a web service once; blank texts are not sent.

    Parameters
    ----------
    service : Service
    source : Categories
        Source of the categories: a knowledge base or MediaWiki.
    """

    name: str

    def __init__(self, service: Service, source: Categories) -> None:
        self.service = service
        self._source = source

    def categories(self, titles: Iterable[str]) -> dict[str, list[str]]:
        """Return the categories of each article."""
        return self._source.categories(titles)

    def link(self, text: str) -> list[Annotation]:
        """Return the annotations of a text, sorted by start.

        Raises
        ------
        ServiceError
            If the service fails or refuses.
        """
        if not text.strip():
            return []
        annotations: list[Annotation] = []
        # A comprehension would add a stack frame in Python 3.11; the warning of Offsets counts frames to its caller.
        for start, end, title, score in self._annotations(text, Offsets(text)):
            if title and start < end:
                annotations.append(Annotation(start, end, text[start:end], title, score, self.name))
        return sorted(annotations, key=lambda annotation: (annotation.start, -annotation.end))

    def _annotations(self, text: str, offsets: Offsets) -> Iterator[tuple[int, int, str, float]]:
        """Yield start, end, title of the article (may be empty) and score of each entity that the service finds."""
        raise NotImplementedError
