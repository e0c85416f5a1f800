"""DBpedia Spotlight, public or self-hosted.

Paper: not in it. Confidence and support are those of its authors' own tool for linking.
"""

from collections.abc import Iterable
from typing import Any

from mumu_lib.linking.interface import Annotation, Categories
from mumu_lib.linking.offsets import Offsets, title_of
from mumu_lib.linking.services import Service
from mumu_lib.sources import web

URL = "https://api.dbpedia-spotlight.org/en/annotate"
# The public service refuses now and then with 403.
RETRIED = (*web.RETRIED, 403)
FORM = {"confidence": "0.2", "support": "20"}


class Spotlight:
    """Links texts by asking Spotlight.

    Parameters
    ----------
    service : Service
    known : Categories
        A knowledge base or MediaWiki.
    """

    name = "spotlight"

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
            Spotlight fails or refuses.
        """
        if not text.strip():
            return []
        answer = self.service.ask(FORM | {"text": text}, _check)
        offsets = Offsets(text)
        found = []
        for entry in answer.get("Resources", []):
            start, end = offsets.of_surface(int(entry["@offset"]), entry["@surfaceForm"])
            title = title_of(entry["@URI"])
            if title and start < end:
                score = float(entry["@similarityScore"])
                found.append(Annotation(start, end, text[start:end], title, score, self.name))
        return sorted(found, key=lambda annotation: (annotation.start, -annotation.end))


def _check(answer: Any) -> None:
    if "@text" not in answer and "Resources" not in answer:
        raise ValueError(f"it refuses ({str(answer)[:200]})")
    for entry in answer.get("Resources", []):
        (int(entry["@offset"]), entry["@surfaceForm"].strip(), entry["@URI"].strip(), float(entry["@similarityScore"]))
