"""What is in a catalogue, what was passed over when it was made, and what can be done with it.

Paper: Section 3.  Notebooks: all, through ``Catalogue.validate``.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from mumu_lib.core.errors import BadDataError, MissingDataError
from mumu_lib.core.formats import ending
from mumu_lib.core.parsing import parsing
from mumu_lib.experiments import LABEL_NOTEBOOKS

REPORT = "report.csv"
# Kinds of a report's lines.
UNKNOWN_ENDING = "unknown ending"
NEEDS_FFMPEG = "needs ffmpeg"
FOR_THEIR_ENDING = (UNKNOWN_ENDING, NEEDS_FFMPEG)
# So many kinds, and endings, are named; the rest is in the report.
MOST_NAMED = 6


def by_kind(counts: Counter[str], endings: Counter[str] | None = None) -> str:
    """Return counts on one line, the most frequent first.

    Parameters
    ----------
    counts : Counter
        Lines of a report, by kind.
    endings : Counter, optional
        Of files whose ending is not read.

    Examples
    --------
    >>> by_kind(Counter({"link not followed": 1, "unknown ending": 3}), Counter({".cue": 2, ".log": 1}))
    'unknown ending 3 (.cue 2, .log 1), link not followed 1'
    """
    named = []
    last = -1
    for kind, number in counts.most_common():
        named.append(f"{kind} {number}")
        if kind in FOR_THEIR_ENDING:
            last = len(named) - 1
    if endings and named:
        named[last] += f" ({_shown(endings)})"
    return ", ".join(named)


def _shown(endings: Counter[str]) -> str:
    shown = []
    for one, number in endings.most_common(MOST_NAMED):
        shown.append(f"{one} {number}")
    if len(endings) > MOST_NAMED:
        shown.append(f"{len(endings) - MOST_NAMED} other endings")
    return ", ".join(shown)


def endings_of(lines: Iterable[tuple[str, str]]) -> Counter[str]:
    """Return how many files of each ending were passed over for it, from pairs of kind and file."""
    endings: Counter[str] = Counter()
    for kind, file in lines:
        if kind in FOR_THEIR_ENDING:
            endings[ending(file) or "no ending"] += 1
    return endings


def passed_over(folder: Path) -> tuple[int, str]:
    """Return how many lines the report of a catalogue has, and what they are by kind.

    Parameters
    ----------
    folder : Path
        Of the catalogue. One that was made without a report has no lines.

    Returns
    -------
    number, note : int, str
    """
    path = folder / REPORT
    try:
        with parsing(path, "make the catalogue again", trouble="is not a table"):
            table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except MissingDataError:
        return 0, ""
    except BadDataError as error:
        return 0, str(error)
    if not {"kind", "file"} <= {*table}:
        return len(table), f"see {REPORT}"
    endings = endings_of(zip(table["kind"], table["file"], strict=True))
    return len(table), by_kind(Counter(table["kind"]), endings)


def why_no_labels(genres: Iterable[Sequence[str]], min_albums: int) -> str:
    """Say what gives a catalogue without labels some.

    Parameters
    ----------
    genres : iterable of sequences of str
        Of each album.
    min_albums : int
        A genre on fewer is no label.

    Examples
    --------
    >>> why_no_labels([["Jazz"], []], 2)
    'no genre is on at least 2 albums; lower min_albums (--min-albums 1) or add albums'
    """
    if any(len(names) for names in genres):
        return f"no genre is on at least {min_albums} albums; lower min_albums (--min-albums 1) or add albums"
    return (
        "no album has a genre; give genres in a file genres.txt in each album's folder, in the column 'genres' of a "
        "manifest, or in the recordings' tags"
    )


def note_on_labels(labels: Sequence[str], rare: Sequence[str], min_albums: int) -> str:
    """Say which notebooks genres alone are enough for, and which genres are too rare to be labels."""
    notebooks = ", ".join(LABEL_NOTEBOOKS)
    if not labels and not rare:
        return f"{notebooks}: cannot run; no album has a genre"
    note = f"{notebooks}: {'can run' if labels else 'cannot run'}"
    if rare:
        note += f"; on fewer than {min_albums} albums: {', '.join(rare[:5])}"
    return note
