"""Clean genres, artists and titles that were scraped from a shop's pages.

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
# Longer texts are sentences of a description, not names of genres.
MAX_LENGTH = 80

_ARROWS = re.compile(r"\s*[>›»|→]\s*")
_FORMAT = re.compile(r"(?:^| )Format:.*$")
_ROLE = re.compile(
    r" ?\((?:Artist|Composer|Conductor|Orchestra|Performer|Producer|Actor|Author|Primary Contributor|Contributor|Ensemble|Choir|Soloist|Vocals?)[^()]*\)",
    re.IGNORECASE,
)
# Lower case, or followed by the page's line break: the names of some bands begin with "By".
_BY = re.compile(r"\s*(?:by(?=\s|:|$):?|By(?=\s*[\r\n]|\s{2}|$|:):?)")
_PAGE = re.compile(r"Visit (?:Amazon['’]s|the) (?P<name>.+?)(?:['’]s)? (?:Page|Store)(?: search results)?")
_BRAND = re.compile(r"(?:Brand|Artist): ?(?=.)")
_MONTHS = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.?"
_MONEY = r"(?:US|CDN|C|A)?\s?(?:[$£€¥]|EUR|USD|GBP)\s?\d[\d.,]*|\d[\d.,]*\s?(?:[$£€¥]|EUR|USD|GBP)"
_DATE = rf"(?:{_MONTHS} \d{{1,2}},? \d{{4}}|\d{{1,2}}\.? {_MONTHS},? \d{{4}}|\d{{4}}-\d\d-\d\d|\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{2,4}})"
# Texts of a page that are neither artists nor genres.
_NOT_A_NAME = re.compile(
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
# The medium of an album, optionally with its date.
_MEDIUM = re.compile(r"(?:Audio CD|Vinyl|MP3 (?:Music|Download)|Audio Cassette|DVD|LP Record)(?: ?\(.*\))?")

# Names of genres recur in many records.
_clean_cached = lru_cache(1 << 14)(markup.clean)


class Name(NamedTuple):
    """Hold a cleaned name.

    Attributes
    ----------
    text : str
        The name; ``""`` if the text was not a name.
    reason : str
        Why ``text`` is empty.
    cleaned : bool
        Whether something was removed.
    """

    text: str
    reason: str = ""
    cleaned: bool = False


def title(text: str) -> Name:
    """Return the title of an album without markup; empty if it consists of scripts or markup only.

    An escaped tag without an end tag, as in ``&lt;br&gt; Blues``, is part of the title.

    Examples
    --------
    >>> title("<span>Blue &amp; Green</span>")
    Name(text='Blue & Green', reason='', cleaned=True)
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
    """Return the first artist of a shop's credit line; empty if it is a price, a date, a script or the like.

    Examples
    --------
    >>> artist("Visit Amazon's Queen Page").text
    'Queen'
    >>> artist("$12.99")
    Name(text='', reason='is not the name of an artist', cleaned=False)
    """
    found = markup.clean(credit)
    by = _BY.match(found.text)
    line = found.text
    if by:
        line = line[by.end() :]
    # Join blanks before the search: the patterns take very long on a run of many blanks.
    line = " ".join(line.split())
    line = _FORMAT.sub("", line)
    page = _PAGE.fullmatch(line)
    if page:
        line = page["name"]
    labelled = _BRAND.match(line)
    line = _BRAND.sub("", line, count=1)
    name = _ROLE.split(line, maxsplit=1)[0].strip().rstrip(",")
    if not name and not by:
        return Name("", _reason(found))
    if not name or _NOT_A_NAME.fullmatch(name) or _MEDIUM.fullmatch(name):
        return Name("", "is not the name of an artist")
    cleaned = found.tags or found.code or any((by, page, labelled))
    return Name(name, cleaned=cleaned)


def branches(categories: Any, left_out: list[tuple[str, str]]) -> list[list[str]]:
    """Return the branches of a record's categories without the shop's root, empty branches and repetitions.

    Parameters
    ----------
    categories : list of lists of str, one list of str, or str
        Names from the root down; a text, or an item of a list, may be a whole path such as ``CDs & Vinyl > Jazz``.
        A root begins another branch.
    left_out : list of (str, str)
        Gets the texts that are not names of genres, each with the reason.

    Examples
    --------
    >>> left_out = []
    >>> branches(["CDs & Vinyl > Jazz > Bebop", "$9.99"], left_out)
    [['Jazz', 'Bebop']]
    >>> left_out
    [('$9.99', 'is not the name of a genre')]
    """
    kept: dict[tuple[str, ...], None] = {}
    for branch in _listed(categories, left_out):
        names: list[str] = []
        for item in branch:
            path = _path(item, left_out)
            from_root = bool(path) and path[0] in ROOTS
            if names and (from_root or len(path) > 1):
                kept[tuple(names)] = None
                names = []
            if from_root:
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
            left_out.append((str(categories), "is not a list of names"))
        return
    plain = [item for item in categories if not isinstance(item, list)]
    if plain:
        yield plain
    for item in categories:
        if isinstance(item, list):
            yield item


def _unpacked(text: str) -> list[Any]:
    """Parse a text that is a list in JSON or Python; return any other text as the only item of a list."""
    if text.lstrip().startswith("["):
        for parse in (parse_json, ast.literal_eval):
            try:
                found = parse(text.strip())
            except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
                continue
            if isinstance(found, list):
                return found
    return [text]


def _path(item: Any, left_out: list[tuple[str, str]]) -> list[str]:
    """Return the names in an item, usually one; list texts that are not names."""
    if not isinstance(item, str):
        if item is not None:
            left_out.append((str(item), "is not a text"))
        return []
    clean = markup.clean
    if len(item) <= MAX_LENGTH:
        clean = _clean_cached
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
        if len(name) > MAX_LENGTH or "://" in name or (name and _NOT_A_NAME.fullmatch(name)):
            left_out.append((name, "is not the name of a genre"))
        elif name:
            names.append(name)
    return names


def _reason(found: markup.Cleaned) -> str:
    """Return why nothing is left of a text; empty if the text was empty."""
    if found.code:
        return "is a script or a style sheet"
    if found.tags:
        return "is markup"
    return ""
