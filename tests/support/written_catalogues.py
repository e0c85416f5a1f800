"""Small catalogues as tests write them."""

import pandas as pd

from mumu_lib import catalogue


def write(folder, genres=(("Jazz",), ("Jazz",), ("Rock", "Jazz")), min_albums=1, name="own", **tables):
    n = len(genres)
    ids = [f"A{i}" for i in range(n)]
    albums = pd.DataFrame({"album_id": ids, "genres": [list(g) for g in genres], "split": ["train"] * n})
    defaults = {
        "albums": albums,
        "tracks": pd.DataFrame({"track_id": [f"T{i}" for i in range(n)], "album_id": ids}),
        "reviews": pd.DataFrame({"album_id": ids, "text": "fine"}),
        "branches": {(g,) for album in genres for g in album},
    }
    return catalogue.write(
        folder,
        name=name,
        min_albums=min_albums,
        source="test",
        roots={"audio": ".", "covers": "."},
        **defaults | tables,
    )
