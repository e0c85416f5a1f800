"""Convert the raw format of each data source to catalogue tables, with one module per source."""

import os
from pathlib import Path

import lazy_loader

from mumu_lib import catalogue
from mumu_lib.core import commands
from mumu_lib.core.errors import MissingDataError, did_you_mean
from mumu_lib.core.paths import home

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submodules=[
        "amazon",
        "artwork",
        "collection",
        "cover_art",
        "fetch",
        "folder",
        "ismir_data",
        "millionsong",
        "mumu_release",
        "musicbrainz",
        "musicbrainz_web",
        "previews",
        "reading",
        "recordings",
        "sample",
        "tags",
        "texts",
        "web",
    ],
)


def open_catalogue(name_or_path: str | Path) -> catalogue.Catalogue:
    """Open a catalogue by its name under ``data/`` or by its path.

    The embedded sample is made on first use (from a seed, without a download).

    Raises
    ------
    MissingDataError
        If there is no such catalogue; the message names the most similar one.
    BadDataError
        If the catalogue cannot be read.

    Examples
    --------
    >>> open_catalogue("no such music")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    mumu_lib.core.errors.MissingDataError: no catalogue 'no such music' under ...
    """
    if name_or_path == "sample" and not (home() / "data" / "sample" / "catalogue.json").is_file():
        from mumu_lib.sources.sample import build

        return build()
    return catalogue.Catalogue(locate(name_or_path))


def locate(name_or_path: str | Path) -> Path:
    """Return the folder of a catalogue from its name under ``data/`` or its path.

    Raises
    ------
    MissingDataError
        If there is no such catalogue; the message names the most similar one.
    """
    for folder in (home() / "data" / name_or_path, Path(name_or_path)):
        # os.path returns False for a name that is too long for the file system; Path raises OSError.
        if os.path.isfile(folder / "catalogue.json"):
            return folder
    names = sorted(path.parent.name for path in (home() / "data").glob("*/catalogue.json"))
    command = commands.python("mumu_lib.sources.folder", "FOLDER", name="NAME")
    raise MissingDataError(
        f"no catalogue {str(name_or_path)!r} under {home() / 'data'}; known: {', '.join(names) or 'none'}"
        f"{did_you_mean(str(name_or_path), names)}; make one with  {command}"
    )
