"""Catalogues with reviews."""

import pandas as pd

from mumu_lib import catalogue


def with_reviews(tiny, reviews):
    """The tiny catalogue with other reviews: (album, text, helpful) or (album, text)."""
    table = pd.DataFrame(reviews, columns=["album_id", "text", "helpful"][: len(reviews[0]) if reviews else 2])
    return catalogue.write(
        tiny.folder, name="tiny", albums=tiny.albums, tracks=tiny.tracks, reviews=table, min_albums=2, source="test",
        branches=tiny.taxonomy["branch"], roots=tiny.info["roots"], synthetic=True,
    )  # fmt: skip
