"""Every figure of the library against a stored picture, and against the rules that all of them keep.

After a change that is meant, look at the new ones:  pytest tests/figures/test_baselines.py --mpl-generate-path=tests/figures/baseline
"""

import functools
import importlib
import inspect
import pkgutil
from itertools import combinations

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text

import mumu_lib
from drawn_figures import CASES, PHOTOGRAPHS, class_maps, genre_map, learning_curves
from mumu_lib import figures
from mumu_lib.figures.audio import patch_examples as patch_examples_of

every_figure = pytest.mark.parametrize("draw", CASES, ids=lambda draw: draw.__name__)


@functools.cache
def drawn(draw):
    """A figure, drawn once for all tests that only look at it, and what draws its texts."""
    figure = draw(np.random.default_rng(0))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return figure, canvas.get_renderer()


def texts(figure):
    return [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip() and t.get_alpha() != 0]


# Text is drawn with the font matplotlib brings along; the tolerance is for another FreeType, not for another figure.
@pytest.mark.skipif(matplotlib.__version_info__ < (3, 11), reason="the stored pictures are of matplotlib 3.11's text")
@pytest.mark.mpl_image_compare(
    baseline_dir="baseline", tolerance=2, style="default", savefig_kwargs={"dpi": 50}, deterministic=True
)
@every_figure
def test_figure(draw):
    return draw(np.random.default_rng(0))


@pytest.mark.parametrize("length", [1, 5, 47, 48, 200, 1506])
def test_examples_of_vectors_of_any_length_can_be_drawn(length):
    vectors = np.random.default_rng(0).normal(size=(2, length)).astype(np.float32)
    figure = patch_examples_of(vectors, ["one", "two"])
    FigureCanvasAgg(figure).draw()
    (first, *_) = figure.axes
    shown = first.images[0].get_array()
    assert np.isclose(np.nanmax(np.abs(shown)), np.abs(vectors[0]).max(), rtol=1e-6) or length == 48
    FigureCanvasAgg(patch_examples_of(np.zeros((1, length)), ["nothing"])).draw()


def test_no_figure_of_the_library_is_without_a_stored_picture():
    found = set()
    for module in pkgutil.walk_packages(mumu_lib.__path__, "mumu_lib."):
        if module.name.endswith("__main__"):
            continue
        loaded = importlib.import_module(module.name)
        public = inspect.getmembers(loaded, inspect.isfunction)
        found |= {name for name, f in public if not name.startswith("_") and f.__module__ == loaded.__name__
                  and inspect.signature(f).return_annotation is Figure}  # fmt: skip
    assert found == {draw.__name__ for draw in CASES}


@every_figure
def test_every_figure_keeps_to_the_one_style(draw):
    figure, _ = drawn(draw)
    assert to_rgba(figure.get_facecolor()) == (1, 1, 1, 1)
    for axes in figure.axes:
        if axes.axison and axes.get_label() != "<colorbar>":
            assert not axes.spines["top"].get_visible()
            assert not axes.spines["right"].get_visible()
    for legend in [*figure.legends, *(axes.get_legend() for axes in figure.axes)]:
        assert legend is None or not legend.get_frame_on()


@every_figure
def test_every_text_can_be_read_where_notebooks_show_it(draw):
    figure, _ = drawn(draw)
    # A page leaves a picture some 880 of its pixels, of which there are 96 to the inch.
    dpi = 75 if draw.__name__ in PHOTOGRAPHS else 110
    shrunk = min(1, 880 / (figure.get_figwidth() * dpi)) * dpi / 96
    small = {t.get_text(): t.get_fontsize() * shrunk for t in texts(figure) if t.get_fontsize() * shrunk < 6.7}
    assert not small


@every_figure
def test_no_text_is_cut_off_or_covers_another(draw):
    figure, renderer = drawn(draw)
    whole, page = figure.get_tightbbox(renderer), figure.bbox_inches.padded(0.01)
    assert page.x0 <= whole.x0
    assert whole.x1 <= page.x1
    assert page.y0 <= whole.y0
    assert whole.y1 <= page.y1
    boxes = [
        (t, Text.get_window_extent(t, renderer).shrunk(0.9, 0.9)) for t in texts(figure) if isinstance(t, Annotation)
    ]
    assert not [(a.get_text(), b.get_text()) for (a, one), (b, two) in combinations(boxes, 2) if one.overlaps(two)]


def look(handle):
    """What tells a series from others without its hue: shape, filled or not, line, hatch; and how dark it is."""
    if hasattr(handle, "get_marker"):
        face, shape = handle.get_markerfacecolor(), (handle.get_marker(), handle.get_linestyle())
    elif hasattr(handle, "lines"):  # with error bars
        return look(handle.lines[0])
    elif hasattr(handle, "get_hatch") and hasattr(handle, "get_width"):
        face, shape = handle.get_facecolor(), ("patch", handle.get_hatch())
    else:
        path = handle.get_paths()[0].vertices
        face, shape = handle.get_facecolor()[0], ("points", tuple(np.round(path, 3).ravel()))
    red, green, blue, alpha = to_rgba(face)
    return (*shape, alpha > 0), 0.299 * red + 0.587 * green + 0.114 * blue


@every_figure
def test_series_differ_by_more_than_their_hue(draw):
    figure, _ = drawn(draw)
    for axes in figure.axes:
        handles, names = axes.get_legend_handles_labels() if axes.get_legend() else ([], [])
        for (a, one), (b, two) in combinations(zip(map(look, handles), names, strict=True), 2):
            assert a[0] != b[0] or abs(a[1] - b[1]) > 0.2, (one, two)
    for legend in figure.legends:
        shown = [(look(h), t.get_text()) for h, t in zip(legend.legend_handles, legend.get_texts(), strict=True)]
        for (a, one), (b, two) in combinations(shown, 2):
            # Covers carry the number of their genre.
            assert a[0] != b[0] or abs(a[1] - b[1]) > 0.2 or one[0].isdigit(), (one, two)


def test_a_saved_figure_comes_as_png_and_svg_with_caption_and_alt_text(tiny, home):
    for draw in (learning_curves, genre_map, class_maps):
        figure, name = draw(np.random.default_rng(0)), draw.__name__
        picture = figures.save(figure, tiny, name=name, caption=f"Caption of {name}.", alt=f"Alt of {name}.")
        folder = home / "figures" / "tiny"
        assert picture.data[:4] == b"\x89PNG"
        assert (folder / f"{name}.txt").read_text().count(f"of {name}.") == 2
        svg = (folder / f"{name}.svg").read_text()
        assert f"Caption of {name}." in svg
        assert f"Alt of {name}." in svg
