"""What linkers that ask a web service have in common.

Paper: Section 5.2.  Notebook: 05.
"""

from collections.abc import Iterable, Iterator

from mumu_lib.linking.interface import Annotation, Categories
from mumu_lib.linking.offsets import Offsets
from mumu_lib.linking.services import Service


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
