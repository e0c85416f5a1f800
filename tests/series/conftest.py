"""A catalogue with everything."""

import pytest


@pytest.fixture
def whole(tiny):
    """Add a recording and a cover to the tiny catalogue, for all modalities."""
    albums, tracks = tiny.folder / "albums.parquet", tiny.folder / "tracks.parquet"
    tiny.albums.assign(cover="c.png").to_parquet(albums), tiny.tracks.assign(audio="a.wav").to_parquet(tracks)
    for folder, name in (("audio", "a.wav"), ("covers", "c.png")):
        (tiny.folder / folder).mkdir()
        (tiny.folder / folder / name).touch()
    return type(tiny)(tiny.folder)
