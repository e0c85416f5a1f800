"""Cache the features of a library's recordings by content, to decode each recording once.

Paper: none.  Notebooks: none; ``python -m mumu_lib predict``.

Each album has one small store per setting under ``data/features/library/``. Its name is a hash of the sound and the
names of its recordings; recordings that were copied, touched or tagged since are not decoded again. Worker processes
decode (:mod:`mumu_lib.features.workers`); a file that crashes one does not stop the others. The folder can be removed at
any time.
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
    """Features of albums; missing ones are computed.

    Parameters
    ----------
    workers : int
        Processes; 0 means one per core.

    Attributes
    ----------
    asked : dict
        Settings and source of all features that runs have used so far; computed in advance for the next albums.
    """

    def __init__(self, workers: int = 0) -> None:
        self.workers = workers or os.cpu_count() or 1
        self.asked: dict[Asked, None] = {}
        self._names: dict[str, str] = {}

    def ahead(self, albums: Iterable[Shelved]) -> None:
        """Compute in advance the features of some albums that runs have used before."""
        shards = []
        for settings, source in self.asked:
            for album in albums:
                shards.append(self._shard(album, settings, source))
        self._run(shards)

    def _run(self, shards: list[Shard]) -> None:
        """Compute the stores that do not exist yet."""
        missing = [shard for shard in shards if not shard.index.is_file()]
        if not missing:
            return
        for shard in missing:
            make_folder(shard.index.parent)
        recordings = sum(len(shard.tracks) for shard in missing)
        with progress.bar(None, "decoding", recordings, unit="recording") as bar:
            for number in workers.run(missing, self.workers):
                bar.update(number)

    def of(self, album: Shelved) -> "AlbumFeatures":
        """Return the features of one album's recordings."""
        return AlbumFeatures(self, album)

    def make(self, album: Shelved, settings: Recipe, source: str) -> Shard:
        """Return the store of one album; compute it if it does not exist."""
        self.asked[settings, source] = None
        shard = self._shard(album, settings, source)
        self._run([shard])
        return shard

    def _shard(self, album: Shelved, settings: Recipe, source: str) -> Shard:
        name = self._name(album, settings, source)
        index = home() / "data" / "features" / "library" / settings.name / name[:2] / f"{name}.parquet"
        tracks = []
        for path in album.audio:
            tracks.append((_relative(album, path), str(path), source, ""))
        return Shard(index, tracks, settings)

    def _name(self, album: Shelved, settings: Recipe, source: str) -> str:
        """Return the name of a store: a hash of settings and recordings."""
        # With and without ffmpeg: a recording that was refused without it must be decoded once it is installed.
        made = [str(FORMAT), repr(audio.RECIPE), repr(settings), source, str(bool(ffmpeg.program()))]
        for path in album.audio:
            made += [_relative(album, path), self._digest(path)]
        return hash_of("\0".join(made), length=40)

    def _digest(self, path: Path) -> str:
        """Return the digest of the sound of a recording; the error number if it cannot be read."""
        try:
            facts = path.stat()
            key = f"{path}\0{facts.st_size}\0{facts.st_mtime_ns}\0{facts.st_ino}"
            if key not in self._names:
                self._names[key] = content.of_sound(path)
        except OSError as error:
            return f"unreadable {error.errno}"
        return self._names[key]

    def forget(self) -> None:
        """Forget the digests of finished files, to bound the memory."""
        self._names.clear()


class AlbumFeatures:
    """Cached features of the recordings of one album; the ``row`` of an :class:`OwnAlbum`."""

    def __init__(self, heard: Heard, album: Shelved) -> None:
        self.heard = heard
        self.album = album
        self._open: dict[Asked, tuple[dict[str, int], np.ndarray, pd.DataFrame]] = {}

    def __call__(self, settings: Recipe, name: str, path: str, source: str) -> tuple[np.ndarray, dict[str, Any]]:
        """Return the features of a recording and its metadata, as ``settings.row`` does.

        Raises
        ------
        AudioError
            The recording cannot be used.
        """
        if (settings, source) not in self._open:
            self._open[settings, source] = self._read(settings, source)
        places, values, facts = self._open[settings, source]
        about: dict[str, Any] = dict(facts.iloc[places[name]])
        if about["status"] not in USABLE:
            raise AudioError(about["status"], about["message"])
        return np.asarray(values[places[name]]), about

    def _read(self, settings: Recipe, source: str) -> tuple[dict[str, int], np.ndarray, pd.DataFrame]:
        """Read the store of the album: place of each recording, features, metadata."""
        shard = self.heard.make(self.album, settings, source)
        places = {}
        for number, (track, *_) in enumerate(shard.tracks):
            places[track] = number
        values = np.load(shard.index.with_suffix(".npy"), allow_pickle=False)
        facts = pd.read_parquet(shard.index)
        if len(values) != len(places) or len(facts) != len(places):
            raise MumuError(f"{shard.index} is damaged; remove it, then run the same command again")
        return places, values, facts


def _relative(album: Shelved, path: Path) -> str:
    return path.relative_to(album.folder).as_posix()


def in_pieces(albums: list[Shelved], size: int) -> Iterator[list[Shelved]]:
    """Yield albums in groups of a size; the first album alone, since it shows which features the runs use.

    Examples
    --------
    >>> list(in_pieces(["a", "b", "c", "d"], 2))
    [['a'], ['b', 'c'], ['d']]
    """
    if albums:
        yield albums[:1]
    for start in range(1, len(albums), size):
        yield albums[start : start + size]
