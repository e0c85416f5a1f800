"""The cover store: every album's cover in one memory-mapped file, decoded once.

Paper: Section 5.3.  Notebooks: 06_image.

Made as the patch store is (:mod:`mumu_lib.features.build`): under ``<catalogue>/features/covers-v1-256/``, in
processes that no file can stop, resumable, each refused cover listed with its reason. 197 kB a cover:
6.2 GB for the 31,471 albums of MuMu.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mumu_lib import image
from mumu_lib.catalogue import Catalogue
from mumu_lib.core.errors import ImageError
from mumu_lib.core.fingerprints import fingerprint, hash_of
from mumu_lib.features import build
from mumu_lib.features.store import Store
from mumu_lib.image.augment import SIDE

FORMAT = 1
# One picture on so many albums says nothing of any of them, whatever it shows.
MAX_ALBUMS_PER_COVER = 4


@dataclass(frozen=True)
class CoverRecipe:
    """How a cover becomes a row: whole, in a square of 256 pixels."""

    @property
    def name(self) -> str:
        """Name of the folder."""
        return f"covers-v{FORMAT}-{SIDE}"

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a row."""
        return SIDE, SIDE, 3

    @property
    def dtype(self) -> type:
        """Pixels."""
        return np.uint8

    @property
    def facts(self) -> dict[str, Any]:
        """No size, no content."""
        return {"width": -1, "height": -1, "content": ""}

    def row(self, item: str, path: str, source: str) -> tuple[np.ndarray, dict[str, Any]]:
        """One cover and its facts.

        Raises
        ------
        ImageError
            It cannot be used.
        """
        if not path:
            raise ImageError("missing", f"album {item}: the catalogue names no cover")
        pixels, (width, height) = image.squeezed(path)
        content = hash_of(pixels.tobytes(), length=16)
        return pixels, {"status": "ok", "message": "", "width": width, "height": height, "content": content}


class CoverStore(Store):
    """Covers of a catalogue's albums.

    Attributes
    ----------
    values : np.ndarray [shape=(albums, 256, 256, 3), uint8]
        Memory-mapped; each whole cover squeezed into a square; a row for every album, also without a cover.
    index : pd.DataFrame
        A row an album: ``album_id``, ``cover`` (path), ``status`` (ok, missing, not_image, corrupt, bomb, tiny,
        placeholder, timeout), ``message``, ``width`` and ``height`` of the whole cover, ``content`` (hash).
    digest : str
        Of the albums and the state of their covers.
    """

    unit = "album"
    task = "covers"

    def __init__(self, folder: Path, digest: str) -> None:
        super().__init__(folder, digest)
        self.digest = digest
        same = self.index[self.index["status"] == "ok"].groupby("content")["album_id"].transform("size")
        repeated = same.index[same > MAX_ALBUMS_PER_COVER]
        self.index.loc[repeated, "status"] = "placeholder"
        self.index.loc[repeated, "message"] = [
            f"{path}: the same picture on {n} albums"
            for path, n in zip(self.index["cover"][repeated], same[repeated], strict=True)
        ]

    @property
    def source(self) -> str:
        """What the rows are made of, in words."""
        return f"whole covers, squeezed into {SIDE} x {SIDE} pixels"

    @property
    def sizes(self) -> np.ndarray:
        """Width and height of the whole cover [shape=(albums, 2), int]; -1 without one."""
        return self.index[["width", "height"]].to_numpy()

    def albums_with_cover(self, catalogue: Catalogue) -> np.ndarray:
        """Return the rows of the album table whose cover can be used [shape=(n,), int]."""
        return np.flatnonzero(self.rows(catalogue.albums["album_id"]) >= 0)


def decode(catalogue: Catalogue, *, workers: int = 0) -> CoverStore:
    """Covers of every album of a catalogue; what was decoded before is kept.

    Can be killed at any moment and called again. A cover that was added or changed since is decoded again,
    the others are taken over.

    Parameters
    ----------
    workers : int
        Processes; 0 is one a core.

    Returns
    -------
    CoverStore

    Raises
    ------
    NothingUsableError
        Not one cover can be used; with the reasons.
    """
    return build.open_or_build(catalogue, jobs(catalogue), CoverRecipe(), CoverStore, workers)


def jobs(catalogue: Catalogue) -> pd.DataFrame:
    """Return what to decode: a row an album, with ``album_id``, ``cover`` (path), ``source`` and ``fingerprint``."""
    rows = []
    for album_id, cover in catalogue.albums[["album_id", "cover"]].itertuples(index=False):
        path = catalogue.cover_path(cover) if cover else None
        rows.append((album_id, str(path or ""), "cover", fingerprint(path, CoverRecipe().name, album_id, cover)))
    return pd.DataFrame(rows, columns=["album_id", "cover", "source", "fingerprint"])
