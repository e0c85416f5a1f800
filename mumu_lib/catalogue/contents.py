"""Contents of a catalogue in words: files that were skipped, labels, and the notebooks that can run.

Paper: Section 3.  Notebooks: all, through ``Catalogue.validate``.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from mumu_lib.catalogue.schema import SPLITS
from mumu_lib.core.errors import BadDataError, MissingDataError
from mumu_lib.core.formats import ending
from mumu_lib.core.parsing import parsing
from mumu_lib.experiments import LABEL_NOTEBOOKS

REPORT = "report.csv"
# Kinds of lines of a report.
UNKNOWN_ENDING = "unknown ending"
NEEDS_FFMPEG = "needs ffmpeg"
# Kinds for which the endings of the files are listed.
FOR_THEIR_ENDING = (UNKNOWN_ENDING, NEEDS_FFMPEG)
# Largest number of endings that are listed; the rest is in the report.
MOST_NAMED = 6


def by_kind(counts: Counter[str], endings: Counter[str] | None = None) -> str:
    """Format counts on one line, the most frequent first.

    Parameters
    ----------
    counts : Counter
        Lines of a report, by kind.
    endings : Counter, optional
        Files with an unknown ending, by ending.

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
    """Format the most frequent endings."""
    shown = []
    for name, number in endings.most_common(MOST_NAMED):
        shown.append(f"{name} {number}")
    if len(endings) > MOST_NAMED:
        shown.append(f"{len(endings) - MOST_NAMED} other endings")
    return ", ".join(shown)


def endings_of(lines: Iterable[tuple[str, str]]) -> Counter[str]:
    """Count the endings of files that were skipped for their ending, from pairs of kind and file.

    Examples
    --------
    >>> endings_of([("unknown ending", "a.cue"), ("link not followed", "b")])
    Counter({'.cue': 1})
    """
    endings: Counter[str] = Counter()
    for kind, file in lines:
        if kind in FOR_THEIR_ENDING:
            endings[ending(file) or "no ending"] += 1
    return endings


def passed_over(folder: Path) -> tuple[int, str]:
    """Summarise the report of files that were skipped when a catalogue was made.

    Parameters
    ----------
    folder : Path
        Folder of the catalogue.

    Returns
    -------
    number : int
        Lines of the report; 0 without a report.
    note : str
        Counts by kind.
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
    """Explain why a catalogue has no labels, and what to do about it.

    Parameters
    ----------
    genres : iterable of sequences of str
        Genres of each album.
    min_albums : int
        Fewest albums that make a genre a label.

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
    """Tell whether the notebooks that need labels only can run, and name genres that are too rare to be labels.

    Examples
    --------
    >>> note_on_labels(["Jazz"], ["Polka"], 12)
    '02_dataset_overview, 03_label_factors: can run; on fewer than 12 albums: Polka'
    """
    notebooks = ", ".join(LABEL_NOTEBOOKS)
    if not labels and not rare:
        return f"{notebooks}: cannot run; no album has a genre"
    note = f"{notebooks}: {verdict(bool(labels), True)}"
    if rare:
        note += f"; on fewer than {min_albums} albums: {', '.join(rare[:5])}"
    return note


def verdict(usable: bool, labelled: bool) -> str:
    """Tell whether a notebook can run.

    Parameters
    ----------
    usable : bool
        Whether its data exist.
    labelled : bool
        Whether the catalogue has labels.
    """
    if not usable:
        return "cannot run"
    if not labelled:
        return "cannot run without a label"
    return "can run"


def note_on_splits(splits: pd.Series) -> str:
    """Count the albums of each split.

    Examples
    --------
    >>> note_on_splits(pd.Series(["train", "train", "test", "none"]))
    'train 2, val 0, test 1; without genre 1'
    """
    sizes = Counter(splits)
    note = ", ".join(f"{split} {sizes[split]}" for split in SPLITS)
    unlabelled = int((~splits.isin(SPLITS)).sum())
    if unlabelled:
        note += f"; without genre {unlabelled}"
    return note
