"""Get the categories of articles from Wikipedia, for linkers without a knowledge base.

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
    """Request categories from Wikipedia, fifty titles at a time, and cache them.

    Parameters
    ----------
    service : Service
        Its User-Agent must identify you, as the rules of Wikipedia demand.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def categories(self, titles: Iterable[str]) -> dict[str, list[str]]:
        """Return the categories of each article without hidden categories; redirects are followed.

        Raises
        ------
        ServiceError
            If Wikipedia fails or refuses; earlier answers stay in the cache.
        """
        found: dict[str, list[str]] = {}
        missing: list[str] = []
        for title in dict.fromkeys(titles):
            cached = self._service.kept(self._path(title))
            if _is_list_of_names(cached):
                found[title] = cached
            else:
                missing.append(title)
        with progress.bar(total=len(missing), desc="categories", unit="title") as bar:
            for i in range(0, len(missing), CHUNK):
                chunk = missing[i : i + CHUNK]
                for title, categories in self._request(chunk).items():
                    self._service.keep(self._path(title), categories)
                    found[title] = categories
                bar.update(len(chunk))
        return found

    def _path(self, title: str) -> Path:
        return self._service.path(self._service.url, "categories", title)

    def _request(self, titles: list[str]) -> dict[str, list[str]]:
        """Request the categories of some titles; a long answer comes in several parts."""
        redirects: dict[str, str] = {}
        categories: dict[str, list[str]] = {}
        names = "|".join(titles).replace("_", " ")
        form = FORM | {"titles": names}
        more: dict[str, str] | None = {}
        while more is not None:
            answer = self._service.fetch(form | more, _check)
            _collect(answer.get("query", {}), redirects, categories)
            if answer.get("continue") == more:
                raise ServiceError(
                    f"{self._service.name} ({self._service.url}) answers in a circle; run it again later"
                )
            more = answer.get("continue")
        found = {}
        for title in titles:
            page = _end(title.replace("_", " "), redirects)
            found[title] = sorted(set(categories.get(page, [])))
        return found


def _is_list_of_names(cached: Any) -> bool:
    return isinstance(cached, list) and all(isinstance(name, str) for name in cached)


def _collect(query: dict[str, Any], redirects: dict[str, str], categories: dict[str, list[str]]) -> None:
    """Add the redirects and the categories in one part of an answer."""
    for kind in ("normalized", "redirects"):
        for step in query.get(kind, []):
            redirects[step["from"]] = step["to"]
    for page in query.get("pages", []):
        names = categories.setdefault(page["title"], [])
        for entry in page.get("categories", []):
            names.append(entry["title"].partition(":")[2].replace(" ", "_"))


def _end(title: str, redirects: dict[str, str]) -> str:
    """Follow redirects to their end; a cycle ends before it repeats.

    Examples
    --------
    >>> _end("NYC", {"NYC": "New York City"}), _end("A", {"A": "B", "B": "A"})
    ('New York City', 'B')
    """
    seen = {title}
    while title in redirects and redirects[title] not in seen:
        title = redirects[title]
        seen.add(title)
    return title


def _check(answer: Any) -> None:
    """Check the form of an answer: use each field as :func:`_collect` does."""
    if "error" in answer:
        raise ValueError(f"it refuses ({answer['error'].get('code')}: {answer['error'].get('info')})")
    if "query" not in answer and "batchcomplete" not in answer:
        raise ValueError("its answer has no 'query'")
    query = answer.get("query", {})
    for page in query.get("pages", []):
        page["title"].strip()
        for entry in page.get("categories", []):
            entry["title"].strip()
    for step in [*query.get("normalized", []), *query.get("redirects", [])]:
        step["from"].strip()
        step["to"].strip()
    dict(answer.get("continue") or {})


def categories_of(knowledge: str | Path) -> Categories:
    """Return a source of categories: the knowledge base if one is given, otherwise Wikipedia.

    Raises
    ------
    ParameterError
        If Wikipedia is used and ``MUMU_CONTACT`` is neither an e-mail address nor a web page.
    """
    if knowledge:
        return Knowledge(knowledge)
    contact = os.environ.get("MUMU_CONTACT", "")
    if "@" not in contact and "://" not in contact:
        raise ParameterError(
            "Wikipedia requires a contact address: set MUMU_CONTACT to your e-mail address or a web page, "
            "or give a knowledge base as the source of categories"
        )
    url = os.environ.get("MEDIAWIKI_URL") or URL
    return MediaWiki(open_service("Wikipedia", url, agent=f"{AGENT} ( {contact} )"))
