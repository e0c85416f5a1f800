"""The cover store: all covers of a catalogue in one memory-mapped file, decoded once.

Paper: Section 5.3.  Notebooks: 06_image.

:mod:`mumu_lib.features.build` builds it under ``<catalogue>/features/covers-v1-256/`` in worker processes; it resumes
after interruptions and lists the reason for each refused cover. 197 kB per cover: 6.2 GB for the 31,471 albums of MuMu.
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
# An image shared by more albums than this is a placeholder.
MAX_ALBUMS_PER_COVER = 4


@dataclass(frozen=True)
class CoverRecipe:
    """Compute a row of the store from a cover: the whole picture in a square of 256 pixels."""

    @property
    def name(self) -> str:
        """Return the name of the folder."""
        return f"covers-v{FORMAT}-{SIDE}"

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of a row."""
        return SIDE, SIDE, 3

    @property
    def dtype(self) -> type:
        """Return the number type of pixels."""
        return np.uint8

    @property
    def facts(self) -> dict[str, Any]:
        """Return size and content hash of a refused cover."""
        return {"width": -1, "height": -1, "content": ""}

    def row(self, item: str, path: str, source: str) -> tuple[np.ndarray, dict[str, Any]]:
        """Decode one cover; return pixels and facts.

        Raises
        ------
        ImageError
            If the cover cannot be used.
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
        Memory-mapped; each cover resized to a square; a row for every album, including those without a cover.
    index : pd.DataFrame
        A row per album: ``album_id``, ``cover`` (path), ``status`` (ok, missing, not_image, corrupt, bomb, tiny,
        placeholder, timeout), ``message``, ``width`` and ``height`` of the original cover, ``content`` (hash).
    digest : str
        Digest of the albums and the state of their covers.
    """

    unit = "album"
    task = "covers"

    def __init__(self, folder: Path, digest: str) -> None:
        super().__init__(folder, digest)
        self.digest = digest
        decoded = self.index[self.index["status"] == "ok"]
        albums_with_it = decoded.groupby("content")["album_id"].transform("size")
        repeated = albums_with_it.index[albums_with_it > MAX_ALBUMS_PER_COVER]
        self.index.loc[repeated, "status"] = "placeholder"
        for row in repeated:
            path = str(self.index.at[row, "cover"])
            self.index.at[row, "message"] = f"{path}: the same picture on {albums_with_it[row]} albums"

    @property
    def source(self) -> str:
        """Describe the rows in words."""
        return f"whole covers, squeezed into {SIDE} x {SIDE} pixels"

    @property
    def sizes(self) -> np.ndarray:
        """Return width and height of the original covers [shape=(albums, 2), int]; -1 for a missing cover."""
        return self.index[["width", "height"]].to_numpy()

    def albums_with_cover(self, catalogue: Catalogue) -> np.ndarray:
        """Return the rows of the album table whose cover can be used [shape=(n,), int]."""
        return np.flatnonzero(self.rows(catalogue.albums["album_id"]) >= 0)


def decode(catalogue: Catalogue, *, workers: int = 0) -> CoverStore:
    """Decode the covers of all albums of a catalogue; reuse covers decoded before.

    An interrupted call can be repeated. Covers that were added or changed are decoded; the others are reused.

    Parameters
    ----------
    workers : int
        Processes; 0 is one per core.

    Returns
    -------
    CoverStore

    Raises
    ------
    NothingUsableError
        If no cover can be used.
    """
    return build.open_or_build(catalogue, jobs(catalogue), CoverRecipe(), CoverStore, workers)


def jobs(catalogue: Catalogue) -> pd.DataFrame:
    """List the covers to decode: a row per album, with ``album_id``, ``cover`` (path), ``source`` and ``fingerprint``."""
    rows = []
    for album_id, cover in catalogue.albums[["album_id", "cover"]].itertuples(index=False):
        path = None
        if cover:
            path = catalogue.cover_path(cover)
        rows.append((album_id, str(path or ""), "cover", fingerprint(path, CoverRecipe().name, album_id, cover)))
    return pd.DataFrame(rows, columns=["album_id", "cover", "source", "fingerprint"])
