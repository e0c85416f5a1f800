"""What every entity linker promises, and what those that ask a web service have in common.

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
    """A piece of a text and the Wikipedia article it speaks of.

    Attributes
    ----------
    start, end : int
        Offsets into the Python string; ``end`` is exclusive.
    surface : str
        ``text[start:end]``.
    title : str
        Of the article, with ``_`` for blanks, as DBpedia writes it.
    score : float
        0 to 1, as sure as the linker says it is; scores of different linkers do not compare.
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
    """Whatever knows the categories of articles."""

    def categories(self, titles: Iterable[str]) -> dict[str, list[str]]:
        """Categories of each article."""
        ...


class Linker(Protocol):
    """Finds entities in texts and knows their categories."""

    name: str

    def link(self, text: str) -> list[Annotation]:
        """Annotations of a text, by start. Those of ``local`` never overlap, those of the services may."""
        ...

    def categories(self, titles: Iterable[str]) -> dict[str, list[str]]:
        """Wikipedia categories of each article, with ``_`` for blanks and without ``Category:``; none: an empty list."""
        ...


class Offsets:
    """Places in a text, from those of services written in Java.

    Java counts a character beyond U+FFFF, an emoji say, as two. A place that is not in the text, or does not hold what
    the service says, is left out with a warning.
    """

    def __init__(self, text: str) -> None:
        self._text, self._plain = text, text.isascii() or max(text) <= "\uffff"
        if not self._plain:
            widths = np.array([1 + (character > "\uffff") for character in text])
            self._starts = np.concatenate([[0], np.cumsum(widths)])
        self._length = len(text) if self._plain else int(self._starts[-1])

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Start and end (exclusive) in the Python string; (0, 0) if that is not in the text."""
        if not 0 <= start < end <= self._length:
            return self._refuse(f"{start!r:.20} to {end!r:.20}")
        places = [start, end] if self._plain else np.searchsorted(self._starts, [start, end]).tolist()
        return places[0], places[1]

    def of_surface(self, start: int, surface: str) -> tuple[int, int]:
        """Start and end of a surface that the service says is at ``start``; (0, 0) if it is not."""
        place, end = self.span(start, start + 1)
        if end and self._text[place : place + len(surface)] != surface:
            return self._refuse(f"{surface!r} at {start}")
        return place, place + len(surface)

    def _refuse(self, what: str) -> tuple[int, int]:
        warnings.warn(f"an annotation left out: {what} is not in the text {self._text[:40]!r}…", stacklevel=5)
        return 0, 0


def title_of(address: str) -> str:
    """Title of a DBpedia resource, with ``_`` for blanks; ``""`` if it is none."""
    _, resource, name = address.partition("dbpedia.org/resource/")
    return storable(unquote(name)).replace(" ", "_") if resource else ""


class Asking:
    """Links texts by asking a service once about each; one that says nothing is not asked about.

    Parameters
    ----------
    service : Service
    known : Categories
        A knowledge base or MediaWiki.
    """

    name: str

    def __init__(self, service: Service, known: Categories) -> None:
        self.service, self._known = service, known

    def categories(self, titles: Iterable[str]) -> dict[str, list[str]]:
        """Categories of each article."""
        return self._known.categories(titles)

    def link(self, text: str) -> list[Annotation]:
        """Annotations of a text, by start.

        Raises
        ------
        ServiceError
            The service fails or refuses.
        """
        found: list[Annotation] = []
        # No comprehension: it would be a frame of its own in Python 3.11, and warnings name the line that asks to link.
        for start, end, title, score in self._said(text, Offsets(text)) if text.strip() else ():
            if title and start < end:
                found.append(Annotation(start, end, text[start:end], title, score, self.name))
        return sorted(found, key=lambda annotation: (annotation.start, -annotation.end))

    def _said(self, text: str, offsets: Offsets) -> Iterator[tuple[int, int, str, float]]:
        """Start, end, title of an article (``""``: none) and score of what the service finds."""
        raise NotImplementedError
