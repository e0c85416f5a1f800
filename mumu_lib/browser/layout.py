"""Lay out the page of :mod:`mumu_lib.browser.html_page` with Bokeh; the JavaScript runs in the page.

Paper: Figure 1.  Notebooks: 03_label_factors, 04_audio, 06_image, 07_multimodal.
"""

import html
from typing import Any, Literal

import numpy as np
import pandas as pd
from bokeh.core.properties import value
from bokeh.embed import file_html
from bokeh.layouts import column, row
from bokeh.models import BooleanFilter, CDSView, ColumnDataSource, CustomJS, HoverTool, IndexFilter, Model
from bokeh.models.annotations import Legend, LegendItem
from bokeh.models.widgets.inputs import Select, TextInput
from bokeh.models.widgets.markups import Div
from bokeh.plotting import figure
from bokeh.resources import INLINE

from mumu_lib.browser.canvases import ACCENT
from mumu_lib.browser.controls import GREY, colour_groups, rows_by_genre

HEIGHT = 620
SIDE_WIDTH = 280
# Of each colour; without a limit every point under the pointer has one, hundreds in a dense map.
MOST_TOOLTIPS = 3
HINT = "<small>Point at one; click it for its genres and, where there is one, its clip.</small>"
# Columns that the page may show of a point; lists are joined.
SENT = ("title", "artist", "album", "genres", "predicted", "split", "correct", "cover", "clip")

SHOW_FILTERED = """
const query = search.value_input.trim().toLowerCase();
const {title, artist} = source.data;
const rows = genre.value === "" ? null : new Set(rows_of_genre[genre.value]);
let count = 0;
const booleans = Array.from(title, (name, i) => {
    const found = (rows === null || rows.has(i)) && (name + "\\n" + artist[i]).toLowerCase().includes(query);
    count += found;
    return found;
});
shown.booleans = booleans;
source.change.emit();
counted.text = `${count.toLocaleString("en")} of ${title.length.toLocaleString("en")} ${noun} shown`;
"""

SHOW_CARD = """
const escape = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const i = source.selected.indices[0];
if (i === undefined) { card.text = hint; return; }
const of_point = (name) => name in source.data ? source.data[name][i] : "";
const line = (name, text) => text === "" ? "" : `<div><small>${name}</small> ${escape(text)}</div>`;
const cover = of_point("cover");
const clip = of_point("clip");
card.text = (cover === "" ? "" : `<img src="${escape(cover)}" alt="cover" width="112">`)
    + `<div><b>${escape(of_point("title"))}</b></div><div>${escape(of_point("artist"))}</div>`
    + line("album", of_point("album")) + line("true genres", of_point("genres"))
    + line("predicted genres", of_point("predicted")) + line("split", of_point("split"))
    + line("genres found", of_point("correct"))
    + (clip === "" ? "" : `<audio controls autoplay src="${escape(clip)}" style="width:100%"></audio>`);
"""

SHOW_COLOURS = """
for (const [name, models] of Object.entries(models_of)) {
    for (const model of models) { model.visible = name === colour.value; }
}
"""

TOOLTIP = """<div style="display:flex;gap:8px;max-width:340px">
<img src="@cover" alt="" width="56" onerror="this.remove()"><div><b>@title</b><br>@artist<br>@genres</div></div>"""


def page(points: pd.DataFrame, colours: list[str], colour: str, title: str, noun: str) -> str:
    """Return the HTML of a map: controls above, points at the left, the card of the chosen point at the right.

    Parameters
    ----------
    points : pd.DataFrame
        From :func:`mumu_lib.browser.points.usable`; ``cover`` and ``clip`` are addresses, or empty.
    colours : list of str
        Columns that can be chosen for the colours.
    colour : str
        Column that colours the points at first.
    title : str
        Heading; shown as written.
    noun : str
        ``albums`` or ``tracks``, also ``synthetic albums``.
    """
    source = ColumnDataSource(_sent(points))
    shown = BooleanFilter(booleans=[True] * len(points))
    plot = _empty_plot()
    drawn = {}
    for name in colours:
        drawn[name] = _draw_groups(plot, source, shown, points[name], visible=name == colour)
    plot.add_tools(HoverTool(tooltips=TOOLTIP, limit=MOST_TOOLTIPS))
    card = Div(text=HINT, width=SIDE_WIDTH, disable_math=True)
    source.selected.js_on_change(
        "indices", CustomJS(args={"source": source, "card": card, "hint": HINT}, code=SHOW_CARD)
    )
    heading = Div(text=f"<b>{html.escape(title)}</b>", disable_math=True)
    controls = _controls(points, source, shown, drawn, colour, noun)
    body = column(heading, controls, row(plot, card, sizing_mode="stretch_width"), sizing_mode="stretch_width")
    return file_html(body, INLINE, title)


def _sent(points: pd.DataFrame) -> dict[str, Any]:
    """Return the columns of the page: coordinates in single precision, lists joined to text."""
    sent: dict[str, Any] = {}
    for name in ("x", "y"):
        sent[name] = points[name].to_numpy(np.float32)
    for name in SENT:
        if name not in points:
            continue
        joined = []
        for entry in points[name]:
            if isinstance(entry, list):
                joined.append(", ".join(entry))
            else:
                joined.append(str(entry))
        sent[name] = joined
    return sent


def _empty_plot() -> figure:
    """Return a figure without axes, whose frame stays when points are filtered out."""
    plot = figure(
        output_backend="webgl", height=HEIGHT, sizing_mode="stretch_width", match_aspect=True,
        tools="pan,wheel_zoom,box_zoom,tap,reset", active_scroll="wheel_zoom",
    )  # fmt: skip
    plot.axis.visible = False
    plot.grid.visible = False
    plot.toolbar.logo = None
    return plot


def _draw_groups(
    plot: figure, source: ColumnDataSource, shown: BooleanFilter, values: pd.Series, *, visible: bool
) -> list[Model]:
    """Draw one glyph for each colour of a column, grey below all others, and a legend that hides them; return both."""
    codes, names, colours = colour_groups(values)
    items = []
    for code, (name, fill) in enumerate(zip(names, colours, strict=True)):
        rows = np.flatnonzero(codes == code)
        if not len(rows):
            continue
        level: Literal["glyph", "underlay"] = "glyph"
        if fill == GREY:
            level = "underlay"
        points: Any = plot.scatter(
            "x", "y", source=source, view=CDSView(filter=shown & IndexFilter(indices=rows.tolist())),
            size=_size(len(values)), fill_color=fill, fill_alpha=0.8, line_color=None,
            nonselection_fill_alpha=0.8, selection_line_color=ACCENT, line_width=3, visible=visible,
            level=level,
        )  # fmt: skip
        # value(): Bokeh takes a plain string that equals the name of a column for that column.
        items.append(LegendItem(label=value(f"{name} ({len(rows):,})"), renderers=[points]))
    legend = Legend(items=items, click_policy="hide", visible=visible, border_line_color=None)
    plot.add_layout(legend, "right")
    added: list[Model] = [legend]
    for item in items:
        added.extend(item.renderers)
    return added


def _size(count: int) -> int:
    """Return a diameter [pixels] at which neighbouring points can still be distinguished."""
    if count <= 2_000:
        return 9
    if count <= 15_000:
        return 6
    return 4


def _controls(
    points: pd.DataFrame, source: ColumnDataSource, shown: BooleanFilter, drawn: dict[str, list[Model]], colour: str, noun: str
) -> Model:  # fmt: skip
    """Return the row of controls: search, genre, colour, and the number of points shown."""
    rows_of_genre = {}
    options: list[str | tuple[Any, str]] = [("", f"all ({len(points):,})")]
    for name, rows in rows_by_genre(points["genres"]).items():
        rows_of_genre[name] = rows.tolist()
        options.append((name, f"{name} ({len(rows):,})"))
    search = TextInput(title="Search", placeholder="title or artist")
    genre = Select(title="Genre", options=options, value="")
    columns: list[str | tuple[Any, str]] = [*drawn]
    coloured = Select(title="Colour by", options=columns, value=colour)
    counted = Div(text=f"{len(points):,} {html.escape(noun)}", disable_math=True)
    filtering = CustomJS(
        args={"source": source, "shown": shown, "search": search, "genre": genre, "counted": counted, "noun": noun,
              "rows_of_genre": rows_of_genre},
        code=SHOW_FILTERED,
    )  # fmt: skip
    search.js_on_change("value_input", filtering)
    genre.js_on_change("value", filtering)
    coloured.js_on_change("value", CustomJS(args={"models_of": drawn, "colour": coloured}, code=SHOW_COLOURS))
    return row(search, genre, coloured, counted)
