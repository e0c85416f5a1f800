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
from mumu_lib.browser.points import usable
from mumu_lib.catalogue import Catalogue
from mumu_lib.core.errors import ParameterError, did_you_mean
from mumu_lib.core.progress import in_notebook_ui
from mumu_lib.figures import labels as label_figures, projection, style

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__, submodules=["canvases", "cards", "controls", "html_page", "layout", "points"]
)


def browse(points: pd.DataFrame, *, colour: str | None = None, engine: str = "auto") -> "Browser":
    """Browse a map: the last value of a cell.

    In JupyterLab, Notebook and VS Code it is a widget; in a file (papermill, a stored notebook) its picture.

    Parameters
    ----------
    points : pd.DataFrame
        From :func:`mumu_lib.browser.points.album_map` or :func:`mumu_lib.browser.points.track_map`; any columns you add can be
        coloured by. Only ``x`` and ``y`` must be there.
    colour : str, optional
        Column to begin with; ``true genre`` if left out.
    engine : {'auto', 'jupyter-scatter', 'matplotlib'}
        What draws; see :mod:`mumu_lib.browser.canvases`.

    Returns
    -------
    browser : Browser
        ``browser.selection`` is the table of what was clicked on or lassoed.

    Raises
    ------
    BadDataError
        No coordinates, or fewer than one point.
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
    """Browse the map of a run's vectors, its coordinates kept in the run's folder.

    Of more than 15,000 vectors so many are drawn by the seed, and a line says so.

    Parameters
    ----------
    vectors : np.ndarray [shape=(n, d)]
        Those that are NaN or zero have no place on the map.
    rows : np.ndarray [shape=(n,), int]
        Rows of the album table.
    scores : np.ndarray [shape=(n, labels)], optional
    tracks : pd.Series [length n], optional
        Track ids, for a map of tracks instead.

    Returns
    -------
    browser : Browser
        Where there are fewer than five vectors, a line that says so.
    """
    placed = pd.Series(np.flatnonzero(np.isfinite(vectors).all(axis=1) & vectors.any(axis=1)))
    noun = "albums" if tracks is None else "tracks"
    shown = labels.drawn_for_map(placed, projection.MOST_ON_A_MAP, seed=seed, noun=noun).to_numpy()
    if len(shown) < projection.MIN_POINTS:
        return f"too few for a map: it takes {projection.MIN_POINTS}"
    xy = projection.coordinates(folder, vectors[shown], seed=seed)
    scores = None if scores is None else scores[shown]
    if tracks is not None:
        return browse(points.track_map(catalogue, xy, tracks.iloc[shown], scores=scores))
    return browse(points.album_map(catalogue, xy, rows[shown], scores=scores))


class Browser:
    """A map to browse; made by :func:`browse`.

    Attributes
    ----------
    points : pd.DataFrame
        Every point of the map.
    """

    def __init__(self, points: pd.DataFrame, colour: str | None, engine: str) -> None:
        self.points = usable(points)
        known = columns(self.points)
        if colour not in (None, *known):
            raise ParameterError(f"colour={colour!r} is not one of {known}{did_you_mean(str(colour), known)}")
        self._noun = "tracks" if "track_id" in points else "albums"
        self._colour, self._engine = colour or known[0], canvases.checked(engine)
        self._selected = np.empty(0, int)

    @cached_property
    def controls(self) -> Controls:
        """The map with its controls, made when a page first shows it."""
        return Controls(self.points, self._noun, self._colour, self._engine, self._keep)

    @property
    def widget(self) -> ipywidgets.Widget:
        """What a page shows; for one that is not known to be one, where only the picture appears."""
        return self.controls.widget

    @property
    def selection(self) -> pd.DataFrame:
        """What was clicked on, lassoed or picked from the list: rows of ``points``."""
        return self.points.iloc[self._selected]

    def _keep(self, rows: np.ndarray) -> None:
        self._selected = rows

    @cached_property
    def _picture(self) -> tuple[bytes, str]:
        """The map as a PNG for readers without a kernel, and its alt text."""
        codes, names, _ = colour_groups(self.points[self._colour])
        group = pd.Series(np.array(names, object)[codes])
        counts = group.value_counts()
        xy = self.points[["x", "y"]].to_numpy()
        figure = label_figures.genre_map(xy, group.mask(group == OTHERS), most=MOST_COLOURS)
        made_up = "Synthetic sample. " if self.points.attrs.get("synthetic") else ""
        title = f"{made_up}{len(xy):,} {self._noun} by {self._colour}; run the cell to explore."
        figure.axes[0].set_title(style.plain(title), loc="left", fontsize=9)
        largest = ", ".join(f"{name} ({n})" for name, n in counts.head(5).items())
        return figures.png(figure, dpi=80), f"Map of {len(xy)} {self._noun} by {self._colour}. Largest: {largest}."

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        picture, alt = self._picture
        # In a file the widget would be megabytes of state that nothing can use without its kernel.
        data = dict(self.widget._repr_mimebundle_()) if in_notebook_ui() else {}
        data["text/plain"] = f"t-SNE browser of {len(self.points):,} {self._noun}"
        data["image/png"] = base64.b64encode(picture).decode()
        return data, {"image/png": {"alt": alt}}
