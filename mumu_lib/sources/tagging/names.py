"""Which labels are written into files, and under which name: ``params/genres.csv``.

Paper: none.  Notebooks: none; ``python -m mumu_lib predict --write-tags``.
"""

import csv
import io
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from mumu_lib.core.errors import BadDataError, did_you_mean
from mumu_lib.core.parsing import parsing, read_lines
from mumu_lib.core.paths import checkout
from mumu_lib.sources import tags
from mumu_lib.sources.tags import genres as tag_genres
from mumu_lib.sources.tags.spelling import key

COLUMNS = ["label", "written", "write"]
OTHERS = "*"
LONGEST = tag_genres.LONGEST


@dataclass(frozen=True)
class Names:
    """What becomes of labels in tags.

    Attributes
    ----------
    written : dict
        Label -> the name that is written; empty for one that is not.
    others : bool
        Whether labels without a row are written, under their own name.
    rows : dict
        Label -> row of the table, for messages.
    """

    written: dict[str, str] = field(default_factory=dict)
    others: bool = True
    rows: dict[str, int] = field(default_factory=dict)

    def of(self, label: str) -> str:
        """Return the name that a label is written under; empty where it is not written.

        Examples
        --------
        >>> names = Names({"Rap & Hip-Hop": "Hip-Hop", "General": ""})
        >>> names.of("Rap & Hip-Hop"), names.of("General"), names.of("Jazz")
        ('Hip-Hop', '', 'Jazz')
        """
        return self.written.get(label, label if self.others else "")

    def labels(self, found: Iterable[str], known: Iterable[str]) -> set[str]:
        """Return what the genres of a tag are among the labels of a catalogue; others under a name of their own.

        Capitals, hyphens and blanks do not count, and a branch ``Jazz > Vocal Jazz`` is both its names.

        Examples
        --------
        >>> sorted(Names({"Rap & Hip-Hop": "Hip-Hop"}).labels(["hip hop", "JAZZ", "Zydeco"], ["Rap & Hip-Hop", "Jazz"]))
        ['Jazz', 'Rap & Hip-Hop', 'zydeco']
        """
        by_key = {}
        for label in known:
            if self.of(label):
                by_key[key(self.of(label))] = label
        for label in known:
            by_key[key(label)] = label
        labels = set()
        for genre in found:
            for node in genre.split(">"):
                name = node.strip()
                if name:
                    labels.add(by_key.get(key(name), key(name)))
        return labels

    def unknown(self, labels: Collection[str], path: str | Path) -> list[str]:
        """Say which rows name no label of a catalogue."""
        found = []
        for label, row in self.rows.items():
            if label not in labels:
                found.append(f"{path}, row {row}: {label!r} is no label of this catalogue{did_you_mean(label, labels)}")
        return found


def default() -> Path:
    """Return the path of the table that is read where no other is named."""
    return checkout() / "params" / "genres.csv"


def read(path: Path) -> Names:
    """Read a table of labels and the names that are written.

    Parameters
    ----------
    path : Path
        A CSV with the columns ``label``, ``written`` (empty: as the label) and ``write`` (``yes`` or ``no``); the row
        of the label ``*`` is about all labels without one, which are else not written.

    Raises
    ------
    MissingDataError, BadDataError
        It is not there; a row is wrong, with its number.
    """
    remedy = f"give a CSV with the columns {', '.join(COLUMNS)}, as params/genres.csv is"
    lines = read_lines(path, remedy)
    with parsing(path, remedy, trouble="is no CSV", errors=csv.Error):
        rows = list(csv.reader(io.StringIO("\n".join(lines)), strict=True))
    if not rows or rows[0] != COLUMNS:
        found = ", ".join(rows[0]) if rows else "nothing"
        raise BadDataError(f"{path}, row 1: the columns are {found}; {remedy}")
    written: dict[str, str] = {}
    numbers: dict[str, int] = {}
    for number, row in enumerate(rows[1:], 2):
        if not row:
            continue
        label, name = _checked(row, f"{path}, row {number}")
        if label in written:
            raise BadDataError(f"{path}, rows {numbers[label]} and {number}: both are about {label!r}; remove one")
        written[label] = name
        numbers[label] = number
    others = bool(written.pop(OTHERS, ""))
    numbers.pop(OTHERS, None)
    return Names(written, others, numbers)


def _checked(row: list[str], where: str) -> tuple[str, str]:
    """Return label and written name of a row; of a label that is not written no name."""
    if len(row) != len(COLUMNS):
        raise BadDataError(
            f"{where}: has {len(row)} cells; write {', '.join(COLUMNS)}, in quotes where a comma is inside"
        )
    label, name, write = [cell.strip() for cell in row]
    if not label:
        raise BadDataError(f"{where}: names no label")
    if write.casefold() not in ("yes", "no"):
        raise BadDataError(f"{where}: write={write!r} is neither yes nor no")
    if label == OTHERS and name:
        raise BadDataError(
            f"{where}: {OTHERS} stands for many labels, which cannot all be written {name!r}; leave it empty"
        )
    if write.casefold() == "no":
        return label, ""
    name = name or label
    if label != OTHERS:
        _check_name(name, where)
    return label, name


def _check_name(name: str, where: str) -> None:
    """Refuse a name that a reader of tags would take for another, or for several."""
    if len(name) > LONGEST:
        raise BadDataError(f"{where}: a genre of {len(name)} characters; at most {LONGEST}")
    if tags.cleaned(name) != name:
        raise BadDataError(f"{where}: {name!r} has control characters or several blanks; write {tags.cleaned(name)!r}")
    if tag_genres.by_name([name]) != (name,):
        raise BadDataError(f"{where}: {name!r} is read as a number of ID3, {tag_genres.by_name([name])}; spell it out")
    if tag_genres.ALWAYS.search(name):
        raise BadDataError(f"{where}: {name!r} would be read as several genres; leave out ; | and backslashes")
