"""What draws the points."""

import numpy as np
import pytest

from mumu_lib import browser as tsne_browser
from mumu_lib.browser import canvases
from mumu_lib.core.errors import ParameterError


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


def test_dollars_are_no_formulas(points):
    points["$^ by $^"] = "A$^p and $^"
    assert tsne_browser.browse(points, colour="$^ by $^")._repr_mimebundle_()[0]["image/png"]


def test_another_colour_brings_another_legend(browser):
    before = browser.controls._legend.children
    browser.controls._colour.value = "split"
    assert sorted(entry.description for entry in browser.controls._legend.children) == [
        "test (6)",
        "train (18)",
        "val (6)",
    ]
    assert all(entry.comm is None for entry in before)


def test_jupyter_scatter_asked_for_and_not_installed(points, monkeypatch):
    monkeypatch.setattr(canvases, "find_spec", lambda _: None)
    assert isinstance(tsne_browser.browse(points).controls.canvas, canvases.Picture)
    with pytest.raises(ParameterError, match="pip install"):
        tsne_browser.browse(points, engine="jupyter-scatter")
