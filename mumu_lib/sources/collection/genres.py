"""Parse the genres in manifests, text files and tags into branches of names.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

import unicodedata
from collections.abc import Iterable

import pandas as pd

from mumu_lib.sources.tags import genres as rules, spelling

# Spellings of a missing value.
NO_VALUE = frozenset({"nan", "none", "null", "<na>", "n/a"})


def branches(cell: str) -> list[tuple[str, ...]]:
    """Return the branches of a cell, each a tuple of names from the top level down.

    Examples
    --------
    >>> branches("Jazz > Vocal Jazz | Blues")
    [('Jazz', 'Vocal Jazz'), ('Blues',)]
    """
    found = []
    for branch in unicodedata.normalize("NFC", cell).split("|"):
        names = []
        for node in branch.split(">"):
            name = " ".join(node.split())
            if name:
                names.append(name)
        if names:
            found.append(tuple(names))
    return found


def nodes(cell: str) -> list[str]:
    """Return the distinct names in a cell in alphabetical order.

    Examples
    --------
    >>> nodes("Jazz > Vocal Jazz | Blues")
    ['Blues', 'Jazz', 'Vocal Jazz']
    """
    found: set[str] = set()
    for branch in branches(cell):
        found.update(branch)
    return sorted(found)


def canonical(cell: str) -> str:
    """Return a set of branches as a text that does not depend on their order and spaces.

    Examples
    --------
    >>> canonical("Jazz>Vocal Jazz | Blues") == canonical("Blues|Jazz > Vocal Jazz")
    True
    """
    return " | ".join(sorted(set(map(" > ".join, branches(cell)))))


def plain_cell(cell: str) -> str:
    """Return a cell of a manifest with ``|`` between its genres instead of ``;`` or the form of a printed list.

    Examples
    --------
    >>> plain_cell("['Rock', 'Jazz']"), plain_cell("Rock; Jazz"), plain_cell("Rock | Jazz")
    ('Rock|Jazz', 'Rock| Jazz', 'Rock | Jazz')
    """
    quoted = rules.printed(cell)
    if quoted:
        return "|".join(quoted)
    plain = rules.LIST.fullmatch(cell)
    if plain and cell.lstrip()[0] == "[":
        return "|".join(plain["inside"].split(","))
    return cell.replace(";", "|").replace("\n", "|")


def read_column(cells: pd.Series, source: str) -> pd.Series:
    """Return the genres of a manifest's rows in canonical form, and print how many cells were split.

    Parameters
    ----------
    cells : pd.Series of str
        Indexed by the manifest's rows.
    source : str
        The manifest's name, for messages.
    """
    read = []
    none = 0
    apart = []
    joined = []
    for row, cell in cells.items():
        plain = plain_cell(cell)
        values = [branch for branch in plain.split("|") if branch.strip().casefold() not in NO_VALUE]
        if len(values) <= plain.count("|"):
            none += 1
            plain = "|".join(values)
        elif plain != cell:
            apart.append((row, cell))
        elif "|" not in cell and len(rules.split([cell]).genres) > 1:
            joined.append((row, cell))
        read.append(canonical(plain))
    if none:
        print(f"{source}: {none} cells of genres hold 'nan', 'None' or the like, which is not a genre; left out")
    if apart:
        print(f"{source}: {len(apart)} cells of genres taken apart at ';' or as lists; the first: {_shown(apart[0])}")
    if joined:
        print(
            f"{source}: {len(joined)} cells of genres may hold several but are read as one; "
            f"the first: {_shown(joined[0])}; write  |  between genres"
        )
    return pd.Series(read, cells.index, dtype=object)


def _shown(example: tuple) -> str:
    row, cell = example
    return f"row {row}, {cell!r:.80}"


def spelt(cells: Iterable[str], merge: bool) -> list[str]:
    """Return the branches of albums; merge the spellings of a genre, or print a hint that there are several."""
    albums, found = spelling.one_each(map(branches, cells), merge=merge)
    if found and not merge:
        print(spelling.hint(found))
    written = []
    for album in albums:
        written.append(canonical("|".join(map(" > ".join, album))))
    return written
