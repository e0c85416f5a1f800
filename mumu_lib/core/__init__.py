"""Basics for all other packages: errors, files, paths, progress, fingerprints, versions. Imports no other package."""

import lazy_loader

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__, submodules=["backend", "environment", "errors", "files", "fingerprints", "parsing", "paths", "progress"]
)
