"""The genres that files had before they were written, and how they come back.

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
    """A file with a line for each change, on the disk before the change is made.

    Parameters
    ----------
    path : Path
        Must not be there; it is made with the first line.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = 0

    def add(self, record: Record) -> None:
        """Append a line, and return when it is on the disk."""
        with writing(self.path):
            make_folder(self.path.parent)
            mode = "a" if self.lines else "x"
            with open(self.path, mode, encoding="utf-8") as file:
                if not self.lines:
                    file.write(json.dumps({"undo": "genres", "format": FORMAT}) + "\n")
                file.write(json.dumps(asdict(record)) + "\n")
                file.flush()
                os.fsync(file.fileno())
        self.lines += 1


def read(path: Path) -> list[Record]:
    """Read an undo file; a last line that was cut off, whose file was not touched, is left out.

    Raises
    ------
    MissingDataError, BadDataError
        It is not there, or is no undo file; names the line.
    """
    if not path.is_file():
        trouble = "is no file" if path.exists() else "is not there"
        raise MissingDataError(f"{path} {trouble}; give the undo file that --write-tags --apply has named")
    with open(path, "rb") as file:
        lines = file.read().split(b"\n")
    whole = lines[:-1]
    if not whole:
        raise BadDataError(f"{path} is empty, or ends before its first change; nothing was written by it")
    found = []
    for number, line in enumerate(whole, 1):
        try:
            entry = json.loads(line)
        except ValueError:
            raise BadDataError(f"{path}, line {number}: is not JSON; give the undo file as it was written") from None
        if number == 1:
            _check_head(path, entry)
            continue
        found.append(_record(path, number, entry))
    return found


def _check_head(path: Path, entry: Any) -> None:
    if not isinstance(entry, dict) or entry.get("undo") != "genres":
        raise BadDataError(f"{path} is no undo file of genres; give the one that --write-tags --apply has named")
    if entry.get("format") != FORMAT:
        raise BadDataError(f"{path} is of format {entry.get('format')!r}, this version reads {FORMAT}")


def _record(path: Path, number: int, entry: Any) -> Record:
    for name, kind in FIELDS.items():
        if not isinstance(entry, dict) or not isinstance(entry.get(name), kind):
            raise BadDataError(f"{path}, line {number}: {name!r} is missing or wrong; give the file as it was written")
    return Record(**{name: entry[name] for name in FIELDS})


@dataclass(frozen=True)
class Undone:
    """What became of one file.

    Attributes
    ----------
    path : str
    what : str
        ``restored``, or why not.
    reason : str
        Empty where nothing is wrong.
    """

    path: str
    what: str
    reason: str = ""


def undo(records: list[Record], *, apply: bool, force: bool = False, check: Check | None = None) -> Iterator[Undone]:
    """Restore the genres of files, the last change first.

    Parameters
    ----------
    apply : bool
        Else it is only said what would be done.
    force : bool
        Restore also where the genre was edited after it was written.

    Yields
    ------
    Undone
        One a record.
    """
    # What earlier restorations leave behind, where it is only said what would be done.
    then: dict[str, State] = {}
    for record in reversed(records):
        try:
            done = _undone(record, apply, force, check, then)
            if done.what == RESTORED:
                then[record.path] = record.old
            yield done
        except NotWritableError as error:
            yield Undone(record.path, FAILED, str(error))


def _undone(record: Record, apply: bool, force: bool, check: Check | None, then: dict[str, State]) -> Undone:
    path = Path(record.path)
    if not path.is_file():
        raise NotWritableError("is not there any more")
    now = rewriting.current(path)
    if not apply:
        now = then.get(record.path, now)
    if now == record.old:
        return Undone(record.path, ALREADY)
    if now != record.new and not force:
        reason = "its genre was changed after it was written; to restore the older one all the same add  --force"
        return Undone(record.path, EDITED, reason)
    if not apply:
        reason = rewriting.obstacle(path)
        if reason:
            raise NotWritableError(reason)
    else:

        def restore(editor: Editor) -> None:
            editor.restore(record.old)

        rewriting.rewrite(path, restore, lambda _: None, check=check)
        if rewriting.current(path) != record.old:
            raise NotWritableError("its old genre could not be restored exactly")
    return Undone(record.path, RESTORED)
