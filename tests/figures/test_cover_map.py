"""Figure 2: no cover hides another, frames are those of the genres, texts are escaped."""

import itertools
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import spearmanr

from mumu_lib.core.errors import BadDataError
from mumu_lib.figures import cover_map as cover_maps


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 60), st.integers(0, 99))
def test_every_cover_gets_a_cell_of_its_own_near_its_place(n, seed):
    xy = np.random.default_rng(seed).normal(size=(n, 2))
    cells, side = cover_maps.snap(xy)
    assert len({tuple(c) for c in cells}) == n
    assert cells.min() >= 0
    assert cells.max() < side
    if n > 20:
        assert spearmanr(cells[:, 0], xy[:, 0]).statistic > 0.85
        assert spearmanr(cells[:, 1], -xy[:, 1]).statistic > 0.85  # rows run downwards


def test_the_assignment_moves_points_least():
    xy = np.array([[0.0, 0], [0.1, 0.05], [0.9, 1], [1, 0.2]])
    cells, side = cover_maps.snap(xy)
    unit = (xy - xy.min(0)) / np.ptp(xy, axis=0) * (side - 1)
    unit[:, 1] = side - 1 - unit[:, 1]
    places = list(itertools.product(range(side), range(side)))
    best = min(((unit - np.array(p)) ** 2).sum() for p in itertools.permutations(places, 4))
    assert ((unit - cells) ** 2).sum() == pytest.approx(best)


def covers(titles=("A: one", "B: two", "C: three", "D: four")):
    thumbs = np.stack([np.full((32, 32, 3), 40 * i, np.uint8) for i in range(4)])
    genre = pd.Series(["Jazz", "Pop", "Jazz", "Rock & Roll"])
    return cover_maps.CoverMap(np.array([[0, 0], [1, 0], [2, 2], [1, 1]]), 3, thumbs, genre, list(titles))


def test_each_cover_stands_in_its_cell_in_the_frame_of_its_genre():
    drawn, cell = cover_maps._mosaic(covers(), (0, 0, 3, 3)), cover_maps.CELL
    for (x, y), thumb, number in zip(covers().cells, covers().thumbs, covers().numbers, strict=True):
        assert tuple(drawn[y * cell + cell // 2, x * cell + cell // 2]) == tuple(thumb[0, 0])
        frame = drawn[y * cell + cell // 2, x * cell + cover_maps.GAP + 2]
        assert "#{:02x}{:02x}{:02x}".format(*frame) == covers().colours[number]
    assert (drawn[2 * cell : 3 * cell, :cell] == 255).all()
    assert len(set(covers().colours)) == 3


def test_the_detail_is_the_fullest_window():
    assert covers().fullest(2, 2) == (0, 0, 2, 2)
    assert covers().fullest(9, 9) == (0, 0, 3, 3)
    figure = cover_maps.cover_map(covers(), (0, 0, 2, 2))
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == ["1  Jazz (2)", "2  Pop (1)", "3  Rock & Roll (1)"]
    (rectangle,) = [p for p in figure.axes[0].patches if p.get_width() == 2]
    assert rectangle.get_xy() == (0, 0)
    below = [text.get_text() for text in cover_maps.cover_detail(covers(), (0, 0, 2, 2)).axes[0].texts]
    assert below == ["A: one", "B: two", "D: four"]


def test_the_page_to_zoom_holds_every_cover_and_escapes_every_text(tmp_path):
    hostile = ["<script>alert(1)</script>: x", '"quoted" & co', "$caption", "D: four"]
    cover_maps.zoomable(covers(hostile), tmp_path / "map.html", caption="<b>Figure</b>")
    page = (tmp_path / "map.html").read_text()
    assert page.count("data:image/jpeg;base64,") == 4
    assert page.count("<script>") == 1
    assert "&lt;script&gt;alert(1)" in page
    assert "&quot;quoted&quot; &amp; co: Pop" in page
    assert "$caption: Jazz" in page
    assert "&lt;b&gt;Figure" in page
    assert "Rock &amp; Roll" in page
    places = set(re.findall(r'<image x="(\d+)" y="(\d+)"', page))
    assert places == {("9", "9"), ("109", "9"), ("209", "209"), ("109", "109")}


def test_an_album_stands_for_its_rarest_top_level_genre(tiny):
    genre = cover_maps.main_genre(tiny)
    M = pd.DataFrame(tiny.label_matrix().toarray(), columns=tiny.labels)[tiny.top_labels]
    for album, name in genre.items():
        own = M.columns[M.loc[album] > 0]
        assert name == min(own, key=lambda label: M[label].sum())
    assert len(genre) == 30


def test_lay_out_takes_test_albums_of_the_most_frequent_genres(tiny):
    tiny.albums.loc[:, "split"] = ["test"] * 20 + ["train"] * 10
    rng = np.random.default_rng(0)
    albums = pd.Series(np.arange(30)[::-1])
    thumbs = np.broadcast_to(albums.to_numpy(np.uint8)[:, None, None, None], (30, 8, 8, 3))
    rows = pd.Series(rng.permutation(30))  # of a store in another order
    stored = np.empty((30, 8, 8, 3), np.uint8)
    stored[rows] = thumbs
    made = cover_maps.lay_out(tiny, albums, rng.normal(size=(30, 6)), stored, rows, genres=2, most=12)
    chosen = made.thumbs[:, 0, 0, 0]
    assert len(chosen) == len(set(chosen)) <= 12
    assert chosen.max() < 20
    genre = cover_maps.main_genre(tiny)
    assert list(made.genre) == [genre[album] for album in chosen]
    assert set(made.genre) == set(genre[:20].value_counts().index[:2])
    assert made.titles[0] == f"Artist {chosen[0] // 2}: Title A{chosen[0]:02d}"


def test_too_few_for_a_map_is_said(tiny):
    tiny.albums.loc[:, "split"] = ["test"] * 4 + ["train"] * 26
    rows = pd.Series(range(30))
    with pytest.raises(BadDataError, match="4 test albums"):
        cover_maps.lay_out(tiny, rows, np.ones((30, 2)), np.zeros((30, 8, 8, 3), np.uint8), rows)
