"""What every room stands on: errors, files, paths, progress, fingerprints, versions. It imports no other room."""

import lazy_loader

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__, submodules=["backend", "environment", "errors", "files", "fingerprints", "parsing", "paths", "progress"]
)
