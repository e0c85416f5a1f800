"""Categories of articles from Wikipedia's own service, for linkers without a knowledge base.

Paper: Section 5.2.  Notebook: 05.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mumu_lib.core import progress
from mumu_lib.core.errors import ParameterError, ServiceError
from mumu_lib.linking.base import Categories
from mumu_lib.linking.knowledge import Knowledge
from mumu_lib.linking.services import Service, open_service
from mumu_lib.sources.web import AGENT

URL = "https://en.wikipedia.org/w/api.php"
FORM = {
    "action": "query", "format": "json", "formatversion": "2", "prop": "categories", "cllimit": "max",
    "clshow": "!hidden", "redirects": "1",
}  # fmt: skip
CHUNK = 50


class MediaWiki:
    """Asks Wikipedia for categories, fifty titles at once, each title once.

    Parameters
    ----------
    service : Service
        With an agent that names you, as Wikipedia asks.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def categories(self, titles: Iterable[str]) -> dict[str, list[str]]:
        """Categories of each article, hidden ones left out; redirects are followed.

        Raises
        ------
        ServiceError
            Wikipedia fails or refuses; what it answered is kept.
        """
        found, unknown = dict[str, list[str]](), list[str]()
        for title in dict.fromkeys(titles):
            kept = self._service.kept(self._path(title))
            if isinstance(kept, list) and all(isinstance(name, str) for name in kept):
                found[title] = kept
            else:
                unknown.append(title)
        with progress.bar(total=len(unknown), desc="categories", unit="title") as bar:
            for i in range(0, len(unknown), CHUNK):
                some = unknown[i : i + CHUNK]
                for title, categories in self._ask(some).items():
                    self._service.keep(self._path(title), categories)
                    found[title] = categories
                bar.update(len(some))
        return found

    def _path(self, title: str) -> Any:
        return self._service.path(self._service.url, "categories", title)

    def _ask(self, titles: list[str]) -> dict[str, list[str]]:
        leads: dict[str, str] = {}
        categories: dict[str, list[str]] = {}
        form = FORM | {"titles": "|".join(title.replace("_", " ") for title in titles)}
        more: dict[str, str] | None = {}
        while more is not None:
            answer = self._service.fetch(form | more, _check)
            query = answer.get("query", {})
            leads |= {step["from"]: step["to"] for kind in ("normalized", "redirects") for step in query.get(kind, [])}
            for page in query.get("pages", []):
                names = [entry["title"].partition(":")[2].replace(" ", "_") for entry in page.get("categories", [])]
                categories.setdefault(page["title"], []).extend(names)
            before, more = more, answer.get("continue")
            if more == before:
                raise ServiceError(
                    f"{self._service.name} ({self._service.url}) answers in a circle; run it again later"
                )
        return {title: sorted(set(categories.get(_end(title.replace("_", " "), leads), []))) for title in titles}


def _end(title: str, leads: dict[str, str]) -> str:
    """Where normalisation and redirects lead; a circle ends where it closes."""
    seen = {title}
    while (after := leads.get(title)) is not None and after not in seen:
        seen.add(after)
        title = after
    return title


def _check(answer: Any) -> None:
    if "error" in answer:
        raise ValueError(f"it refuses ({answer['error'].get('code')}: {answer['error'].get('info')})")
    if "query" not in answer and "batchcomplete" not in answer:
        raise ValueError("its answer has no 'query'")
    query = answer.get("query", {})
    for page in query.get("pages", []):
        [page["title"].strip(), *(entry["title"].strip() for entry in page.get("categories", []))]
    for step in [*query.get("normalized", []), *query.get("redirects", [])]:
        (step["from"].strip(), step["to"].strip())
    dict(answer.get("continue") or {})


def categories_of(knowledge: str | Path) -> Categories:
    """Return what knows the categories of articles: a knowledge base, or without one Wikipedia itself.

    Raises
    ------
    ParameterError
        Wikipedia is to be asked, and ``MUMU_CONTACT`` names nobody.
    """
    if knowledge:
        return Knowledge(knowledge)
    contact = os.environ.get("MUMU_CONTACT", "")
    if "@" not in contact and "://" not in contact:
        raise ParameterError(
            "Wikipedia answers only those who name themselves: set MUMU_CONTACT to your e-mail address or a web page, "
            "or give a knowledge base as the source of categories"
        )
    url = os.environ.get("MEDIAWIKI_URL") or URL
    return MediaWiki(open_service("Wikipedia", url, agent=f"{AGENT} ( {contact} )"))
