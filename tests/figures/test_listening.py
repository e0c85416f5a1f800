"""The taggram of an album's first recording: with a network, without one, and where nothing can be heard."""

import numpy as np
import pytest
import soundfile
from IPython.display import HTML, Audio, Image, Markdown

import made_musicnn
from mumu_lib import encoders
from mumu_lib.encoders import Heard, musicnn
from mumu_lib.figures import listening
from mumu_lib.prediction.album import read_album

RNG = np.random.default_rng(0)


@pytest.fixture
def album(tmp_path):
    folder = tmp_path / "album"
    folder.mkdir()
    soundfile.write(folder / "01 short.wav", RNG.normal(0, 0.1, 16000), 16000)
    soundfile.write(folder / "02 <b>.wav", RNG.normal(0, 0.1, 16000 * 8), 16000)
    return read_album(folder)


def test_without_a_network_one_line_says_how_to_get_it(tiny, album):
    (line,) = listening.first_recording(album, tiny)
    assert isinstance(line, Markdown)
    assert "make pretrained" in line.data


def test_the_first_recording_that_can_be_heard_is_shown_and_played(tiny, album, tmp_path):
    source = made_musicnn.source(tmp_path / "source")
    musicnn.convert(source, encoders.folder("msd_musicnn"), "msd_musicnn")
    picture, title, player = listening.first_recording(album, tiny, folder=tmp_path)
    assert isinstance(picture, Image)
    assert "on average" in picture.alt
    assert isinstance(title, HTML)
    assert "02 &lt;b&gt;.wav" in title.data
    assert isinstance(player, Audio)
    assert "Synthetic sample" in (tmp_path / "taggram.txt").read_text(encoding="utf-8")
    (album.folder / "02 <b>.wav").unlink()
    (line,) = listening.first_recording(album, tiny)
    assert "no recording that can be heard" in line.data


def test_the_strongest_tags_stand_first_and_names_are_shown_as_written():
    scores = np.tile(np.array([0.1, 0.9, 0.5], np.float32), (4, 1))
    figure = listening.taggram(Heard(scores, scores, np.arange(4) * 3.0), ("a$_$", "b", "c"), n=2)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["b", "c"]
    assert "two tags" in figure.caption
    assert "b 0.90, c 0.50" in figure.alt
    one = listening.taggram(Heard(scores[:1], scores[:1], np.zeros(1)), ("a$_$", "b", "c"))
    assert one.axes[0].get_xlim() == (0, 3)
