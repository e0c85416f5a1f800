"""Figure 2: a map of covers.

Paper: Section 6.3, Figure 2.  Notebooks: 06_image.
"""

import base64
import html
import io
import textwrap
from dataclasses import dataclass
from pathlib import Path
from string import Template

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from PIL import Image, ImageDraw, ImageFont
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from mumu_lib import figures
from mumu_lib.catalogue import Catalogue
from mumu_lib.core.errors import BadDataError
from mumu_lib.core.files import write_atomically
from mumu_lib.figures.projection import MIN_POINTS, tsne
from mumu_lib.figures.style import PALETTE, STYLE, counted, new_axes, plain
from mumu_lib.labels import rarest_top_label

# Cells per cover: empty cells keep the outlines of clusters visible.
PLACES_PER_COVER = 1.4


CELL, GAP, FRAME = 96, 3, 7
# Share of a cell's height for two lines of text under a cover.
TITLE = 0.2
ZOOM_SIDE = 128


@dataclass(frozen=True)
class CoverMap:
    """Covers on a square grid.

    Attributes
    ----------
    cells : np.ndarray [shape=(n, 2), int]
        Column and row (from the top) of each cover; no two share one.
    side : int
        Number of columns, and of rows, of the grid.
    thumbs : np.ndarray [shape=(n, h, h, 3), uint8]
    genre : pd.Series [length n]
    titles : list of str [length n]
        Artist and title.
    """

    cells: np.ndarray
    side: int
    thumbs: np.ndarray
    genre: pd.Series
    titles: list[str]

    @property
    def genres(self) -> list[str]:
        """Return the genres, most frequent first."""
        return list(self.genre.value_counts().index)

    @property
    def numbers(self) -> np.ndarray:
        """Return the position of each cover's genre in :attr:`genres` [shape=(n,), int]."""
        return pd.Categorical(self.genre, self.genres).codes

    @property
    def colours(self) -> list[str]:
        """Return a colour for each of :attr:`genres`, from a colour-blind palette."""
        return [PALETTE[i % len(PALETTE)] for i in range(len(self.genres))]

    def fullest(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Return column, row, width and height of the window with the most covers, within the grid."""
        width = min(width, self.side)
        height = min(height, self.side)
        taken: np.ndarray = np.zeros((self.side, self.side), int)
        taken[self.cells[:, 1], self.cells[:, 0]] = 1
        windows = np.lib.stride_tricks.sliding_window_view(taken, (height, width))
        row, column = np.unravel_index(windows.sum(axis=(2, 3)).argmax(), windows.shape[:2])
        return int(column), int(row), width, height


def main_genre(catalogue: Catalogue) -> pd.Series:
    """Return the rarest top-level genre of every album, which says more than Pop, which most albums have.

    Returns
    -------
    genre : pd.Series
        Index: row of the album in ``catalogue.albums``, without albums that have no top-level genre.
    """
    rarest = rarest_top_label(catalogue, catalogue.label_matrix().toarray() > 0)
    return pd.Series(rarest, name="genre").astype(object).dropna()


def lay_out(
    catalogue: Catalogue, albums: pd.Series, vectors: np.ndarray, thumbs: np.ndarray, rows: pd.Series, *,
    genres: int = 5, most: int = 250, seed: int = 0,
) -> CoverMap:  # fmt: skip
    """Draw random test albums of the most frequent genres and place them on a grid by t-SNE (paper's Figure 2).

    Parameters
    ----------
    albums : pd.Series [length n]
        Row of ``catalogue.albums`` for each embedding.
    vectors : np.ndarray [shape=(n, features)]
        Album embeddings.
    thumbs : np.ndarray [shape=(m, h, h, 3), uint8]
        May be memory-mapped; only covers on the map are read.
    rows : pd.Series [length n]
        Row of ``thumbs`` for each embedding.
    genres, most : int > 0
        Number of genres, and maximum number of covers.

    Raises
    ------
    BadDataError
        If fewer than five test albums have a cover and a top-level genre.
    """
    table = pd.DataFrame({"genre": main_genre(catalogue).reindex(albums).to_numpy(), "album": albums.to_numpy()})
    table = table[catalogue.albums["split"].to_numpy()[table["album"]] == "test"].dropna()
    table = table[table["genre"].isin(table["genre"].value_counts().index[:genres])]
    if len(table) < MIN_POINTS:
        raise BadDataError(f"{len(table)} test albums have a cover and a genre; a map needs at least {MIN_POINTS}")
    table = table.sample(min(most, len(table)), random_state=seed)
    cells, side = snap(tsne(vectors[table.index], seed=seed))
    named = catalogue.albums.iloc[table["album"]]
    titles = []
    for artist, title in zip(named["artist"], named["title"], strict=True):
        if artist:
            title = f"{artist}: {title}"
        titles.append(title)
    shown = np.asarray(thumbs[rows.to_numpy()[table.index]])
    return CoverMap(cells, side, shown, table["genre"].reset_index(drop=True), titles)


def snap(xy: np.ndarray) -> tuple[np.ndarray, int]:
    """Assign points to cells of a grid with the smallest sum of squared moves.

    Parameters
    ----------
    xy : np.ndarray [shape=(n, 2)]

    Returns
    -------
    cells : np.ndarray [shape=(n, 2), int]
        Column, and row from the top; no two are equal.
    side : int
        Number of columns, and of rows, of the grid.
    """
    side = int(np.ceil(np.sqrt(PLACES_PER_COVER * len(xy))))
    span = np.ptp(xy, axis=0)
    unit = (xy - xy.min(axis=0)) / np.where(span > 0, span, 1) * (side - 1)
    unit[:, 1] = side - 1 - unit[:, 1]
    cells = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2)
    _, chosen = linear_sum_assignment(cdist(unit, cells, "sqeuclidean"))
    return cells[chosen], side


@mpl.rc_context(STYLE)
def cover_map(covers: CoverMap, window: tuple[int, int, int, int] | None = None, run: str = "a network") -> Figure:
    """Draw every cover in its cell, with the frame and the number of its genre (paper's Figure 2).

    Parameters
    ----------
    window : (column, row, width, height), optional
        In cells; marked by a rectangle.
    run : str
        Run id, for the caption.
    """
    figure, (axes,) = new_axes(7.5, 8.1)
    axes.imshow(_mosaic(covers, (0, 0, covers.side, covers.side)), extent=(0, covers.side, covers.side, 0))
    if window:
        axes.add_patch(Rectangle(window[:2], *window[2:], fill=False, ec="black", lw=2, ls="--"))
    axes.set_axis_off()
    _legend(figure, covers)
    return figure.describe(
        "fig2_covers",
        caption=f"Figure 2. t-SNE of cover vectors of {run}, "
        f"test albums of {counted(len(covers.genres), 'frequent genre')}.",
        alt=f"Map of {len(covers.genre)} covers, each framed in the colour of its genre: {', '.join(covers.genres)}. "
        "Similar covers lie together.",
        photographs=True,
    )


@mpl.rc_context(STYLE)
def cover_detail(covers: CoverMap, window: tuple[int, int, int, int]) -> Figure:
    """Draw a rectangle of the map, enlarged, with artists and titles.

    Parameters
    ----------
    window : (column, row, width, height)
        In cells.
    """
    column, row, width, height = window
    letters = max(8, int(106 / width))  # 106 letters of 9 points fill 7.5 inches
    figure, (axes,) = new_axes(7.5, 7.5 * height / width + 0.6)
    axes.imshow(_mosaic(covers, window, text=TITLE), extent=(column, column + width, row + height, row))
    for (x, y), title in zip(covers.cells, covers.titles, strict=True):
        if column <= x < column + width and row <= y < row + height:
            lines = textwrap.wrap(title, letters, max_lines=2, placeholder="…")
            words = plain("\n".join(lines))
            axes.text(x + 0.5, y + 1 - TITLE, words, ha="center", va="top", fontsize=9, linespacing=1.1)
    axes.set_axis_off()
    _legend(figure, covers)
    return figure.describe(
        "fig2_detail",
        caption="Figure 2, the marked rectangle.",
        alt="A part of the map enlarged, with artists and titles under the covers.",
        photographs=True,
    )


def _legend(figure: Figure, covers: CoverMap) -> None:
    counts = covers.genre.value_counts()
    handles = [
        Patch(color=colour, label=f"{number}  {genre} ({counts[genre]})")
        for number, (genre, colour) in enumerate(zip(covers.genres, covers.colours, strict=True), 1)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=9)


def _mosaic(covers: CoverMap, window: tuple[int, int, int, int], text: float = 0.0) -> np.ndarray:
    """Compose a window of the map as one picture; ``text``: share of a cell's height for a title."""
    column, row, width, height = window
    cell = CELL
    if text:
        cell = 2 * CELL
    canvas = Image.new("RGB", (width * cell, height * cell), "white")
    for (x, y), thumb, number in zip(covers.cells - (column, row), covers.thumbs, covers.numbers, strict=True):
        if 0 <= x < width and 0 <= y < height:
            card = _card(thumb, int(number) + 1, covers.colours[number], round(cell * (1 - text)))
            canvas.paste(card, (round(x * cell + cell * text / 2), y * cell))
    return np.asarray(canvas)


def _card(thumb: np.ndarray, number: int, colour: str, side: int) -> Image.Image:
    """Draw one cover in its frame, with the number of its genre in the corner."""
    card = Image.new("RGB", (side, side), "white")
    draw = ImageDraw.Draw(card)
    draw.rectangle((GAP, GAP, side - GAP - 1, side - GAP - 1), fill=colour)
    edge = GAP + FRAME
    inner = side - 2 * edge
    card.paste(Image.fromarray(thumb).resize((inner, inner), Image.Resampling.LANCZOS), (edge, edge))
    tag = min(24, round(0.19 * side))
    draw.rectangle((GAP, GAP, GAP + tag, GAP + tag), fill=colour)
    draw.text((GAP + tag / 2, GAP + tag / 2), str(number), "white", ImageFont.load_default(0.85 * tag), anchor="mm",
              stroke_width=1, stroke_fill="black")  # fmt: skip
    return card


_PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>$name</title>
<style>body{font:15px sans-serif;margin:0}p{margin:.6em}b{padding:.1em .5em;color:#fff;text-shadow:0 0 2px #000}
svg{display:block;width:100vw;height:86vh;cursor:grab;background:#fff}</style></head><body>
<p>$caption Wheel: zoom. Drag: move. Hover: artist, title, genre.</p><p>$legend</p>
<svg id="map" role="img" aria-label="$name" viewBox="0 0 $size $size" xmlns="http://www.w3.org/2000/svg">$covers</svg>
<script>
const map=document.getElementById("map"),box=map.viewBox.baseVal;
const at=e=>new DOMPoint(e.clientX,e.clientY).matrixTransform(map.getScreenCTM().inverse());
map.addEventListener("wheel",e=>{e.preventDefault();const p=at(e),k=e.deltaY>0?1.2:1/1.2;
box.x=p.x-(p.x-box.x)*k;box.y=p.y-(p.y-box.y)*k;box.width*=k;box.height*=k},{passive:false});
let from=null;map.addEventListener("pointerdown",e=>{from=at(e);map.setPointerCapture(e.pointerId)});
map.addEventListener("pointermove",e=>{if(from){const p=at(e);box.x-=p.x-from.x;box.y-=p.y-from.y}});
map.addEventListener("pointerup",()=>{from=null});
</script></body></html>
""")


def save_zoomable(covers: CoverMap, catalogue: Catalogue, run: str) -> None:
    """Write the zoomable map as ``fig2_covers.html`` to the folder of the catalogue's figures.

    Parameters
    ----------
    run : str
        Id of the run with the embeddings, for the caption.
    """
    marked = figures.marked(f"Figure 2. Test covers of {catalogue.name!r}", catalogue)
    zoomable(covers, figures.folder_for(catalogue) / "fig2_covers.html", caption=f"{marked} by {run}.")


def zoomable(covers: CoverMap, path: Path, *, caption: str) -> None:
    """Write the map as one zoomable HTML file, with covers as small JPEGs; all texts are escaped.

    Parameters
    ----------
    path : Path
        HTML file to write; some 5 kB per cover.
    """
    cards = []
    unit = 100
    for (x, y), thumb, number, title in zip(covers.cells, covers.thumbs, covers.numbers, covers.titles, strict=True):
        jpeg = io.BytesIO()
        Image.fromarray(thumb).resize((ZOOM_SIDE, ZOOM_SIDE)).save(jpeg, "jpeg", quality=80)
        data = base64.b64encode(jpeg.getvalue()).decode()
        colour = covers.colours[number]
        cards.append(
            f"<g><title>{html.escape(f'{title}: {covers.genres[number]}')}</title>"
            f'<rect x="{x * unit + 3}" y="{y * unit + 3}" width="94" height="94" fill="{colour}"/>'
            f'<image x="{x * unit + 9}" y="{y * unit + 9}" width="82" height="82" href="data:image/jpeg;base64,{data}"/></g>'
        )
    legend = " ".join(
        f'<b style="background:{colour}">{html.escape(genre)}</b>'
        for genre, colour in zip(covers.genres, covers.colours, strict=True)
    )
    words = {"name": html.escape(path.stem), "caption": html.escape(caption), "legend": legend}
    write_atomically(path, _PAGE.substitute(words, size=covers.side * unit, covers="\n".join(cards)))
