"""Measure the size of files and folders; find half-written, unreadable and recently written ones.

Used by ``python -m mumu_lib disk``. Links are neither followed nor counted.
"""

import dataclasses
import os
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

# Temporary names of mumu_lib.core.files.atomic_path, of folders being replaced or removed, and of  make pretrained.
HALF_WRITTEN = re.compile(r".+\.[0-9a-f]{8}\.tmp(\.keras)?|.+\.old\.tmp|\.part-\w{8}|[0-9a-f]{24}\.part")
# Anything younger may still be written to.
DAY = 86400


@dataclasses.dataclass(frozen=True)
class Item:
    """Describe a file or folder that uses disk space.

    Attributes
    ----------
    what : str
        Catalogue, store, run, cache, pretrained, download, figures, leftover ...
    name : str
        Path relative to the home; the absolute path outside of it.
    path : Path
    size : int
        Bytes on the disk, without the targets of links.
    kind : str
        One of :data:`mumu_lib.series.storage.KINDS` if nothing refers to it; otherwise empty.
    why : str
        Why nothing refers to it, or another remark.
    locks : tuple of Path
        Lock files that processes hold while they use it.
    base : Path
        The home or the checkout; nothing outside of it is removed.
    """

    what: str
    name: str
    path: Path
    size: int
    kind: str = ""
    why: str = ""
    locks: tuple[Path, ...] = ()
    base: Path = Path()


class Below:
    """Iterate over everything below a folder; links are included but not followed.

    Attributes
    ----------
    closed : list of Path
        Folders that could not be read, so far.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.closed: list[Path] = []

    def __iter__(self) -> Iterator[Path]:
        self.closed = []
        if self.path.is_symlink() or not self.path.is_dir():
            return
        for folder, folders, files in os.walk(self.path, onerror=self._closed):
            for name in (*folders, *files):
                yield Path(folder, name)

    def _closed(self, error: OSError) -> None:
        # A folder that was removed meanwhile is not an unreadable folder.
        if not isinstance(error, FileNotFoundError):
            self.closed.append(Path(error.filename))


def size_of(path: Path) -> int:
    """Return the bytes that a file or folder uses; links use none, and hard-linked files count once."""
    return measure(path)[0]


def measure(path: Path) -> tuple[int, list[Path]]:
    """Return the bytes that a file or folder uses, as :func:`size_of`, and the unreadable folders in it."""
    seen: set[tuple[int, int]] = set()
    total = 0
    below = Below(path)
    closed = []
    for part in (path, *below):
        try:
            facts = os.lstat(part)
        except FileNotFoundError:
            # Removed by another process meanwhile.
            continue
        except OSError:
            closed.append(part)
            continue
        key = (facts.st_dev, facts.st_ino)
        if key not in seen and not os.path.islink(part) and not os.path.isdir(part):
            seen.add(key)
            # Windows does not report blocks: round the size up to blocks of 512 bytes.
            total += getattr(facts, "st_blocks", (facts.st_size + 511) // 512) * 512
    return total, [*below.closed, *closed]


def is_young(path: Path, seconds: float = DAY) -> bool:
    """Return whether anything in a file or folder was written recently, e.g. by a features job, which holds no lock.

    Times in the future count as recent, and so do folders that cannot be read.
    """
    below = Below(path)
    for part in (path, *below):
        try:
            written = os.lstat(part).st_mtime
        except FileNotFoundError:
            continue
        except OSError:
            return True
        if written > time.time() - seconds:
            return True
    return bool(below.closed)


def folders(base: Path) -> list[Path]:
    """Return the folders in a folder, without links; empty if it cannot be read."""
    found = []
    for path in entries(base):
        if path.is_dir() and not path.is_symlink():
            found.append(path)
    return found


def entries(base: Path) -> list[Path]:
    """Return the contents of a folder, sorted; empty for links and unreadable folders."""
    if base.is_symlink() or not is_open(base):
        return []
    return sorted(base.iterdir())


def is_open(folder: Path) -> bool:
    """Return whether a folder exists and can be read."""
    try:
        with os.scandir(folder):
            return os.access(folder, os.X_OK)
    except OSError:
        return False


def half_written(paths: Iterable[Path]) -> list[Path]:
    """Return the paths that a killed process has left half-written: neither links nor younger than a day."""
    found = []
    for path in sorted(paths):
        if HALF_WRITTEN.fullmatch(path.name) and not path.is_symlink() and not is_young(path):
            found.append(path)
    return found
