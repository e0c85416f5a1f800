"""The controls around the map of the t-SNE browser, and what they do.

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
from matplotlib.colors import to_hex

from mumu_lib.browser import canvases, cards, points
from mumu_lib.figures import media

MOST_COLOURS = 9


OTHERS, GREY = "others", "#8c8c8c"
GREY_LABELS = (points.NO_GENRE, points.RIGHT[-1])
FOUND = 200
COLOURED_FIRST = ["true genre", "predicted genre", "split", "correct"]
NOT_COLOURS = {"x", "y", "album_id", "track_id", "title", "cover", "audio"}


def columns(points: pd.DataFrame) -> list[str]:
    """Columns that can be coloured by: genres, split and correctness first, then any other but lists, ids and paths."""
    found = [str(c) for c in points if c not in NOT_COLOURS and not isinstance(points[c].iloc[0], list)]
    return sorted(found, key=lambda c: COLOURED_FIRST.index(c) if c in COLOURED_FIRST else len(COLOURED_FIRST))


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
    colours = [GREY if name in GREY_LABELS else colour for name, colour in zip(names, palette, strict=False)]
    return _with_rest(pd.Index(names).get_indexer(pd.Index(text)), [str(n) for n in names], colours)


def _with_rest(codes: np.ndarray, names: list[str], colours: list[str]) -> tuple[np.ndarray, list[str], list[str]]:
    if (codes < 0).any():
        return np.where(codes < 0, len(names), codes).astype(int), [*names, OTHERS], [*colours, GREY]
    return codes.astype(int), names, colours


class Controls:
    """A map with its controls, drawn for a page that shows widgets.

    Parameters
    ----------
    points : pd.DataFrame
        Every column of :func:`mumu_lib.browser.points.album_map` that a card needs.
    noun : str
        What a point is, in the plural.
    colour : str
        Column to begin with.
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
        self.points, self._noun, self._on_select = points, noun, on_select
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
        named = zip(self.points["title"].tolist(), self.points["artist"].tolist(), strict=True)
        return pd.Series([f"{title}\n{artist}".casefold() for title, artist in named])

    @cached_property
    def _by_genre(self) -> dict[str, np.ndarray]:
        each = self.points["genres"].explode().dropna()
        rows = {str(name): part.index.to_numpy() for name, part in each.groupby(each)}
        return dict(sorted(rows.items(), key=lambda item: (-len(item[1]), item[0])))

    def _add_controls(self, colour: str) -> None:
        genres = [(f"{name} ({len(rows):,})", name) for name, rows in self._by_genre.items()]
        self._colour = ipywidgets.Dropdown(options=columns(self.points), value=colour, description="Colour by")
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
        self._codes, names, colours = colour_groups(self.points[self._colour.value])
        self._hidden.clear()
        self.canvas.colour(self._codes, colours)
        self._fill_legend(names, colours)
        self._refilter()

    def _fill_legend(self, names: list[str], colours: list[str]) -> None:
        counts = np.bincount(self._codes, minlength=len(names))
        before = self._legend.children
        self._legend.children = [
            self._legend_entry(code, f"{names[code]} ({counts[code]:,})", colours[code])
            for code in range(len(names)) if counts[code]
        ]  # fmt: skip
        for entry in before:
            entry.close()

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
        self.canvas.show(None if shown.all() else rows)
        listed = self.points.iloc[rows[:FOUND]]
        texts = listed["title"] + " — " + listed["artist"]
        first = "choose one" if len(rows) <= FOUND else f"the first {FOUND}"
        self._found.options = [(f"({first})", None), *zip(texts, rows[:FOUND].tolist(), strict=True)]
        made_up = "synthetic " if self.points.attrs.get("synthetic") else ""
        self._count.value = cards.faint(f"{len(rows):,} of {len(shown):,} {made_up}{self._noun} shown")

    def _hover(self, row: int | None) -> None:
        hint = self.canvas.hint.format(self._noun)
        self._hovered.value = cards.hovered(self.points.iloc[row]) if row is not None else cards.faint(hint)

    def _pick(self, row: int | None) -> None:
        if row is not None:
            self.canvas.mark(np.array([row]))

    def _select(self, rows: np.ndarray) -> None:
        self._on_select(rows)
        text = f"{len(rows):,} {self._noun} selected; as a table: this browser's .selection"
        self._listing.value = cards.faint(text) + cards.listing(self.points.iloc[rows]) if len(rows) > 1 else ""
        if len(rows) == 1:
            self._pin(self.points.iloc[rows[0]])

    def _pin(self, point: pd.Series) -> None:
        sound, kind = media.clip(point["audio"])
        self._pinned.value = cards.pinned(point, "" if sound else kind)
        self._sound.layout.display = "flex" if sound else "none"
        with self._sound.hold_sync():
            self._sound.format, self._sound.autoplay, self._sound.value = kind if sound else "wav", bool(sound), sound
