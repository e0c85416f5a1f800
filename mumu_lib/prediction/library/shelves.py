"""The albums of a library, as collections are read: by tags that agree, discs, folder names.

Paper: none.  Notebooks: none; ``python -m mumu_lib predict``.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from mumu_lib.core.errors import MissingDataError, NothingUsableError
from mumu_lib.core.fingerprints import fingerprint, hash_of
from mumu_lib.sources.collection import genres, rows
from mumu_lib.sources.collection.report import Report

SEPARATORS = "auto"


@dataclass(frozen=True)
class Shelved:
    """One album of a library.

    Attributes
    ----------
    album_id : str
        As :mod:`mumu_lib.sources.collection.albums` names it: the path of its folder, else artist and title.
    folder : Path
        Its own, or the nearest above all of its recordings.
    artist, title : str
        Empty where neither tags nor folders say.
    audio : list of Path
    cover : Path or None
    texts : list of str
    tags : tuple of str
        Genres in the tags of its recordings, joined ones apart; a branch has `` > `` inside.
    """

    album_id: str
    folder: Path
    artist: str
    title: str
    audio: list[Path]
    cover: Path | None
    texts: list[str]
    tags: tuple[str, ...]

    def fingerprint(self) -> str:
        """Return what changes with any of its files."""
        own = [fingerprint(path, path.relative_to(self.folder).as_posix()) for path in self.audio]
        return hash_of(*own, fingerprint(self.cover, str(self.cover)), "\0".join((*self.texts, *self.tags)), length=24)


def find(root: Path, report: Report) -> list[Shelved]:
    """Find the albums of a library.

    Parameters
    ----------
    root : Path
    report : Report
        Gets a line for whatever is passed over.

    Returns
    -------
    albums : list of Shelved
        In the order of their ids.

    Raises
    ------
    MissingDataError
        There is no such folder.
    NothingUsableError
        There is no recording in it.
    """
    if not root.is_dir():
        raise MissingDataError(f"{root} is not a folder; give the folder of your music library")
    table = rows.of_folders(root, report, SEPARATORS).table
    if table.empty:
        raise NothingUsableError(f"{root}: no recording in it ({report.summary() or 'it is empty'})")
    found = []
    for album_id, own in table.groupby("album_id", sort=True):
        found.append(_shelved(root, str(album_id), own))
    return found


def _shelved(root: Path, album_id: str, own: pd.DataFrame) -> Shelved:
    paths = sorted(own["audio"], key=lambda path: path.split("/"))
    audio = [root / path for path in paths]
    first = own.iloc[0]
    cover = next(filter(None, own["cover"]), "")
    return Shelved(
        album_id=album_id,
        folder=_folder(root, album_id, audio),
        artist=str(first["artist"]),
        title=str(first["album"]) or (str(first["title"]) if len(own) == 1 else ""),
        audio=audio,
        cover=root / cover if cover else None,
        texts=_texts(own["text"]),
        tags=_tags(own["tag_genre"]),
    )


def _folder(root: Path, album_id: str, audio: list[Path]) -> Path:
    """Return the folder that names an album, if all of it lies there, else the nearest above its recordings."""
    named = root / album_id
    if named.is_dir() and all(path.is_relative_to(named) for path in audio):
        return named
    return Path(os.path.commonpath([path.parent for path in audio]))


def _texts(cells: Iterable[Any]) -> list[str]:
    """Return the texts of all rows, each once; rows of one album mostly share them."""
    found: dict[str, None] = {}
    for cell in cells:
        if cell:
            found |= dict.fromkeys(cell)
    return list(found)


def _tags(cells: Iterable[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for cell in cells:
        for branch in genres.branches(cell):
            found[" > ".join(branch)] = None
    return tuple(found)
