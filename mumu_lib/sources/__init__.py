"""Sources: one module per outside source, raw format -> catalogue tables."""

from pathlib import Path

from mumu_lib import catalogue
from mumu_lib.params import home


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
    return catalogue.Catalogue(catalogue.locate(name_or_path))
