"""Find genres in several spellings, and merge them on request.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain

from mumu_lib.sources.tags.vocabulary import folded

MAX_SHOWN = 5

Branches = Sequence[Sequence[str]]


def groups(counts: Counter[str]) -> list[list[str]]:
    """Return genres that differ only in case, signs, accents or blanks, the most frequent spelling first.

    Parameters
    ----------
    counts : Counter
        Number of albums of each genre.

    Examples
    --------
    >>> groups(Counter({"Hip-Hop": 3, "hip hop": 1, "Rock": 9}))
    [['Hip-Hop', 'hip hop']]
    """

    def rank(name: str) -> tuple[int, bool, str]:
        # Among equally frequent spellings prefer one in mixed case.
        return -counts[name], name.isupper() or name.islower(), name

    by_key: dict[str, list[str]] = {}
    for name in sorted(counts, key=rank):
        by_key.setdefault(key(name), []).append(name)
    return [names for names in by_key.values() if len(names) > 1]


def key(name: str) -> str:
    """Return a key that all spellings of a genre share: lower case without accents and blanks, ``and`` as ``&``.

    Examples
    --------
    >>> key("Drum 'n' Bass") == key("drum and bass")
    True
    """
    text = re.sub(r"\s?'n'\s?|\s('n|n'|n|and|und|et|y)\s|[+]", "&", folded(name))
    text = unicodedata.normalize("NFKD", text)
    kept = "".join(c for c in text if c.isalnum() or c == "&")
    # A name may consist of signs, e.g. "???".
    return kept or text


def hint(found: list[list[str]]) -> str:
    """Return a line with genres in several spellings and the option that merges them."""
    examples = []
    for names in found[:MAX_SHOWN]:
        examples.append(", ".join(map(repr, names)))
    shown = "; ".join(examples)
    if len(found) > MAX_SHOWN:
        shown += f" and {len(found) - MAX_SHOWN} more"
    return (
        f"{len(found)} genres stand in several spellings, each a label of its own: {shown}; "
        f"to make each one label (the first named) add  --merge-spellings --force"
    )


def one_each(albums: Iterable[Branches], *, merge: bool = False) -> tuple[list[list[tuple[str, ...]]], list[list[str]]]:
    """Return the branches of albums, merged spellings on request, and the genres in several spellings.

    Parameters
    ----------
    albums : iterable
        Branches of each album, e.g. ``[("Jazz", "Vocal Jazz")]``.
    merge : bool
        Replace each spelling by the most frequent one.

    Returns
    -------
    branches : list
        Branches of each album.
    spellings : list of list of str
        From :func:`groups`.

    Examples
    --------
    >>> one_each([[("Hip-Hop",)], [("Hip-Hop",)], [("hip hop",)]], merge=True)
    ([[('Hip-Hop',)], [('Hip-Hop',)], [('Hip-Hop',)]], [['Hip-Hop', 'hip hop']])
    """
    branches = [list(map(tuple, album)) for album in albums]
    counts: Counter[str] = Counter()
    for album in branches:
        counts.update(set(chain.from_iterable(album)))
    found = groups(counts)
    if not merge:
        return branches, found
    replacements: dict[str, str] = {}
    for first, *others in found:
        replacements |= dict.fromkeys(others, first)
    merged = []
    for album in branches:
        merged.append([_replaced(branch, replacements) for branch in album])
    return merged, found


def _replaced(branch: Iterable[str], replacements: dict[str, str]) -> tuple[str, ...]:
    return tuple(replacements.get(node, node) for node in branch)
