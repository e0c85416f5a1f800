"""Notebook 03 whole, by papermill: seconds and memory of the process that computes it.

    python benchmarks/factors.py                        49,000 made-up albums, 250 labels, 5.97 an album
    python benchmarks/factors.py --jamendo FOLDER       real labels: the 55,094 tracks of MTG-Jamendo, each an album

Made-up albums have one or two of 27 top-level labels and some of those below them, 82 % of them a single one, as on
the paper's Figure 1. FOLDER holds the files ``autotagging_genre-*.tsv``. Prints seconds of each cell above one.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

TOPS, LABELS, SINGLE = 27, 250, 0.82
BELOW = 4.8  # labels below the top level, so that an album has 5.97 in all
ROOT = Path(__file__).resolve().parents[1]


def made_up(n: int) -> tuple[pd.Series, list[list[str]]]:
    """Return the genres of each album, and the branches of the taxonomy."""
    rng = np.random.default_rng(0)
    children: dict[int, list[str]] = {top: [] for top in range(TOPS)}
    for label in range(TOPS, LABELS):
        children[label % TOPS].append(f"Genre {label}")
    share = 1 / np.arange(1, TOPS + 1)
    share /= share.sum()
    genres = []
    for count in np.where(rng.random(n) < SINGLE, 1, 2):
        album = []
        for top in rng.choice(TOPS, count, replace=False, p=share):
            below = children[top]
            chance = np.minimum(BELOW / count / np.arange(1, len(below) + 1) ** 0.7 / 3.3, 0.95)
            album += [f"Top {top}", *np.array(below)[rng.random(len(below)) < chance]]
        genres.append(album)
    branches = [[f"Top {top}", name] for top, names in children.items() for name in names]
    return pd.Series(genres), branches


def jamendo(folder: Path) -> tuple[pd.Series, list[list[str]]]:
    """Return the genres of each track, and the branches: all genres are of the top level."""
    genres = []
    for path in sorted(folder.glob("autotagging_genre-*.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines()[1:]:
            genres.append([tag.removeprefix("genre---") for tag in line.split("\t")[5:]])
    return pd.Series(genres), [[name] for name in sorted(set().union(*genres))]


def write(folder: Path, genres: pd.Series, branches: list[list[str]]) -> None:
    from mumu_lib import catalogue

    ids = [f"A{i:06d}" for i in range(len(genres))]
    part = np.arange(len(genres)) % 10
    splits = np.select([part < 8, part < 9], ["train", "val"], "test")
    catalogue.write(
        folder, name="large", source="benchmark", synthetic=True, min_albums=12, branches=branches,
        roots={"audio": ".", "covers": "."}, tracks=pd.DataFrame({"track_id": ids, "album_id": ids}),
        reviews=pd.DataFrame({"album_id": [], "text": []}, dtype="str"),
        albums=pd.DataFrame({"album_id": ids, "title": ids, "artist": ids, "genres": genres, "split": splits}),
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--albums", type=int, default=49_000)
    parser.add_argument("--jamendo", type=Path)
    asked = parser.parse_args()
    genres, branches = jamendo(asked.jamendo) if asked.jamendo else made_up(asked.albums)
    print(f"{len(genres):,} albums, {genres.map(len).mean():.2f} labels an album")
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"MUMU_HOME": home, "PYTHONPATH": str(ROOT)}
        write(Path(home) / "data" / "large", genres, branches)
        stored = Path(home) / "notebook.ipynb"
        words = ["papermill", "--no-progress-bar", "--cwd", "notebooks", "notebooks/03_label_factors.ipynb", stored]
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", *map(str, words), "-p", "catalogue", "large"],
            cwd=ROOT, env=environment, check=True, capture_output=True,
        )  # fmt: skip
        wall, used = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        cells = json.loads(stored.read_text(encoding="utf-8"))["cells"]
    processor = used.ru_utime + used.ru_stime
    print(f"{wall:.1f} s, {processor:.1f} of processor, {used.ru_maxrss / 2**20:.2f} GB at most")
    for cell in cells:
        seconds = cell["metadata"].get("papermill", {}).get("duration") or 0
        if seconds > 1:
            print(f"{seconds:6.1f} s  {''.join(cell['source']).splitlines()[0][:100]}")
        for output in cell.get("outputs", []):
            for line in output.get("text", []):
                if "albums" in line:
                    print(f"          {line.rstrip()[:140]}")


if __name__ == "__main__":
    main()
