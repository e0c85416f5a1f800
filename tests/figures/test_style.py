"""The style of all figures: texts as they are, and pages that leave nothing open."""

import pytest

from mumu_lib.figures import style


@pytest.mark.parametrize(
    ("text", "shown"), [("A$AP", r"A\$AP"), ("one two three", "one two…"), ("x" * 30, "…"), ("", "")]
)
def test_a_short_text_has_whole_words_and_no_formula(text, shown):
    assert style.short(text, 10) == shown


def test_a_page_has_as_many_axes_as_asked_in_one_row_of_them():
    figure, axes = style.new_axes(4, 3, columns=2, rows=3)
    assert axes.shape == (6,)
    assert list(figure.axes) == list(axes)
    assert tuple(figure.get_size_inches()) == (4, 3)


def test_series_are_told_apart_by_more_than_colour():
    assert len(set(style.PALETTE)) == len(style.PALETTE) == len(set(style.MARKERS))
