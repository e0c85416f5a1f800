"""Find the albums of a library by tags, discs and folder names, as collections are read.

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
        From :mod:`mumu_lib.sources.collection.albums`: the path of its folder, else artist and title.
    folder : Path
        Its own folder, or the nearest one above all of its recordings.
    artist, title : str
        Empty if neither tags nor folders tell.
    audio : list of Path
    cover : Path or None
    texts : list of str
    tags : tuple of str
        Genres in the tags of its recordings, joined ones split; a branch of a hierarchy contains `` > ``.
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
        """Return a fingerprint of all of its files."""
        recordings = [fingerprint(path, path.relative_to(self.folder).as_posix()) for path in self.audio]
        cover = fingerprint(self.cover, str(self.cover))
        words = "\0".join((*self.texts, *self.tags))
        return hash_of(*recordings, cover, words, length=24)


def find(root: Path, report: Report) -> list[Shelved]:
    """Find the albums of a library.

    Parameters
    ----------
    root : Path
    report : Report
        Extended by a line for each file that is ignored.

    Returns
    -------
    albums : list of Shelved
        In the order of their ids.

    Raises
    ------
    MissingDataError
        The folder does not exist.
    NothingUsableError
        It contains no recording.

    Examples
    --------
    >>> [album.title for album in find(Path("Music"), Report())]  # doctest: +SKIP
    ['Blue', 'Kind of Dub']
    """
    if not root.is_dir():
        raise MissingDataError(f"{root} is not a folder; give the folder of your music library")
    table = rows.of_folders(root, report, SEPARATORS).table
    if table.empty:
        raise NothingUsableError(f"{root}: no recording in it ({report.summary() or 'it is empty'})")
    albums = []
    for album_id, recordings in table.groupby("album_id", sort=True):
        albums.append(_shelved(root, str(album_id), recordings))
    return albums


def _shelved(root: Path, album_id: str, recordings: pd.DataFrame) -> Shelved:
    """Return one album, from the rows of its recordings."""
    paths = sorted(recordings["audio"], key=lambda path: path.split("/"))
    audio = [root / path for path in paths]
    first = recordings.iloc[0]
    title = str(first["album"])
    if not title and len(recordings) == 1:
        title = str(first["title"])
    cover = None
    covers = list(filter(None, recordings["cover"]))
    if covers:
        cover = root / covers[0]
    return Shelved(
        album_id=album_id,
        folder=_folder(root, album_id, audio),
        artist=str(first["artist"]),
        title=title,
        audio=audio,
        cover=cover,
        texts=_texts(recordings["text"]),
        tags=_tags(recordings["tag_genre"]),
    )


def _folder(root: Path, album_id: str, audio: list[Path]) -> Path:
    """Return the folder of an album if it contains all of its recordings, else the nearest one above them."""
    named = root / album_id
    if named.is_dir() and all(path.is_relative_to(named) for path in audio):
        return named
    return Path(os.path.commonpath([path.parent for path in audio]))


def _texts(cells: Iterable[Any]) -> list[str]:
    """Return the texts of all rows, each once; rows of one album mostly share them."""
    texts: dict[str, None] = {}
    for cell in cells:
        if cell:
            texts |= dict.fromkeys(cell)
    return list(texts)


def _tags(cells: Iterable[str]) -> tuple[str, ...]:
    """Return the genres in the tags of all rows, each once."""
    names: dict[str, None] = {}
    for cell in cells:
        for branch in genres.branches(cell):
            names[" > ".join(branch)] = None
    return tuple(names)
