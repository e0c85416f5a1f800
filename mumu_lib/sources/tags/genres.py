"""Genres in the values of tags: numbers by name, joined ones apart, words for none left out.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.

The rule. ``;``, NUL, line ends and backslashes always separate genres, ``|`` separates branches and ``>`` stands inside
one. ``/``, ``,``, ``+``, ``•``, and ``-`` between blanks, separate only where every part is the name of a genre, commonly (:mod:`vocabulary`) or elsewhere in
the same collection, and the whole is none: ``Rock/Pop`` is two genres; ``R&B/Soul`` and ``AC/DC`` stay whole.
"""

import html
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from mutagen.id3 import TCON

from mumu_lib.sources.tags.vocabulary import KNOWN, folded, is_none, is_whole

ALWAYS = re.compile(r"[;\uff1b\0\r\n\t\v\f\u2028\u2029|]+|\\+")
# The last between blanks only: Hip-Hop has it too.
SOMETIMES = tuple(map(re.compile, ("[/\uff0f]+", "[,\uff0c\u3001]+", "[•·]+", "[+]", r"\s[-\u2013\u2014]\s")))
AROUND = " /,+•·"
# What lists and notes put before a genre.
BEFORE = re.compile(r"[-*•#\s]+\s|#+|\d{1,2}[.)]\s+|(?:genres?|styles?)\s*:", re.IGNORECASE)
# A list as Python, R or JSON print it, and the texts in one.
LIST = re.compile(r"\s*(?:c|set|frozenset|list|array)?\s*[\[({]+(?P<inside>.*?)[\])}]+\s*", re.DOTALL)
QUOTED = re.compile(r"""'((?:[^'\\]|\\.|(?<=\w)'(?=\w))*)'|"((?:[^"\\]|\\.)*)\"""", re.DOTALL)
ARROW = re.compile(r"\s*(?:[-=]+>|→|»)\s*")
ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos|#0?39);")
LONGEST = 80
NUMBERED = re.compile(r"\d{1,3}|(\((\d{1,3}|RX|CR)\))+.*|RX|CR", re.DOTALL)
AUTO = "auto"


@dataclass(frozen=True)
class Split:
    """Genres of some values.

    Attributes
    ----------
    genres : tuple of str
        Each once, as written; ``>`` stands inside a branch.
    split : tuple of str
        The values that were several genres.
    left_out : tuple of str
        Words for no genre, and what is too long for one.
    """

    genres: tuple[str, ...] = ()
    split: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def by_name(values: Iterable[str]) -> tuple[str, ...]:
    """Return genres with ID3's numbers replaced by names: ``17``, ``(17)``, ``(8)(80)``, ``(17)Rock``.

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
    """Return the texts in a list as Python, R or JSON print it; none where it is no such list.

    Examples
    --------
    >>> printed("['Rock', 'Jazz']"), printed("(Other)")
    (['Rock', 'Jazz'], [])
    """
    found = []
    whole = LIST.fullmatch(value)
    # "[Rock 'n' Roll]" is none.
    if whole is None or not whole["inside"].lstrip(" \t\n[({").startswith(("'", '"')):
        return []
    for single, double in QUOTED.findall(whole["inside"]):
        found.append((single or double).replace("\\'", "'").replace('\\"', '"'))
    return found


def split(values: Iterable[str], *, known: Collection[str] = (), separators: str = AUTO) -> Split:
    """Take joined genres apart.

    Parameters
    ----------
    values : iterable of str
        As tags hold them.
    known : collection of str
        Genres that stand alone elsewhere in the same collection, folded
        (:func:`mumu_lib.sources.tags.vocabulary.folded`); common names are known anyway.
    separators : str
        ``auto`` for the rule above; ``none`` to leave every value whole; else the characters that always separate,
        e.g. ``;/``.

    Returns
    -------
    Split

    Examples
    --------
    >>> split(["Rock/Pop; R&B/Soul", "Unknown"]).genres
    ('Rock', 'Pop', 'R&B/Soul')
    """
    genres: list[str] = []
    taken_apart: list[str] = []
    left_out: list[str] = []
    for value in values:
        parts = list(_parts(value, known, separators))
        if len(parts) > 1:
            taken_apart.append(value)
        for part in by_name(parts):
            if is_none(part) or len(part) > LONGEST:
                left_out.append(part)
            elif part not in genres:
                genres.append(part)
    return Split(tuple(genres), tuple(taken_apart), tuple(left_out))


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
    """Return a piece without what lists put before it, if anything is left."""
    begun = BEFORE.match(piece)
    if begun is None:
        return piece
    return piece[begun.end() :].strip() or piece


def _by_vocabulary(piece: str, known: Collection[str]) -> list[str]:
    """Take a piece apart at slashes and commas if every part is a genre, and the whole is none."""
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
    """Whether a name is a genre; of a branch, whether each of its names is."""
    for node in name.split(">"):
        key = folded(node)
        if key not in KNOWN and key not in known:
            return False
    return True


def _filled(parts: Iterable[str]) -> list[str]:
    found = []
    for part in parts:
        text = " ".join(part.split())
        if text:
            found.append(text)
    return found


def standing_alone(values: Iterable[str]) -> set[str]:
    """Return the genres, folded, that are a value of their own somewhere, with nothing in them that may separate."""
    found: set[str] = set()
    for value in values:
        for piece in _filled(ALWAYS.split(value)):
            if not any(separator.search(piece) for separator in SOMETIMES) and not is_none(piece):
                found.update(map(folded, piece.split(">")))
    return found
