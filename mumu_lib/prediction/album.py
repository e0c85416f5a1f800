"""Read the folder of an album: recordings, a cover, texts; and make an example of such a folder.

Paper: none.  Notebooks: 09_your_album.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mumu_lib.catalogue import Catalogue
from mumu_lib.core import formats
from mumu_lib.core.errors import MissingDataError, NothingUsableError
from mumu_lib.core.files import make_folder, write_atomically
from mumu_lib.core.paths import home
from mumu_lib.features.store import Recipe
from mumu_lib.sources.collection import sidecars, walk
from mumu_lib.sources.collection.report import Report

Skipped = list[tuple[str, str]]
# (settings, name, path, source) of a recording -> its features and metadata; raises AudioError.
Row = Callable[[Recipe, str, str, str], tuple[np.ndarray, dict[str, Any]]]


def _compute(settings: Recipe, name: str, path: str, source: str) -> tuple[np.ndarray, dict[str, Any]]:
    """Compute the features of a recording without a cache."""
    return settings.row(name, path, source)


@dataclass(frozen=True)
class OwnAlbum:
    """Files of one album.

    Attributes
    ----------
    folder : Path
    audio : list of Path
    cover : Path or None
    texts : list of str
        Content of the text files.
    skipped : list of (str, str)
        File and reason.
    row : function
        Returns the features of a recording; by default it computes them at every call.
    """

    folder: Path
    audio: list[Path]
    cover: Path | None
    texts: list[str]
    skipped: Skipped
    row: Row = _compute

    @property
    def modalities(self) -> list[str]:
        """Modalities of the album, among audio, text and image."""
        modalities = []
        for modality, content in (("audio", self.audio), ("text", self.texts), ("image", self.cover)):
            if content:
                modalities.append(modality)
        return modalities


def read_album(folder: str | Path) -> OwnAlbum:
    """Read the files of an album from its folder and the folders inside it; hidden files are ignored.

    Raises
    ------
    MissingDataError
        The folder does not exist.
    NothingUsableError
        It holds no recording, image or text.

    Examples
    --------
    >>> read_album("Artist/Album").modalities  # doctest: +SKIP
    ['audio', 'image']
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
    audio = [folder / file for file in files if walk.is_sound(file)]
    about = sidecars.read(folder, files, report)
    cover = None
    if about.cover:
        cover = folder / about.cover
    skipped = [(file, reason) for _, file, reason, _ in report.lines]
    album = OwnAlbum(folder, audio, cover, about.texts, skipped)
    if not album.modalities:
        raise NothingUsableError(
            f"{folder}: no recording ({', '.join(formats.SOUND)}), no cover ({', '.join(formats.PICTURES)}) "
            f"and no text ({', '.join(formats.TEXTS)}) in it{reasons_of(skipped)}"
        )
    return album


def reasons_of(skipped: Skipped) -> str:
    """Return the skipped files for an error message, one line each, with a line break before each.

    Examples
    --------
    >>> print("not used:" + reasons_of([("1.mp3", "corrupt"), ("2.mp3", "empty")]))
    not used:
      1.mp3: corrupt
      2.mp3: empty
    """
    lines = ""
    for file, reason in skipped:
        lines += f"\n  {file}: {reason}"
    return lines


def example_album(catalogue: Catalogue | None) -> Path:
    """Copy the files of a test album to a folder: the first one with recordings, cover and text, else the first.

    Parameters
    ----------
    catalogue : Catalogue or None
        None if the trained collection came without its albums.

    Returns
    -------
    folder : Path
        ``data/your-album/<catalogue>``; other files in it are removed.

    Raises
    ------
    MissingDataError
        There is no test album.
    """
    if catalogue is None:
        raise MissingDataError("a .mumu file contains no albums; name the folder of one with  -p folder FOLDER")
    test = catalogue.albums[catalogue.albums["split"] == "test"].set_index("album_id")
    if test.empty:
        raise MissingDataError(f"catalogue {catalogue.name!r} has no test album; give one with  -p folder FOLDER")
    contents = _example_files(catalogue, test)
    folder = make_folder(home() / "data" / "your-album" / catalogue.name)
    for name, content in contents.items():
        write_atomically(folder / name, content)
    _remove_others(folder, set(contents))
    return folder


def _example_files(catalogue: Catalogue, test: pd.DataFrame) -> dict[str, bytes]:
    """Return name and content of the files of the first complete test album, or of the first if none is complete."""
    audio = _existing(catalogue.tracks.set_index("album_id")["audio"], catalogue.audio_path)
    covers = _existing(test["cover"], catalogue.cover_path)
    texts = catalogue.reviews.groupby("album_id")["text"].agg("\n\n".join)
    complete = test[test.index.isin(audio.index) & test.index.isin(covers.index) & test.index.isin(texts.index)]
    if complete.empty:
        complete = test
    album_id = str(complete.index[0])
    contents = {}
    for number, name in enumerate(audio[audio.index == album_id], 1):
        contents[f"{number:02d}{Path(name).suffix}"] = catalogue.audio_path(name).read_bytes()
    if album_id in covers.index:
        name = str(covers[album_id])
        contents[f"cover{Path(name).suffix}"] = catalogue.cover_path(name).read_bytes()
    if album_id in texts.index:
        contents["review.txt"] = texts[album_id].encode()
    return contents


def _existing(files: pd.Series, path_of: Callable[[str], Path]) -> pd.Series:
    """Return the entries of a catalogue whose files exist."""
    exists = []
    for name in files:
        exists.append(bool(name) and os.path.isfile(path_of(name)))
    return files[exists]


def _remove_others(folder: Path, names: set[str]) -> None:
    """Remove everything from a folder except these files."""
    for path in list(folder.iterdir()):
        if path.name in names:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
