"""DBpedia's dumps: one triple a line, compressed as published.

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
    """Subject and object of every line of a dump.

    Parameters
    ----------
    kind : {'categories', 'redirects', 'labels'}
    problems : list of str
        Gets a message for each line that is not such a triple, or not UTF-8, or where the file breaks off.

    Yields
    ------
    subject : str
        A title, with ``_`` for blanks.
    object : str
        A category (``Category:…``), the title redirected to, or a label.

    Raises
    ------
    MissingDataError
        There is no such file.
    BadDataError
        None of the first hundred lines is of the kind.
    """
    pattern, good, before = re.compile(KINDS[kind]), False, len(problems)
    with reading.opened(path) as stream:
        for number, line in reading.lines(stream, str(path), problems):
            found = pattern.fullmatch(line.strip())
            if found:
                good = True
                yield _name(found[1]), _text(found[2]) if kind == "labels" else _name(found[2])
            elif line.strip() and not line.startswith("#"):
                problems.append(f"{path}, line {number}: no triple of {kind}: {line.strip()[:100]!r}")
            if not good and len(problems) >= before + reading.HOPELESS:
                break
    if not good:
        reason = problems[before] if len(problems) > before else "it is empty"
        raise BadDataError(f"{path} is no dump of DBpedia's {kind}: {reason}; get the file again, uncut")


def _name(resource: str) -> str:
    # No name holds NUL: the linker puts it between texts, and the trie takes it for an end.
    return unquote(_text(resource)).replace(" ", "_").replace("\0", "\ufffd")


def _text(escaped: str) -> str:
    return ESCAPE.sub(_character, escaped) if "\\" in escaped else escaped


def _character(found: re.Match[str]) -> str:
    if found[3]:
        return PLAIN.get(found[3], found[3])
    code = int(found[1] or found[2], 16)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
