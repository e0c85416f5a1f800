"""The browser of a map: what it shows, hands to Python and refuses."""

import numpy as np
import pandas as pd
import pytest

from mumu_lib import browser as tsne_browser
from mumu_lib.core.errors import BadDataError, ParameterError
from mumu_lib.figures import media, projection
from shown_points import shown


def test_a_pick_and_a_selection_come_to_python_as_a_table(browser, points):
    assert browser.selection.empty
    browser.controls._found.value = 4
    assert list(browser.selection["album_id"]) == ["A04"]
    assert "Title A04" in browser.controls._pinned.value
    browser.controls.canvas.mark(np.array([2, 9, 11]))
    assert list(browser.selection["title"]) == list(points["title"][[2, 9, 11]])
    assert "3 albums selected" in browser.controls._listing.value
    assert "Title A11" in browser.controls._listing.value


@pytest.mark.parametrize("colour", ["true genre", "predicted genre", "split", "correct", "artist", "year"])
def test_any_column_can_be_coloured_by(points, colour):
    points["year"] = np.arange(1970, 2000)
    browser = tsne_browser.browse(points, colour=colour, engine="matplotlib")
    counts = [int(entry.description.rsplit("(", 1)[1].rstrip(")")) for entry in browser.controls._legend.children]
    assert sum(counts) == 30
    assert 1 <= len(counts) <= 10


def test_a_page_gets_the_widget_and_the_picture(browser, monkeypatch):
    monkeypatch.setattr(tsne_browser, "in_notebook_ui", lambda: True)
    data, metadata = browser._repr_mimebundle_()
    assert data["text/plain"] == "t-SNE browser of 30 albums"
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == browser.widget.model_id
    assert "Jazz" in metadata["image/png"]["alt"]
    assert len(data["image/png"]) < 100_000


def test_a_file_gets_the_picture_and_no_widget_is_made(points, monkeypatch):
    monkeypatch.setattr(tsne_browser, "Controls", None)
    data, metadata = tsne_browser.browse(points)._repr_mimebundle_()
    assert set(data) == {"text/plain", "image/png"}
    assert "Jazz" in metadata["image/png"]["alt"]


def test_a_map_with_gaps_and_an_index_of_its_own(points):
    points = points.set_index(pd.Index(range(100, 130))).assign(artist=None)
    browser = tsne_browser.browse(points, engine="matplotlib")
    browser.controls._found.value = 4
    assert browser.selection["title"].tolist() == ["Title A04"]


def test_what_cannot_be_browsed_is_refused_with_the_remedy(points):
    with pytest.raises(BadDataError, match="lacks the columns"):
        tsne_browser.browse(points.drop(columns="x"))
    with pytest.raises(BadDataError, match="without coordinates"):
        tsne_browser.browse(points.assign(x=np.nan))
    with pytest.raises(ParameterError, match="did you mean 'split'"):
        tsne_browser.browse(points, colour="splt")
    with pytest.raises(ParameterError, match="did you mean 'matplotlib'"):
        tsne_browser.browse(points, engine="mathplotlib")


def test_coordinates_alone_are_enough():
    browser = tsne_browser.browse(pd.DataFrame({"x": [0.0, 1], "y": [0.0, 1]}), engine="matplotlib")
    browser.controls._search.value = "nothing"
    assert shown(browser) == 0


def test_no_sound_is_said_with_its_reason(tmp_path, points):
    (tmp_path / "bad.aiff").write_bytes(b"no sound")
    assert media.clip("") == (b"", "no recording")
    assert media.clip(str(tmp_path / "absent.mp3"))[1] == "no recording on this machine"
    assert "cannot be played" in media.clip(str(tmp_path / "bad.aiff"))[1]
    browser = tsne_browser.browse(points, engine="matplotlib")
    browser.controls._found.value = 0
    assert "no recording" in browser.controls._pinned.value
    assert browser.controls._sound.layout.display == "none"


def test_a_map_of_many_vectors_shows_some_of_them_and_says_how_many(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(projection, "MOST_ON_A_MAP", 6)
    monkeypatch.setattr(projection, "coordinates", lambda folder, vectors, seed: vectors[:, :2])
    monkeypatch.setattr(tsne_browser.points, "track_map", lambda catalogue, xy, tracks, scores: (xy, tracks, scores))
    monkeypatch.setattr(tsne_browser, "browse", lambda made: made)
    vectors = np.arange(20, dtype=np.float32).reshape(10, 2)
    vectors[3] = np.nan
    names = pd.Series([f"T{row}" for row in range(10)])
    xy, tracks, scores = tsne_browser.explore(None, tmp_path, vectors, np.arange(10), scores=vectors, tracks=names)
    assert capsys.readouterr().out == "on the map: 6 of 9 tracks, drawn by the seed\n"
    assert len(tracks) == 6
    np.testing.assert_array_equal(xy, vectors[tracks.index])
    np.testing.assert_array_equal(scores, xy)
