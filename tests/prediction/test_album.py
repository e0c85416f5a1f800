"""The folder of an own album, and the example."""

import pytest

import mumu_lib
from mumu_lib.core.errors import MissingDataError, NothingUsableError
from mumu_lib.prediction import album as prediction_album


def test_a_folder_with_nothing_usable(music, own):
    for path in own.iterdir():
        path.unlink()
    (own / "film.mov").touch()
    with pytest.raises(NothingUsableError, match="no recording"):
        mumu_lib.predict_album(own, music)
    (own / "song.wav").write_bytes(b"")
    with pytest.raises(NothingUsableError, match=r"song\.wav"):
        mumu_lib.predict_album(own, music)
    with pytest.raises(MissingDataError, match="not a folder"):
        mumu_lib.predict_album(own / "nowhere", music)


def test_the_example_is_a_test_album_with_all_its_files(music):
    album = prediction_album.read_album(prediction_album.example_album(music))
    assert album.modalities == ["audio", "text", "image"]
    assert album.texts == [music.reviews.text[music.rows("test")[0]]]


def test_the_example_holds_what_is_there_and_nothing_else(tiny, home):
    tiny.albums["cover"] = "gone.jpg"
    strange = home / "data" / "your-album" / "tiny" / "CD 1"
    strange.mkdir(parents=True)
    assert [path.name for path in prediction_album.example_album(tiny).iterdir()] == ["review.txt"]
    tiny.albums["split"] = "train"
    with pytest.raises(MissingDataError, match="no test album"):
        prediction_album.example_album(tiny)
