"""Change the genre of a file atomically: edit a copy, compare it with the file, and replace the file.

Paper: none.  Notebooks: none; ``python -m mumu_lib predict --write-tags``.

A full disk, a signal or a damaged tag leaves the file unchanged. The modification time is that of the change, which backups
and players rely on; permissions, owner and extended attributes are kept. Other hard links to the old file keep the old
genre.
"""

import os
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mumu_lib.core.errors import MumuError
from mumu_lib.core.fingerprints import hash_of_file
from mumu_lib.core.parsing import storable
from mumu_lib.sources import tags
from mumu_lib.sources.tagging import inventory
from mumu_lib.sources.tagging.editors import Editor, NotWritableError, State, open_editor

PART = ".mumu-{}.tmp"
# Age after which temporary files of killed processes are removed [s].
STALE = 3600.0

Check = Callable[[Path, Path], None]


@dataclass(frozen=True)
class Record:
    """Change of one file, as stored in the undo file.

    Attributes
    ----------
    path : str
        Path of the file, with links resolved.
    kind : str
        Tag format.
    old, new : dict
        Exact genre before and after.
    before, after : str
        SHA-256 of the whole file before and after.
    """

    path: str
    kind: str
    old: State
    new: State
    before: str
    after: str


def current(path: Path) -> State:
    """Return the exact genre of a file; errors are those of :func:`rewrite`."""
    with _reasons():
        return open_editor(path).state()


def obstacle(path: Path) -> str:
    """Return why the genre of a file cannot be written; empty if it can."""
    try:
        with _reasons():
            _check_permissions(Path(os.path.realpath(path)))
        current(path)
    except NotWritableError as error:
        return str(error)
    return ""


def rewrite(
    path: Path,
    edit: Callable[[Editor], None],
    record: Callable[[Record], None],
    *,
    genres: tuple[str, ...] | None = None,
    check: Check | None = None,
) -> Record:
    """Change the genre of a file.

    Parameters
    ----------
    path : Path
        A link is resolved, and its target changed.
    edit : function
        Changes the genre of an open tag.
    record : function
        Receives the record of the change before the file is replaced.
    genres : tuple of str, optional
        Genres that must be read from the changed file.
    check : function, optional
        Receives the file and the changed copy; raises :class:`NotWritableError` if the sound differs.

    Raises
    ------
    NotWritableError
        If the file cannot be changed; it stays as it was, and the message says why.
    """
    target = Path(os.path.realpath(path))
    with _reasons():
        was = _check_permissions(target)
        with _temporary_copy(target) as part:
            change = _edited(target, part, edit, genres)
            if check is not None:
                check(target, part)
            _copy_attributes(target, part, was)
            record(change)
            if _state_of(os.stat(target)) != _state_of(was):
                raise NotWritableError("was changed by another program meanwhile; run the command again")
            os.replace(part, target)
            _sync(target.parent)
    return change


def _edited(target: Path, part: Path, edit: Callable[[Editor], None], genres: tuple[str, ...] | None) -> Record:
    """Copy a file, change the genre of the copy and check that nothing else changed."""
    shutil.copyfile(target, part)
    before = hash_of_file(part)
    editor = open_editor(part)
    old = editor.state()
    content = inventory.take(part, editor)
    edit(editor)
    editor.save()
    edited = open_editor(part)
    if inventory.take(part, edited) != content:
        raise NotWritableError("its sound or another of its tags would not stay as it is")
    if genres is not None:
        found = tags.read(part).genres
        if set(found) != set(genres):
            raise NotWritableError(
                f"a second tag of it, which is left alone, says more: it would be read as {', '.join(found)}"
            )
    _sync(part)
    return Record(str(target), edited.name, old, edited.state(), before, hash_of_file(part))


@contextmanager
def _reasons() -> Iterator[None]:
    """Raise all errors about a file as :class:`NotWritableError`."""
    try:
        yield
    except (NotWritableError, MumuError):
        raise
    except OSError as error:
        raise NotWritableError(f"cannot be written ({error.strerror or error})") from error
    except MemoryError:
        raise
    except Exception as error:  # mutagen may raise any error on damaged files
        why = storable(str(error)[:200]) or type(error).__name__
        raise NotWritableError(f"its tags cannot be read in full ({why})") from error


def _check_permissions(target: Path) -> os.stat_result:
    """Check that a file can be replaced, and return its status."""
    was = os.stat(target)
    if not stat.S_ISREG(was.st_mode):
        raise NotWritableError("is not a regular file")
    if not was.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(target, os.W_OK):
        raise NotWritableError("is read-only; to change its tags make it writable (chmod u+w)")
    if not os.access(target.parent, os.W_OK):
        raise NotWritableError(f"its folder {target.parent} is read-only for you; get permission to write there")
    return was


@contextmanager
def _temporary_copy(target: Path) -> Iterator[Path]:
    """Yield a path for a copy in the same folder, and remove the copy in the end."""
    for other in target.parent.glob(PART.format("*")):
        with suppress(OSError):
            if time.time() - other.stat().st_mtime > STALE:
                other.unlink()
    part = target.parent / PART.format(secrets.token_hex(6))
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def _copy_attributes(target: Path, part: Path, was: os.stat_result) -> None:
    """Copy permissions, owner and attributes of a file; the modification time is the present."""
    shutil.copystat(target, part)
    os.utime(part)
    made = os.stat(part)
    if (made.st_uid, made.st_gid) != (was.st_uid, was.st_gid):
        try:
            os.chown(part, was.st_uid, was.st_gid)
        except OSError:
            raise NotWritableError("belongs to another user or group, and a changed copy would not") from None
        os.chmod(part, stat.S_IMODE(was.st_mode))


def _state_of(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_size, status.st_mtime_ns


def _sync(path: Path) -> None:
    """Flush a file or folder to the disk, if the system supports it."""
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
