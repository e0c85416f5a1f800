"""What an encyclopedia would know of the things in the sample's reviews, as DBpedia's dumps say it.

Notebook: 05, whose local linker makes its knowledge base of these files as it would of the real ones.

Two dumps are written: article categories and redirects, with the noise that real ones have: comments, lines that are
no triples, a byte that is no UTF-8, redirects in a circle, articles that the reviews never name, and names that mean
several things. Categories tell of genres as those of Wikipedia do: here and there.
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
# A line cut short, and one in Latin-1.
NOISE = {
    "categories": [b"<http://dbpedia.org/resource/Teapot> <http://purl.org/dc/terms/subject>"],
    "redirects": [b"<http://dbpedia.org/resource/Caf\xe9> <http://dbpedia.org/ontology/wikiPageRedirects> <Coffee> ."],
}


def write(folder: Path) -> dict[str, Path]:
    """Write the dumps of the sample's knowledge base.

    Returns
    -------
    dumps : dict
        ``categories`` and ``redirects``: the same bytes at every call.
    """
    pairs = {
        "categories": [(title, f"Category:{name}") for title, names in ARTICLES.items() for name in names],
        "redirects": REDIRECTS,
    }
    written = {}
    for kind, found in pairs.items():
        triples = [_triple(title, PREDICATES[kind], other) for title, other in found]
        lines = [b"# started", *triples, *NOISE[kind], b"# completed"]
        path = written[kind] = folder / FILES[kind]
        write_atomically(path, b"\n".join(lines) + b"\n")
    return written


def _triple(title: str, predicate: str, other: str) -> bytes:
    subject, target = (RESOURCE + name.replace(" ", "_") for name in (title, other))
    return f"<{subject}> <{predicate}> <{target}> .".encode()
