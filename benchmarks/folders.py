"""Speed and memory of the folder command on many small files, beside another checkout of this repository.

    python benchmarks/folders.py --against ../before      10,000 files, the two in turn
    python benchmarks/folders.py --files 1000             another number of files

Each run is a process of its own, the start of Python included; seconds and the largest resident memory are its own.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = """
import resource, sys
from mumu_lib.sources import folder
code = folder.main(sys.argv[1:])
print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
sys.exit(code)
"""


def generate(root: Path, files: int) -> None:
    """Make albums of ten recordings of a tenth of a second, with tags and genres."""
    rng = np.random.default_rng(0)
    for number in range(files):
        artist, album = f"Artist {number // 50}", f"Album {number // 10}"
        place = root / artist / album
        place.mkdir(parents=True, exist_ok=True)
        with soundfile.SoundFile(place / f"{number % 10:02}.flac", "w", 22050, 1) as file:
            file.artist, file.album, file.title = artist, album, f"Song {number}"
            file.genre, file.tracknumber = f"Genre {number // 10 % 20}", str(number % 10 + 1)
            file.write(rng.normal(0, 0.1, 2205))


def run(checkout: Path, root: Path, home: Path) -> tuple[float, float]:
    """Run the command of a checkout; seconds, and the largest resident memory in MB."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    environment = os.environ | {"PYTHONPATH": str(checkout), "MUMU_HOME": str(home), "OMP_NUM_THREADS": "1"}
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(root), "--name", "benchmark"],
        env=environment, cwd=home, check=True, capture_output=True, text=True,
    )  # fmt: skip
    seconds = time.perf_counter() - start
    return seconds, int(done.stdout.split()[-1]) / 1024


def main() -> None:
    """Print medians and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--against", type=Path, help="another checkout, run in turn with this one")
    asked = parser.parse_args()
    checkouts = {"this": ROOT} | ({"other": asked.against.resolve()} if asked.against else {})
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        generate(place / "music", asked.files)
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in checkouts}
        for _ in range(asked.runs):
            for name, checkout in checkouts.items():
                found[name].append(run(checkout, place / "music", place / "home"))
    medians = {name: [statistics.median(column) for column in zip(*runs, strict=True)] for name, runs in found.items()}
    for name, (seconds, peak) in medians.items():
        print(f"{name}: {asked.files} files, {seconds:.1f} s, {peak:.0f} MB")
    if asked.against:
        print(f"this takes {medians['this'][0] / medians['other'][0]:.2f} times as long as the other")


if __name__ == "__main__":
    main()
