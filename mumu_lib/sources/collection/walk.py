"""List the files of a collection by folder; hidden and system files, links, pipes and invalid names are recognised.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mumu_lib.core import progress
from mumu_lib.core.formats import kind as kind_of
from mumu_lib.sources.collection.report import HIDDEN, LINK, NAME, SPECIAL, UNREADABLE, Report

Place = tuple[str, ...]
Tree = dict[Place, list[str]]

# Folders and files of systems, drives and programs, in lower case.
SYSTEM = frozenset({
    "@eadir", "#recycle", "#snapshot", "@recycle", "@recently-snapshot", "@tmp", "$recycle.bin", "recycler", "recycled",
    "system volume information", "lost+found", "__macosx", "network trash folder", "temporary items", "found.000",
    "thumbs.db", "desktop.ini", "ehthumbs.db", "icon\r", ".ds_store", ".localized", ".nomedia", ".directory", ".git",
    ".gitignore", ".gitattributes", ".svn", ".hg", ".bzr", ".spotlight-v100", ".fseventsd", ".temporaryitems",
    ".documentrevisions-v100", ".volumeicon.icns", ".com.apple.timemachine.donotpresent", ".apdisk", ".appledouble",
    ".appledb", ".appledesktop", ".metadata_never_index", ".dropbox", ".dropbox.cache", ".stfolder", ".stversions",
    ".stignore", ".sync", ".cache", ".config", ".local", ".thumbnails", ".snapshot", ".snapshots", ".zfs", ".recycle",
    ".@__thumb", ".@upload_cache", ".ipynb_checkpoints", ".venv", "__pycache__",
})  # fmt: skip
SYSTEM_STARTS = (
    "._",
    ".trash",
    ".nfs0",
    ".fuse_hidden",
    ".~lock.",
    "~$",
    ".pending-",
    ".syncthing.",
    ".goutputstream-",
)
RENAME = "rename it, for instance with  convmv -r -f latin1 -t utf8 --notest FOLDER"


def is_sound(name: str) -> bool:
    """Return whether the extension of a file is that of a recording; trailing blanks are ignored.

    Examples
    --------
    >>> is_sound("01 Song.MP3"), is_sound("cover.jpg")
    (True, False)
    """
    return kind_of(name.rstrip()) == "sound"


def is_system(name: str) -> bool:
    """Return whether a file or folder has a name that systems or programs use for their own files.

    Examples
    --------
    >>> is_system(".Trash-1000"), is_system("._01 Song.mp3"), is_system("...And Justice")
    (True, True, False)
    """
    small = name.casefold()
    return small in SYSTEM or small.startswith(SYSTEM_STARTS)


def is_hidden(name: str) -> bool:
    """Return whether a name is that of a hidden file: a dot and one word in lower case.

    Names of artists, albums and songs may also begin with a dot; those have several dots, a number, a blank or a capital
    letter.

    Examples
    --------
    >>> is_hidden(".config"), is_hidden(".38 Special"), is_hidden("..Hits"), is_hidden("Plain")
    (True, False, False, False)
    """
    if not name.startswith("."):
        return False
    rest = name[1:]
    if not rest or rest[0] == "." or rest[0].isdigit():
        return False
    return " " not in rest and rest == rest.lower()


@dataclass
class _Walk:
    """State of a walk through a collection."""

    root: str
    report: Report
    bar: Any
    tree: Tree = field(default_factory=dict)
    links: list[Place] = field(default_factory=list)
    # Real paths of folders already read, and of files read through links.
    seen: set[str] = field(default_factory=set)

    def path(self, place: Place) -> str:
        return os.path.join(self.root, *place)

    def descend(self, start: Place) -> None:
        """Read a folder and its subfolders; links are only collected."""
        pending = [start]
        while pending:
            place = pending.pop()
            real = os.path.realpath(self.path(place))
            if real in self.seen:
                self.report.add(LINK, "/".join(place), f"is {real}, which was read already")
                continue
            self.seen.add(real)
            self.bar.update()
            folders = self.read(place)
            for name in reversed(folders):
                pending.append((*place, name))

    def read(self, place: Place) -> list[str]:
        """Store the files of a folder and return the names of its subfolders."""
        try:
            with os.scandir(self.path(place)) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            self.report.add(
                UNREADABLE, "/".join(place) or ".", f"cannot be listed ({error.strerror}); get permission to read it"
            )
            return []
        files: list[str] = []
        folders: list[str] = []
        for entry in entries:
            where = self.kept(place, entry)
            if where == "file":
                files.append(entry.name)
            elif where == "folder":
                folders.append(entry.name)
            elif where == "link":
                self.links.append((*place, entry.name))
        self.tree[place] = files
        return folders

    def kept(self, place: Place, entry: os.DirEntry[str]) -> str:
        """Return ``file``, ``folder`` or ``link``; report a skipped entry and return an empty text."""
        path = "/".join((*place, entry.name))
        try:
            kind = _kind(entry)
        except OSError as error:
            self.report.add(UNREADABLE, path, f"cannot be accessed ({error.strerror})")
            return ""
        if _is_skipped(path, entry.name, kind, self.report, self.path(place)):
            return ""
        return kind

    def follow(self, link: Place) -> None:
        """Read the target of a link, unless it is already read or contains the collection."""
        name = "/".join(link)
        target = os.path.realpath(self.path(link))
        if not os.path.exists(target):
            self.report.add(LINK, name, f"leads to {target}, which does not exist; fix or remove the link")
        elif os.path.isfile(target):
            self.follow_file(link, target)
        elif not os.path.isdir(target):
            self.report.add(SPECIAL, name, "is not a regular file; remove it")
        elif target in self.seen:
            self.report.add(LINK, name, f"leads to {target}, which was read already")
        elif Path(os.path.realpath(self.root)).is_relative_to(target):
            self.report.add(LINK, name, f"leads to {target}, which contains the collection")
        else:
            self.descend(link)

    def follow_file(self, link: Place, target: str) -> None:
        if os.path.dirname(target) in self.seen or target in self.seen:
            self.report.add(LINK, "/".join(link), f"leads to {target}, which was read already")
            return
        self.seen.add(target)
        self.tree[link[:-1]].append(link[-1])
        self.tree[link[:-1]].sort()


def _kind(entry: os.DirEntry[str]) -> str:
    if entry.is_symlink():
        return "link"
    if entry.is_dir():
        return "folder"
    if entry.is_file():
        return "file"
    return "special"


def _is_skipped(path: str, name: str, kind: str, report: Report, folder: str) -> bool:
    """Report a hidden or system file, an invalid name and a special file; return whether an entry is one of these."""
    invalid = not _is_utf8(name)
    system = is_system(name)
    hidden = is_hidden(name) and (kind != "file" or not is_sound(name))
    inside = ""
    if kind == "folder" and (invalid or hidden) and not system:
        inside = f"; {_count_recordings(os.path.join(folder, name))} recordings in it"
    if system:
        report.add(HIDDEN, path, f"hidden or system {kind}")
    elif hidden:
        report.add(HIDDEN, path, f"hidden or system {kind}{inside}; remove the dot from its name to have it read")
    elif invalid:
        report.add(NAME, path, f"its name is not UTF-8{inside}; {RENAME}")
    elif kind == "special":
        report.add(SPECIAL, path, "is not a regular file; remove it")
    return system or hidden or invalid or kind == "special"


def _is_utf8(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _count_recordings(folder: str) -> int:
    """Count the recordings in a folder that is skipped."""
    number = 0
    for _, _, names in os.walk(folder):
        for name in names:
            number += is_sound(name)
    return number


def walk(root: Path, report: Report) -> Tree:
    """Return the regular files in every folder of a collection by the parts of the folder's path.

    Parameters
    ----------
    root : Path
        Links are followed once, after all other files, and never in a cycle.
    report : Report
        Receives a line for each skipped file or folder.

    Returns
    -------
    tree : dict of tuple of str -> list of str
        Names in alphabetical order, with any extension.
    """
    with progress.bar(None, "folders", unit="folder") as bar:
        found = _Walk(str(root), report, bar)
        found.descend(())
        # Targets of links may contain further links.
        while found.links:
            waiting = sorted(found.links)
            found.links = []
            for link in waiting:
                found.follow(link)
    return dict(sorted(found.tree.items()))
