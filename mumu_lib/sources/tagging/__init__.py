"""Write genres into the tags of sound files, atomically file by file, and restore the old genres.

Paper: none.  Notebooks: none; ``python -m mumu_lib predict --write-tags`` and ``untag``.

Modules: ``names`` maps labels to the names in tags; ``editors`` (``id3``, ``listed``) change the genre in each tag format;
``inventory`` lists what must not change; ``rewriting`` changes a copy, checks it, and replaces the file; ``undoing`` stores
the old genres and restores them; ``content`` hashes the sound of a file independently of its tags.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, submodules=["content", "editors", "id3", "inventory", "listed", "names", "rewriting", "undoing"]
)
