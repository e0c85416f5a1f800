"""Features of the recordings of a library, kept by their content, so that a repeat decodes nothing twice.

Paper: none.  Notebooks: none; ``python -m mumu_lib predict``.

An album has one small store a setting under ``data/features/library/``. Its name is a hash of its recordings' sound and
names: what was copied elsewhere, touched, or has other tags now, is not decoded again. Decoding happens in processes that
no file can stop (:mod:`mumu_lib.features.workers`). The folder can be removed at any time.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mumu_lib import audio
from mumu_lib.audio import ffmpeg
from mumu_lib.core import progress
from mumu_lib.core.errors import AudioError, MumuError
from mumu_lib.core.files import make_folder
from mumu_lib.core.fingerprints import hash_of
from mumu_lib.core.paths import home
from mumu_lib.features import workers
from mumu_lib.features.store import USABLE, Recipe
from mumu_lib.features.workers import Shard
from mumu_lib.prediction.library.shelves import Shelved
from mumu_lib.sources.tagging import content

FORMAT = 1
Asked = tuple[Recipe, str]


class Heard:
    """Features of albums, made where they are missing.

    Parameters
    ----------
    workers : int
        Processes; 0 is one a core.

    Attributes
    ----------
    asked : dict
        Settings and source of all features that a run has asked for so far, and are made ahead for the next albums.
    """

    def __init__(self, workers: int = 0) -> None:
        self.workers = workers or os.cpu_count() or 1
        self.asked: dict[Asked, None] = {}
        self._names: dict[str, str] = {}

    def ahead(self, albums: Iterable[Shelved]) -> None:
        """Make what is known to be asked of some albums, all at once."""
        shards = []
        for settings, source in self.asked:
            for album in albums:
                shards.append(self._shard(album, settings, source))
        self._run(shards)

    def _run(self, shards: list[Shard]) -> None:
        missing = [shard for shard in shards if not shard.index.is_file()]
        if not missing:
            return
        for shard in missing:
            make_folder(shard.index.parent)
        recordings = sum(len(shard.tracks) for shard in missing)
        with progress.bar(None, "decoding", recordings, unit="recording") as bar:
            for number in workers.run(missing, self.workers):
                bar.update(number)

    def of(self, album: Shelved) -> "OfAlbum":
        """Return what answers for the recordings of one album."""
        return OfAlbum(self, album)

    def make(self, album: Shelved, settings: Recipe, source: str) -> Shard:
        """Return the store of one album, made if need be."""
        self.asked[settings, source] = None
        shard = self._shard(album, settings, source)
        self._run([shard])
        return shard

    def _shard(self, album: Shelved, settings: Recipe, source: str) -> Shard:
        name = self._name(album, settings, source)
        index = home() / "data" / "features" / "library" / settings.name / name[:2] / f"{name}.parquet"
        tracks = [(_relative(album, path), str(path), source, "") for path in album.audio]
        return Shard(index, tracks, settings)

    def _name(self, album: Shelved, settings: Recipe, source: str) -> str:
        """Return the name of a store, from the content of its recordings; what cannot be read counts as nothing."""
        # A recording that needs ffmpeg is refused without it, which is not to be remembered.
        made = [str(FORMAT), repr(audio.RECIPE), repr(settings), source, str(bool(ffmpeg.program()))]
        for path in album.audio:
            made += [_relative(album, path), self._digest(path)]
        return hash_of("\0".join(made), length=40)

    def _digest(self, path: Path) -> str:
        try:
            facts = path.stat()
            key = f"{path}\0{facts.st_size}\0{facts.st_mtime_ns}\0{facts.st_ino}"
            if key not in self._names:
                self._names[key] = content.of_sound(path)
        except OSError as error:
            return f"unreadable {error.errno}"
        return self._names[key]

    def forget(self) -> None:
        """Forget the digests of files that are done with, so that they do not pile up."""
        self._names.clear()


class OfAlbum:
    """Features of the recordings of one album, in the place of those that are computed anew each time."""

    def __init__(self, heard: Heard, album: Shelved) -> None:
        self.heard = heard
        self.album = album
        self._open: dict[Asked, tuple[dict[str, int], np.ndarray, pd.DataFrame]] = {}

    def __call__(self, settings: Recipe, name: str, path: str, source: str) -> tuple[np.ndarray, dict[str, Any]]:
        """Return the features of a recording and facts about it, as the settings' own ``row``.

        Raises
        ------
        AudioError
            The recording cannot be used.
        """
        if (settings, source) not in self._open:
            self._open[settings, source] = self._read(settings, source)
        places, values, facts = self._open[settings, source]
        own: dict[str, Any] = dict(facts.iloc[places[name]])
        if own["status"] not in USABLE:
            raise AudioError(own["status"], own["message"])
        return np.asarray(values[places[name]]), own

    def _read(self, settings: Recipe, source: str) -> tuple[dict[str, int], np.ndarray, pd.DataFrame]:
        shard = self.heard.make(self.album, settings, source)
        places = {track: number for number, (track, *_) in enumerate(shard.tracks)}
        values = np.load(shard.index.with_suffix(".npy"), allow_pickle=False)
        facts = pd.read_parquet(shard.index)
        if len(values) != len(places) or len(facts) != len(places):
            raise MumuError(f"{shard.index} is damaged; remove it, then run the same command again")
        return places, values, facts


def _relative(album: Shelved, path: Path) -> str:
    return path.relative_to(album.folder).as_posix()


def in_pieces(albums: list[Shelved], size: int) -> Iterator[list[Shelved]]:
    """Yield albums so many at a time; the first alone, since what will be asked of the others it tells."""
    if albums:
        yield albums[:1]
    for start in range(1, len(albums), size):
        yield albums[start : start + size]
