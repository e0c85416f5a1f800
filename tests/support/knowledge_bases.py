"""Small knowledge bases of a few articles."""

from types import SimpleNamespace

from mumu_lib.linking import build
from mumu_lib.linking.local import LocalLinker

SUBJECT = (
    "<http://dbpedia.org/resource/{}> <http://purl.org/dc/terms/subject> <http://dbpedia.org/resource/Category:{}> ."
)
REDIRECT = "<http://dbpedia.org/resource/{}> <http://dbpedia.org/ontology/wikiPageRedirects> <http://dbpedia.org/resource/{}> ."
LABEL = '<http://dbpedia.org/resource/{}> <http://www.w3.org/2000/01/rdf-schema#label> "{}"@en .'


def knowledge_base(folder, articles, redirects=(), labels=()):
    """Articles are a dict of categories; lines that are no pairs are written as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    pairs = [(title.replace(" ", "_"), c.replace(" ", "_")) for title, names in articles.items() for c in names]
    files = {"categories": (SUBJECT, pairs), "redirects": (REDIRECT, redirects), "labels": (LABEL, labels)}
    paths = {}
    for kind, (form, rows) in files.items():
        if rows:
            lines = [row if isinstance(row, bytes) else form.format(*row).encode() for row in rows]
            paths[kind] = folder / f"{kind}.ttl"
            paths[kind].write_bytes(b"# started\n" + b"\n".join(lines) + b"\n")
    return build.build(folder / "knowledge", **paths)


def linker(folder, articles, redirects=(), labels=()):
    knowledge_base(folder, articles, redirects, labels)
    return LocalLinker(folder / "knowledge")


def titles(found):
    return [(annotation.surface, annotation.title) for annotation in found]


SYNTHETIC = SimpleNamespace(synthetic=True, name="sample")
