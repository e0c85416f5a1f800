"""Search, filter, legend and colours."""

import numpy as np
import pandas as pd

from mumu_lib.browser import controls
from shown_points import shown


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


def test_the_genre_list_has_counts(browser):
    assert browser.controls._genre.options[0] == ("all (30)", "")
    assert browser.controls._genre.index == 0
    assert ("Vocal Jazz (5)", "Vocal Jazz") in browser.controls._genre.options


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
