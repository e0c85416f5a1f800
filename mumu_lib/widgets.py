"""The t-SNE browser: colour, filter, search, point at, listen to and list the albums or tracks of a map.

Paper: Figure 1.  Notebooks: 03_label_factors, 04_audio, 06_image, 07_multimodal.
"""

import base64
from functools import cached_property
from pathlib import Path
from typing import Any

import ipywidgets
import numpy as np
import pandas as pd
import seaborn as sns
from ipywidgets import Layout
from matplotlib.colors import to_hex

from mumu_lib import canvases, cards, figures, maps, plots
from mumu_lib.catalogue import Catalogue
from mumu_lib.errors import BadDataError, ParameterError
from mumu_lib.params import did_you_mean

MOST_COLOURS = 9
OTHERS, GREY = "others", "#8c8c8c"
FOUND = 200
OPTIONAL = {"title": "", "artist": "", "cover": "", "audio": ""}
COLOURED_FIRST = ["true genre", "predicted genre", "split", "correct"]
NOT_COLOURS = {"x", "y", "album_id", "track_id", "title", "cover", "audio"}
VIEW = "application/vnd.jupyter.widget-view+json"


def browse(points: pd.DataFrame, *, colour: str | None = None, engine: str = "auto") -> "Browser":
    """Browse a map: the last value of a cell.

    Parameters
    ----------
    points : pd.DataFrame
        From :func:`mumu_lib.maps.album_map` or :func:`mumu_lib.maps.track_map`; any columns you add can be
        coloured by. Only ``x`` and ``y`` must be there.
    colour : str, optional
        Column to begin with; ``true genre`` if left out.
    engine : {'auto', 'jupyter-scatter', 'matplotlib'}
        What draws; see :mod:`mumu_lib.canvases`.

    Returns
    -------
    browser : Browser
        ``browser.selection`` is the table of what was clicked on or lassoed.

    Raises
    ------
    BadDataError
        No coordinates, or fewer than one point.
    """
    if absent := [column for column in ("x", "y") if column not in points]:
        raise BadDataError(f"the map lacks the columns {absent}; make it with mumu_lib.maps.album_map")
    if points.empty or not np.isfinite(points[["x", "y"]].to_numpy(float)).all():
        raise BadDataError("the map is empty or has points without coordinates; leave out albums without a vector")
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
    shown = np.flatnonzero(np.isfinite(vectors).all(axis=1) & vectors.any(axis=1))
    if len(shown) < plots.FEWEST_ON_A_MAP:
        return f"too few for a map: it takes {plots.FEWEST_ON_A_MAP}"
    xy = maps.coordinates(folder, vectors[shown], seed=seed)
    scores = None if scores is None else scores[shown]
    if tracks is not None:
        return browse(maps.track_map(catalogue, xy, tracks.iloc[shown], scores=scores))
    return browse(maps.album_map(catalogue, xy, rows[shown], scores=scores))


def colour_groups(column: pd.Series) -> tuple[np.ndarray, list[str], list[str]]:
    """Groups of equal colour of any column.

    Parameters
    ----------
    column : pd.Series [length n]
        Numbers of many values are cut into eight ranges; of other values the most frequent (or, of a
        categorical column, the first) nine have a colour.

    Returns
    -------
    codes : np.ndarray [shape=(n,), int]
        Group of each point.
    names, colours : list of str
    """
    if pd.api.types.is_numeric_dtype(column) and column.nunique() > MOST_COLOURS:
        ranges = pd.cut(column, 8, precision=2)
        shades = [to_hex(c) for c in sns.color_palette("viridis", 8)]
        return _with_rest(ranges.cat.codes.to_numpy(), [str(r) for r in ranges.cat.categories], shades)
    text = column if isinstance(column.dtype, pd.CategoricalDtype) else column.astype(str)
    kept = list(text.cat.categories if hasattr(text, "cat") else text.value_counts().index)
    palette = [to_hex(c) for c in sns.color_palette("colorblind") if to_hex(c) != "#949494"]
    names = kept[:MOST_COLOURS]
    return _with_rest(pd.Index(names).get_indexer(pd.Index(text)), [str(n) for n in names], palette[: len(names)])


def _with_rest(codes: np.ndarray, names: list[str], colours: list[str]) -> tuple[np.ndarray, list[str], list[str]]:
    if (codes < 0).any():
        return np.where(codes < 0, len(names), codes).astype(int), [*names, OTHERS], [*colours, GREY]
    return codes.astype(int), names, colours


class Browser:
    """A map with its controls; made by :func:`browse`.

    Attributes
    ----------
    points : pd.DataFrame
        Every point of the map.
    widget : ipywidgets.Widget
    """

    def __init__(self, points: pd.DataFrame, colour: str | None, engine: str) -> None:
        absent = {name: empty for name, empty in OPTIONAL.items() if name not in points}
        self.points = points.reset_index(drop=True).assign(**absent)
        if "genres" not in points:
            self.points["genres"] = [[] for _ in range(len(points))]
        self._noun = "tracks" if "track_id" in points else "albums"
        self._selected, self._codes, self._hidden = np.empty(0, int), np.zeros(len(points), int), set[int]()
        self._canvas = canvases.make(engine, points[["x", "y"]].to_numpy(), self._hover, self._select)
        self._add_controls(colour)
        self.widget = self._laid_out()
        self._recolour()
        self._hover(None)

    @property
    def selection(self) -> pd.DataFrame:
        """What was clicked on, lassoed or picked from the list: rows of ``points``."""
        return self.points.iloc[self._selected]

    @cached_property
    def _searched(self) -> pd.Series:
        return (self.points["title"] + "\n" + self.points["artist"]).str.casefold()

    @cached_property
    def _by_genre(self) -> dict[str, np.ndarray]:
        each = self.points["genres"].explode().dropna()
        rows = {str(name): part.index.to_numpy() for name, part in each.groupby(each)}
        return dict(sorted(rows.items(), key=lambda item: (-len(item[1]), item[0])))

    def _add_controls(self, colour: str | None) -> None:
        columns = [str(c) for c in self.points if c not in NOT_COLOURS and not isinstance(self.points[c].iloc[0], list)]
        columns.sort(key=lambda c: COLOURED_FIRST.index(c) if c in COLOURED_FIRST else len(COLOURED_FIRST))
        if colour not in (None, *columns):
            raise ParameterError(f"colour={colour!r} is not one of {columns}{did_you_mean(str(colour), columns)}")
        genres = [(f"{name} ({len(rows):,})", name) for name, rows in self._by_genre.items()]
        self._colour = ipywidgets.Dropdown(options=columns, value=colour or columns[0], description="Colour by")
        self._genre = ipywidgets.Dropdown(options=[(f"all ({len(self.points):,})", ""), *genres], description="Genre")
        self._search = ipywidgets.Text(description="Search", placeholder="title or artist")
        self._found = ipywidgets.Select(options=[("", None)], rows=8, layout=Layout(width="auto"))
        self._legend = ipywidgets.Box(layout=Layout(flex_flow="row wrap"))
        self._count, self._listing, self._hovered, self._pinned = (ipywidgets.HTML() for _ in range(4))
        self._sound = ipywidgets.Audio(value=b"", loop=False, layout=Layout(width="auto", display="none"))
        self._colour.observe(lambda _: self._recolour(), "value")
        self._genre.observe(lambda _: self._refilter(), "value")
        self._search.observe(lambda _: self._refilter(), "value")
        self._found.observe(lambda change: self._pick(change["new"]), "value")

    def _laid_out(self) -> ipywidgets.VBox:
        controls = [self._colour, self._genre, self._search, *self._canvas.controls]
        for control in (self._colour, self._genre, self._search):
            control.style.description_width = "initial"
            control.layout = Layout(width="auto", margin="2px 12px 2px 0")
        self._canvas.widget.layout.width = "100%"
        self._hovered.layout = Layout(min_height="82px")
        side = [self._hovered, self._pinned, self._sound, self._count, self._found]
        return ipywidgets.VBox([
            ipywidgets.Box(controls, layout=Layout(flex_flow="row wrap", align_items="center")),
            self._legend,
            ipywidgets.HBox([
                ipywidgets.Box([self._canvas.widget], layout=Layout(flex="1 1 0", min_width="0")),
                ipywidgets.VBox(side, layout=Layout(width="300px", flex="0 0 auto")),
            ]),
            self._listing,
        ])  # fmt: skip

    def _recolour(self) -> None:
        self._codes, names, colours = colour_groups(self.points[self._colour.value])
        self._hidden.clear()
        self._canvas.colour(self._codes, colours)
        counts = np.bincount(self._codes, minlength=len(names))
        self._legend.children = [
            self._legend_entry(code, f"{names[code]} ({counts[code]:,})", colours[code])
            for code in range(len(names)) if counts[code]
        ]  # fmt: skip
        self._refilter()

    def _legend_entry(self, code: int, text: str, colour: str) -> ipywidgets.Button:
        button = ipywidgets.Button(
            description=text, tooltip="click to hide or show",
            layout=Layout(width="auto", border_left=f"14px solid {colour}", margin="2px 6px 2px 0"),
        )  # fmt: skip

        def toggle(_: Any) -> None:
            self._hidden ^= {code}
            hidden = code in self._hidden
            button.style.text_decoration = "line-through" if hidden else "none"
            button.layout.border_left = f"14px {'double' if hidden else 'solid'} {colour}"
            self._refilter()

        button.on_click(toggle)
        return button

    def _refilter(self) -> None:
        shown = ~np.isin(self._codes, list(self._hidden))
        if self._genre.value:
            shown &= np.isin(np.arange(len(shown)), self._by_genre[self._genre.value])
        if query := self._search.value.strip().casefold():
            shown &= self._searched.str.contains(query, regex=False).to_numpy(bool)
        rows = np.flatnonzero(shown)
        self._canvas.show(None if shown.all() else rows)
        listed = self.points.iloc[rows[:FOUND]]
        texts = listed["title"] + " — " + listed["artist"]
        first = "choose one" if len(rows) <= FOUND else f"the first {FOUND}"
        self._found.options = [(f"({first})", None), *zip(texts, rows[:FOUND].tolist(), strict=True)]
        made_up = "synthetic " if self.points.attrs.get("synthetic") else ""
        self._count.value = cards.faint(f"{len(rows):,} of {len(shown):,} {made_up}{self._noun} shown")

    def _hover(self, row: int | None) -> None:
        hint = self._canvas.hint.format(self._noun)
        self._hovered.value = cards.hovered(self.points.iloc[row]) if row is not None else cards.faint(hint)

    def _pick(self, row: int | None) -> None:
        if row is not None:
            self._canvas.mark(np.array([row]))

    def _select(self, rows: np.ndarray) -> None:
        self._selected = rows
        self._listing.value = self._listed() if len(rows) > 1 else ""
        if len(rows) == 1:
            self._pin(self.points.iloc[rows[0]])

    def _listed(self) -> str:
        text = f"{len(self._selected):,} {self._noun} selected; as a table:  browser.selection"
        return cards.faint(text) + cards.listing(self.selection)

    def _pin(self, point: pd.Series) -> None:
        sound, kind = cards.clip(point["audio"])
        self._pinned.value = cards.pinned(point, "" if sound else kind)
        self._sound.layout.display = "flex" if sound else "none"
        with self._sound.hold_sync():
            self._sound.format, self._sound.autoplay, self._sound.value = kind if sound else "wav", bool(sound), sound

    @cached_property
    def _picture(self) -> tuple[bytes, str]:
        """The map as a PNG for readers without a kernel, and its alt text."""
        codes, names, _ = colour_groups(self.points[self._colour.value])
        group = pd.Series(np.array(names, object)[codes])
        counts = group.value_counts()
        xy = self.points[["x", "y"]].to_numpy()
        figure = plots.genre_map(xy, group.mask(group == OTHERS), most=MOST_COLOURS)
        made_up = "Synthetic sample. " if self.points.attrs.get("synthetic") else ""
        title = f"{made_up}{len(xy):,} {self._noun} by {self._colour.value}; run the cell to explore."
        figure.axes[0].set_title(title, loc="left", fontsize=9)
        largest = ", ".join(f"{name} ({n})" for name, n in counts.head(5).items())
        return figures.png(
            figure, dpi=80
        ), f"Map of {len(xy)} {self._noun} by {self._colour.value}. Largest: {largest}."

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        picture, alt = self._picture
        data = {
            "text/plain": f"t-SNE browser of {len(self.points):,} {self._noun}",
            "image/png": base64.b64encode(picture).decode(),
            VIEW: self.widget._repr_mimebundle_()[VIEW],
        }
        return data, {"image/png": {"alt": alt}}
