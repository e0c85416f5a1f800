"""Genres of a whole library: every album judged, the answers kept one by one, and written into tags where that is asked.

Paper: none.  Notebooks: none; ``python -m mumu_lib predict`` and ``untag``.

A way through the room: ``shelves`` finds the albums as collections are read; ``heard`` keeps the features of their
recordings; ``running`` puts one after the other through the runs, and ``journal`` keeps each answer; ``rows`` makes the
table, ``output`` writes it; ``tagging`` compares it with the tags and writes them; ``commands`` are what is typed.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, submodules=["commands", "heard", "journal", "output", "rows", "running", "shelves", "tagging"]
)
