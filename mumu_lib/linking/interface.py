"""What every entity linker promises.

Paper: Section 5.2.  Notebook: 05.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


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
