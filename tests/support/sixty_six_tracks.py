"""A catalogue that a job is done with in seconds: sixty-six tracks, two shards of them, of three short clips."""

from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

from mumu_lib import catalogue


def write(home: Path) -> catalogue.Catalogue:
    """Write the catalogue ``small`` into a home."""
    rng, n = np.random.default_rng(0), 33
    (home / "data" / "small" / "audio").mkdir(parents=True)
    for i in range(3):
        soundfile.write(home / "data" / "small" / "audio" / f"{i}.wav", rng.uniform(-0.3, 0.3, 4 * 22050), 22050)
    ids = [f"A{i:02d}" for i in range(n)]
    genres = [[["Pop"], ["Rock"], ["Jazz"], ["Pop", "Jazz"]][i % 4] for i in range(n)]
    words = [" ".join(rng.choice([*" ".join(g).lower().split(), "loud", "slow", "song", "night"], 12)) for g in genres]
    split = np.resize(["train"] * 6 + ["val"] * 2 + ["test"] * 2, n)
    return catalogue.write(
        home / "data" / "small", name="small", min_albums=2, source="test", synthetic=True,
        albums=pd.DataFrame({"album_id": ids, "title": ids, "artist": ids, "genres": genres, "split": split}),
        tracks=pd.DataFrame({"track_id": [f"{i}{t}" for i in ids for t in "ab"], "album_id": np.repeat(ids, 2),
                             "audio": [f"{i % 3}.wav" for i in range(2 * n)]}),
        reviews=pd.DataFrame({"album_id": ids, "text": words}), branches=[["Pop"], ["Rock"], ["Jazz"]],
        roots={"audio": "audio", "covers": "covers"},
    )  # fmt: skip
