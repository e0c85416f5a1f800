r"""Find the files of a manifest from paths in any form: ``A\B\1.mp3``, absolute, or in another Unicode normal form.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from urllib.parse import unquote, urlsplit

from mumu_lib.core.errors import BadDataError
from mumu_lib.core.parsing import stays_inside

ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://?", re.IGNORECASE)


def compared(name: str) -> str:
    """Return a name with composed letters and single blanks, for comparison.

    Examples
    --------
    >>> compared("A  B")
    'A B'
    """
    return " ".join(unicodedata.normalize("NFC", name).split())


def any_case(name: str) -> str:
    """Return a name as :func:`compared` does, in lower case."""
    return compared(name).casefold()


def inside(entry: str, root: str) -> str:
    r"""Return an absolute path relative to the collection's folder; other paths as they are.

    Examples
    --------
    >>> inside("d:\\music\\A\\1.mp3", "D:\\Music"), inside("/music/A/1.mp3", "/music"), inside("A/1.mp3", "/music")
    ('A/1.mp3', 'A/1.mp3', 'A/1.mp3')
    """
    # Paths of Windows are compared without case.
    for kind in (PurePosixPath, PureWindowsPath):
        path = kind(entry)
        base = kind(root)
        if path.is_absolute() and base.is_absolute() and path.is_relative_to(base):
            return path.relative_to(base).as_posix()
    return entry


def typed(entry: str) -> str:
    """Return the path in an address ``file://...``, or with the home folder for ``~``; other paths as they are.

    Examples
    --------
    >>> typed("file:///music/A%20B/1.mp3"), typed("file:///C:/Music/1.mp3"), typed("A/1.mp3")
    ('/music/A B/1.mp3', 'C:/Music/1.mp3', 'A/1.mp3')
    """
    if entry.casefold().startswith("file:"):
        path = unquote(urlsplit(entry.replace("#", "%23").replace("?", "%3F")).path)
        if PureWindowsPath(path[1:]).drive:
            return path[1:]
        return path
    if entry.startswith(("~/", "~\\")):
        return os.path.expanduser(entry)
    return entry


@dataclass
class Entries:
    """Finds the files of a manifest.

    Attributes
    ----------
    root : Path
        The collection's folder.
    listings : dict
        Cached names in each folder by their keys.
    """

    root: Path
    listings: dict[tuple[str, Callable], dict[str, list[str]]] = field(default_factory=dict)

    def find(self, entry: str, where: str) -> tuple[str, str]:
        """Return the path of a file relative to the root, or why it is not usable.

        Parameters
        ----------
        where : str
            Manifest and row, for messages.

        Returns
        -------
        path, problem : str
            Exactly one is empty.

        Raises
        ------
        BadDataError
            If the path leads out of the collection.
        """
        if not os.path.isfile(self.root / entry):
            entry = typed(entry)
        relative = inside(entry, str(self.root))
        try:
            stays_inside(relative, where)
        except BadDataError as error:
            raise BadDataError(f"{error}{self._suggestion(relative)}") from None
        for path in (relative, relative.replace("\\", "/")):
            if os.path.isfile(self.root / path):
                return path, ""
        path = relative.replace("\\", "/")
        alike = self._alike(path, compared)
        if len(alike) == 1:
            return alike[0], ""
        return "", self._why(path, alike)

    def _suggestion(self, entry: str) -> str:
        """Return a hint if the end of an absolute path is a file of the collection."""
        parts = PureWindowsPath(entry).parts
        for start in range(1, len(parts)):
            path = "/".join(parts[start:])
            if ".." not in parts[start:] and os.path.isfile(self.root / path):
                return f", as {path!r}"
        return ""

    def _why(self, path: str, alike: list[str]) -> str:
        if ADDRESS.match(path):
            return "is an address; download it into the collection"
        if os.path.exists(self.root / path):
            return "is not a regular file"
        if alike:
            return f"is missing; several names look like it: {', '.join(map(repr, alike[:3]))}"
        near = self._alike(path, any_case)
        if near:
            return f"is missing; did you mean {near[0]!r}?"
        return "is missing"

    def _alike(self, path: str, key: Callable[[str], str]) -> list[str]:
        """Return the files whose paths have the same key in each part."""
        folders = [""]
        for part in PurePosixPath(path).parts:
            paths = []
            for folder in folders:
                for name in self._listing(folder, key).get(key(part), []):
                    paths.append(f"{folder}/{name}".lstrip("/"))
            folders = paths
        return [path for path in folders if os.path.isfile(self.root / path)]

    def _listing(self, folder: str, key: Callable[[str], str]) -> dict[str, list[str]]:
        """Return the names in a folder by their keys; nothing for an unreadable folder."""
        cached = self.listings.get((folder, key))
        if cached is not None:
            return cached
        names: dict[str, list[str]] = defaultdict(list)
        try:
            for name in sorted(os.listdir(self.root / folder)):
                names[key(name)].append(name)
        except OSError:
            pass
        self.listings[folder, key] = names
        return names
