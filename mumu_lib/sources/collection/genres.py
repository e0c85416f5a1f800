"""Genres as manifests, text files and tags write them, as branches of names.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

import unicodedata
from collections.abc import Iterable

import pandas as pd

from mumu_lib.sources.tags import genres as rules, spelling

# What programs write for a missing value.
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
        nodes = []
        for node in branch.split(">"):
            name = " ".join(node.split())
            if name:
                nodes.append(name)
        if nodes:
            found.append(tuple(nodes))
    return found


def nodes(cell: str) -> list[str]:
    """Return every name in a cell, each once, in alphabetical order."""
    found: set[str] = set()
    for branch in branches(cell):
        found.update(branch)
    return sorted(found)


def canonical(cell: str) -> str:
    """Return one spelling of a set of branches, so that their order and spaces make no difference."""
    return " | ".join(sorted(set(map(" > ".join, branches(cell)))))


def plain_cell(cell: str) -> str:
    """Return a cell of a manifest with ``|`` between its genres, where it had ``;`` or was a printed list.

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
    """Return the genres of a manifest's rows, canonical; what was taken apart is counted on the screen.

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
        said = [branch for branch in plain.split("|") if branch.strip().casefold() not in NO_VALUE]
        if len(said) <= plain.count("|"):
            none += 1
            plain = "|".join(said)
        elif plain != cell:
            apart.append((row, cell))
        elif "|" not in cell and len(rules.split([cell]).genres) > 1:
            joined.append((row, cell))
        read.append(canonical(plain))
    if none:
        print(f"{source}: {none} cells of genres hold 'nan', 'None' or the like, which is no genre; left out")
    if apart:
        print(f"{source}: {len(apart)} cells of genres taken apart at ';' or as lists; the first: {_shown(apart[0])}")
    if joined:
        print(
            f"{source}: {len(joined)} cells of genres may hold several, but are taken as one; "
            f"the first: {_shown(joined[0])}; write  |  between genres"
        )
    return pd.Series(read, cells.index, dtype=object)


def _shown(found: tuple) -> str:
    row, cell = found
    return f"row {row}, {cell!r:.80}"


def spelt(cells: Iterable[str], merge: bool) -> list[str]:
    """Return the branches of albums, genres in several spellings hinted at or, if asked for, made one."""
    albums, found = spelling.one_each(map(branches, cells), merge=merge)
    if found and not merge:
        print(spelling.hint(found))
    written = []
    for album in albums:
        written.append(canonical("|".join(map(" > ".join, album))))
    return written
