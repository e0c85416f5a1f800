"""Pictures of text: linked entities in an album's text, telling words.

Paper: Section 6.2.  Notebook: 05_text.
"""

import html
from collections.abc import Iterable, Mapping

import matplotlib as mpl
import pandas as pd
from IPython.display import HTML
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from mumu_lib.catalogue import Catalogue
from mumu_lib.figures import marked
from mumu_lib.figures.style import BLUE, ORANGE, STYLE, new_axes, plain, sentence, short
from mumu_lib.text import CATEGORY
from mumu_lib.text.album_vectors import Reader

COLOURS = {"word": BLUE, "category": ORANGE}
HATCHES = {"word": "", "category": "////"}


def highlight(text: str, annotations: pd.DataFrame, categories: Mapping[str, Iterable[str]]) -> HTML:
    """A text with its linked entities marked; title and categories show when the pointer rests on one.

    Everything is escaped: what a reviewer wrote is shown as written, whatever it is.

    Parameters
    ----------
    annotations : pd.DataFrame
        Of this text: ``start``, ``end`` (exclusive), ``title``. Of overlapping ones the first, longest is shown.
    categories : mapping
        Title -> names of its categories.
    """
    pieces: list[str] = []
    at = 0
    in_order = annotations.sort_values(["start", "end"], ascending=[True, False])
    for start, end, title in zip(in_order["start"], in_order["end"], in_order["title"], strict=True):
        if start < at:
            continue
        about = f"{title}: {', '.join(categories.get(title, ())) or 'no category'}".replace("_", " ")
        marked = f'<mark title="{html.escape(about)}">{html.escape(text[start:end])}</mark>'
        pieces += [html.escape(text[at:start]), marked]
        at = end
    return HTML(f'<p dir="auto">{"".join(pieces)}{html.escape(text[at:])}</p>')


def example(reader: Reader, catalogue: Catalogue) -> HTML:
    """Show the text with the most linked entities, with its album and genres; a sentence where nothing was linked.

    Parameters
    ----------
    reader : Reader
        Of :func:`mumu_lib.text.album_vectors.reader`, after ``link()``.
    """
    if reader.words is None or reader.words.annotations.empty:
        return HTML("<p>No entities are linked.</p>")
    found = reader.words.annotations
    row = int(found["text"].value_counts().index[0])
    album = catalogue.albums.iloc[row]
    heading = f"{album['title']} by {album['artist']} | {', '.join(album['genres'])}"
    shown = highlight(reader.texts.iloc[row], found[found["text"] == row], reader.words.categories)
    return HTML(f"<p>{html.escape(marked(heading, catalogue))}</p>{shown.data}")


@mpl.rc_context(STYLE)
def telling_terms(table: pd.DataFrame, genres: list[str], setting: str = "", *, top: int = 8) -> Figure:
    """Terms of highest information gain, a panel a genre; a star marks words of the genre's own name.

    Parameters
    ----------
    table : pd.DataFrame
        From :func:`mumu_lib.text.analysis.telling_terms`.
    genres : list of str
        Genres to show, at least one.
    setting : str
        Of the run, for the name of the file.
    """
    name = f"telling_terms_{setting}" if setting else "telling_terms"
    if table.empty:
        return sentence(name, "These vectors have no terms: nothing says which word a column stands for.")
    columns = min(3, len(genres))
    lines = -(-len(genres) // columns)
    figure, axes = new_axes(3.3 * columns, (0.6 + 0.2 * top) * lines + 0.4, columns=columns, rows=lines)
    for ax, genre in zip(axes, genres, strict=False):
        part = table[table["genre"] == genre].head(top)[::-1]
        looks = {"color": part["kind"].map(COLOURS), "hatch": list(part["kind"].map(HATCHES)), "ec": "white", "lw": 0}
        ax.barh(range(len(part)), part["gain"], height=0.7, **looks)
        ax.set(
            yticks=range(len(part)),
            yticklabels=[_tick(*row) for row in part[["term", "names"]].to_numpy()],
            xlabel="bits",
        )
        ax.set_title(short(genre, 30))
        ax.grid(axis="y", visible=False)
    for ax in axes[len(genres) :]:
        ax.set_axis_off()
    kinds = [
        Patch(fc=COLOURS[kind], hatch=HATCHES[kind], ec="white", lw=0, label=kind)
        for kind in COLOURS
        if kind in set(table["kind"])
    ]
    if (table["names"] == "this genre").any():
        kinds.append(Patch(color="none", label="★ names the genre"))
    figure.legend(handles=kinds, loc="outside lower center", ncols=3)
    leading = table.drop_duplicates("genre").set_index("genre")["term"]
    longest = [f"{genre}: {leading[genre]}" for genre in genres if genre in leading]
    return figure.describe(
        name,
        caption="Terms of highest information gain of the most frequent genres (training albums).",
        alt=f"Bars by genre; the longest: {', '.join(longest)}",
    )


def _tick(term: str, names: str) -> str:
    shown = term.removeprefix(CATEGORY).replace("_", " ")
    return ("★ " if names == "this genre" else "") + plain(shown if len(shown) <= 26 else shown[:25] + "…")
