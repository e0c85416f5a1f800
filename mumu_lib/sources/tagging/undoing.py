"""Store the old genres of files in an undo file, and restore them.

Paper: none.  Notebooks: none; ``python -m mumu_lib untag``.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mumu_lib.core.errors import BadDataError, MissingDataError
from mumu_lib.core.files import make_folder, writing
from mumu_lib.sources.tagging import rewriting
from mumu_lib.sources.tagging.editors import Editor, NotWritableError, State
from mumu_lib.sources.tagging.rewriting import Check, Record

FORMAT = 1
FIELDS = {"path": str, "kind": str, "old": dict, "new": dict, "before": str, "after": str}

RESTORED = "restored"
ALREADY = "has its old genre already"
EDITED = "edited since"
FAILED = "left as it is"


class UndoFile:
    """Undo file with a line for each change, which is on the disk before the change is made.

    Parameters
    ----------
    path : Path
        Must not exist; it is created with the first line.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = 0

    def add(self, record: Record) -> None:
        """Append a line and flush it to the disk."""
        with writing(self.path):
            make_folder(self.path.parent)
            header = ""
            mode = "a"
            if not self.lines:
                header = json.dumps({"undo": "genres", "format": FORMAT}) + "\n"
                mode = "x"
            with open(self.path, mode, encoding="utf-8") as file:
                file.write(header)
                file.write(json.dumps(asdict(record)) + "\n")
                file.flush()
                os.fsync(file.fileno())
        self.lines += 1


def read(path: Path) -> list[Record]:
    """Read an undo file without an incomplete last line, whose change was not made.

    Raises
    ------
    MissingDataError, BadDataError
        If the file does not exist or is not an undo file; the message has the number of the line.
    """
    if not path.is_file():
        trouble = "is not there"
        if path.exists():
            trouble = "is not a file"
        raise MissingDataError(f"{path} {trouble}; give the undo file that --write-tags --apply has named")
    with open(path, "rb") as file:
        lines = file.read().split(b"\n")
    complete = lines[:-1]
    if not complete:
        raise BadDataError(f"{path} is empty, or ends before its first change; no file was changed")
    records = []
    for number, line in enumerate(complete, 1):
        try:
            entry = json.loads(line)
        except ValueError:
            raise BadDataError(f"{path}, line {number}: is not JSON; give the undo file as it was written") from None
        if number == 1:
            _check_head(path, entry)
            continue
        records.append(_record(path, number, entry))
    return records


def _check_head(path: Path, entry: Any) -> None:
    """Check the first line of an undo file."""
    if not isinstance(entry, dict) or entry.get("undo") != "genres":
        raise BadDataError(f"{path} is not an undo file of genres; give the one that --write-tags --apply has named")
    if entry.get("format") != FORMAT:
        raise BadDataError(f"{path} has format {entry.get('format')!r}, but this version reads {FORMAT}")


def _record(path: Path, number: int, entry: Any) -> Record:
    """Return the record in a line of an undo file."""
    for name, kind in FIELDS.items():
        if not isinstance(entry, dict) or not isinstance(entry.get(name), kind):
            raise BadDataError(f"{path}, line {number}: {name!r} is missing or wrong; give the file as it was written")
    return Record(**{name: entry[name] for name in FIELDS})


@dataclass(frozen=True)
class Undone:
    """Result of restoring one file.

    Attributes
    ----------
    path : str
    what : str
        ``restored``, or another result.
    reason : str
        Why it was not restored; empty if it was.
    """

    path: str
    what: str
    reason: str = ""


def undo(records: list[Record], *, apply: bool, force: bool = False, check: Check | None = None) -> Iterator[Undone]:
    """Restore the genres of files, the last change first.

    Parameters
    ----------
    apply : bool
        Change the files; otherwise only return what would be done.
    force : bool
        Also restore genres that were edited after they were written.
    check : function, optional
        As in :func:`mumu_lib.sources.tagging.rewriting.rewrite`.

    Yields
    ------
    Undone
        Result of each record.
    """
    # Genres after earlier records, which matter if no file is changed.
    then: dict[str, State] = {}
    for record in reversed(records):
        try:
            result = _undone(record, apply, force, check, then)
            if result.what == RESTORED:
                then[record.path] = record.old
            yield result
        except NotWritableError as error:
            yield Undone(record.path, FAILED, str(error))


def _undone(record: Record, apply: bool, force: bool, check: Check | None, then: dict[str, State]) -> Undone:
    """Restore the genre of one file, or return what would be done."""
    path = Path(record.path)
    if not path.is_file():
        raise NotWritableError("does not exist any more")
    now = rewriting.current(path)
    if not apply:
        now = then.get(record.path, now)
    if now == record.old:
        return Undone(record.path, ALREADY)
    if now != record.new and not force:
        reason = "its genre was changed after it was written; to restore the older one anyway add  --force"
        return Undone(record.path, EDITED, reason)
    if apply:
        _restore(path, record.old, check)
    else:
        reason = rewriting.obstacle(path)
        if reason:
            raise NotWritableError(reason)
    return Undone(record.path, RESTORED)


def _restore(path: Path, old: State, check: Check | None) -> None:
    """Restore the genre of a file and check that it is exact."""

    def restore(editor: Editor) -> None:
        editor.restore(old)

    rewriting.rewrite(path, restore, lambda _: None, check=check)
    if rewriting.current(path) != old:
        raise NotWritableError("its old genre could not be restored exactly")
