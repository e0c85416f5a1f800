"""Link texts to Wikipedia articles, and look up the categories of these articles.

Paper: Section 5.2.  Notebook: 05.

``local`` works offline, with a knowledge base that :mod:`mumu_lib.linking.build` makes once from DBpedia's dumps;
``babelfy``, which the paper uses, and ``spotlight`` are web services, which get one request per text.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import lazy_loader
import pandas as pd

from mumu_lib.catalogue import Catalogue
from mumu_lib.core import progress
from mumu_lib.core.errors import MissingDataError, ParameterError, ServiceError, did_you_mean
from mumu_lib.core.files import locked
from mumu_lib.core.fingerprints import hash_of
from mumu_lib.core.paths import home
from mumu_lib.experiments import LINKERS, resolve
from mumu_lib.linking.base import Annotation, Categories, Linker
from mumu_lib.linking.services import Service
from mumu_lib.sources.web import AGENT

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submodules=[
        "babelfy",
        "base",
        "build",
        "dictionary",
        "dumps",
        "knowledge",
        "local",
        "mediawiki",
        "services",
        "spotlight",
        "surfaces",
        "words",
    ],
)


__all__ = [
    "AGENT",
    "Annotation",
    "Categories",
    "Linker",
    "MissingDataError",
    "Service",
    "annotate",
    "hash_of",
    "home",
    "locked",
    "make",
]

COLUMNS = {
    "text": "int64",
    "start": "int64",
    "end": "int64",
    "surface": "str",
    "title": "str",
    "score": "float64",
    "linker": "str",
}


def make(name: str, catalogue: Catalogue, knowledge: str | Path = "") -> Linker:
    """Return a linker by its name.

    Parameters
    ----------
    name : {'local', 'babelfy', 'spotlight'}
        Babelfy reads its key from ``BABELFY_KEY``; Spotlight reads its address from ``SPOTLIGHT_URL`` (default: the
        public service).
    catalogue : Catalogue
        Catalogue of the texts; a synthetic catalogue has a knowledge base of its own.
    knowledge : path
        Folder of a knowledge base, which ``local`` requires. Without one the services get categories from Wikipedia,
        which requires your e-mail address in ``MUMU_CONTACT``.

    Raises
    ------
    ParameterError
        If the name is unknown or the key is missing.
    MissingDataError
        If ``local`` has no knowledge base; the message says how to make one.
    """
    if name not in LINKERS:
        raise ParameterError(f"linker {name!r} is not one of {list(LINKERS)}{did_you_mean(name, LINKERS)}")
    return resolve(LINKERS[name])(catalogue, knowledge)


def annotate(linker: Linker, texts: Sequence[str]) -> pd.DataFrame:
    """Link many texts; the answers of a service are cached.

    Returns
    -------
    annotations : pd.DataFrame
        ``text`` (the index of the text, from 0) and the attributes of :class:`Annotation`.

    Raises
    ------
    ServiceError
        If a service fails or its quota is used up; the message says how many texts are done. Run the same call again
        to continue.

    Examples
    --------
    >>> class Berlin:
    ...     name = "example"
    ...
    ...     def link(self, text):
    ...         start = text.find("Berlin")
    ...         return [Annotation(start, start + 6, "Berlin", "Berlin", 1.0, self.name)] if start >= 0 else []
    >>> annotate(Berlin(), ["made in London", "made in Berlin"])[["text", "start", "title"]].to_dict("records")
    [{'text': 1, 'start': 8, 'title': 'Berlin'}]
    """
    rows: list[tuple] = []
    done = 0
    try:
        for annotations in progress.bar(_linked(linker, texts), linker.name, len(texts), unit="text"):
            for found in annotations:
                rows.append((done, found.start, found.end, found.surface, found.title, found.score, found.linker))
            done += 1
    except ServiceError as error:
        raise ServiceError(f"{done} of {len(texts)} texts are done; {error}") from None
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _linked(linker: Linker, texts: Sequence[str]) -> Iterable[list[Annotation]]:
    """Return the annotations of each text, in batches if the linker supports them."""
    if hasattr(linker, "link_all"):
        return linker.link_all(texts)
    return map(linker.link, texts)
