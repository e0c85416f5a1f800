"""Read the table of labels and their names in tags, ``params/genres.csv``.

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
MAX_LENGTH = tag_genres.MAX_LENGTH


@dataclass(frozen=True)
class Names:
    """Names of labels in tags.

    Attributes
    ----------
    written : dict
        Label -> name in tags; empty for a label that is not written.
    others : bool
        Whether labels without a row are written under their own name.
    rows : dict
        Label -> row of the table, for messages.
    """

    written: dict[str, str] = field(default_factory=dict)
    others: bool = True
    rows: dict[str, int] = field(default_factory=dict)

    def of(self, label: str) -> str:
        """Return the name of a label in tags; empty if it is not written.

        Examples
        --------
        >>> names = Names({"Rap & Hip-Hop": "Hip-Hop", "General": ""})
        >>> names.of("Rap & Hip-Hop"), names.of("General"), names.of("Jazz")
        ('Hip-Hop', '', 'Jazz')
        """
        if label in self.written:
            return self.written[label]
        if not self.others:
            return ""
        return label

    def labels(self, found: Iterable[str], known: Iterable[str]) -> set[str]:
        """Return the labels of a catalogue that match the genres of a tag; other genres are returned as a key.

        Case, hyphens and blanks are ignored, and a branch ``Jazz > Vocal Jazz`` counts as both names.

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
        """Return a message for each row whose label is not in a catalogue."""
        found = []
        for label, row in self.rows.items():
            if label not in labels:
                found.append(
                    f"{path}, row {row}: {label!r} is not a label of this catalogue{did_you_mean(label, labels)}"
                )
        return found


def default() -> Path:
    """Return the path of the default table."""
    return checkout() / "params" / "genres.csv"


def read(path: Path) -> Names:
    """Read a table of labels and their names in tags.

    Parameters
    ----------
    path : Path
        A CSV with the columns ``label``, ``written`` (empty: the label itself) and ``write`` (``yes`` or ``no``). A row
        with the label ``*`` is for all labels without a row; without it they are not written.

    Raises
    ------
    MissingDataError, BadDataError
        If the file does not exist or a row is invalid; the message has its number.
    """
    hint = f"give a CSV with the columns {', '.join(COLUMNS)}, as params/genres.csv is"
    lines = read_lines(path, hint)
    with parsing(path, hint, trouble="is not a CSV", errors=csv.Error):
        rows = list(csv.reader(io.StringIO("\n".join(lines)), strict=True))
    if not rows or rows[0] != COLUMNS:
        columns = "nothing"
        if rows:
            columns = ", ".join(rows[0])
        raise BadDataError(f"{path}, row 1: the columns are {columns}; {hint}")
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
    """Return the label of a row and its name in tags, which is empty for a label that is not written."""
    if len(row) != len(COLUMNS):
        raise BadDataError(
            f"{where}: has {len(row)} cells; write {', '.join(COLUMNS)}, in quotes where a comma is inside"
        )
    label, name, write = map(str.strip, row)
    if not label:
        raise BadDataError(f"{where}: the label is missing")
    if write.casefold() not in ("yes", "no"):
        raise BadDataError(f"{where}: write={write!r} is neither yes nor no")
    if label == OTHERS and name:
        raise BadDataError(
            f"{where}: {OTHERS} means many labels, which cannot all be written {name!r}; leave the name empty"
        )
    if write.casefold() == "no":
        return label, ""
    name = name or label
    if label != OTHERS:
        _check_name(name, where)
    return label, name


def _check_name(name: str, where: str) -> None:
    """Refuse a name that would be read back as another genre or as several."""
    if len(name) > MAX_LENGTH:
        raise BadDataError(f"{where}: a genre of {len(name)} characters; at most {MAX_LENGTH}")
    if tags.cleaned(name) != name:
        raise BadDataError(f"{where}: {name!r} has control characters or several blanks; write {tags.cleaned(name)!r}")
    if tag_genres.by_name([name]) != (name,):
        raise BadDataError(f"{where}: {name!r} is read as a number of ID3, {tag_genres.by_name([name])}; spell it out")
    if tag_genres.ALWAYS.search(name):
        raise BadDataError(f"{where}: {name!r} would be read as several genres; leave out ; | and backslashes")
