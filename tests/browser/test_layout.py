"""The page of a map: a glyph and a legend entry for each colour, and only those of the chosen column shown."""

import numpy as np
import pytest

pytest.importorskip("bokeh", reason="Bokeh is not installed (pip install -e .[explore])")

from bokeh.models import BooleanFilter, ColumnDataSource

from mumu_lib.browser import layout
from mumu_lib.browser.controls import GREY
from mumu_lib.browser.points import usable


def drawn(points, column, *, visible=True):
    plot = layout._empty_plot()
    source = ColumnDataSource(layout._sent(points))
    legend, *glyphs = layout._draw_groups(
        plot, source, BooleanFilter(booleans=[True] * len(points)), points[column], visible=visible
    )
    return legend, glyphs


def test_each_point_is_drawn_once_in_the_colour_of_its_group(points):
    legend, glyphs = drawn(usable(points), "split")
    rows = [glyph.view.filter.operands[1].indices for glyph in glyphs]
    assert sorted(np.concatenate(rows)) == list(range(30))
    counts = points["split"].value_counts()
    assert {item.label.value for item in legend.items} == {f"{name} ({n})" for name, n in counts.items()}
    assert len({glyph.glyph.fill_color for glyph in glyphs}) == len(glyphs)


def test_columns_that_are_not_chosen_are_drawn_but_not_shown(points):
    legend, glyphs = drawn(usable(points), "true genre", visible=False)
    assert not legend.visible
    assert not any(glyph.visible for glyph in glyphs)


def test_lists_are_joined_and_coordinates_single(points):
    points.at[0, "genres"] = ["Jazz", "Folk, World"]
    sent = layout._sent(usable(points))
    assert sent["genres"][0] == "Jazz, Folk, World"
    assert sent["x"].dtype == np.float32


def test_grey_points_lie_below_all_others(points):
    points["shelf"] = np.resize([f"shelf {i}" for i in range(15)], 30)
    _, glyphs = drawn(usable(points), "shelf")
    assert {glyph.level for glyph in glyphs if glyph.glyph.fill_color == GREY} == {"underlay"}
    assert {glyph.level for glyph in glyphs if glyph.glyph.fill_color != GREY} == {"glyph"}
