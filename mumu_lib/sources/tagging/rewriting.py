"""One file with another genre: a copy is changed, compared with the file, and then takes its place.

Paper: none.  Notebooks: none; ``python -m mumu_lib predict --write-tags``.

Whatever happens in between, a full disk, a signal, a damaged tag, the file itself stays as it was. A file gets the time of
its change, so that backups and players notice; rights, owner and extended attributes stay. Another hard link to the old
file keeps the old genre.
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
# What a killed process left lying is removed after so long [s].
STALE = 3600.0

Check = Callable[[Path, Path], None]


@dataclass(frozen=True)
class Record:
    """What is done to one file, as it is kept to be undone.

    Attributes
    ----------
    path : str
        Of the file itself, links followed.
    kind : str
        Of its tag.
    old, new : dict
        The genre before and after, exactly.
    before, after : str
        SHA-256 of the whole file.
    """

    path: str
    kind: str
    old: State
    new: State
    before: str
    after: str


def current(path: Path) -> State:
    """Return the genre of a file, exactly; errors as of :func:`rewrite`."""
    with _reasons():
        return open_editor(path).state()


def obstacle(path: Path) -> str:
    """Say why the genre of a file would not be written; empty where nothing is in the way."""
    try:
        with _reasons():
            _may_be_replaced(Path(os.path.realpath(path)))
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
        Of a link the file that it leads to is changed.
    edit : function
        Changes the genre of an open tag.
    record : function
        Called with what is about to be done, before the file is touched.
    genres : tuple of str, optional
        What a reader of the changed file must find.
    check : function, optional
        Called with the file and the changed copy; raises :class:`NotWritableError` if the sound is not the same.

    Raises
    ------
    NotWritableError
        The file is left as it was, and why.
    """
    target = Path(os.path.realpath(path))
    with _reasons():
        was = _may_be_replaced(target)
        with _beside(target) as part:
            done = _edited(target, part, edit, genres)
            if check is not None:
                check(target, part)
            _make_alike(target, part, was)
            record(done)
            if _state_of(os.stat(target)) != _state_of(was):
                raise NotWritableError("was changed by another program meanwhile; run the command again")
            os.replace(part, target)
            _sync(target.parent)
    return done


def _edited(target: Path, part: Path, edit: Callable[[Editor], None], genres: tuple[str, ...] | None) -> Record:
    """Copy a file, change the copy and compare it with what was there."""
    shutil.copyfile(target, part)
    before = hash_of_file(part)
    editor = open_editor(part)
    old = editor.state()
    stock = inventory.take(part, editor)
    edit(editor)
    editor.save()
    again = open_editor(part)
    if inventory.take(part, again) != stock:
        raise NotWritableError("its sound or another of its tags would not stay as it is")
    if genres is not None:
        found = tags.read(part).genres
        if set(found) != set(genres):
            raise NotWritableError(
                f"a second tag of it, which is left alone, says more: it would be read as {', '.join(found)}"
            )
    _sync(part)
    return Record(str(target), again.name, old, again.state(), before, hash_of_file(part))


@contextmanager
def _reasons() -> Iterator[None]:
    """Give whatever goes wrong with a file as the reason for which it is left alone."""
    try:
        yield
    except (NotWritableError, MumuError):
        raise
    except OSError as error:
        raise NotWritableError(f"cannot be written ({error.strerror or error})") from error
    except MemoryError:
        raise
    except Exception as error:  # mutagen raises nearly anything on damaged files
        why = storable(str(error)[:200]) or type(error).__name__
        raise NotWritableError(f"its tags cannot be read in full ({why})") from error


def _may_be_replaced(target: Path) -> os.stat_result:
    was = os.stat(target)
    if not stat.S_ISREG(was.st_mode):
        raise NotWritableError("is no regular file")
    if not was.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(target, os.W_OK):
        raise NotWritableError("is read-only; to have it tagged get the right to write it (chmod u+w)")
    if not os.access(target.parent, os.W_OK):
        raise NotWritableError(f"its folder {target.parent} is read-only for you; get the right to write there")
    return was


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """Yield a name in the file's folder for a copy, and leave nothing under it."""
    for other in target.parent.glob(PART.format("*")):
        with suppress(OSError):
            if time.time() - other.stat().st_mtime > STALE:
                other.unlink()
    part = target.parent / PART.format(secrets.token_hex(6))
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def _make_alike(target: Path, part: Path, was: os.stat_result) -> None:
    """Give a copy rights, owner and attributes of the file; its time is that of the change."""
    shutil.copystat(target, part)
    os.utime(part)
    made = os.stat(part)
    if (made.st_uid, made.st_gid) != (was.st_uid, was.st_gid):
        try:
            os.chown(part, was.st_uid, was.st_gid)
        except OSError:
            raise NotWritableError("belongs to another user or group, which a changed copy would not") from None
        os.chmod(part, stat.S_IMODE(was.st_mode))


def _state_of(facts: os.stat_result) -> tuple[int, int, int]:
    return facts.st_ino, facts.st_size, facts.st_mtime_ns


def _sync(path: Path) -> None:
    """Have a file or folder on the disk, where the system can do so."""
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
