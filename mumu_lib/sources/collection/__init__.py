"""Read a collection of your own: its files, albums, genres and splits, and a report of skipped files.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.

Modules in the order of processing: ``walk`` lists the files; ``layout`` (with ``discs`` and ``naming``) groups folders into
albums; ``tagged`` reads the tags; ``albums`` combines both; ``sidecars`` finds covers, texts and genres in the folders;
``manifest`` (with ``entries``) reads a table instead; ``rows`` makes one row per recording, ``joining`` one row per album;
``parts`` splits the albums; ``changes`` compares them with the existing catalogue; ``report`` counts skipped files.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "albums",
        "artists",
        "changes",
        "discs",
        "entries",
        "genres",
        "joining",
        "layout",
        "manifest",
        "naming",
        "parts",
        "report",
        "rows",
        "sidecars",
        "tagged",
        "walk",
    ],
)
