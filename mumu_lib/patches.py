"""Command ``python -m mumu_lib.patches CATALOGUE``: extract audio features, as :mod:`mumu_lib.audio.store` does."""

import sys

from mumu_lib.audio.store import extract, main

__all__ = ["extract", "main"]

if __name__ == "__main__":
    sys.exit(main())
