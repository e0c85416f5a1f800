"""Covers of albums: from Amazon's address first, then from the Cover Art Archive.

Paper: Sections 3 and 5.3.  Notebooks: 01, 06. You start it yourself; covers may not be passed on.
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
    """Get the cover of each album that either source has.

    Parameters
    ----------
    albums : pd.DataFrame
        ``album_id``, ``cover_url`` (``""``: none), ``release_group_mbid``.
    folder : path
        Gets ``<album id>.jpg``; what is there is not fetched again.
    size : {250, 500, 1200}
        Width of the archive's picture in pixels.

    Returns
    -------
    report : pd.DataFrame
        ``album_id``, ``source`` and ``outcome``: ``there already``, ``fetched`` or why there is none.
        Also written to ``<folder>/report.csv``.

    Raises
    ------
    ServiceError
        Several albums in a row failed. What was fetched stays; run it again to go on.
    """
    if size not in SIZES:
        raise ParameterError(f"size must be one of {SIZES}, got {size}")
    folder = make_folder(Path(folder))

    def one(row: pd.Series) -> tuple[str, str]:
        path = folder / f"{plain_name(row['album_id'], 'the id of an album')}.jpg"
        if path.is_file():
            return "", "there already"
        reasons = []
        for source, url in _addresses(row, size, archive_url):
            fresh = path.with_suffix(".new")
            if not client.file(url, fresh):
                reasons.append(f"{source}: not found")
            elif reason := _flaw(fresh):
                fresh.unlink()
                reasons.append(f"{source}: {reason}")
            else:
                fresh.replace(path)
                return source, "fetched"
        return "", "; ".join(reasons) or "no address and no release group"

    return each(albums, "album_id", one, folder / "report.csv", ["source", "outcome"])


def _addresses(row: pd.Series, size: int, archive_url: str) -> list[tuple[str, str]]:
    addresses = [("amazon", row["cover_url"])] if row["cover_url"] else []
    if row["release_group_mbid"]:
        addresses.append(
            ("cover art archive", f"{archive_url}/release-group/{row['release_group_mbid'].lower()}/front-{size}")
        )
    return addresses


def _flaw(path: Path) -> str:
    """Why a picture cannot be used; Amazon answers some requests with a single transparent pixel."""
    try:
        with open_picture(path) as image:
            image.load()
            return "" if min(image.size) >= 16 else f"only {image.size[0]}x{image.size[1]} pixels"
    except Exception as error:  # Pillow's decoders raise nearly anything on damaged files
        return f"not a picture ({error})"
