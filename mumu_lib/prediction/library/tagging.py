"""What a library's answers change in the tags of its files, album by album: first said, then done.

Paper: none.  Notebooks: none; ``python -m mumu_lib predict --write-tags``.

Only genres that are kept, sure, and expected to be right more often than not are written, under the names of
``params/genres.csv``. By default a file that has a genre
keeps it; ``add`` puts new ones behind those it has, ``replace`` puts them in their place.
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

MISSING, ADD, REPLACE = "missing", "add", "replace"
WRITE, RIGHT, HAS, NOTHING, SKIPPED = (
    "written",
    "right already",
    "has a genre, kept",
    "nothing sure to write",
    "skipped",
)
# These keep places of samples in tables, which move with the tags: equal bytes do not say all.
DECODED = ("mp4", "asf")
# Seconds that are compared.
LONGEST = 600.0
MOST_NAMED = 3


@dataclass(frozen=True)
class Plan:
    """What is to become of one file.

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
    """Return the names to write of an album: of the genres that are kept, sure and mostly right, each once.

    Parameters
    ----------
    kept : iterable of (genre, sure, precision)
        From :func:`mumu_lib.prediction.library.rows.kept`.
    least : float
        Least expected precision; one that is not known does not reach it.

    Examples
    --------
    >>> sure_names([("Jazz", "yes", 0.8), ("Pop", "not sure", 0.9), ("Rock", "yes", 0.3)], Names(), 0.5)
    ('Jazz',)
    """
    found: dict[str, None] = {}
    for genre, sure, precision in kept:
        name = names.of(genre)
        if sure == keeping.YES and name and (precision or 0) >= least:
            found[name] = None
    return tuple(found)


def plan(album: Shelved, wanted: tuple[str, ...], how: str) -> list[Plan]:
    """Say what is to become of each file of an album.

    Parameters
    ----------
    wanted : tuple of str
        From :func:`sure_names`.
    how : {'missing', 'add', 'replace'}
    """
    return [_of_file(path, wanted, how) for path in album.audio]


def _of_file(path: Path, wanted: tuple[str, ...], how: str) -> Plan:
    read = tags.read(path)
    if not wanted:
        return Plan(path, NOTHING, read.genres)
    if read.problem:
        return Plan(path, SKIPPED, read.genres, reason=rewriting.obstacle(path) or read.problem)
    there = genres.split(read.genres).genres
    if how == MISSING and there:
        return Plan(path, HAS, read.genres)
    new = wanted
    if how == ADD:
        # A word for no genre is none that anyone would miss.
        known = {key(genre) for genre in there}
        new = (*(read.genres if there else ()), *(name for name in wanted if key(name) not in known))
    if new == read.genres:
        return Plan(path, RIGHT, read.genres)
    reason = rewriting.obstacle(path)
    if reason:
        return Plan(path, SKIPPED, read.genres, reason=reason)
    return Plan(path, WRITE, read.genres, new)


def carry_out(plans: Iterable[Plan], record: Callable[[Record], None]) -> Iterator[Plan]:
    """Write the genres of files, and return what became of each.

    Parameters
    ----------
    record : function
        Called before a file is touched.
    """
    for one in plans:
        if one.what != WRITE:
            yield one
            continue
        try:
            _write(one, record)
        except NotWritableError as error:
            yield Plan(one.path, SKIPPED, one.old, reason=str(error))
        else:
            yield one


def _write(one: Plan, record: Callable[[Record], None]) -> None:
    def put(editor: Editor) -> None:
        editor.put(list(one.new))

    rewriting.rewrite(one.path, put, record, genres=one.new, check=sounds_alike)


def sounds_alike(one: Path, other: Path) -> None:
    """Compare what is heard in two files, where equal bytes of sound do not say all.

    Raises
    ------
    NotWritableError
        They sound different, or one of them cannot be decoded.
    """
    with open_regular(one) as file:
        kind, _ = kinds.kind_of(file)
    if kind not in DECODED:
        return
    try:
        first = decoding.decode(one, LONGEST)
    except AudioError:
        # What cannot be decoded sounds the same as before: not at all.
        return
    try:
        second = decoding.decode(other, LONGEST)
    except AudioError as error:
        raise NotWritableError(f"could not be decoded any more ({error.reason})") from None
    if not np.array_equal(first.y, second.y):
        raise NotWritableError("would not sound the same")


def diff(album: str, plans: list[Plan]) -> str:
    """Say what changes in an album, its files of one kind together; empty where nothing is written or skipped.

    Examples
    --------
    >>> print(diff("Ann/Blue", [Plan(Path("1.mp3"), WRITE, ("Other",), ("Jazz", "Pop"))]))
    Ann/Blue
      1 file: Other -> Jazz; Pop
    """
    changes: Counter[str] = Counter()
    skipped: dict[str, list[str]] = {}
    for one in plans:
        if one.what == WRITE:
            changes[f"{_listed(one.old)} -> {_listed(one.new)}"] += 1
        elif one.what == SKIPPED:
            skipped.setdefault(one.reason, []).append(one.path.name)
    lines = [album]
    for change, count in changes.items():
        lines.append(f"  {_files(count)}: {change}")
    for reason, own in skipped.items():
        more = f" and {len(own) - MOST_NAMED} more" if len(own) > MOST_NAMED else ""
        lines.append(f"  skipped: {', '.join(own[:MOST_NAMED])}{more}: {reason}")
    if len(lines) == 1:
        return ""
    return "\n".join(lines)


def _files(count: int) -> str:
    return f"{count} file{'s' * (count != 1)}"


def _listed(names: tuple[str, ...]) -> str:
    return "; ".join(names) or "(none)"
