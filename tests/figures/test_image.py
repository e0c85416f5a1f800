"""Figures of the image network."""

import numpy as np
import pandas as pd

from mumu_lib.figures import image as image_figures


def test_class_maps_have_a_row_a_genre_and_a_score_each():
    views, maps = np.zeros((3, 16, 16, 3), np.uint8), np.zeros((3, 2, 2))
    maps[:, 0, 0] = 1
    figure = image_figures.class_maps(views, maps, pd.Series(["Jazz", "Jazz", "Pop"]), np.array([0.9, 0.5, 0.25]))
    titles = [title for ax in figure.axes if (title := ax.get_title("left"))]
    assert titles == ["score 0.90", "score 0.50", "score 0.25"]
    np.testing.assert_array_equal(figure.axes[1].images[1].get_array(), maps[0])
