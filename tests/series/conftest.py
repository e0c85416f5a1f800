"""A catalogue with everything."""

import pytest


@pytest.fixture
def atomic_path(tiny):
    """The tiny catalogue with a recording and a cover, so that every modality is there."""
    albums, tracks = tiny.folder / "albums.parquet", tiny.folder / "tracks.parquet"
    tiny.albums.assign(cover="c.png").to_parquet(albums), tiny.tracks.assign(audio="a.wav").to_parquet(tracks)
    for folder, name in (("audio", "a.wav"), ("covers", "c.png")):
        (tiny.folder / folder).mkdir()
        (tiny.folder / folder / name).touch()
    return type(tiny)(tiny.folder)
