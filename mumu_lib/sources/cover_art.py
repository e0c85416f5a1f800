"""Covers of albums: from Amazon's address first, then from the Cover Art Archive.

Paper: Sections 3 and 5.3.  Notebooks: 01, 06. Nothing is downloaded before you call it; covers may not be passed on.
"""

from pathlib import Path

import pandas as pd

from mumu_lib.core.errors import ParameterError
from mumu_lib.core.files import make_folder
from mumu_lib.core.parsing import open_picture, plain_name
from mumu_lib.sources.web import Client, each

ARCHIVE = "https://coverartarchive.org"
SIZES = (250, 500, 1200)


def fetch(
    albums: pd.DataFrame, folder: str | Path, client: Client, *, size: int = 500, archive_url: str = ARCHIVE
) -> pd.DataFrame:
    """Download the cover of each album from Amazon, else from the Cover Art Archive.

    Parameters
    ----------
    albums : pd.DataFrame
        ``album_id``, ``cover_url`` (``""`` if unknown), ``release_group_mbid``.
    folder : path
        Gets ``<album id>.jpg``; files that exist are not downloaded again.
    size : {250, 500, 1200}
        Width of the archive's picture in pixels.

    Returns
    -------
    report : pd.DataFrame
        ``album_id``, ``source`` and ``outcome``: ``there already``, ``fetched`` or why there is no cover.
        Also written to ``<folder>/report.csv``.

    Raises
    ------
    ParameterError
        If ``size`` is not one of ``SIZES``.
    ServiceError
        If several albums in a row failed. Downloaded covers are kept; run it again to resume.

    Examples
    --------
    >>> client = Client("data/raw/covers", "you@example.org")  # doctest: +SKIP
    >>> fetch(catalogue.albums, "data/raw/mumu/covers", client)  # doctest: +SKIP
    """
    if size not in SIZES:
        raise ParameterError(f"size must be one of {SIZES}, got {size}")
    folder = make_folder(Path(folder))

    def fetch_one(row: pd.Series) -> tuple[str, str]:
        path = folder / f"{plain_name(row['album_id'], 'the id of an album')}.jpg"
        if path.is_file():
            return "", "there already"
        reasons = []
        for source, url in _addresses(row, size, archive_url):
            downloaded = path.with_suffix(".new")
            if not client.file(url, downloaded):
                reasons.append(f"{source}: not found")
                continue
            reason = _flaw(downloaded)
            if not reason:
                downloaded.replace(path)
                return source, "fetched"
            downloaded.unlink()
            reasons.append(f"{source}: {reason}")
        return "", "; ".join(reasons) or "no address and no release group"

    return each(albums, "album_id", fetch_one, folder / "report.csv", ["source", "outcome"])


def _addresses(row: pd.Series, size: int, archive_url: str) -> list[tuple[str, str]]:
    """Return the sources that may have an album's cover, each with its URL."""
    addresses = []
    if row["cover_url"]:
        addresses.append(("amazon", row["cover_url"]))
    if row["release_group_mbid"]:
        group = row["release_group_mbid"].lower()
        addresses.append(("cover art archive", f"{archive_url}/release-group/{group}/front-{size}"))
    return addresses


def _flaw(path: Path) -> str:
    """Return why a picture cannot be used; Amazon sends a single transparent pixel for some missing covers."""
    try:
        with open_picture(path) as image:
            image.load()
            width, height = image.size
    except Exception as error:  # Pillow's decoders raise nearly anything on damaged files
        return f"not a picture ({error})"
    if min(width, height) < 16:
        return f"only {width}x{height} pixels"
    return ""
