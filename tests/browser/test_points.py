"""The points of a map: what is true, what is predicted."""

import numpy as np
import pandas as pd
import pytest

from mumu_lib.browser import points as browser_points
from mumu_lib.core.errors import ParameterError


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
    with pytest.raises(ParameterError, match="30 points need"):
        browser_points.album_map(tiny, np.zeros((29, 2)))
