"""The files of an album of one's own, and what twelve albums' runs have learned, in one file."""

import pytest

from mumu_lib import catalogue
from mumu_lib.prediction import likeness, sharing
from shared_files import moved


@pytest.fixture
def own(music, tmp_path):
    """The files of album 9, as somebody would keep them."""
    folder, files = tmp_path / "Artist" / "Album", music.folder / "files"
    folder.mkdir(parents=True)
    (folder / "song.wav").write_bytes((files / "9.wav").read_bytes())
    (folder / "front.png").write_bytes((files / "9.png").read_bytes())
    (folder / "review.txt").write_text(music.reviews.text[9])
    return folder


@pytest.fixture(scope="session")
def exported(made, tmp_path_factory):
    """All that the twelve albums' runs have learned, likeness included, though each label has one training album."""
    path = tmp_path_factory.mktemp("exported") / "mine.mumu"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MUMU_HOME", str(made.folder.parents[1]))
        patch.setattr(likeness, "FEWEST", 1)
        return sharing.export(catalogue.Catalogue(made.folder), path, licence="CC0-1.0")


@pytest.fixture
def away(exported, tmp_path, monkeypatch):
    """The file on another machine, whose home is empty."""
    monkeypatch.setenv("MUMU_HOME", str(tmp_path / "elsewhere"))
    return moved(exported, tmp_path / "inbox")
