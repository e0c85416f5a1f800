"""How much of the disk files and folders take; what is half-written, what cannot be read, and what may still be at work.

Read by ``python -m mumu_lib disk``. Links are neither followed nor counted.
"""

import dataclasses
import os
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

# Names of mumu_lib.core.files.atomic_path; of folders that are about to take the place of another, or to be removed; and of
# what  make pretrained  unpacks.
HALF_WRITTEN = re.compile(r".+\.[0-9a-f]{8}\.tmp(\.keras)?|.+\.old\.tmp|\.part-\w{8}|[0-9a-f]{24}\.part")
# What is younger may still be written.
DAY = 86400


@dataclasses.dataclass(frozen=True)
class Item:
    """Something that takes room.

    Attributes
    ----------
    what : str
        Catalogue, store, run, cache, pretrained, download, figures, leftover ...
    name : str
        Within the home; the whole path where it lies outside of it.
    path : Path
    size : int
        Bytes on the disk, without what links point to.
    kind : str
        Of :data:`mumu_lib.series.storage.KINDS`, where nothing refers to it; else empty.
    why : str
        Why nothing refers to it, or what is special.
    locks : tuple of Path
        Files that are held by whoever uses it.
    base : Path
        The home, or the folder of the checkout, outside of which nothing is removed.
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
    """Everything in a folder and its folders, links included but not followed.

    Attributes
    ----------
    closed : list of Path
        Folders that could not be read, of those that were gone through.
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
        # What has gone since it was listed is no folder that cannot be read.
        if not isinstance(error, FileNotFoundError):
            self.closed.append(Path(error.filename))


def size_of(path: Path) -> int:
    """Return how many bytes a file or folder takes; a link takes none, and a file of two names counts once."""
    return measure(path)[0]


def measure(path: Path) -> tuple[int, list[Path]]:
    """Return how many bytes a file or folder takes, as :func:`size_of`, and the folders in it that cannot be read."""
    seen: set[tuple[int, int]] = set()
    total = 0
    below = Below(path)
    closed = []
    for part in (path, *below):
        try:
            facts = os.lstat(part)
        except FileNotFoundError:
            # Others go on working while this counts.
            continue
        except OSError:
            closed.append(part)
            continue
        key = (facts.st_dev, facts.st_ino)
        if key not in seen and not os.path.islink(part) and not os.path.isdir(part):
            seen.add(key)
            # Windows does not say how many blocks a file takes.
            total += getattr(facts, "st_blocks", -(-facts.st_size // 512)) * 512
    return total, [*below.closed, *closed]


def is_young(path: Path, seconds: float = DAY) -> bool:
    """Whether something was written to lately, maybe by a share of the features, which holds no lock.

    What comes from a clock that is ahead is young as well, and so is what cannot be read.
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
    """Return the folders in one, without links, none of which is ours to follow; none of one that cannot be read."""
    found = []
    for path in entries(base):
        if path.is_dir() and not path.is_symlink():
            found.append(path)
    return found


def entries(base: Path) -> list[Path]:
    """Return what lies in a folder, sorted; nothing of a link, or of a folder that cannot be read."""
    if base.is_symlink() or not is_open(base):
        return []
    return sorted(base.iterdir())


def is_open(folder: Path) -> bool:
    """Whether a folder is there and can be read."""
    try:
        with os.scandir(folder):
            return os.access(folder, os.X_OK)
    except OSError:
        return False


def half_written(paths: Iterable[Path]) -> list[Path]:
    """Return those of some paths that a killed process has left: neither links nor younger than a day."""
    found = []
    for path in sorted(paths):
        if HALF_WRITTEN.fullmatch(path.name) and not path.is_symlink() and not is_young(path):
            found.append(path)
    return found
