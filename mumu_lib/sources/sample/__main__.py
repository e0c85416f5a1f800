"""Make the sample and print its folder: ``python -m mumu_lib.sources.sample``."""

import time

from mumu_lib.core.arguments import Parser
from mumu_lib.sources import sample

if __name__ == "__main__":
    Parser(description="Make the sample and print its folder.").parse_args()
    start = time.perf_counter()
    made = sample.build()
    print(f"{made!r} in {made.folder}, {time.perf_counter() - start:.0f} s")
