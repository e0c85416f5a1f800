"""Parse the genres in values of tags: replace numbers by names, split joined genres, leave out placeholders.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.

``;``, NUL, line ends and backslashes always separate genres; ``|`` separates branches, and ``>`` separates the levels of a
branch. ``/``, ``,``, ``+``, ``•``, and ``-`` between blanks separate only if every part is the name of a genre, in
:mod:`vocabulary` or elsewhere in the same collection, and the whole is not: ``Rock/Pop`` is two genres; ``R&B/Soul`` and
``AC/DC`` are not split.
"""

import html
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from mutagen.id3 import TCON

from mumu_lib.sources.tags.vocabulary import KNOWN, folded, is_none, is_whole

ALWAYS = re.compile(r"[;\uff1b\0\r\n\t\v\f\u2028\u2029|]+|\\+")
# The hyphen only between blanks, because of Hip-Hop.
SOMETIMES = tuple(map(re.compile, ("[/\uff0f]+", "[,\uff0c\u3001]+", "[•·]+", "[+]", r"\s[-\u2013\u2014]\s")))
AROUND = " /,+•·"
# Bullets, numbers and words before a genre in lists and notes.
BEFORE = re.compile(r"[-*•#\s]+\s|#+|\d{1,2}[.)]\s+|(?:genres?|styles?)\s*:", re.IGNORECASE)
# A list as printed by Python, R or JSON, and the texts in it.
LIST = re.compile(r"\s*(?:c|set|frozenset|list|array)?\s*[\[({]+(?P<inside>.*?)[\])}]+\s*", re.DOTALL)
QUOTED = re.compile(r"""'((?:[^'\\]|\\.|(?<=\w)'(?=\w))*)'|"((?:[^"\\]|\\.)*)\"""", re.DOTALL)
ARROW = re.compile(r"\s*(?:[-=]+>|→|»)\s*")
ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos|#0?39);")
MAX_LENGTH = 80
NUMBERED = re.compile(r"\d{1,3}|(\((\d{1,3}|RX|CR)\))+.*|RX|CR", re.DOTALL)
AUTO = "auto"


@dataclass(frozen=True)
class Split:
    """Genres of some values.

    Attributes
    ----------
    genres : tuple of str
        Distinct genres as written; ``>`` separates the levels of a branch.
    split : tuple of str
        Values that had several genres.
    left_out : tuple of str
        Placeholders for a missing genre, and texts that are too long.
    """

    genres: tuple[str, ...] = ()
    split: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def by_name(values: Iterable[str]) -> tuple[str, ...]:
    """Return genres with ID3 numbers replaced by names: ``17``, ``(17)``, ``(8)(80)``, ``(17)Rock``.

    Examples
    --------
    >>> by_name(["(8)(80)", "17", "1980s"])
    ('Jazz', 'Folk', 'Rock', '1980s')
    """
    found: list[str] = []
    for value in values:
        names = [value]
        if NUMBERED.fullmatch(value):
            names = TCON(encoding=3, text=[value]).genres
        for name in names:
            if name and name not in found:
                found.append(name)
    return tuple(found)


def printed(value: str) -> list[str]:
    """Return the texts in a list that Python, R or JSON printed; an empty list for other values.

    Examples
    --------
    >>> printed("['Rock', 'Jazz']"), printed("(Other)")
    (['Rock', 'Jazz'], [])
    """
    found = []
    whole = LIST.fullmatch(value)
    # "[Rock 'n' Roll]" is not a list.
    if whole is None or not whole["inside"].lstrip(" \t\n[({").startswith(("'", '"')):
        return []
    for single, double in QUOTED.findall(whole["inside"]):
        found.append((single or double).replace("\\'", "'").replace('\\"', '"'))
    return found


def split(values: Iterable[str], *, known: Collection[str] = (), separators: str = AUTO) -> Split:
    """Split joined genres.

    Parameters
    ----------
    values : iterable of str
        Values of tags.
    known : collection of str
        Genres that are a value of their own elsewhere in the same collection, as
        :func:`mumu_lib.sources.tags.vocabulary.folded` returns them, in addition to the vocabulary.
    separators : str
        ``auto`` for the rule of this module; ``none`` to split no value; otherwise characters that always separate, e.g.
        ``;/``.

    Returns
    -------
    Split

    Examples
    --------
    >>> split(["Rock/Pop; R&B/Soul", "Unknown"]).genres
    ('Rock', 'Pop', 'R&B/Soul')
    """
    genres: list[str] = []
    joined: list[str] = []
    left_out: list[str] = []
    for value in values:
        parts = list(_parts(value, known, separators))
        if len(parts) > 1:
            joined.append(value)
        for part in by_name(parts):
            if is_none(part) or len(part) > MAX_LENGTH:
                left_out.append(part)
            elif part not in genres:
                genres.append(part)
    return Split(tuple(genres), tuple(joined), tuple(left_out))


def _parts(value: str, known: Collection[str], separators: str) -> Iterable[str]:
    """Return the genres in one value."""
    if separators == "none":
        return _filled(value.split("|"))
    if separators != AUTO:
        return _filled(re.split(f"[{re.escape(separators)}|]+", value))
    found: list[str] = []
    value = ENTITY.sub(lambda entity: html.unescape(entity[0]), value)
    for piece in _filled(printed(value) or ALWAYS.split(ARROW.sub(" > ", value))):
        found.extend(_by_vocabulary(_without_bullet(piece), known))
    return found


def _without_bullet(piece: str) -> str:
    """Return a piece without the bullet or number of a list, unless nothing else remains."""
    bullet = BEFORE.match(piece)
    if bullet is None:
        return piece
    return piece[bullet.end() :].strip() or piece


def _by_vocabulary(piece: str, known: Collection[str]) -> list[str]:
    """Split a piece at slashes and commas if every part is a genre and the whole is not."""
    if is_none(piece) or is_whole(piece) or _is_known(piece, known):
        return [piece]
    piece = piece.strip(AROUND)
    if not piece:
        return []
    for separator in SOMETIMES:
        parts = _filled(separator.split(piece))
        if len(parts) < 2:
            continue
        found: list[str] = []
        for part in parts:
            found.extend(_by_vocabulary(part, known))
        if all(_is_known(name, known) or is_none(name) or NUMBERED.fullmatch(name) for name in found):
            return found
    return [piece]


def _is_known(name: str, known: Collection[str]) -> bool:
    """Return whether a name, or each name of a branch, is a genre."""
    for node in name.split(">"):
        key = folded(node)
        if key not in KNOWN and key not in known:
            return False
    return True


def _filled(parts: Iterable[str]) -> list[str]:
    """Return the parts that are not empty, with single blanks."""
    found = []
    for part in parts:
        text = " ".join(part.split())
        if text:
            found.append(text)
    return found


def standing_alone(values: Iterable[str]) -> set[str]:
    """Return the genres, folded, that are a whole value somewhere and have no separator.

    Examples
    --------
    >>> standing_alone(["Krautrock", "Rock/Pop"])
    {'krautrock'}
    """
    found: set[str] = set()
    for value in values:
        for piece in _filled(ALWAYS.split(value)):
            if not any(separator.search(piece) for separator in SOMETIMES) and not is_none(piece):
                found.update(map(folded, piece.split(">")))
    return found
