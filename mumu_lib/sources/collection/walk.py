"""The files of a collection, folder by folder: hidden and system files, links, pipes and odd names are told apart.

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

# Folders and files that systems, drives and programs make, in small letters.
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
    """Return whether the ending of a file promises a recording; blanks behind it do not count."""
    return kind_of(name.rstrip()) == "sound"


def is_system(name: str) -> bool:
    """Return whether a file or folder has the name of one that a system or program makes for itself.

    Examples
    --------
    >>> is_system(".Trash-1000"), is_system("._01 Song.mp3"), is_system("...And Justice")
    (True, True, False)
    """
    small = name.casefold()
    return small in SYSTEM or small.startswith(SYSTEM_STARTS)


def is_hidden(name: str) -> bool:
    """Return whether a name is hidden as programs name their own: one dot and one word in small letters.

    Names of artists, albums and songs may begin with dots, too: several dots, a number, a blank or a capital letter
    tell them.

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
    """One walk through a collection."""

    root: str
    report: Report
    bar: Any
    tree: Tree = field(default_factory=dict)
    links: list[Place] = field(default_factory=list)
    # Real paths of the folders that were read, and of files read through links.
    seen: set[str] = field(default_factory=set)

    def path(self, place: Place) -> str:
        return os.path.join(self.root, *place)

    def descend(self, start: Place) -> None:
        """Read a folder and those in it, but for links, which wait."""
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
        """Keep the files of one folder and return the names of its folders."""
        try:
            with os.scandir(self.path(place)) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            self.report.add(
                UNREADABLE, "/".join(place) or ".", f"cannot be listed ({error.strerror}); get the right to"
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
        """Return ``file``, ``folder`` or ``link``; or list an entry as passed over and return nothing."""
        path = "/".join((*place, entry.name))
        try:
            kind = _kind(entry)
        except OSError as error:
            self.report.add(UNREADABLE, path, f"cannot be looked at ({error.strerror})")
            return ""
        if _passed_over(path, entry.name, kind, self.report, self.path(place)):
            return ""
        return kind

    def follow(self, link: Place) -> None:
        """Read what a link leads to, unless it was read already or leads in a circle."""
        name = "/".join(link)
        target = os.path.realpath(self.path(link))
        if not os.path.exists(target):
            self.report.add(LINK, name, f"leads to {target}, which is not there; mend or remove the link")
        elif os.path.isfile(target):
            self.follow_file(link, target)
        elif not os.path.isdir(target):
            self.report.add(SPECIAL, name, "is no regular file; remove it")
        elif target in self.seen:
            self.report.add(LINK, name, f"leads to {target}, which was read already")
        elif Path(os.path.realpath(self.root)).is_relative_to(target):
            self.report.add(LINK, name, f"leads to {target}, in which the collection itself lies")
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


def _passed_over(path: str, name: str, kind: str, report: Report, folder: str) -> bool:
    """List what has a system's or hidden name, a name that cannot be stored, or is no file; return whether it is so."""
    inside = ""
    try:
        name.encode("utf-8")
        odd = False
    except UnicodeEncodeError:
        odd = True
    hidden = is_system(name) or (is_hidden(name) and (kind != "file" or not is_sound(name)))
    if kind == "folder" and (odd or hidden) and not is_system(name):
        inside = f"; {_recordings(os.path.join(folder, name))} recordings in it"
    if hidden:
        remedy = "" if is_system(name) else "; take the dot off its name to have it read"
        report.add(HIDDEN, path, f"hidden or system {kind}{inside}{remedy}")
    elif odd:
        report.add(NAME, path, f"its name is not UTF-8{inside}; {RENAME}")
    elif kind == "special":
        report.add(SPECIAL, path, "is no regular file; remove it")
    return hidden or odd or kind == "special"


def _recordings(folder: str) -> int:
    """Count the recordings in a folder that is not read."""
    number = 0
    for _, _, names in os.walk(folder):
        for name in names:
            number += is_sound(name)
    return number


def walk(root: Path, report: Report) -> Tree:
    """Return the regular files of every folder of a collection, by the parts of the folder's path.

    Parameters
    ----------
    root : Path
        Links in it are followed once, after all else, and never in a circle.
    report : Report
        Gets a line for whatever is passed over.

    Returns
    -------
    tree : dict of tuple of str -> list of str
        Names in alphabetical order. Files of any ending.
    """
    with progress.bar(None, "folders", unit="folder") as bar:
        found = _Walk(str(root), report, bar)
        found.descend(())
        # What links lead to may hold links again.
        while found.links:
            waiting = sorted(found.links)
            found.links = []
            for link in waiting:
                found.follow(link)
    return dict(sorted(found.tree.items()))
