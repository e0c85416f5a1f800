import io

import numpy as np
import pandas as pd
import pytest
import soundfile
from PIL import Image

from mumu_lib import browser as tsne_browser
from mumu_lib.browser import canvases, cards, controls, points as browser_points
from mumu_lib.core.errors import BadDataError, ParameterError
from mumu_lib.figures import media, projection

EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture
def points(tiny):
    """All thirty albums, with scores that know the true genres; one title is markup."""
    tiny.albums.loc[3, "title"] = EVIL
    xy = np.random.default_rng(0).normal(size=(30, 2))
    return browser_points.album_map(tiny, xy, scores=tiny.label_matrix().toarray())


@pytest.fixture(params=["jupyter-scatter", "matplotlib"])
def browser(points, request):
    if request.param == "jupyter-scatter":
        pytest.importorskip("jscatter")
    return tsne_browser.browse(points, engine=request.param)


def shown(browser):
    return int(browser.controls._count.value.split(" of ")[0].rsplit(">", 1)[-1])


def test_coordinates_are_computed_once_for_what_made_them(tmp_path, monkeypatch):
    X = np.random.default_rng(0).normal(size=(20, 4))
    xy = projection.coordinates(tmp_path / "run", X, seed=1)
    monkeypatch.setattr(projection, "tsne", lambda *_, **__: np.full((20, 2), 7.0))
    np.testing.assert_array_equal(projection.coordinates(tmp_path / "run", X, seed=1), xy)
    rounded = X + np.random.default_rng(1).normal(0, 1e-7, X.shape)
    np.testing.assert_array_equal(projection.coordinates(tmp_path / "run", rounded, seed=1), xy)
    for other in ({"seed": 2}, {"seed": 1, "perplexity": 5}):
        assert projection.coordinates(tmp_path / "run", X, **other)[0, 0] == 7
    assert projection.coordinates(tmp_path / "run", X + 1, seed=1)[0, 0] == 7
    one_moved = X + 0.1 * (np.arange(20) == 3)[:, None]
    assert projection.coordinates(tmp_path / "run", one_moved, seed=1)[0, 0] == 7


def test_vectors_without_a_direction_are_named(tmp_path):
    X = np.eye(8)
    X[5] = 0
    with pytest.raises(BadDataError, match=r"1 of 8 vectors .* row 5"):
        projection.coordinates(tmp_path, X)


def test_an_album_map_says_what_is_true_and_what_is_predicted(tiny):
    scores = tiny.label_matrix().toarray()
    scores[0], scores[1] = 1 - scores[0], scores[1] * [1, 1, 0, 0]
    points = browser_points.album_map(tiny, np.zeros((30, 2)), scores=scores)
    assert list(points["correct"][:3]) == ["none", "some", "all"]
    assert points["predicted"].str.len().equals(points["genres"].str.len())
    assert set(points["predicted"][2]) == {"Jazz", "Vocal Jazz"}
    # Of Pop and Rock, Rock is on fewer albums; Vocal Jazz is not of the top level.
    assert list(points["true genre"][[1, 2, 4]]) == ["Rock", "Jazz", points["true genre"][4]]
    assert points["true genre"][4] in ("Pop", "Jazz")
    assert list(points["true genre"].cat.categories) == list(points["predicted genre"].cat.categories)


def test_a_map_of_some_rows_and_of_tracks(tiny):
    some = browser_points.album_map(tiny, np.zeros((2, 2)), np.array([7, 3]))
    assert list(some["title"]) == ["Title A07", "Title A03"]
    tracks = browser_points.track_map(tiny, np.zeros((2, 2)), pd.Series(["A05-b", "A01-a"]))
    assert list(tracks["album"]) == ["Title A05", "Title A01"]
    assert tracks["genres"][1] == ["Pop", "Rock"]
    with pytest.raises(ParameterError, match="'A99-a' is not in 'tiny'"):
        browser_points.track_map(tiny, np.zeros((1, 2)), pd.Series(["A99-a"]))
    with pytest.raises(ParameterError, match="30 points want"):
        browser_points.album_map(tiny, np.zeros((29, 2)))


def test_search_genre_and_legend_narrow_the_map_together(browser):
    assert shown(browser) == 30
    browser.controls._search.value = "ARTIST 1"
    assert shown(browser) == 12
    browser.controls._genre.value = "Rock"
    assert shown(browser) == 3
    browser.controls._search.value, browser.controls._genre.value = "", ""
    assert shown(browser) == 30
    browser.controls._legend.children[0].click()
    hidden = int(browser.controls._legend.children[0].description.split("(")[1].rstrip(")"))
    assert shown(browser) == 30 - hidden
    browser.controls._legend.children[0].click()
    assert shown(browser) == 30


def test_only_another_colour_sends_the_points_again(points):
    pytest.importorskip("jscatter")
    browser = tsne_browser.browse(points, engine="jupyter-scatter")
    scatter, sent = browser.controls.canvas.widget, []
    scatter.observe(sent.append, "points")
    scatter.hovering = 4
    scatter.selection = np.array([1, 2], np.uint32)
    browser.controls._search.value, browser.controls._genre.value = "title", "Rock"
    browser.controls._legend.children[0].click()
    assert not sent
    assert "Title A04" in browser.controls._hovered.value
    browser.controls._colour.value = "split"
    assert len(sent) == 1


def test_the_genre_list_has_counts(browser):
    assert browser.controls._genre.options[0] == ("all (30)", "")
    assert browser.controls._genre.index == 0
    assert ("Vocal Jazz (5)", "Vocal Jazz") in browser.controls._genre.options


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


def test_colours_of_true_and_predicted_genres_agree_and_follow_frequency(points, tiny):
    colours = []
    for column in ("true genre", "predicted genre"):
        _, names, shades = controls.colour_groups(points[column])
        colours.append(dict(zip(names, shades, strict=True)))
    assert colours[0] == colours[1]
    frequent = tiny.label_matrix().getnnz(axis=0)
    counts = [frequent[tiny.labels.index(name)] for name in colours[0]]
    assert counts == sorted(counts, reverse=True)


def test_what_says_nothing_is_grey():
    of = pd.Series(pd.Categorical(["Rock", "no top-level genre"], ["Rock", "no top-level genre"]))
    assert dict(zip(*controls.colour_groups(of)[1:], strict=True))["no top-level genre"] == controls.GREY


def test_many_values_share_a_colour_and_numbers_are_cut_into_ranges():
    codes, names, colours = controls.colour_groups(pd.Series(list("aabbccddeeffgghhiijk")))
    assert names[-1] == "others"
    assert (codes == len(names) - 1).sum() == 2
    assert len(names) == len(colours) == 10
    codes, names, _ = controls.colour_groups(pd.Series([1.0, np.nan, *range(20)]))
    assert names[codes[1]] == "others"
    assert (np.diff(codes[2:]) >= 0).all()


def test_markup_is_shown_as_written(points):
    points.at[3, "genres"] = ["<b>loud</b>"]
    points.at[3, "artist"] = "</div><script>x</script>"
    for text in (cards.hovered(points.loc[3]), cards.pinned(points.loc[3]), cards.listing(points)):
        assert EVIL not in text
        assert "&lt;img src=x onerror=alert(1)&gt;" in text
        assert "&lt;b&gt;loud" in text
        assert "<script" not in text


def test_the_card_marks_what_is_both_true_and_predicted(points):
    points.at[1, "genres"], points.at[1, "predicted"] = ["Pop", "Rock"], ["Rock", "Jazz"]
    text = cards.pinned(points.loc[1])
    assert text.count("<b>✓</b> Rock") == 2
    assert "<b>✓</b> Pop" not in text
    assert "<b>✓</b> Jazz" not in text


def test_covers_are_sent_small_and_bad_ones_are_said(tmp_path, points):
    Image.new("RGB", (900, 300), "red").save(tmp_path / "good.png")
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    assert media.thumbnail(str(tmp_path / "good.png")).startswith("data:image/jpeg;base64,")
    assert len(media.thumbnail(str(tmp_path / "good.png"))) < 3000
    for name in ("bad.jpg", "absent.jpg"):
        assert media.thumbnail(str(tmp_path / name)) == ""
    assert "no cover" in cards.hovered(points.loc[0])


def test_long_recordings_are_sent_as_their_beginning(tmp_path):
    short, long = tmp_path / "short.ogg", tmp_path / "long.wav"
    noise = np.random.default_rng(0).normal(0, 0.1, 40 * 16000)
    soundfile.write(short, noise[:16000], 16000)
    soundfile.write(long, noise, 16000)
    assert media.clip(str(short)) == (short.read_bytes(), "ogg")
    sound, kind = media.clip(str(long))
    (tmp_path / "sent.mp3").write_bytes(sound)
    assert kind == "mpeg"
    assert soundfile.info(tmp_path / "sent.mp3").duration == pytest.approx(30, abs=0.2)


def test_no_sound_is_said_with_its_reason(tmp_path, points):
    (tmp_path / "bad.aiff").write_bytes(b"no sound")
    assert media.clip("") == (b"", "no recording")
    assert media.clip(str(tmp_path / "absent.mp3"))[1] == "no recording on this machine"
    assert "cannot be played" in media.clip(str(tmp_path / "bad.aiff"))[1]
    browser = tsne_browser.browse(points, engine="matplotlib")
    browser.controls._found.value = 0
    assert "no recording" in browser.controls._pinned.value
    assert browser.controls._sound.layout.display == "none"


def test_a_page_gets_the_widget_and_the_picture(browser, monkeypatch):
    monkeypatch.setattr(tsne_browser, "asked_by_a_page", lambda: True)
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


def test_dollars_are_no_formulas(points):
    points["$^ by $^"] = "A$^p and $^"
    assert tsne_browser.browse(points, colour="$^ by $^")._repr_mimebundle_()[0]["image/png"]


def test_a_map_with_gaps_and_an_index_of_its_own(points):
    points = points.set_index(pd.Index(range(100, 130))).assign(artist=None)
    browser = tsne_browser.browse(points, engine="matplotlib")
    browser.controls._found.value = 4
    assert browser.selection["title"].tolist() == ["Title A04"]


def test_another_colour_brings_another_legend(browser):
    before = browser.controls._legend.children
    browser.controls._colour.value = "split"
    assert sorted(entry.description for entry in browser.controls._legend.children) == [
        "test (6)",
        "train (18)",
        "val (6)",
    ]
    assert all(entry.comm is None for entry in before)


def test_what_cannot_be_browsed_is_refused_with_the_remedy(points):
    with pytest.raises(BadDataError, match="lacks the columns"):
        tsne_browser.browse(points.drop(columns="x"))
    with pytest.raises(BadDataError, match="without coordinates"):
        tsne_browser.browse(points.assign(x=np.nan))
    with pytest.raises(ParameterError, match="did you mean 'split'"):
        tsne_browser.browse(points, colour="splt")
    with pytest.raises(ParameterError, match="did you mean 'matplotlib'"):
        tsne_browser.browse(points, engine="mathplotlib")


def test_jupyter_scatter_asked_for_and_not_installed(points, monkeypatch):
    monkeypatch.setattr(canvases, "find_spec", lambda _: None)
    assert isinstance(tsne_browser.browse(points).controls.canvas, canvases.Picture)
    with pytest.raises(ParameterError, match="pip install"):
        tsne_browser.browse(points, engine="jupyter-scatter")


def test_coordinates_alone_are_enough():
    browser = tsne_browser.browse(pd.DataFrame({"x": [0.0, 1], "y": [0.0, 1]}), engine="matplotlib")
    browser.controls._search.value = "nothing"
    assert shown(browser) == 0


@pytest.mark.parametrize(("rate", "channels"), [(96_000, 2), (192_000, 1), (44_100, 6)])
def test_a_recording_finer_or_wider_than_mp3_is_played_too(tmp_path, rate, channels):
    samples = np.random.default_rng(0).uniform(-0.1, 0.1, (rate * 3, channels))
    soundfile.write(tmp_path / "long.wav", samples, rate, subtype="FLOAT")
    sound, kind = media.clip(str(tmp_path / "long.wav"))
    assert kind == "mpeg"
    assert soundfile.info(io.BytesIO(sound)).duration == pytest.approx(3, abs=0.2)
