"""Plan and write predicted genres into the tags of a library's files, album by album.

Paper: none.  Notebooks: none; ``python -m mumu_lib predict --write-tags``.

Only genres that are kept, sure, and reach the least expected precision are written, under the names of
``params/genres.csv``. By default a file that has a genre keeps it; ``add`` appends new ones, ``replace`` overwrites the
old ones.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mumu_lib.audio import decoding
from mumu_lib.core.errors import AudioError
from mumu_lib.core.files import open_regular
from mumu_lib.prediction import keeping
from mumu_lib.prediction.library.shelves import Shelved
from mumu_lib.sources import tags
from mumu_lib.sources.tagging import rewriting
from mumu_lib.sources.tagging.editors import Editor, NotWritableError
from mumu_lib.sources.tagging.names import Names
from mumu_lib.sources.tagging.rewriting import Record
from mumu_lib.sources.tags import genres, kinds
from mumu_lib.sources.tags.spelling import key

MISSING = "missing"
ADD = "add"
REPLACE = "replace"
WRITE = "written"
RIGHT = "right already"
HAS = "has a genre, kept"
NOTHING = "nothing sure to write"
SKIPPED = "skipped"
# These formats store positions of samples in tables that change with the tags: comparing bytes is not enough.
DECODED = ("mp4", "asf")
# Seconds of sound that are compared.
LONGEST = 600.0
MOST_NAMED = 3


@dataclass(frozen=True)
class Plan:
    """The change planned for one file.

    Attributes
    ----------
    path : Path
    what : str
        One of ``written``, ``right already``, ``has a genre, kept``, ``nothing sure to write``, ``skipped``.
    old, new : tuple of str
    reason : str
        Why a file is skipped.
    """

    path: Path
    what: str
    old: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    reason: str = ""


def sure_names(kept: Iterable[Sequence[Any]], names: Names, least: float) -> tuple[str, ...]:
    """Return the names to write for an album: its kept, sure and precise enough genres, each once.

    Parameters
    ----------
    kept : iterable of (genre, sure, precision)
        From :func:`mumu_lib.prediction.library.rows.kept`.
    least : float
        Least expected precision; genres of unknown precision are left out.

    Examples
    --------
    >>> sure_names([("Jazz", "yes", 0.8), ("Pop", "not sure", 0.9), ("Rock", "yes", 0.3)], Names(), 0.5)
    ('Jazz',)
    """
    chosen: dict[str, None] = {}
    for genre, sure, precision in kept:
        name = names.of(genre)
        if sure == keeping.YES and name and (precision or 0) >= least:
            chosen[name] = None
    return tuple(chosen)


def plan(album: Shelved, new_genres: tuple[str, ...], how: str) -> list[Plan]:
    """Plan the change of each file of an album.

    Parameters
    ----------
    new_genres : tuple of str
        From :func:`sure_names`.
    how : {'missing', 'add', 'replace'}
    """
    return [_plan_file(path, new_genres, how) for path in album.audio]


def _plan_file(path: Path, new_genres: tuple[str, ...], how: str) -> Plan:
    """Plan the change of one file, from the tags that it has."""
    read = tags.read(path)
    if not new_genres:
        return Plan(path, NOTHING, read.genres)
    if read.problem:
        return Plan(path, SKIPPED, read.genres, reason=rewriting.obstacle(path) or read.problem)
    old_genres = genres.split(read.genres).genres
    if how == MISSING and old_genres:
        return Plan(path, HAS, read.genres)
    new = new_genres
    # Tags without any genre, such as "Unknown", are replaced.
    if how == ADD and old_genres:
        old_keys = {key(genre) for genre in old_genres}
        added = [name for name in new_genres if key(name) not in old_keys]
        new = (*read.genres, *added)
    if new == read.genres:
        return Plan(path, RIGHT, read.genres)
    reason = rewriting.obstacle(path)
    if reason:
        return Plan(path, SKIPPED, read.genres, reason=reason)
    return Plan(path, WRITE, read.genres, new)


def carry_out(plans: Iterable[Plan], record: Callable[[Record], None]) -> Iterator[Plan]:
    """Write the genres of files, and yield the plans; those that failed become ``skipped``.

    Parameters
    ----------
    record : function
        Called before a file is changed.
    """
    for plan in plans:
        if plan.what != WRITE:
            yield plan
            continue
        try:
            _write(plan, record)
        except NotWritableError as error:
            yield Plan(plan.path, SKIPPED, plan.old, reason=str(error))
        else:
            yield plan


def _write(plan: Plan, record: Callable[[Record], None]) -> None:
    """Write the genres of one file."""

    def put(editor: Editor) -> None:
        editor.put(list(plan.new))

    rewriting.rewrite(plan.path, put, record, genres=plan.new, check=sounds_alike)


def sounds_alike(before: Path, after: Path) -> None:
    """Compare the decoded sound of two files of a format for which comparing bytes is not enough.

    Raises
    ------
    NotWritableError
        The second file sounds different, or can no longer be decoded.
    """
    with open_regular(before) as file:
        kind, _ = kinds.kind_of(file)
    if kind not in DECODED:
        return
    try:
        first = decoding.decode(before, LONGEST)
    except AudioError:
        # There is no sound to preserve.
        return
    try:
        second = decoding.decode(after, LONGEST)
    except AudioError as error:
        raise NotWritableError(f"could not be decoded any more ({error.reason})") from None
    if not np.array_equal(first.y, second.y):
        raise NotWritableError("would not sound the same")


def diff(album: str, plans: list[Plan]) -> str:
    """Return the changes of an album in words, equal ones together; empty if no file is written or skipped.

    Examples
    --------
    >>> print(diff("Ann/Blue", [Plan(Path("1.mp3"), WRITE, ("Other",), ("Jazz", "Pop"))]))
    Ann/Blue
      1 file: Other -> Jazz; Pop
    """
    changes: Counter[str] = Counter()
    skipped: dict[str, list[str]] = {}
    for plan in plans:
        if plan.what == WRITE:
            changes[f"{_listed(plan.old)} -> {_listed(plan.new)}"] += 1
        elif plan.what == SKIPPED:
            skipped.setdefault(plan.reason, []).append(plan.path.name)
    lines = [album]
    for change, count in changes.items():
        lines.append(f"  {_files(count)}: {change}")
    for reason, files in skipped.items():
        named = ", ".join(files[:MOST_NAMED])
        if len(files) > MOST_NAMED:
            named += f" and {len(files) - MOST_NAMED} more"
        lines.append(f"  skipped: {named}: {reason}")
    if len(lines) == 1:
        return ""
    return "\n".join(lines)


def _files(count: int) -> str:
    if count == 1:
        return "1 file"
    return f"{count} files"


def _listed(names: tuple[str, ...]) -> str:
    return "; ".join(names) or "(none)"
