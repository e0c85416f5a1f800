"""``python -m mumu_lib.patches CATALOGUE`` extracts audio features: the command of :mod:`mumu_lib.audio.store`."""

import sys

from mumu_lib.audio.store import extract, main

__all__ = ["extract", "main"]

if __name__ == "__main__":
    sys.exit(main())
