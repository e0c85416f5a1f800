"""Genres of a whole collection: each value taken apart, and what was done counted.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

from collections import Counter
from collections.abc import Collection, Iterable

from mumu_lib.sources.tags import genres

MOST_SHOWN = 5


class Tally:
    """Take the genres of every file apart by one rule, and count what was taken apart or left out.

    Parameters
    ----------
    known : collection of str
        From :func:`mumu_lib.sources.tags.genres.standing_alone`, of the values of all files.
    separators : str
        As of :func:`mumu_lib.sources.tags.genres.split`.

    Attributes
    ----------
    split, left_out : Counter
        How many files had each value that was several genres, and each word for no genre.
    into : dict
        The genres of each value that was several.
    """

    def __init__(self, known: Collection[str] = (), separators: str = genres.AUTO) -> None:
        self.known = known
        self.separators = separators
        self.split: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self.into: dict[str, tuple[str, ...]] = {}

    def genres(self, values: Iterable[str]) -> tuple[str, ...]:
        """Return the genres in the values of one file, each once."""
        values = tuple(values)
        found = genres.split(values, known=self.known, separators=self.separators)
        self.split.update(found.split)
        self.left_out.update(found.left_out)
        for value in found.split:
            if value not in self.into:
                self.into[value] = genres.split([value], known=self.known, separators=self.separators).genres
        return found.genres

    def summary(self) -> list[str]:
        """Return one line on what was taken apart and one on what was left out, where there is any."""
        lines = []
        if self.split:
            lines.append(
                f"{self.split.total()} genre tags held several genres ({_most(self.split)}) and were taken apart; "
                f"to leave them whole add  --separators none --force"
            )
        if self.left_out:
            lines.append(f"{self.left_out.total()} genre tags name no genre ({_most(self.left_out)}) and were left out")
        return lines

    def reasons(self) -> list[tuple[str, str]]:
        """Return each value that was taken apart or left out, with what was done and on how many files."""
        rows = []
        for value, count in sorted(self.split.items()):
            rows.append((value, f"genre tag taken apart: {', '.join(self.into[value])}; on {count} files"))
        for value, count in sorted(self.left_out.items()):
            rows.append((value, f"genre tag names no genre; left out on {count} files"))
        return rows


def _most(counts: Counter[str]) -> str:
    shown = ", ".join(repr(value) for value, _ in counts.most_common(MOST_SHOWN))
    if len(counts) > MOST_SHOWN:
        shown += ", …"
    return shown
