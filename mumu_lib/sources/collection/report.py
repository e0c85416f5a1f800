"""Report what was skipped or read in part: ``report.csv`` and a printed summary by kind.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from mumu_lib.catalogue import contents
from mumu_lib.core.files import write_atomically

COLUMNS = ("row", "file", "reason", "kind")

# Kinds of lines, by which the summary and ``Catalogue.validate`` count.
MISSING = "missing file"
EMPTY_ROW = "row without a file"
HIDDEN = "hidden or system file"
LINK = "link not followed"
UNREADABLE = "unreadable folder or file"
SPECIAL = "pipe, socket or device"
NAME = "name that is not UTF-8"
ENDING = contents.UNKNOWN_ENDING
FFMPEG = contents.NEEDS_FFMPEG
PICTURE = "picture not taken"
TEXT = "text not taken"
GUESSED = "text taken, encoding guessed"
TAGS = "tags not read"
GENRES = "genre tags taken apart or left out"
DUPLICATE = "identical recording"


def printable(name: str) -> str:
    r"""Return the name of a file with bytes that are not UTF-8 written as ``\xe9``.

    Examples
    --------
    >>> printable("Caf\udce9.mp3")
    'Caf\\xe9.mp3'
    """
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


@dataclass
class Report:
    """Lines of a report.

    Attributes
    ----------
    lines : list of (row, file, reason, kind)
        ``row`` is the row of a manifest, counted as in a spreadsheet, or empty.

    Examples
    --------
    >>> report = Report()
    >>> report.add(PICTURE, "Can/back.jpg", "not a front cover")
    >>> report.table()["kind"].tolist()
    ['picture not taken']
    """

    lines: list[tuple[int | str, str, str, str]] = field(default_factory=list)

    def add(self, kind: str, file: str, reason: str, row: int | str = "") -> None:
        """Add a line."""
        self.lines.append((row, printable(file), printable(reason), kind))

    def table(self) -> pd.DataFrame:
        """Return the lines as a table with the columns ``row``, ``file``, ``reason``, ``kind``."""
        return pd.DataFrame(self.lines, columns=list(COLUMNS))

    def write(self, folder: Path, name: str = contents.REPORT) -> Path:
        """Write ``report.csv`` into a folder and return its path."""
        path = folder / name
        write_atomically(path, self.table().to_csv(index=False))
        return path

    def summary(self) -> str:
        """Return the counts by kind on one line, the most frequent first, with the unknown file extensions."""
        kinds: Counter[str] = Counter()
        pairs = []
        for _, file, _, kind in self.lines:
            kinds[kind] += 1
            pairs.append((kind, file))
        return contents.by_kind(kinds, contents.endings_of(pairs))
