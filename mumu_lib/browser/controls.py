"""Controls around the map of the t-SNE browser: colour, genre, search, legend, cards.

Notebooks: 03_label_factors, 04_audio, 06_image, 07_multimodal.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import ipywidgets
import numpy as np
import pandas as pd
import seaborn as sns
from ipywidgets import Layout

from mumu_lib.browser import canvases, cards, points
from mumu_lib.figures import media

MOST_COLOURS = 9
OTHERS = "others"
GREY = "#8c8c8c"
# Of seaborn's palette; too close to the grey above.
PALETTE_GREY = "#949494"
RANGES = 8
GREY_LABELS = (points.NO_GENRE, points.NOT_KNOWN)
MOST_LISTED = 200
COLOURED_FIRST = ["true genre", "predicted genre", "split", "correct"]
NOT_COLOURS = {"x", "y", "album_id", "track_id", "title", "cover", "audio"}


def columns(points: pd.DataFrame) -> list[str]:
    """Return the columns for colours: genres, split and correctness first; lists, ids and paths are left out.

    Examples
    --------
    >>> columns(pd.DataFrame({"x": [0.0], "y": [0.0], "year": [1999], "split": ["test"]}))
    ['split', 'year']
    """
    found = []
    for name in points:
        if name not in NOT_COLOURS and not isinstance(points[name].iloc[0], list):
            found.append(str(name))
    first = pd.Index(COLOURED_FIRST).intersection(found).tolist()
    return first + pd.Index(found).drop(first).tolist()


def colour_groups(column: pd.Series) -> tuple[np.ndarray, list[str], list[str]]:
    """Divide the points into groups of equal colour by the values of a column.

    Parameters
    ----------
    column : pd.Series [length n]
        Numbers with more than nine values are divided into eight ranges. Of other values the nine most frequent (in
        a categorical column the first nine) have a colour; the rest is grey.

    Returns
    -------
    codes : np.ndarray [shape=(n,), int]
        Group of each point.
    names, colours : list of str

    Examples
    --------
    >>> codes, names, colours = colour_groups(pd.Series(["Jazz", "Rock", "Jazz"]))
    >>> codes, names
    (array([0, 1, 0]), ['Jazz', 'Rock'])
    """
    if pd.api.types.is_numeric_dtype(column) and column.nunique() > MOST_COLOURS:
        ranges = pd.cut(column, RANGES, precision=2)
        names = ranges.cat.categories.astype(str).tolist()
        return _with_rest(ranges.cat.codes.to_numpy(), names, _palette("viridis", RANGES))
    if isinstance(column.dtype, pd.CategoricalDtype):
        kept = column.cat.categories
    else:
        column = column.astype(str)
        kept = column.value_counts().index
    first = kept[:MOST_COLOURS]
    palette = _palette("colorblind")
    palette.remove(PALETTE_GREY)
    colours = []
    for name, colour in zip(first, palette, strict=False):
        if name in GREY_LABELS:
            colour = GREY
        colours.append(colour)
    return _with_rest(first.get_indexer(pd.Index(column)), first.astype(str).tolist(), colours)


def _palette(name: str, count: int | None = None) -> list[str]:
    """Return the colours of a palette of seaborn as hexadecimal numbers."""
    return list(sns.color_palette(name, count).as_hex())


def _with_rest(codes: np.ndarray, names: list[str], colours: list[str]) -> tuple[np.ndarray, list[str], list[str]]:
    """Collect the points without a group (code -1) in a last, grey one."""
    if (codes < 0).any():
        return np.where(codes < 0, len(names), codes).astype(int), [*names, OTHERS], [*colours, GREY]
    return codes.astype(int), names, colours


def rows_by_genre(genres: pd.Series) -> dict[str, np.ndarray]:
    """Return the rows of the points of each genre, the most frequent genre first.

    Examples
    --------
    >>> rows_by_genre(pd.Series([["Jazz"], ["Jazz", "Pop"], []]))
    {'Jazz': array([0, 1]), 'Pop': array([1])}
    """
    each = genres.explode().dropna()
    rows = {}
    for name, part in each.groupby(each):
        rows[str(name)] = part.index.to_numpy()
    return dict(sorted(rows.items(), key=lambda item: (-len(item[1]), item[0])))


class Controls:
    """Show a map with its controls as a widget.

    Parameters
    ----------
    points : pd.DataFrame
        Every column of :func:`mumu_lib.browser.points.album_map` that a card needs.
    noun : str
        ``albums`` or ``tracks``.
    colour : str
        Column that colours the points at first.
    engine : str
        See :mod:`mumu_lib.browser.canvases`.
    on_select : function of an array of int
        Called with the rows clicked on, lassoed or picked from the list.

    Attributes
    ----------
    widget : ipywidgets.Widget
    """

    def __init__(
        self, points: pd.DataFrame, noun: str, colour: str, engine: str, on_select: Callable[[np.ndarray], None]
    ) -> None:
        self.points = points
        self._noun = noun
        self._on_select = on_select
        self._hidden = set[int]()
        self._add_controls(colour)
        self._codes, names, colours = colour_groups(points[colour])
        xy = points[["x", "y"]].to_numpy(np.float32)
        self.canvas = canvases.KINDS[engine](xy, self._codes, colours, self._hover, self._select)
        self._fill_legend(names, colours)
        self.widget = self._laid_out()
        self._refilter()
        self._hover(None)

    @cached_property
    def _searched(self) -> pd.Series:
        """Title and artist of each point, as the search compares them."""
        return self.points["title"].astype(str).str.cat(self.points["artist"].astype(str), sep="\n").str.casefold()

    @cached_property
    def _by_genre(self) -> dict[str, np.ndarray]:
        """Rows of the points of each genre, the most frequent genre first."""
        return rows_by_genre(self.points["genres"])

    def _add_controls(self, colour: str) -> None:
        """Make the widgets that do not depend on the canvas."""
        genres = [(f"all ({len(self.points):,})", "")]
        for name, rows in self._by_genre.items():
            genres.append((f"{name} ({len(rows):,})", name))
        self._colour = ipywidgets.Dropdown(options=columns(self.points), value=colour, description="Colour by")
        self._genre = ipywidgets.Dropdown(options=genres, description="Genre")
        self._search = ipywidgets.Text(description="Search", placeholder="title or artist")
        self._found = ipywidgets.Select(options=[("", None)], rows=8, layout=Layout(width="auto"))
        self._legend = ipywidgets.Box(layout=Layout(flex_flow="row wrap"))
        self._count = ipywidgets.HTML()
        self._listing = ipywidgets.HTML()
        self._hovered = ipywidgets.HTML()
        self._pinned = ipywidgets.HTML()
        self._sound = ipywidgets.Audio(value=b"", loop=False, layout=Layout(width="auto", display="none"))
        self._colour.observe(lambda _: self._recolour(), "value")
        self._genre.observe(lambda _: self._refilter(), "value")
        self._search.observe(lambda _: self._refilter(), "value")
        self._found.observe(lambda change: self._pick(change["new"]), "value")

    def _laid_out(self) -> ipywidgets.VBox:
        """Arrange controls and legend above the map, cards at its right, the selection below."""
        controls = [self._colour, self._genre, self._search, *self.canvas.controls]
        for control in (self._colour, self._genre, self._search):
            control.style.description_width = "initial"
            control.layout = Layout(width="auto", margin="2px 12px 2px 0")
        self.canvas.widget.layout.width = "100%"
        self._hovered.layout = Layout(min_height="82px")
        side = [self._hovered, self._pinned, self._sound, self._count, self._found]
        return ipywidgets.VBox([
            ipywidgets.Box(controls, layout=Layout(flex_flow="row wrap", align_items="center")),
            self._legend,
            ipywidgets.HBox([
                ipywidgets.Box([self.canvas.widget], layout=Layout(flex="1 1 0", min_width="0")),
                ipywidgets.VBox(side, layout=Layout(width="300px", flex="0 0 auto")),
            ]),
            self._listing,
        ])  # fmt: skip

    def _recolour(self) -> None:
        """Colour the points by the chosen column."""
        self._codes, names, colours = colour_groups(self.points[self._colour.value])
        self._hidden.clear()
        self.canvas.colour(self._codes, colours)
        self._fill_legend(names, colours)
        self._refilter()

    def _fill_legend(self, names: list[str], colours: list[str]) -> None:
        """Replace the legend by one entry for each colour in use."""
        before = self._legend.children
        entries = []
        for code, count in enumerate(np.bincount(self._codes, minlength=len(names))):
            if count:
                entries.append(self._legend_entry(code, f"{names[code]} ({count:,})", colours[code]))
        self._legend.children = entries
        for entry in before:
            entry.close()

    def _legend_entry(self, code: int, text: str, colour: str) -> ipywidgets.Button:
        """Return the button that hides and shows the points of one colour."""
        button = ipywidgets.Button(
            description=text, tooltip="click to hide or show",
            layout=Layout(width="auto", border_left=f"14px solid {colour}", margin="2px 6px 2px 0"),
        )  # fmt: skip

        def toggle(_: Any) -> None:
            if code in self._hidden:
                self._hidden.remove(code)
                button.style.text_decoration = "none"
                button.layout.border_left = f"14px solid {colour}"
            else:
                self._hidden.add(code)
                button.style.text_decoration = "line-through"
                button.layout.border_left = f"14px double {colour}"
            self._refilter()

        button.on_click(toggle)
        return button

    def _refilter(self) -> None:
        """Show and list the points that legend, genre and search leave."""
        shown = self._shown()
        rows = np.flatnonzero(shown)
        if shown.all():
            self.canvas.show(None)
        else:
            self.canvas.show(rows)
        first = rows[:MOST_LISTED]
        heading = "(choose one)"
        if len(rows) > MOST_LISTED:
            heading = f"(the first {MOST_LISTED})"
        listed = self.points.iloc[first]
        texts = listed["title"] + " — " + listed["artist"]
        self._found.options = [(heading, None), *zip(texts, first.tolist(), strict=True)]
        synthetic = ""
        if self.points.attrs.get("synthetic"):
            synthetic = "synthetic "
        self._count.value = cards.faint(f"{len(rows):,} of {len(shown):,} {synthetic}{self._noun} shown")

    def _shown(self) -> np.ndarray:
        """Return which points are shown [shape=(n,), bool]."""
        shown = ~np.isin(self._codes, list(self._hidden))
        if self._genre.value:
            shown &= np.isin(np.arange(len(shown)), self._by_genre[self._genre.value])
        query = self._search.value.strip().casefold()
        if query:
            shown &= self._searched.str.contains(query, regex=False).to_numpy(bool)
        return shown

    def _hover(self, row: int | None) -> None:
        """Show the card of the point under the pointer, or the hint if there is none."""
        if row is None:
            self._hovered.value = cards.faint(self.canvas.hint.format(self._noun))
        else:
            self._hovered.value = cards.hovered(self.points.iloc[row])

    def _pick(self, row: int | None) -> None:
        if row is not None:
            self.canvas.mark(np.array([row]))

    def _select(self, rows: np.ndarray) -> None:
        """List the selected points; show the card of a single one."""
        self._on_select(rows)
        self._listing.value = ""
        if len(rows) > 1:
            text = f"{len(rows):,} {self._noun} selected; as a table: this browser's .selection"
            self._listing.value = cards.faint(text) + cards.listing(self.points.iloc[rows])
        if len(rows) == 1:
            self._pin(self.points.iloc[rows[0]])

    def _pin(self, point: pd.Series) -> None:
        """Show the card of a chosen point and play its recording, or give the reason why there is no sound."""
        sound, kind = media.clip(point["audio"])
        if sound:
            self._pinned.value = cards.pinned(point)
            self._sound.layout.display = "flex"
        else:
            self._pinned.value = cards.pinned(point, note=kind)
            self._sound.layout.display = "none"
            kind = "wav"
        with self._sound.hold_sync():
            self._sound.format = kind
            self._sound.autoplay = bool(sound)
            self._sound.value = sound
