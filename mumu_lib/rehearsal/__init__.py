"""Rehearse the series at the paper's size on made-up data, to measure its time, memory and disk usage.

Paper: none.  Notebooks: all.

``python -m mumu_lib rehearse`` makes a catalogue of that size. Features are written directly to the stores, without
audio files. Then the notebooks are run with few epochs, and their costs are compared with the estimates of
``make paper``. Its metrics have no musical meaning.
"""

import lazy_loader

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submodules=["building", "commands", "contents", "learning", "measuring", "parts", "record", "stages", "tables"],
)
