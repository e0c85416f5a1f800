"""The series rehearsed at the paper's size, with everything made up: what it takes of time, memory and disk.

Paper: none.  Notebooks: all.

``python -m mumu_lib rehearse`` makes a catalogue of that size, its features straight into the stores, so that no sound
has to be made; then it runs notebooks on it with few epochs, and sets what they took beside what ``make paper`` says.
No number from it says anything about music.
"""

import lazy_loader

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submodules=["building", "commands", "contents", "learning", "measuring", "parts", "record", "stages", "tables"],
)
