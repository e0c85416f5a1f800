"""Genres written into the tags of sound files, and taken back: one file at a time, never half of one.

Paper: none.  Notebooks: none; ``python -m mumu_lib predict --write-tags`` and ``untag``.

A way through the room: ``names`` says which labels are written, and how; ``editors`` change the genre of one file, each
kind of tag in its own way; ``inventory`` says what must stay as it was; ``rewriting`` changes a copy, compares, and puts
it in the file's place; ``undoing`` keeps what was there before and restores it; ``content`` names the sound of a file,
whatever its tags are.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, submodules=["content", "editors", "id3", "inventory", "listed", "names", "rewriting", "undoing"]
)
