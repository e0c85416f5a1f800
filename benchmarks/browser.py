"""The kernel's side of the t-SNE browser: what each thing a reader does costs it, and what it sends to the page.

    python benchmarks/browser.py                        150,000 points beside 1,500
    python benchmarks/browser.py --points 31471 --engine matplotlib

What the page would say is put into the widgets as the page's messages are, and everything they answer is counted, so
that neither a server nor a page is needed. Both maps take turns; milliseconds are processor time, so that other work
on the machine counts less. How fast the page draws is not seen here.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import comm
import numpy as np
import pandas as pd
from comm.base_comm import BaseComm
from PIL import Image

from mumu_lib import browser as tsne_browser
from mumu_lib.browser import controls

GENRES = 250
COVERS = 500


class Counting(BaseComm):
    """The wire to a page that is not there."""

    sent = 0

    def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
        """Count instead of sending."""
        Counting.sent += len(json.dumps(data)) + sum(memoryview(buffer).nbytes for buffer in buffers or ())


def points(n: int, folder: Path, seed: int = 0) -> pd.DataFrame:
    """Make a map as :func:`mumu_lib.browser.points.album_map` makes it: up to five of 250 genres an album, covers on disk."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, 40, (GENRES, 2))
    main = rng.zipf(1.4, n) % GENRES
    genres = [sorted({int(g), *(rng.zipf(1.4, rng.integers(0, 5)) % GENRES).tolist()}) for g in main]
    names = [f"Genre {i}" for i in range(GENRES)]
    guesses = np.where(rng.random(n) < 0.7, main, rng.integers(0, GENRES, n))
    covers = []
    for i in range(COVERS):
        covers.append(str(folder / f"{i}.jpg"))
        if not Path(covers[-1]).exists():
            Image.fromarray(rng.integers(0, 255, (300, 300, 3), np.uint8)).save(covers[-1])
    xy = centres[main] + rng.normal(0, 5, (n, 2))
    return pd.DataFrame({
        "x": xy[:, 0], "y": xy[:, 1], "title": [f"Title of album {i}" for i in range(n)],
        "artist": [f"Artist {i // 3}" for i in range(n)], "genres": [[names[g] for g in own] for own in genres],
        "predicted": [[names[g]] for g in guesses], "split": pd.Categorical(rng.choice(["train", "val", "test"], n)),
        "true genre": pd.Categorical.from_codes(main, names), "predicted genre": pd.Categorical.from_codes(guesses, names),
        "cover": np.resize(covers, n), "audio": "",
    })  # fmt: skip


def says(widget, **state) -> None:
    """Let the page say that a widget's state changed."""
    buffers = [np.ascontiguousarray(value).data for value in state.values() if isinstance(value, np.ndarray)]
    places = [[name, "view"] for name, value in state.items() if isinstance(value, np.ndarray)]
    plain = {
        name: {"dtype": str(value.dtype), "shape": value.shape} if isinstance(value, np.ndarray) else value
        for name, value in state.items()
    }
    data = {"method": "update", "state": plain, "buffer_paths": places}
    widget._handle_msg({"content": {"data": data}, "buffers": buffers})


def doings(browser: controls.Controls, seed: int = 0) -> dict[str, Callable[[], object]]:
    """Return what a reader does, by name; each call is a new one."""
    rng = np.random.default_rng(seed)
    n, scatter = len(browser.points), browser.canvas.widget
    letters = iter("".join(str(1000 + i) for i in range(1000)))
    columns = iter(["predicted genre", "split", "true genre"] * 100)
    rows = {name: iter([rng.permutation(n)[:size].astype(np.uint32) for _ in range(12)]) for name, size in (("lasso of a third", n // 3), ("click", 1))}  # fmt: skip

    def typed() -> None:
        says(browser._search, value=next(letters))

    def filtered() -> None:
        says(browser._genre, index=1 if browser._genre.index == 0 else 0)

    def legend() -> None:
        browser._legend.children[0]._handle_msg({"content": {"data": {"method": "custom", "content": {"event": "click"}}}, "buffers": []})  # fmt: skip

    def recoloured() -> None:
        says(browser._colour, index=browser._colour.options.index(next(columns)))

    shared = {"search, a letter": typed, "genre filter": filtered, "legend click": legend, "colour by another column": recoloured}  # fmt: skip
    if not hasattr(scatter, "hovering"):
        return shared
    return {
        "hover": lambda: says(scatter, hovering=int(rng.integers(n))),
        **{name: lambda given=given: says(scatter, selection=next(given)) for name, given in rows.items()},
        **shared,
    }


def timed(work: Callable[[], object]) -> tuple[float, int]:
    Counting.sent = 0
    start = time.process_time()
    work()
    return 1000 * (time.process_time() - start), Counting.sent


def shown(given: pd.DataFrame, engine: str) -> controls.Controls:
    return tsne_browser.browse(given, engine=engine).controls


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=150_000)
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--rounds", type=int, default=9)
    asked = parser.parse_args()
    comm.create_comm = Counting
    sizes = (asked.points // 100, asked.points)
    with tempfile.TemporaryDirectory() as folder:
        maps = [points(n, Path(folder)) for n in sizes]
        first = [[timed(lambda given=given: shown(given, asked.engine)) for _ in range(3)] for given in maps]
        browsers = [shown(given, asked.engine) for given in maps]
        pictures = [[timed(lambda given=given: tsne_browser.browse(given, engine=asked.engine)._picture) for _ in range(3)] for given in maps]  # fmt: skip
        table = {"first display": first, "picture for the file": pictures}
        both = [doings(browser) for browser in browsers]
        for name in both[0]:
            turns = [[timed(of[name]) for of in both] for _ in range(asked.rounds)]
            table[name] = list(zip(*turns, strict=True))
    print(f"| | ms, {sizes[0]:,} points | ms, {sizes[1]:,} | ratio | kB sent | kB sent |\n|---|---|---|---|---|---|")
    for name, (few, many) in table.items():
        (ms1, kb1), (ms2, kb2) = (np.median(some, axis=0) / (1, 1000) for some in (few, many))
        print(f"| {name} | {ms1:.1f} | {ms2:.1f} | {ms2 / ms1:.1f} | {kb1:,.1f} | {kb2:,.1f} |")


if __name__ == "__main__":
    main()
