"""Split the genre values of a whole collection, and count what was split or left out.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

from collections import Counter
from collections.abc import Collection, Iterable

from mumu_lib.sources.tags import genres

MAX_SHOWN = 5


class Tally:
    """Splits the genres of all files by one rule, and counts what was split or left out.

    Parameters
    ----------
    known : collection of str
        From :func:`mumu_lib.sources.tags.genres.standing_alone` on the values of all files.
    separators : str
        As in :func:`mumu_lib.sources.tags.genres.split`.

    Attributes
    ----------
    split, left_out : Counter
        Number of files with each split value, and with each placeholder for a missing genre.
    into : dict
        Genres of each split value.

    Examples
    --------
    >>> tally = Tally()
    >>> tally.genres(["Rock/Pop"]), tally.reasons()
    (('Rock', 'Pop'), [('Rock/Pop', 'genre tag taken apart: Rock, Pop; on 1 files')])
    """

    def __init__(self, known: Collection[str] = (), separators: str = genres.AUTO) -> None:
        self.known = known
        self.separators = separators
        self.split: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self.into: dict[str, tuple[str, ...]] = {}

    def genres(self, values: Iterable[str]) -> tuple[str, ...]:
        """Return the distinct genres in the values of one file."""
        values = tuple(values)
        result = genres.split(values, known=self.known, separators=self.separators)
        self.split.update(result.split)
        self.left_out.update(result.left_out)
        for value in result.split:
            if value not in self.into:
                self.into[value] = genres.split([value], known=self.known, separators=self.separators).genres
        return result.genres

    def summary(self) -> list[str]:
        """Return a line about split values and a line about values left out, if there are any."""
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
        """Return each value that was split or left out, with the reason and the number of files."""
        rows = []
        for value, count in sorted(self.split.items()):
            rows.append((value, f"genre tag taken apart: {', '.join(self.into[value])}; on {count} files"))
        for value, count in sorted(self.left_out.items()):
            rows.append((value, f"genre tag names no genre; left out on {count} files"))
        return rows


def _most(counts: Counter[str]) -> str:
    """Return the most frequent values as a text."""
    shown = []
    for value, _ in counts.most_common(MAX_SHOWN):
        shown.append(repr(value))
    if len(counts) > MAX_SHOWN:
        shown.append("…")
    return ", ".join(shown)
