"""What an own collection holds: its files, albums, genres and splits, and what was passed over.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.

A way through the room: ``walk`` lists the files; ``layout`` (with ``discs`` and ``naming``) says which folders are one album;
``tagged`` reads the tags; ``albums`` decides what is an album; ``beside`` finds covers, texts and genres; ``manifest``
(with ``entries``) reads a table instead; ``rows`` puts all of it into rows, ``joining`` these into albums; ``parts`` splits
them; ``changes`` compares them with the catalogue that is there; ``report`` counts what was passed over.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "albums",
        "artists",
        "beside",
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
        "tagged",
        "walk",
    ],
)
