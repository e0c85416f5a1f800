"""Read DBpedia's dumps, which have one triple per line.

Paper: Section 5.2.  Formats: ``.nt`` and ``.ttl`` files of article categories, redirects and labels, of any year.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from mumu_lib.core.errors import BadDataError
from mumu_lib.sources import reading

RESOURCE = r"<http://(?:[a-z-]+\.)?dbpedia\.org/resource/([^>]+)>"
ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
PLAIN = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
KINDS = {
    "categories": rf"{RESOURCE} <http://purl\.org/dc/terms/subject> {RESOURCE} \.",
    "redirects": rf"{RESOURCE} <http://dbpedia\.org/ontology/wikiPageRedirects> {RESOURCE} \.",
    "labels": rf'{RESOURCE} <http://www\.w3\.org/2000/01/rdf-schema#label> "((?:[^"\\\0]|\\[^\0])*)"(?:@[A-Za-z-]+)? \.',
}


def triples(path: str | Path, kind: str, problems: list[str]) -> Iterator[tuple[str, str]]:
    """Yield subject and object of every triple in a dump.

    Parameters
    ----------
    path : path
        May be compressed.
    kind : {'categories', 'redirects', 'labels'}
    problems : list of str
        Receives a message for each line that is not UTF-8 or not a triple of this kind, and if the file is truncated.

    Yields
    ------
    subject : str
        A title, with ``_`` for blanks.
    object : str
        A category (``Category:…``), the title redirected to, or a label.

    Raises
    ------
    MissingDataError
        If the file does not exist.
    BadDataError
        If none of the first hundred lines is of the kind.
    """
    pattern = re.compile(KINDS[kind])
    found_any = False
    before = len(problems)
    with reading.opened(path) as stream:
        for number, line in reading.lines(stream, str(path), problems):
            triple = pattern.fullmatch(line.strip())
            if triple:
                found_any = True
                yield _name(triple[1]), _object(triple[2], kind)
            elif line.strip() and not line.startswith("#"):
                problems.append(f"{path}, line {number}: not a triple of {kind}: {line.strip()[:100]!r}")
            if not found_any and len(problems) >= before + reading.HOPELESS:
                break
    if not found_any:
        reason = "it is empty"
        if len(problems) > before:
            reason = problems[before]
        raise BadDataError(f"{path} is not a dump of DBpedia's {kind}: {reason}; download the file again")


def _object(written: str, kind: str) -> str:
    if kind == "labels":
        return _text(written)
    return _name(written)


def _name(resource: str) -> str:
    """Return the title in the address of a resource, without NUL, which separates texts and ends keys of a trie.

    Examples
    --------
    >>> _name("Paco%20de_Luc%C3%ADa")
    'Paco_de_Lucía'
    """
    return unquote(_text(resource)).replace(" ", "_").replace("\0", "\ufffd")


def _text(escaped: str) -> str:
    r"""Return a string with its escape sequences replaced.

    Examples
    --------
    >>> _text(r"Bj\u00F6rk \"B\"")
    'Björk "B"'
    """
    if "\\" not in escaped:
        return escaped
    return ESCAPE.sub(_character, escaped)


def _character(escape: re.Match[str]) -> str:
    if escape[3]:
        return PLAIN.get(escape[3], escape[3])
    code = int(escape[1] or escape[2], 16)
    is_surrogate = 0xD800 <= code < 0xE000
    if is_surrogate or not 0 < code < 0x110000:
        return "\ufffd"
    return chr(code)
