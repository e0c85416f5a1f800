"""Plots of one album's genres, and of what a fusion loses without a modality.

Paper: none; section 6.4 for the latter.  Notebooks: 07_multimodal, 09_your_album.
"""

import html
import textwrap
from typing import Any

import matplotlib as mpl
import pandas as pd
from IPython.display import HTML
from matplotlib.figure import Figure

from mumu_lib import audio
from mumu_lib.figures import media
from mumu_lib.figures.style import BLUE, STYLE, new_axes, short
from mumu_lib.prediction.album import OwnAlbum


@mpl.rc_context(STYLE)
def ranked_genres(genres: pd.DataFrame, *, n: int = 8) -> Figure:
    """Highest scores by modality, a panel each; genres of the first panel's list are dark in the others too.

    Parameters
    ----------
    genres : pd.DataFrame
        From :func:`mumu_lib.predict_album`.
    n : int > 0
        Genres in a panel.
    """
    modalities = list(genres["modality"].unique())
    columns = min(2, len(modalities))
    rows = -(-len(modalities) // columns)
    figure, axes = new_axes(3.9 * columns, (0.9 + 0.24 * n) * rows, columns=columns, rows=rows)
    leading = set(genres[genres["modality"] == modalities[0]]["genre"].head(n))
    for ax in axes[len(modalities) :]:
        ax.set_axis_off()
    for ax, modality in zip(axes, modalities, strict=False):
        top = genres[genres["modality"] == modality].head(n).iloc[::-1]
        colours = [BLUE if genre in leading else "0.75" for genre in top["genre"]]
        ax.barh(range(len(top)), top["score"], color=colours, height=0.7)
        names = [short(genre, 22) for genre in top["genre"]]
        ax.set(yticks=range(len(top)), yticklabels=names, title=modality, xlabel="score")
        for place, score in enumerate(top["score"]):
            ax.annotate(
                f"{score:.2f}", (max(score, 0), place), (3, 0), textcoords="offset points", va="center", fontsize=8
            )
        ax.margins(x=0.22)
        ax.grid(axis="y", visible=False)
    first = [f"{name}: {', '.join(part['genre'].head(3))}" for name, part in genres.groupby("modality", sort=False)]
    return figure.describe(
        "genres", caption="Genres of one album by modality, highest scores first.", alt="; ".join(first)
    )


def shown(album: OwnAlbum, characters: int = 600) -> HTML:
    """Cover and texts of an album, to be displayed; every text is escaped."""
    picture = media.thumbnail(str(album.cover or ""))
    cover = (
        f"<img src='{picture}' alt='Cover of {html.escape(album.folder.name, quote=True)}' width=160>"
        if picture
        else ""
    )
    texts = [textwrap.shorten(words, characters, placeholder=" …") for words in album.texts]
    return HTML(cover + "".join(f"<blockquote>{html.escape(words)}</blockquote>" for words in texts))


def players(album: OwnAlbum, tracks: pd.DataFrame, genres: list[str], seconds: int = 5) -> list[Any]:
    """The recording that pulls most towards each genre, to be played: its first seconds.

    Parameters
    ----------
    tracks : pd.DataFrame
        From :attr:`mumu_lib.prediction.Prediction.tracks`.
    """
    parts: list[Any] = []
    if len(tracks):
        best = tracks[genres].idxmax()
        for track, towards in best.groupby(best):
            parts.append(HTML(f"<b>{html.escape(str(track))}</b>: {html.escape(', '.join(towards.index))}"))
            parts.append(media.player(audio.load(album.folder / str(track)), seconds))
    return parts
