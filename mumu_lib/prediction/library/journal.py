"""Store the results of a library album by album: finished albums are not repeated.

Paper: none.  Notebooks: none; ``python -m mumu_lib predict``.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from mumu_lib.core.errors import WriteError
from mumu_lib.core.files import atomic_path, make_folder, writing

FORMAT = 1
ENDING = ".journal"


@dataclass(frozen=True)
class _Line:
    """Position of the last line of an album in the file, and the fingerprint of its input."""

    at: int
    made_of: str
    failed: bool


class Journal:
    """Lines of JSON in a file next to the output, one per album; the last line of an album counts.

    Only the positions of the lines are kept in memory. An incomplete last line is ignored.

    Parameters
    ----------
    output : Path
        The journal is named after it.
    """

    def __init__(self, output: Path) -> None:
        self.path = output.with_name(output.name + ENDING)
        self.lines: dict[str, _Line] = {}
        self.stale = 0
        make_folder(self.path.parent)
        self._load()

    def _load(self) -> None:
        """Read the positions of all lines; cut off an incomplete last one."""
        if not self.path.is_file():
            return
        end = 0
        with open(self.path, "rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._take(line, end)
                end += len(line)
        if end < self.path.stat().st_size:
            with writing(self.path):
                os.truncate(self.path, end)

    def _take(self, line: bytes, at: int) -> None:
        """Note the position of a line; count it as stale if it is malformed or replaces another."""
        try:
            entry = json.loads(line)
            if entry["format"] != FORMAT:
                raise ValueError
            position = _Line(at, entry["made_of"], bool(entry["failed"]))
            album = entry["album"]
        except (ValueError, LookupError, TypeError):
            self.stale += 1
            return
        self.stale += album in self.lines
        self.lines[album] = position

    def has(self, album: str, made_of: str) -> bool:
        """Return whether an album is finished with the same input; failed ones are tried again."""
        line = self.lines.get(album)
        return line is not None and line.made_of == made_of and not line.failed

    def add(self, album: str, made_of: str, **result: Any) -> None:
        """Append an album, and return when it is on the disk.

        Parameters
        ----------
        **result
            Values for JSON; ``failed`` is the reason if there is no result.
        """
        entry = {"format": FORMAT, "album": album, "made_of": made_of, "failed": "", **result}
        data = (json.dumps(entry) + "\n").encode()
        with writing(self.path), open(self.path, "ab") as file:
            at = file.tell()
            try:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            except BaseException:
                # An incomplete line would corrupt the next one.
                with suppress(OSError):
                    os.truncate(self.path, at)
                raise
        self.stale += album in self.lines
        self.lines[album] = _Line(at, made_of, bool(entry["failed"]))

    def read(self, album: str) -> dict[str, Any]:
        """Return the result of an album."""
        with open(self.path, "rb") as file:
            file.seek(self.lines[album].at)
            entry: dict[str, Any] = json.loads(file.readline())
        return entry

    def compact(self) -> None:
        """Remove stale lines if they are the majority."""
        if self.stale <= len(self.lines):
            return
        with atomic_path(self.path) as part, open(part, "wb") as file, open(self.path, "rb") as old:
            for line in self.lines.values():
                old.seek(line.at)
                file.write(old.readline())
        self.lines.clear()
        self.stale = 0
        self._load()


@contextmanager
def output_lock(output: Path) -> Iterator[None]:
    """Lock an output; fail at once if another process has it.

    Raises
    ------
    WriteError
        Another process writes it.
    """
    lock = FileLock(make_folder(output.parent) / f".{output.name}.lock")
    with writing(output):
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise WriteError(
                f"another process writes {output}; wait for it, or name another file with  --out"
            ) from None
    try:
        yield
    finally:
        lock.release()
        with suppress(OSError):
            os.unlink(lock.lock_file)
