"""From what services say to places in a Python string and titles of articles."""

import warnings
from urllib.parse import unquote

import numpy as np

from mumu_lib.core.parsing import storable


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
