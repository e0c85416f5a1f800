"""Link entities with Babelfy, the linker of the paper.

Paper: Section 5.2.  The authors' tool sends ``lang=EN`` and ``annType=ALL`` and keeps every annotation.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mumu_lib.catalogue import Catalogue
from mumu_lib.core.errors import ParameterError
from mumu_lib.linking.base import Categories, Offsets, WebLinker, title_of
from mumu_lib.linking.mediawiki import categories_of
from mumu_lib.linking.services import Service, open_service

URL = "https://babelfy.io/v1/disambiguate"
FORM = {"lang": "EN", "annType": "ALL"}
ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")


class Babelfy(WebLinker):
    """Link texts with Babelfy; annotations may overlap, and annotations without an article are dropped.

    Parameters
    ----------
    service : Service
    key : str
        API key from the registration with BabelNet.
    source : Categories
        Source of the categories: a knowledge base or MediaWiki.
    """

    name = "babelfy"

    def __init__(self, service: Service, key: str, source: Categories) -> None:
        super().__init__(service, source)
        self._key = key

    def _annotations(self, text: str, offsets: Offsets) -> Iterator[tuple[int, int, str, float]]:
        for entry in self.service.ask(FORM | {"text": text}, _check, secret={"key": self._key}):
            fragment = entry["charFragment"]
            address = ESCAPED.sub(lambda code: chr(int(code[1], 16)), entry.get("DBpediaURL") or "")
            # The end that Babelfy gives is inclusive.
            start, end = offsets.span(int(fragment["start"]), int(fragment["end"]) + 1)
            yield start, end, title_of(address), float(entry["score"])


def _check(answer: Any) -> None:
    """Check the form of an answer: convert each field as :meth:`Babelfy._annotations` does."""
    if isinstance(answer, dict):
        message = answer.get("message") or answer
        raise ValueError(f"it refuses ({message}); check BABELFY_KEY, or the day's quota is used up")
    for entry in answer:
        int(entry["charFragment"]["start"])
        int(entry["charFragment"]["end"])
        float(entry["score"])
        (entry.get("DBpediaURL") or "").strip()


def make(catalogue: Catalogue, knowledge: str | Path) -> Babelfy:
    """Return the Babelfy linker; ``BABELFY_URL`` replaces the public address if it is set.

    Raises
    ------
    ParameterError
        If ``BABELFY_KEY`` is not set.
    """
    key = os.environ.get("BABELFY_KEY", "")
    if not key:
        raise ParameterError("Babelfy needs a key: register at https://babelnet.org and set BABELFY_KEY to it")
    return Babelfy(open_service("Babelfy", os.environ.get("BABELFY_URL") or URL), key, categories_of(knowledge))
