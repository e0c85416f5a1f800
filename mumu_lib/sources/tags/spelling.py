"""One genre in several spellings: said aloud, and made one where that is asked for.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from mumu_lib.sources.tags.vocabulary import folded

MOST_SHOWN = 5

Branches = Sequence[Sequence[str]]


def groups(counts: Counter[str]) -> list[list[str]]:
    """Return genres that differ by capitals, signs, accents or blanks only, the most frequent spelling of each first.

    Parameters
    ----------
    counts : Counter
        Albums of each genre.

    Examples
    --------
    >>> groups(Counter({"Hip-Hop": 3, "hip hop": 1, "Rock": 9}))
    [['Hip-Hop', 'hip hop']]
    """
    by_key: dict[str, list[str]] = {}
    # Of equally frequent ones neither capitals throughout nor none at all.
    for name in sorted(counts, key=lambda name: (-counts[name], name.isupper() or name.islower(), name)):
        by_key.setdefault(key(name), []).append(name)
    return [names for names in by_key.values() if len(names) > 1]


def key(name: str) -> str:
    """Return what spellings of one genre have in common: small letters without accents, ``and`` as ``&``, no blanks."""
    text = re.sub(r"\s?'n'\s?|\s('n|n'|n|and|und|et|y)\s|[+]", "&", folded(name))
    text = unicodedata.normalize("NFKD", text)
    kept = "".join(c for c in text if c.isalnum() or c == "&")
    # A name may be all signs, e.g. "???" or one of another script's marks.
    return kept or text


def hint(found: list[list[str]]) -> str:
    """Return a line that names genres in several spellings, and what makes each of them one."""
    shown = "; ".join(", ".join(map(repr, names)) for names in found[:MOST_SHOWN])
    more = f" and {len(found) - MOST_SHOWN} more" if len(found) > MOST_SHOWN else ""
    return (
        f"{len(found)} genres stand in several spellings, each a label of its own: {shown}{more}; "
        f"to make each one label (the first named) add  --merge-spellings --force"
    )


def one_each(albums: Iterable[Branches], *, merge: bool = False) -> tuple[list[list[tuple[str, ...]]], list[list[str]]]:
    """Return the branches of albums, where asked for with one spelling of each genre, and the spellings found.

    Parameters
    ----------
    albums : iterable
        Of each album its branches, e.g. ``[("Jazz", "Vocal Jazz")]``.
    merge : bool
        Replace each spelling by the most frequent one.

    Returns
    -------
    branches : list
        As given, an album a place.
    spellings : list of list of str
        From :func:`groups`.
    """
    branches = [[tuple(branch) for branch in album] for album in albums]
    counts: Counter[str] = Counter()
    for album in branches:
        counts.update({node for branch in album for node in branch})
    found = groups(counts)
    if not merge:
        return branches, found
    instead: dict[str, str] = {}
    for first, *others in found:
        instead |= dict.fromkeys(others, first)
    merged = []
    for album in branches:
        merged.append([tuple(instead.get(node, node) for node in branch) for branch in album])
    return merged, found
