"""Predict the genres of every album of a music library, and write them into tags on request.

Paper: none.  Notebooks: none; ``python -m mumu_lib predict`` and ``untag``.

Overview of the modules: ``shelves`` finds the albums; ``heard`` caches the features of their recordings; ``running``
puts each album through the runs, and ``journal`` stores the results; ``rows`` makes the table, ``output`` writes it;
``tagging`` compares it with the tags and writes them; ``commands`` is the command line.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, submodules=["commands", "heard", "journal", "output", "rows", "running", "shelves", "tagging"]
)
