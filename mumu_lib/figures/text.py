"""Figures of text: linked entities in an album's text, and the most informative terms.

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
    """Mark the linked entities in a text; title and categories appear on hover. All texts are escaped.

    Parameters
    ----------
    annotations : pd.DataFrame
        Annotations of this text: ``start``, ``end`` (exclusive), ``title``. If some overlap, the first and longest is
        shown.
    categories : mapping
        Title -> names of its categories.

    Examples
    --------
    >>> annotations = pd.DataFrame({"start": [0], "end": [5], "title": ["Miles_Davis"]})
    >>> highlight("Miles & me", annotations, {"Miles_Davis": ["Jazz trumpeters"]}).data
    '<p dir="auto"><mark title="Miles Davis: Jazz trumpeters">Miles</mark> &amp; me</p>'
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
    """Show the text with the most linked entities, with its album and genres, or a sentence if nothing was linked.

    Parameters
    ----------
    reader : Reader
        From :func:`mumu_lib.text.album_vectors.reader`, after ``link()``.
    """
    if reader.words is None or reader.words.annotations.empty:
        return HTML("<p>No entities are linked.</p>")
    annotations = reader.words.annotations
    row = int(annotations["text"].value_counts().index[0])
    album = catalogue.albums.iloc[row]
    heading = f"{album['title']} by {album['artist']} | {', '.join(album['genres'])}"
    shown = highlight(reader.texts.iloc[row], annotations[annotations["text"] == row], reader.words.categories)
    return HTML(f"<p>{html.escape(marked(heading, catalogue))}</p>{shown.data}")


@mpl.rc_context(STYLE)
def telling_terms(table: pd.DataFrame, genres: list[str], setting: str = "", *, top: int = 8) -> Figure:
    """Plot the terms of highest information gain, a panel per genre; a star marks words of the genre's own name.

    Parameters
    ----------
    table : pd.DataFrame
        From :func:`mumu_lib.text.analysis.telling_terms`.
    genres : list of str
        Genres to show, at least one.
    setting : str
        Setting of the run, for the name of the file.
    """
    name = "telling_terms"
    if setting:
        name = f"telling_terms_{setting}"
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
    kinds = []
    for kind in COLOURS:
        if (table["kind"] == kind).any():
            kinds.append(Patch(fc=COLOURS[kind], hatch=HATCHES[kind], ec="white", lw=0, label=kind))
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
    """Return the label of a bar: the term in words, with a star if it names the genre."""
    shown = term.removeprefix(CATEGORY).replace("_", " ")
    if len(shown) > 26:
        shown = shown[:25] + "…"
    if names == "this genre":
        return "★ " + plain(shown)
    return plain(shown)
