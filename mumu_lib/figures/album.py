"""Plot the genres of one album; show its cover and texts, and play its recordings.

Paper: none.  Notebooks: 09_your_album.
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
    """Plot the highest scores of each modality, a panel each; genres of the first panel are dark in all panels.

    Parameters
    ----------
    genres : pd.DataFrame
        From :func:`mumu_lib.predict_album`.
    n : int > 0
        Genres per panel.
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
        for position, score in enumerate(top["score"]):
            ax.annotate(
                f"{score:.2f}", (max(score, 0), position), (3, 0), textcoords="offset points", va="center", fontsize=8
            )
        ax.margins(x=0.22)
        ax.grid(axis="y", visible=False)
    leaders = []
    for name, part in genres.groupby("modality", sort=False):
        leaders.append(f"{name}: {', '.join(part['genre'].head(3))}")
    return figure.describe(
        "genres", caption="Genres of one album by modality, highest scores first.", alt="; ".join(leaders)
    )


def shown(album: OwnAlbum, characters: int = 600) -> HTML:
    """Return cover and texts of an album for display; all texts are escaped."""
    parts = []
    picture = media.thumbnail(str(album.cover or ""))
    if picture:
        parts.append(f"<img src='{picture}' alt='Cover of {html.escape(album.folder.name, quote=True)}' width=160>")
    for text in album.texts:
        words = textwrap.shorten(text, characters, placeholder=" …")
        parts.append(f"<blockquote>{html.escape(words)}</blockquote>")
    return HTML("".join(parts))


def players(album: OwnAlbum, tracks: pd.DataFrame, genres: list[str], seconds: int = 5) -> list[Any]:
    """Return players of the recording with the highest score for each genre: its first seconds.

    Parameters
    ----------
    tracks : pd.DataFrame
        From :attr:`mumu_lib.prediction.Prediction.tracks`.
    """
    parts: list[Any] = []
    if len(tracks):
        best = tracks[genres].idxmax()
        for track, by_genre in best.groupby(best):
            parts.append(HTML(f"<b>{html.escape(str(track))}</b>: {html.escape(', '.join(by_genre.index))}"))
            parts.append(media.player(audio.load(album.folder / str(track)), seconds))
    return parts
