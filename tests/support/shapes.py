"""Small catalogues that lack something: only sound, only texts, only labels, or nothing lacking; not synthetic."""

import numpy as np
import pandas as pd

from mumu_lib import catalogue
from tiny_catalogue import GENRES

SHAPES = ("sound", "texts", "labels", "everything")


def make(home, shape, name=""):
    """Thirty albums with four genres."""
    name = name or shape
    has = {part: shape in (part, "everything") for part in ("sound", "texts")} | {"covers": shape == "everything"}
    folder = home / "data" / name
    ids = [f"A{i:02d}" for i in range(30)]
    split = np.resize(["train"] * 6 + ["val"] * 2 + ["test"] * 2, len(ids))
    genres = [GENRES[i % len(GENRES)] for i in range(len(ids))]
    albums = pd.DataFrame({"album_id": ids, "title": ids, "artist": ids, "genres": genres, "split": split})
    albums["cover"] = "c.png" if has["covers"] else ""
    tracks = pd.DataFrame({"track_id": ids, "album_id": ids, "audio": "a.wav" if has["sound"] else ""})
    reviews = pd.DataFrame({"album_id": ids, "text": "a review"})
    for part, file in {"audio": "a.wav", "covers": "c.png"}.items():
        (folder / part).mkdir(parents=True)
        (folder / part / file).touch()
    return catalogue.write(
        folder, name=name, albums=albums, tracks=tracks, reviews=reviews if has["texts"] else reviews[:0], min_albums=2,
        source="test", branches=[["Pop"], ["Rock"], ["Jazz", "Vocal Jazz"]], roots={"audio": "audio", "covers": "covers"},
    )  # fmt: skip
