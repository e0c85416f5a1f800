"""Entity linking: which Wikipedia articles a text speaks of, and under which categories they stand.

Paper: Section 5.2.  Notebook: 05.

``local`` works offline, with a knowledge base that :mod:`mumu_lib.linking.build` makes once of DBpedia's dumps;
``babelfy``, the paper's, and ``spotlight`` are web services that are asked once about each text.
"""

from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter
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

NAMES = [field.name for field in fields(Annotation)]
_values = attrgetter(*NAMES)
COLUMNS = {"text": "int64"} | dict(zip(NAMES, ("int64", "int64", "str", "str", "float64", "str"), strict=True))


def make(name: str, catalogue: Catalogue, knowledge: str | Path = "") -> Linker:
    """A linker by its name.

    Parameters
    ----------
    name : {'local', 'babelfy', 'spotlight'}
        Babelfy's key is read from ``BABELFY_KEY``; Spotlight's address from ``SPOTLIGHT_URL``, else it is the public one.
    catalogue : Catalogue
        Whose texts are to be linked; a synthetic one brings its own knowledge base.
    knowledge : path
        Folder of a knowledge base. ``local`` needs one; for the services it replaces Wikipedia's own as the source of
        categories, which needs your e-mail address in ``MUMU_CONTACT``.

    Raises
    ------
    ParameterError
        An unknown name, or no key.
    MissingDataError
        ``local`` without a knowledge base; with how to make one.
    """
    if name not in LINKERS:
        raise ParameterError(f"linker {name!r} is not one of {list(LINKERS)}{did_you_mean(name, LINKERS)}")
    return resolve(LINKERS[name])(catalogue, knowledge)


def annotate(linker: Linker, texts: Sequence[str]) -> pd.DataFrame:
    """Link many texts; a service is not asked again about a text that it has answered.

    Returns
    -------
    annotations : pd.DataFrame
        ``text`` (its place among the texts, from 0) and the attributes of :class:`Annotation`.

    Raises
    ------
    ServiceError
        A service fails or its quota ends; says how many texts are done. Run the same again to go on.
    """
    link_all = getattr(linker, "link_all", lambda some: map(linker.link, some))
    found, done = [], 0
    try:
        for annotations in progress.bar(link_all(texts), linker.name, len(texts), unit="text"):
            found += [(done, *_values(annotation)) for annotation in annotations]
            done += 1
    except ServiceError as error:
        raise ServiceError(f"{done} of {len(texts)} texts are done; {error}") from None
    return pd.DataFrame(found, columns=list(COLUMNS)).astype(COLUMNS)
