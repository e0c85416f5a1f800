"""The answers of a library, appended album by album as they come: what is in it is not asked again.

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
    """Where the last line of an album stands, and what it was made of."""

    at: int
    made_of: str
    failed: bool


class Journal:
    """Lines of JSON beside the output, one an album and the last counts.

    Only their places are held in memory. A line that was cut off is as if it had never been begun.

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
        try:
            entry = json.loads(line)
            if entry["format"] != FORMAT:
                raise ValueError
            found = _Line(at, entry["made_of"], bool(entry["failed"]))
            album = entry["album"]
        except (ValueError, LookupError, TypeError):
            self.stale += 1
            return
        self.stale += album in self.lines
        self.lines[album] = found

    def has(self, album: str, made_of: str) -> bool:
        """Return whether an album was answered, from just this; what failed is tried again."""
        line = self.lines.get(album)
        return line is not None and line.made_of == made_of and not line.failed

    def add(self, album: str, made_of: str, **said: Any) -> None:
        """Append an album, and return when it is on the disk.

        Parameters
        ----------
        **said
            What JSON takes; ``failed`` is the reason where there is no answer.
        """
        entry = {"format": FORMAT, "album": album, "made_of": made_of, "failed": "", **said}
        data = (json.dumps(entry) + "\n").encode()
        with writing(self.path), open(self.path, "ab") as file:
            at = file.tell()
            try:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            except BaseException:
                # Half a line would spoil the next one.
                with suppress(OSError):
                    os.truncate(self.path, at)
                raise
        self.stale += album in self.lines
        self.lines[album] = _Line(at, made_of, bool(entry["failed"]))

    def read(self, album: str) -> dict[str, Any]:
        """Return what was said of an album."""
        with open(self.path, "rb") as file:
            file.seek(self.lines[album].at)
            found: dict[str, Any] = json.loads(file.readline())
        return found

    def compact(self) -> None:
        """Leave out the lines that do not count any more, if there are more of these than others."""
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
def alone(output: Path) -> Iterator[None]:
    """Have an output for oneself.

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
