"""Figures of a pretrained network's output: tags over time, with a player of the recording.

Paper: none.  Notebooks: 09_your_album.
"""

import html
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from IPython.display import HTML, Markdown
from matplotlib.figure import Figure

from mumu_lib import audio, encoders, figures
from mumu_lib.catalogue import Catalogue
from mumu_lib.core.errors import AudioError
from mumu_lib.encoders import Heard
from mumu_lib.figures import media
from mumu_lib.figures.style import STYLE, counted, new_axes, short
from mumu_lib.prediction import listening
from mumu_lib.prediction.album import OwnAlbum


@mpl.rc_context(STYLE)
def taggram(heard: Heard, tags: tuple[str, ...], *, n: int = 12, seconds: float = 3.0) -> Figure:
    """Draw the scores of the strongest tags over time.

    Parameters
    ----------
    heard : Heard
        Output for one recording, in the order of time.
    tags : tuple of str
        Names of the columns of its scores.
    n : int > 0
        Number of tags to show, by highest mean.
    seconds : float
        Length of a window.
    """
    means = heard.scores.mean(axis=0)
    first = np.argsort(-means, kind="stable")[:n]
    figure, axes = new_axes(7.0, 0.9 + 0.24 * len(first))
    # Draw each window up to the start of the next, which bridges skipped windows.
    edges = np.append(heard.starts, heard.starts[-1] + seconds)
    image = axes[0].pcolormesh(
        edges, np.arange(len(first) + 1), heard.scores[:, first].T, cmap="magma", vmin=0, vmax=1, rasterized=True
    )
    names = [short(tags[tag], 24) for tag in first]
    axes[0].set(yticks=np.arange(len(first)) + 0.5, yticklabels=names, xlabel="seconds")
    axes[0].invert_yaxis()
    axes[0].grid(visible=False)
    figure.colorbar(image, ax=axes[0], label="score", pad=0.01)
    strongest = ", ".join(f"{tags[tag]} {means[tag]:.2f}" for tag in first[:3])
    return figure.describe(
        "taggram",
        caption=f"Scores of {counted(len(first), 'tag')} in one recording, window by window, highest mean first.",
        alt=f"A row a tag, time from left to right, the brighter the higher the score; on average {strongest}.",
    )


def first_recording(
    album: OwnAlbum, catalogue: Catalogue, *, folder: Path | None = None, model: str = "msd"
) -> list[Any]:
    """Show the taggram of an album's first recording, and play it.

    Parameters
    ----------
    album : OwnAlbum
    catalogue : Catalogue
        The picture names a synthetic catalogue as such.
    folder : Path, optional
        Folder for the picture.
    model : str
        As in :func:`mumu_lib.listen`.

    Returns
    -------
    parts : list
        Objects to display: the picture, its title and a player of the first seconds; or one line with the reason why
        there is no picture.
    """
    name = listening.MODELS.get(model, model)
    if name not in encoders.installed():
        return [Markdown(f"`{name}` is not here to listen; {encoders.FETCH_HINT}.")]
    encoder = listening.open_encoder(model)
    for file in album.audio:
        try:
            heard = encoder.encode(audio.load(file, rate=encoder.rate))
        except AudioError:
            # The prediction of the album lists the reason.
            continue
        title = HTML(f"<b>{html.escape(file.name)}</b>, its first {media.CLIP_SECONDS} seconds:")
        drawn = taggram(heard, encoder.tags)
        return [figures.save(drawn, catalogue, folder=folder), title, media.player(audio.load(file))]
    return [Markdown("The album has no recording that can be heard.")]
