"""The files of an album of one's own."""

import pytest


@pytest.fixture
def own(music, tmp_path):
    """The files of album 9, as somebody would keep them."""
    folder, files = tmp_path / "Artist" / "Album", music.folder / "files"
    folder.mkdir(parents=True)
    (folder / "song.wav").write_bytes((files / "9.wav").read_bytes())
    (folder / "front.png").write_bytes((files / "9.png").read_bytes())
    (folder / "review.txt").write_text(music.reviews.text[9])
    return folder
