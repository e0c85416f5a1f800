"""Write a knowledge base about the things in the sample's reviews, in the format of DBpedia's dumps.

Notebook: 05, whose local linker builds its knowledge base from these files as from the real ones.

Two dumps are written, article categories and redirects, with the noise of real dumps: comments, lines that are not
triples, a byte that is not UTF-8, cyclic redirects, articles that occur in no review, and ambiguous names. As on
Wikipedia, only some categories are about genres.
"""

from pathlib import Path

from mumu_lib.core.files import write_atomically
from mumu_lib.sources.sample.knowledge.articles import ARTICLES, REDIRECTS

RESOURCE = "http://dbpedia.org/resource/"
PREDICATES = {
    "categories": "http://purl.org/dc/terms/subject",
    "redirects": "http://dbpedia.org/ontology/wikiPageRedirects",
}
FILES = {"categories": "categories_lang=en_articles.ttl", "redirects": "redirects_lang=en.ttl"}
# A truncated line, and a line in Latin-1.
NOISE = {
    "categories": [b"<http://dbpedia.org/resource/Teapot> <http://purl.org/dc/terms/subject>"],
    "redirects": [b"<http://dbpedia.org/resource/Caf\xe9> <http://dbpedia.org/ontology/wikiPageRedirects> <Coffee> ."],
}


def write(folder: Path) -> dict[str, Path]:
    """Write the dumps of the sample's knowledge base.

    Returns
    -------
    dumps : dict
        Paths of ``categories`` and ``redirects``, whose bytes are the same in every call.
    """
    categories = []
    for title, names in ARTICLES.items():
        for name in names:
            categories.append((title, f"Category:{name}"))
    dumps = {}
    for kind, pairs in (("categories", categories), ("redirects", REDIRECTS)):
        lines = [b"# started"]
        for title, other in pairs:
            lines.append(_triple(title, PREDICATES[kind], other))
        lines += [*NOISE[kind], b"# completed"]
        path = folder / FILES[kind]
        write_atomically(path, b"\n".join(lines) + b"\n")
        dumps[kind] = path
    return dumps


def _triple(title: str, predicate: str, other: str) -> bytes:
    """Return a line of a dump.

    Examples
    --------
    >>> _triple("Big band", "subject", "Jazz")
    b'<http://dbpedia.org/resource/Big_band> <subject> <http://dbpedia.org/resource/Jazz> .'
    """
    return f"<{_address(title)}> <{predicate}> <{_address(other)}> .".encode()


def _address(title: str) -> str:
    return RESOURCE + title.replace(" ", "_")
