"""The t-SNE browser: colour, filter, search, point at, listen to and list the albums or tracks of a map.

Paper: Figure 1.  Notebooks: 03_label_factors, 04_audio, 06_image, 07_multimodal.
"""

import base64
from functools import cached_property
from pathlib import Path
from typing import Any

import ipywidgets
import lazy_loader
import numpy as np
import pandas as pd

from mumu_lib import figures, labels
from mumu_lib.browser import canvases, points
from mumu_lib.browser.controls import MOST_COLOURS, OTHERS, Controls, colour_groups, columns
from mumu_lib.browser.html_page import SavedPage as SavedPage, save_html as save_html
from mumu_lib.browser.points import noun_of, usable
from mumu_lib.catalogue import Catalogue
from mumu_lib.core.errors import ParameterError, did_you_mean
from mumu_lib.core.progress import in_notebook_ui
from mumu_lib.figures import labels as label_figures, projection, style

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__, submodules=["canvases", "cards", "controls", "html_page", "layout", "points"]
)


def browse(points: pd.DataFrame, *, colour: str | None = None, engine: str = "auto") -> "Browser":
    """Open a map in the browser; write it as the last expression of a cell.

    JupyterLab, Notebook and VS Code show a widget; files (papermill, a stored notebook) hold a static picture.

    Parameters
    ----------
    points : pd.DataFrame
        From :func:`mumu_lib.browser.points.album_map` or :func:`mumu_lib.browser.points.track_map`. Only ``x`` and
        ``y`` are required; any column you add can be chosen for the colours.
    colour : str, optional
        Column that colours the points at first; ``true genre`` by default.
    engine : {'auto', 'jupyter-scatter', 'matplotlib'}
        Drawing library; see :mod:`mumu_lib.browser.canvases`.

    Returns
    -------
    browser : Browser
        ``browser.selection`` is the table of the points that were clicked on or lassoed.

    Raises
    ------
    BadDataError
        The map has no coordinates or no points.
    ParameterError
        The column or the engine is unknown.

    Examples
    --------
    >>> points = pd.DataFrame({"x": [0.0, 1.0], "y": [1.0, 0.0], "genre": ["Jazz", "Rock"]})
    >>> browser = browse(points, colour="genre", engine="matplotlib")
    >>> len(browser.points), len(browser.selection)
    (2, 0)
    """
    return Browser(points, colour, engine)


def explore(
    catalogue: Catalogue,
    folder: Path,
    vectors: np.ndarray,
    rows: np.ndarray,
    *,
    scores: np.ndarray | None = None,
    tracks: pd.Series | None = None,
    seed: int = 0,
) -> "Browser | str":
    """Open the map of a run's embeddings; cache its coordinates in the run's folder.

    If there are more than 15,000 embeddings, draw a random sample of that size and print a line.

    Parameters
    ----------
    vectors : np.ndarray [shape=(n, d)]
        Embeddings; rows that are NaN or zero are left out.
    rows : np.ndarray [shape=(n,), int]
        Rows of the album table.
    scores : np.ndarray [shape=(n, labels)], optional
    tracks : pd.Series [length n], optional
        Track ids; the map then shows tracks in place of albums.
    seed : int
        Of the sample and of t-SNE.

    Returns
    -------
    browser : Browser or str
        A message if there are fewer than five embeddings.
    """
    placed = pd.Series(np.flatnonzero(np.isfinite(vectors).all(axis=1) & vectors.any(axis=1)))
    noun = "albums"
    if tracks is not None:
        noun = "tracks"
    shown = labels.drawn_for_map(placed, projection.MOST_ON_A_MAP, seed=seed, noun=noun).to_numpy()
    if len(shown) < projection.MIN_POINTS:
        return f"too few for a map: it takes {projection.MIN_POINTS}"
    xy = projection.coordinates(folder, vectors[shown], seed=seed)
    if scores is not None:
        scores = scores[shown]
    if tracks is not None:
        return browse(points.track_map(catalogue, xy, tracks.iloc[shown], scores=scores))
    return browse(points.album_map(catalogue, xy, rows[shown], scores=scores))


class Browser:
    """Browse a map; made by :func:`browse`.

    Attributes
    ----------
    points : pd.DataFrame
        Every point of the map.
    """

    def __init__(self, points: pd.DataFrame, colour: str | None, engine: str) -> None:
        self.points = usable(points)
        choices = columns(self.points)
        if colour is None:
            colour = choices[0]
        if colour not in choices:
            raise ParameterError(f"colour={colour!r} is not one of {choices}{did_you_mean(colour, choices)}")
        self._colour = colour
        self._engine = canvases.resolve_engine(engine)
        self._noun = noun_of(self.points)
        self._selected = np.empty(0, int)

    @cached_property
    def controls(self) -> Controls:
        """Map and controls, made when a page first shows them."""
        return Controls(self.points, self._noun, self._colour, self._engine, self._keep)

    @property
    def widget(self) -> ipywidgets.Widget:
        """Widget of the map; display it explicitly in an editor that shows only the picture."""
        return self.controls.widget

    @property
    def selection(self) -> pd.DataFrame:
        """Rows of ``points`` that were clicked on, lassoed or picked from the list."""
        return self.points.iloc[self._selected]

    def _keep(self, rows: np.ndarray) -> None:
        self._selected = rows

    @cached_property
    def _picture(self) -> tuple[bytes, str]:
        """PNG of the map for readers without a kernel, and its alternative text."""
        codes, names, _ = colour_groups(self.points[self._colour])
        group = pd.Series(np.array(names, object)[codes])
        counts = group.value_counts()
        xy = self.points[["x", "y"]].to_numpy()
        figure = label_figures.genre_map(xy, group.mask(group == OTHERS), most=MOST_COLOURS)
        warning = ""
        if self.points.attrs.get("synthetic"):
            warning = "Synthetic sample. "
        title = f"{warning}{len(xy):,} {self._noun} by {self._colour}; run the cell to explore."
        figure.axes[0].set_title(style.plain(title), loc="left", fontsize=9)
        entries = []
        for name, count in counts.head(5).items():
            entries.append(f"{name} ({count})")
        largest = ", ".join(entries)
        return figures.png(figure, dpi=80), f"Map of {len(xy)} {self._noun} by {self._colour}. Largest: {largest}."

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        picture, alt = self._picture
        data: dict[str, Any] = {}
        # Not in a file: the state of the widget takes megabytes and is useless without a kernel.
        if in_notebook_ui():
            data.update(self.widget._repr_mimebundle_())
        data["text/plain"] = f"t-SNE browser of {len(self.points):,} {self._noun}"
        data["image/png"] = base64.b64encode(picture).decode()
        return data, {"image/png": {"alt": alt}}
