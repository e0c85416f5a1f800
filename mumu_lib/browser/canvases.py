"""Draw the points of the t-SNE browser: with jupyter-scatter (WebGL) if it is installed, else with matplotlib.

Both classes have ``widget``, ``controls``, ``colour``, ``show`` and ``mark``, and call ``on_hover`` and ``on_select``.

Notebooks: 03_label_factors, 04_audio, 06_image, 07_multimodal.
"""

import io
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import ipywidgets
import numpy as np
import pandas as pd
from ipywidgets import Layout
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mumu_lib.core.errors import ParameterError, did_you_mean

ENGINES = ("auto", "jupyter-scatter", "matplotlib")
HEIGHT = 460
# Visible on light and on dark pages.
ACCENT = "#e8590c"


# Larger maps are drawn with smaller and more transparent points.
LARGE_MAP = 10_000


def resolve_engine(engine: str) -> str:
    """Return the engine that draws; ``auto`` means jupyter-scatter if it is installed, else matplotlib.

    Raises
    ------
    ParameterError
        The engine is unknown, or is jupyter-scatter, which is not installed.

    Examples
    --------
    >>> resolve_engine("matplotlib")
    'matplotlib'
    """
    if engine not in ENGINES:
        raise ParameterError(f"engine={engine!r} is not one of {list(ENGINES)}{did_you_mean(engine, ENGINES)}")
    installed = find_spec("jscatter") is not None
    if engine == "jupyter-scatter" and not installed:
        raise ParameterError("jupyter-scatter is not installed; install it with  pip install jupyter-scatter")
    if engine != "auto":
        return engine
    if installed:
        return "jupyter-scatter"
    return "matplotlib"


class WebGL:
    """Draw points with jupyter-scatter: hover, click, lasso; fluid with 150,000 points.

    Parameters
    ----------
    xy : np.ndarray [shape=(n, 2), float32]
    codes, colours
        As for :meth:`colour`.
    on_hover : function of int or None
        Called with the row under the pointer.
    on_select : function of an array of int
        Called with the rows clicked on or lassoed.
    """

    hint = "Point at one of the {}; click to hear it, double-click the background to deselect."

    def __init__(
        self, xy: np.ndarray, codes: np.ndarray, colours: list[str], on_hover: Callable, on_select: Callable
    ) -> None:
        import jscatter

        opacity = 0.5
        if len(xy) < LARGE_MAP:
            opacity = 0.9
        size = int(np.clip(round(60 / np.log2(len(xy) + 2) ** 1.15), 2, 8))
        self._scatter = jscatter.Scatter(
            x=xy[:, 0], y=xy[:, 1], size=size, height=HEIGHT, axes=False, legend=False, tooltip=False, camera_distance=1.12,
            background_color=(0.5, 0.5, 0.5, 0), lasso_color=ACCENT, color_selected=ACCENT, color_hover=ACCENT,
            opacity=opacity,
        )  # fmt: skip
        # Colour the points before the widget exists: they are then sent only once.
        self.colour(codes, colours)
        self.widget = self._scatter.show([])
        self.widget.observe(lambda change: on_hover(change["new"]), "hovering")
        self.widget.observe(lambda change: on_select(np.asarray(change["new"], int).ravel()), "selection")
        self.controls = [self._mouse_controls()]

    def _mouse_controls(self) -> ipywidgets.HBox:
        """Return the buttons that choose what dragging does, and the one that shows the whole map."""
        drag = ipywidgets.ToggleButtons(
            options=[("move", "panZoom"), ("lasso", "lasso")], style={"button_width": "60px"},
            tooltips=["drag moves the map, the wheel zooms", "drag draws a line around albums"],
        )  # fmt: skip
        drag.observe(lambda change: self._scatter.mouse(change["new"]), "value")
        back = ipywidgets.Button(description="whole map", layout=Layout(width="auto"))
        back.on_click(lambda _: self.widget.reset_view())
        return ipywidgets.HBox([ipywidgets.Label("Drag"), drag, back], layout=Layout(align_items="center"))

    def colour(self, codes: np.ndarray, colours: list[str]) -> None:
        """Give every point the colour of its code.

        Parameters
        ----------
        codes : np.ndarray [shape=(n,), int]
            Index into ``colours`` for each point.
        colours : list of str
        """
        used = np.unique(codes)
        groups = pd.Categorical.from_codes(np.searchsorted(used, codes), pd.Index(used))
        self._scatter.color(by=groups, map=np.asarray(colours, object)[used].tolist())

    def show(self, rows: np.ndarray | None) -> None:
        """Show these rows only; all with ``None``."""
        self._scatter.filter(rows)

    def mark(self, rows: np.ndarray) -> None:
        """Mark rows as selected, as a click does."""
        self._scatter.selection(rows)


class Picture:
    """Draw points with matplotlib: two sliders select a region in place of the lasso; single points come from the list.

    Parameters
    ----------
    xy : np.ndarray [shape=(n, 2), float32]
    codes, colours
        As for :meth:`colour`.
    on_hover : function
        Never called: a static image has no pointer events.
    on_select : function of an array of int
    """

    hint = "Pick one of the {} from the list to hear it."

    def __init__(
        self, xy: np.ndarray, codes: np.ndarray, colours: list[str], on_hover: Callable, on_select: Callable
    ) -> None:
        low = xy.min(axis=0)
        span = np.ptp(xy, axis=0)
        # In percent of the map.
        self._xy = 100 * (xy - low) / np.where(span > 0, span, 1)
        self._rows = np.arange(len(xy))
        self._marked = np.empty(0, int)
        self.colour(codes, colours)
        self._on_select = on_select
        self.widget = ipywidgets.Image(format="png", layout=Layout(height=f"{HEIGHT}px", object_fit="contain"))
        self._across = self._slider("from left to right, %")
        self._upward = self._slider("from bottom to top, %")
        button = ipywidgets.Button(description="list this region", layout=Layout(width="auto"))
        button.on_click(lambda _: self._select())
        self.controls: list[Any] = [self._across, self._upward, button]

    def _slider(self, description: str) -> ipywidgets.FloatRangeSlider:
        slider = ipywidgets.FloatRangeSlider(
            value=(0, 100), min=0, max=100, description=description, continuous_update=False, readout_format=".0f",
            style={"description_width": "initial"},
        )  # fmt: skip
        slider.observe(lambda _: self._draw(), "value")
        return slider

    def _select(self) -> None:
        """Mark the shown points inside the region of the two sliders."""
        low, high = np.transpose([self._across.value, self._upward.value])
        shown = self._xy[self._rows]
        inside = ((shown >= low) & (shown <= high)).all(axis=1)
        self.mark(self._rows[inside])

    def colour(self, codes: np.ndarray, colours: list[str]) -> None:
        """Give every point the colour of its code; drawn by the next :meth:`show`."""
        self._codes = codes
        self._colours = colours

    def show(self, rows: np.ndarray | None) -> None:
        """Show these rows only; all with ``None``."""
        if rows is None:
            rows = np.arange(len(self._xy))
        self._rows = rows
        self._draw()

    def mark(self, rows: np.ndarray) -> None:
        """Mark rows as selected, as a click does."""
        self._marked = rows
        self._draw()
        self._on_select(rows)

    def _draw(self) -> None:
        figure = Figure(figsize=(7, HEIGHT / 100))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.axis("off")
        axes.set(xlim=(-3, 103), ylim=(-3, 103))
        xy = self._xy[self._rows]
        codes = self._codes[self._rows]
        marker = ","
        if len(xy) < LARGE_MAP:
            marker = "o"
        for code in np.unique(codes):
            group = xy[codes == code]
            axes.plot(group[:, 0], group[:, 1], marker, ms=4, mew=0, color=self._colours[code])
        marked = self._xy[self._marked]
        axes.scatter(marked[:, 0], marked[:, 1], s=60, facecolors="none", edgecolors=ACCENT)
        left, right = self._across.value
        bottom, top = self._upward.value
        if (left, right, bottom, top) != (0, 100, 0, 100):
            axes.add_patch(Rectangle((left, bottom), right - left, top - bottom, fill=False, ec=ACCENT, ls="--"))
        png = io.BytesIO()
        # Transparent: the background of the page shows through, light or dark.
        figure.savefig(png, dpi=110, transparent=True)
        self.widget.value = png.getvalue()


KINDS: dict[str, type[WebGL] | type[Picture]] = {"jupyter-scatter": WebGL, "matplotlib": Picture}
