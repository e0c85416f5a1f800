"""What lies in an album's folder: recordings, a cover, texts; and an example of such a folder.

Paper: none; it is what sections 5 and 6 are for.  Notebooks: 09_your_album.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mumu_lib.catalogue import Catalogue
from mumu_lib.core import formats
from mumu_lib.core.errors import MissingDataError, NothingUsableError
from mumu_lib.core.files import make_folder, write_atomically
from mumu_lib.core.paths import home
from mumu_lib.features.store import Recipe
from mumu_lib.sources.collection import sidecars, walk
from mumu_lib.sources.collection.report import Report

Skipped = list[tuple[str, str]]
# From settings, name, path and source of a recording to its features and facts about it; raises AudioError.
Row = Callable[[Recipe, str, str, str], tuple[np.ndarray, dict[str, Any]]]


def _anew(settings: Recipe, name: str, path: str, source: str) -> tuple[np.ndarray, dict[str, Any]]:
    return settings.row(name, path, source)


@dataclass(frozen=True)
class OwnAlbum:
    """What lies in an album's folder.

    Attributes
    ----------
    row : function
        Gives the features of a recording; by default they are computed anew each time.
    """

    folder: Path
    audio: list[Path]
    cover: Path | None
    texts: list[str]
    skipped: Skipped
    row: Row = _anew

    @property
    def modalities(self) -> list[str]:
        """Those of audio, text and image that are there."""
        there = {"audio": self.audio, "text": self.texts, "image": self.cover}
        return [modality for modality, found in there.items() if found]


def read_album(folder: str | Path) -> OwnAlbum:
    """What is in an album's folder and the folders in it, hidden files left aside.

    Raises
    ------
    MissingDataError
        No such folder.
    NothingUsableError
        No recording, image or text in it.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise MissingDataError(f"{folder} is not a folder; give the folder of one album")
    report = Report()
    files = []
    for place, names in walk.walk(folder, report).items():
        for name in names:
            files.append("/".join((*place, name)))
    files.sort(key=lambda file: file.split("/"))
    audio = []
    for file in files:
        if walk.is_sound(file):
            audio.append(folder / file)
    about = sidecars.read(folder, files, report)
    cover = folder / about.cover if about.cover else None
    skipped = [(file, reason) for _, file, reason, _ in report.lines]
    album = OwnAlbum(folder, audio, cover, about.texts, skipped)
    if not album.modalities:
        why = "".join(f"\n  {file}: {reason}" for file, reason in skipped)
        raise NothingUsableError(
            f"{folder}: no recording ({', '.join(formats.SOUND)}), no cover ({', '.join(formats.PICTURES)}) "
            f"and no text ({', '.join(formats.TEXTS)}) in it{why}"
        )
    return album


def example_album(catalogue: Catalogue | None) -> Path:
    """The first test album of a catalogue that has everything, as files in a folder of its own.

    Parameters
    ----------
    catalogue : Catalogue or None
        None where what was learned came without its albums.

    Returns
    -------
    folder : Path
        ``data/your-album/<catalogue>``; what else lay in it goes.

    Raises
    ------
    MissingDataError
        There is no test album.
    """
    if catalogue is None:
        raise MissingDataError("a .mumu file holds no album to show; give one with  -p folder FOLDER")
    there = catalogue.tracks[[bool(p) and os.path.isfile(catalogue.audio_path(p)) for p in catalogue.tracks["audio"]]]
    audio = there.groupby("album_id")["audio"].agg(list)
    text = catalogue.reviews.groupby("album_id")["text"].agg("\n\n".join)
    test = catalogue.albums[catalogue.albums["split"] == "test"].set_index("album_id")
    if test.empty:
        raise MissingDataError(f"catalogue {catalogue.name!r} has no test album; give one with  -p folder FOLDER")
    covered = [bool(cover) and os.path.isfile(catalogue.cover_path(cover)) for cover in test["cover"]]
    whole = test[covered & test.index.isin(text.index) & test.index.isin(audio.index)]
    album = (whole if len(whole) else test).iloc[0]
    folder = home() / "data" / "your-album" / catalogue.name
    found = {
        f"{number:02d}{Path(name).suffix}": catalogue.audio_path(name)
        for number, name in enumerate(audio.get(album.name, []), 1)
    }
    if album["cover"]:
        found[f"cover{Path(album['cover']).suffix}"] = catalogue.cover_path(album["cover"])
    contents = {name: path.read_bytes() for name, path in found.items() if os.path.isfile(path)}
    if album.name in text:
        contents["review.txt"] = text[str(album.name)].encode()
    make_folder(folder)
    for name, content in contents.items():
        write_atomically(folder / name, content)
    _remove_others(folder, set(contents))
    return folder


def _remove_others(folder: Path, names: set[str]) -> None:
    """Remove what lies in a folder under other names."""
    for stranger in [path for path in folder.iterdir() if path.name not in names]:
        shutil.rmtree(stranger) if stranger.is_dir() else stranger.unlink(missing_ok=True)
