"""What the t-SNE browser draws on: jupyter-scatter (WebGL) where it is installed, else matplotlib.

Both have ``widget``, ``controls``, ``colour``, ``show``, ``mark``, and call ``on_hover`` and ``on_select`` back.

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
# Neither black nor white, so that it can be seen on a light and on a dark page.
ACCENT = "#e8590c"


def checked(engine: str) -> str:
    """The engine that draws; ``auto`` is jupyter-scatter where it is installed.

    Raises
    ------
    ParameterError
        An unknown engine, or jupyter-scatter asked for where it is not installed.
    """
    if engine not in ENGINES:
        raise ParameterError(f"engine={engine!r} is not one of {list(ENGINES)}{did_you_mean(engine, ENGINES)}")
    installed = find_spec("jscatter") is not None
    if engine == "jupyter-scatter" and not installed:
        raise ParameterError("jupyter-scatter is not installed; install it with  pip install jupyter-scatter")
    return engine if engine != "auto" else "jupyter-scatter" if installed else "matplotlib"


class WebGL:
    """Points drawn by jupyter-scatter: hover, click, lasso, and a page that stays fluid at 150,000 points.

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

    hint = "Point at one of the {}; click to hear it, double-click beside it to let go."

    def __init__(
        self, xy: np.ndarray, codes: np.ndarray, colours: list[str], on_hover: Callable, on_select: Callable
    ) -> None:
        import jscatter

        size = int(np.clip(round(60 / np.log2(len(xy) + 2) ** 1.15), 2, 8))
        self._scatter = jscatter.Scatter(
            x=xy[:, 0], y=xy[:, 1], size=size, height=HEIGHT, axes=False, legend=False, tooltip=False, camera_distance=1.12,
            background_color=(0.5, 0.5, 0.5, 0), lasso_color=ACCENT, color_selected=ACCENT, color_hover=ACCENT,
            opacity=0.9 if len(xy) < 10_000 else 0.5,
        )  # fmt: skip
        # Before the widget is there: the points are sent once, coloured.
        self.colour(codes, colours)
        self.widget = self._scatter.show([])
        self.widget.observe(lambda change: on_hover(change["new"]), "hovering")
        self.widget.observe(lambda change: on_select(np.asarray(change["new"], int).ravel()), "selection")
        drag = ipywidgets.ToggleButtons(
            options=[("move", "panZoom"), ("lasso", "lasso")], style={"button_width": "60px"},
            tooltips=["drag moves the map, the wheel zooms", "drag draws a line around albums"],
        )  # fmt: skip
        drag.observe(lambda change: self._scatter.mouse(change["new"]), "value")
        back = ipywidgets.Button(description="whole map", layout=Layout(width="auto"))
        back.on_click(lambda _: self.widget.reset_view())
        self.controls = [ipywidgets.HBox([ipywidgets.Label("Drag"), drag, back], layout=Layout(align_items="center"))]

    def colour(self, codes: np.ndarray, colours: list[str]) -> None:
        """Give every point the colour of its code."""
        used = np.unique(codes)
        groups = pd.Categorical.from_codes(np.searchsorted(used, codes), pd.Index(used))
        self._scatter.color(by=groups, map=[colours[i] for i in used])

    def show(self, rows: np.ndarray | None) -> None:
        """Show some rows only; ``None`` shows all."""
        self._scatter.filter(rows)

    def mark(self, rows: np.ndarray) -> None:
        """Mark rows as selected, as a click does."""
        self._scatter.selection(rows)


class Picture:
    """Points drawn by matplotlib into a picture: two sliders frame a region instead of the lasso, the list picks.

    Parameters
    ----------
    xy : np.ndarray [shape=(n, 2), float32]
    codes, colours
        As for :meth:`colour`.
    on_hover : function
        Never called: a picture does not know where the pointer is.
    on_select : function of an array of int
    """

    hint = "Pick one of the {} from the list to hear it."

    def __init__(
        self, xy: np.ndarray, codes: np.ndarray, colours: list[str], on_hover: Callable, on_select: Callable
    ) -> None:
        low, span = xy.min(axis=0), np.ptp(xy, axis=0)
        self._xy = 100 * (xy - low) / np.where(span > 0, span, 1)
        self._rows, self._marked = np.arange(len(xy)), np.empty(0, int)
        self.colour(codes, colours)
        self._on_select = on_select
        self.widget = ipywidgets.Image(format="png", layout=Layout(height=f"{HEIGHT}px", object_fit="contain"))
        self._frame = [self._slider(name) for name in ("from left to right, %", "from bottom to top, %")]
        button = ipywidgets.Button(description="list this region", layout=Layout(width="auto"))
        button.on_click(lambda _: self._select())
        self.controls: list[Any] = [*self._frame, button]

    def _slider(self, description: str) -> ipywidgets.FloatRangeSlider:
        slider = ipywidgets.FloatRangeSlider(
            value=(0, 100), min=0, max=100, description=description, continuous_update=False, readout_format=".0f",
            style={"description_width": "initial"},
        )  # fmt: skip
        slider.observe(lambda _: self._draw(), "value")
        return slider

    def _select(self) -> None:
        low, high = np.transpose([slider.value for slider in self._frame])
        here = self._xy[self._rows]
        self.mark(self._rows[((here >= low) & (here <= high)).all(axis=1)])

    def colour(self, codes: np.ndarray, colours: list[str]) -> None:
        """Give every point the colour of its code; drawn by the next :meth:`show`."""
        self._codes, self._colours = codes, colours

    def show(self, rows: np.ndarray | None) -> None:
        """Show some rows only; ``None`` shows all."""
        self._rows = np.arange(len(self._xy)) if rows is None else rows
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
        xy, codes = self._xy[self._rows], self._codes[self._rows]
        for code in np.unique(codes):
            axes.plot(*xy[codes == code].T, "o" if len(xy) < 10_000 else ",", ms=4, mew=0, color=self._colours[code])
        marked = self._xy[self._marked]
        axes.scatter(marked[:, 0], marked[:, 1], s=60, facecolors="none", edgecolors=ACCENT)
        frame = [slider.value for slider in self._frame]
        if frame != [(0, 100), (0, 100)]:
            (left, right), (bottom, top) = frame
            axes.add_patch(Rectangle((left, bottom), right - left, top - bottom, fill=False, ec=ACCENT, ls="--"))
        png = io.BytesIO()
        # Transparent, so that the page's own background, light or dark, is the map's.
        figure.savefig(png, dpi=110, transparent=True)
        self.widget.value = png.getvalue()


KINDS: dict[str, type[WebGL] | type[Picture]] = {"jupyter-scatter": WebGL, "matplotlib": Picture}
