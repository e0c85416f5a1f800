"""Points of a map, and its browser in each engine."""

import numpy as np
import pytest

from mumu_lib import browser as tsne_browser
from mumu_lib.browser import points as browser_points
from shown_points import EVIL


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
