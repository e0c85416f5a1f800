"""What a shop's pages call genres and artists, without what else was scraped with them.

Paper: Section 3.  Notebook: 01.
"""

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from mumu_lib.core import markup
from mumu_lib.core.parsing import parse_json, storable

ROOTS = ("CDs & Vinyl", "Digital Music")
# No genre has a longer name; sentences of a description have.
LONGEST = 80

_ARROWS = re.compile(r"\s*[>›»|→]\s*")
_FORMAT = re.compile(r"(?:^| )Format:.*$")
_ROLE = re.compile(
    r" ?\((?:Artist|Composer|Conductor|Orchestra|Performer|Producer|Actor|Author|Primary Contributor|Contributor|Ensemble|Choir|Soloist|Vocals?)[^()]*\)",
    re.IGNORECASE,
)
# In small letters, or with the line break that a page has behind it: there are bands whose names begin with By.
_BY = re.compile(r"\s*(?:by(?=\s|:|$):?|By(?=\s*[\r\n]|\s{2}|$|:):?)")
_PAGE = re.compile(r"Visit (?:Amazon['’]s|the) (?P<name>.+?)(?:['’]s)? (?:Page|Store)(?: search results)?")
_BRAND = re.compile(r"(?:Brand|Artist): ?(?=.)")
_MONTHS = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.?"
_MONEY = r"(?:US|CDN|C|A)?\s?(?:[$£€¥]|EUR|USD|GBP)\s?\d[\d.,]*|\d[\d.,]*\s?(?:[$£€¥]|EUR|USD|GBP)"
_DATE = rf"(?:{_MONTHS} \d{{1,2}},? \d{{4}}|\d{{1,2}}\.? {_MONTHS},? \d{{4}}|\d{{4}}-\d\d-\d\d|\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{2,4}})"
# Neither artists nor genres.
_NO_NAME = re.compile(
    "|".join(
        (
            rf"(?:(?:List|Sale|Used|New) )?(?:[Pp]rice:? |[Ff]rom:? )?(?:{_MONEY})(?: ?[-–] ?(?:{_MONEY}))?",
            r"[$£€]\d+[.,]\d\d\b.*",
            rf"(?:(?:Original )?Release Date ?: ?)?\(?{_DATE}\)?",
            r"#\d[\d,.]*(?: in .*)?",
            r"[\d.,]+ out of 5(?: stars)?",
            r"[\d.,]+ (?:customer |global )?(?:reviews?|ratings?)",
            r"See (?:all|Top) .*",
            r"Learn more(?: about .*)?\.?",
            r"1-Click ordering .*",
            r"Format: .*",
            r"[©℗] ?\d{4} .*",
            r"Add to (?:Cart|Basket|List)",
            r"FREE Shipping.*",
            r"https?://\S+",
            r"www\.\S+",
            r"[-–—.,:;|/\\_]+",
        )
    )
)
# What an album comes on, maybe with its date.
_CARRIER = re.compile(r"(?:Audio CD|Vinyl|MP3 (?:Music|Download)|Audio Cassette|DVD|LP Record)(?: ?\(.*\))?")


# Of short texts: names of genres come again and again.
_cleaned = lru_cache(1 << 14)(markup.clean)


class Name(NamedTuple):
    """A name as it is to be taken: empty where it was none, with ``reason``; ``cleaned`` where something was taken off."""

    text: str
    reason: str = ""
    cleaned: bool = False


def title(text: str) -> Name:
    """Return the title of an album, as it stands in the file; empty if it is nothing but scripts or markup.

    An escaped tag that nothing ends, ``&lt;br&gt; Blues``, was meant so.
    """
    found = markup.clean(text)
    shown = found.text.strip()
    written = markup.resolved(text).strip()
    if found.tags and not found.code and "<" not in text and "</" not in written:
        return Name(storable(written))
    if not shown:
        return Name("", _reason(found))
    return Name(shown, cleaned=found.tags or found.code)


def artist(credit: str) -> Name:
    """Return the first artist of a shop's credit line; empty if it is a price, a date, a script or the like."""
    found = markup.clean(credit)
    begun = _BY.match(found.text)
    line = found.text
    if begun:
        line = line[begun.end() :]
    # Blanks first: between many of them a search for the patterns takes forever.
    line = " ".join(line.split())
    line = _FORMAT.sub("", line)
    page = _PAGE.fullmatch(line)
    if page:
        line = page["name"]
    labelled = _BRAND.match(line)
    line = _BRAND.sub("", line, count=1)
    name = _ROLE.split(line, maxsplit=1)[0].strip().rstrip(",")
    if not name and not begun:
        return Name("", _reason(found))
    if not name or _NO_NAME.fullmatch(name) or _CARRIER.fullmatch(name):
        return Name("", "is no name of an artist")
    cleaned = found.tags or found.code or any((begun, page, labelled))
    return Name(name, cleaned=cleaned)


def branches(categories: Any, left_out: list[tuple[str, str]]) -> list[list[str]]:
    """Return the branches of a record's categories, without the shop's root, empty ones and repetitions.

    Parameters
    ----------
    categories : list of lists of str, one list of str, or str
        Names from the root down; a text, or an item of a list, may be a whole path such as ``CDs & Vinyl > Jazz``. A root
        begins another branch.
    left_out : list of (str, str)
        Gets what is no name of a genre, and why.
    """
    kept: dict[tuple[str, ...], None] = {}
    for branch in _listed(categories, left_out):
        names: list[str] = []
        for item in branch:
            path = _path(item, left_out)
            begins = len(path) > 1 or path[:1] in ([root] for root in ROOTS)
            if begins and names:
                kept[tuple(names)] = None
                names = []
            if path and path[0] in ROOTS:
                path = path[1:]
            names += path
        if names:
            kept[tuple(names)] = None
    return [list(names) for names in kept]


def _listed(categories: Any, left_out: list[tuple[str, str]]) -> Iterator[list[Any]]:
    """Yield the branches of categories in any of their forms, as lists of items."""
    if isinstance(categories, str):
        categories = _unpacked(categories)
    if not isinstance(categories, list):
        if categories is not None:
            left_out.append((str(categories), "is no list of names"))
        return
    plain = [item for item in categories if not isinstance(item, list)]
    if plain:
        yield plain
    for item in categories:
        if isinstance(item, list):
            yield item


def _unpacked(text: str) -> list[Any]:
    """Return a list that stands in a text as JSON or as Python writes it; else the text as the only item."""
    if text.lstrip().startswith("["):
        for read in (parse_json, ast.literal_eval):
            try:
                found = read(text.strip())
            except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
                continue
            if isinstance(found, list):
                return found
    return [text]


def _path(item: Any, left_out: list[tuple[str, str]]) -> list[str]:
    """Return the names of an item, mostly one; what is none is listed."""
    if not isinstance(item, str):
        if item is not None:
            left_out.append((str(item), "is no text"))
        return []
    clean = markup.clean
    if len(item) <= LONGEST:
        clean = _cleaned
    found = clean(item)
    shown = " ".join(found.text.split())
    if found.prose or found.code or (found.tags and not shown):
        left_out.append((item, _reason(found)))
        return []
    parts = _ARROWS.split(shown)
    for root in ROOTS:
        for separator in ("/", ", "):
            if len(parts) == 1 and shown.startswith(root + separator):
                parts = shown.split(separator)
    names = []
    for part in parts:
        name = part.strip()
        if len(name) > LONGEST or "://" in name or (name and _NO_NAME.fullmatch(name)):
            left_out.append((name, "is no name of a genre"))
        elif name:
            names.append(name)
    return names


def _reason(found: markup.Cleaned) -> str:
    """Say why nothing is left of a text; empty if there was nothing."""
    if found.code:
        return "is a script or a style sheet"
    if found.tags:
        return "is markup"
    return ""
