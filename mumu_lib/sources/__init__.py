"""Sources: one module per outside source, raw format -> catalogue tables."""

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
        No such catalogue; the message names the nearest one.
    BadDataError
        It is there but cannot be read.
    """
    if name_or_path == "sample" and not (home() / "data" / "sample" / "catalogue.json").is_file():
        from mumu_lib.sources.sample import build

        return build()
    return catalogue.Catalogue(locate(name_or_path))


def locate(name_or_path: str | Path) -> Path:
    """Folder of a catalogue, from its name under ``data/`` or its path.

    Raises
    ------
    MissingDataError
        With the nearest known name.
    """
    for folder in (home() / "data" / name_or_path, Path(name_or_path)):
        # os.path says False where a name is too long for the file system; Path raises OSError.
        if os.path.isfile(folder / "catalogue.json"):
            return folder
    known = sorted(p.parent.name for p in (home() / "data").glob("*/catalogue.json"))
    raise MissingDataError(
        f"no catalogue {str(name_or_path)!r} under {home() / 'data'}; known: {', '.join(known) or 'none'}"
        f"{did_you_mean(str(name_or_path), known)}; make one with  "
        f"{commands.python('mumu_lib.sources.folder', 'FOLDER', name='NAME')}"
    )
