"""Link entities with DBpedia Spotlight, public or self-hosted.

Paper: none.  Confidence and support are the values in the authors' linking tool.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mumu_lib.catalogue import Catalogue
from mumu_lib.linking.base import Offsets, WebLinker, title_of
from mumu_lib.linking.mediawiki import categories_of
from mumu_lib.linking.services import open_service
from mumu_lib.sources import web

URL = "https://api.dbpedia-spotlight.org/en/annotate"
# The public service sometimes answers 403 when it is busy.
RETRIED = (*web.RETRIED, 403)
FORM = {"confidence": "0.2", "support": "20"}


class Spotlight(WebLinker):
    """Link texts with DBpedia Spotlight."""

    name = "spotlight"

    def _annotations(self, text: str, offsets: Offsets) -> Iterator[tuple[int, int, str, float]]:
        for entry in self.service.ask(FORM | {"text": text}, _check).get("Resources", []):
            start, end = offsets.of_surface(int(entry["@offset"]), entry["@surfaceForm"])
            yield start, end, title_of(entry["@URI"]), float(entry["@similarityScore"])


def _check(answer: Any) -> None:
    """Check the form of an answer: convert each field as :meth:`Spotlight._annotations` does."""
    if "@text" not in answer and "Resources" not in answer:
        raise ValueError(f"it refuses ({str(answer)[:200]})")
    for entry in answer.get("Resources", []):
        int(entry["@offset"])
        entry["@surfaceForm"].strip()
        entry["@URI"].strip()
        float(entry["@similarityScore"])


def make(catalogue: Catalogue, knowledge: str | Path) -> Spotlight:
    """Return the Spotlight linker; ``SPOTLIGHT_URL`` replaces the public address if it is set."""
    service = open_service("Spotlight", os.environ.get("SPOTLIGHT_URL") or URL, retried=RETRIED)
    return Spotlight(service, categories_of(knowledge))
