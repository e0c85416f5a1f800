"""Entity linking: which Wikipedia articles a text speaks of, and under which categories they stand.

Paper: Section 5.2.  Notebook: 05.

``local`` works offline, with a knowledge base that :mod:`mumu_lib.linking.build` makes once of DBpedia's dumps;
``babelfy``, the paper's, and ``spotlight`` are web services that are asked once about each text.
"""

import os
from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter
from pathlib import Path
from typing import Any

import lazy_loader
import pandas as pd

from mumu_lib.catalogue import Catalogue
from mumu_lib.core import progress
from mumu_lib.core.errors import MissingDataError, ParameterError, ServiceError, did_you_mean
from mumu_lib.core.files import locked
from mumu_lib.core.fingerprints import hash_of
from mumu_lib.core.paths import home
from mumu_lib.linking.base import Annotation, Categories, Linker
from mumu_lib.linking.services import Service
from mumu_lib.params import LINKERS
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


__all__ = ["Annotation", "Linker", "annotate", "make"]

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
    if name == "local":
        return _local(catalogue, knowledge)
    if name == "babelfy":
        return _babelfy(knowledge)
    if name == "spotlight":
        return _spotlight(knowledge)
    raise ParameterError(f"linker {name!r} is not one of {list(LINKERS)}{did_you_mean(name, LINKERS)}")


def _local(catalogue: Catalogue, knowledge: str | Path) -> Linker:
    from mumu_lib.linking.local import LocalLinker

    if knowledge:
        return LocalLinker(knowledge)
    if not catalogue.synthetic:
        raise MissingDataError(
            f"catalogue {catalogue.name!r} needs a knowledge base: get DBpedia's dumps of article categories and "
            f"redirects from https://databus.dbpedia.org, run  python -m mumu_lib.linking.build --categories FILE "
            f"--redirects FILE --out FOLDER  and give  knowledge=FOLDER"
        )
    return LocalLinker(_sample())


def _sample() -> Path:
    """Knowledge base of the embedded sample, made on first use."""
    from mumu_lib.linking.build import FORMAT, build
    from mumu_lib.sources.sample import knowledge

    folder = home() / "data" / "sample-knowledge"
    with locked(folder):
        dumps = knowledge.write(folder)
        made = hash_of(*(path.read_bytes() for path in dumps.values()), length=16)
        base = folder / f"knowledge-{FORMAT}-{made}"
        if not (base / "info.json").is_file():
            build(base, **dumps)
    return base


def _babelfy(knowledge: str | Path) -> Linker:
    from mumu_lib.linking.babelfy import URL, Babelfy

    key = os.environ.get("BABELFY_KEY", "")
    if not key:
        raise ParameterError("Babelfy needs a key: register at https://babelnet.org and set BABELFY_KEY to it")
    return Babelfy(_service("Babelfy", os.environ.get("BABELFY_URL") or URL), key, _categories(knowledge))


def _spotlight(knowledge: str | Path) -> Linker:
    from mumu_lib.linking.spotlight import RETRIED, URL, Spotlight

    service = _service("Spotlight", os.environ.get("SPOTLIGHT_URL") or URL, retried=RETRIED)
    return Spotlight(service, _categories(knowledge))


def _categories(knowledge: str | Path) -> Categories:
    if knowledge:
        from mumu_lib.linking.knowledge import Knowledge

        return Knowledge(knowledge)
    from mumu_lib.linking.mediawiki import URL, MediaWiki

    contact = os.environ.get("MUMU_CONTACT", "")
    if "@" not in contact and "://" not in contact:
        raise ParameterError(
            "Wikipedia answers only those who name themselves: set MUMU_CONTACT to your e-mail address or a web page, "
            "or give a knowledge base as the source of categories"
        )
    url = os.environ.get("MEDIAWIKI_URL") or URL
    return MediaWiki(_service("Wikipedia", url, agent=f"{AGENT} ( {contact} )"))


def _service(name: str, url: str, **options: Any) -> Service:
    return Service(name, url, home() / "data" / "linking" / name.lower(), **options)


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
