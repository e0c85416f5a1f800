"""A catalogue with reviews."""

import numpy as np
import pytest

from texts_of_albums import with_reviews


@pytest.fixture
def reviewed(tiny):
    """Reviews that say something about the genre, most of the time."""
    rng = np.random.default_rng(0)
    words = {
        "Pop": "catchy singalong chorus",
        "Rock": "guitar amp riff",
        "Jazz": "swing sax bebop",
        "Vocal Jazz": "singer",
    }
    reviews = []
    for album_id, genres in zip(tiny.albums["album_id"], tiny.albums["genres"], strict=True):
        chosen = [w for g in genres for w in words[g].split()] + [f"noise{rng.integers(9)}" for _ in range(3)]
        reviews.append((album_id, " ".join(rng.permutation(chosen))))
    return with_reviews(tiny, reviews)
