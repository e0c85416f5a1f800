"""Figures of covers: training views, and class activation maps.

Paper: Sections 5.3 and 6.3.  Notebooks: 06_image.
"""

import textwrap

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from PIL import Image

from mumu_lib.figures.style import STYLE, counted, new_figure
from mumu_lib.image.augment import centre_view, random_view
from mumu_lib.image.store import CoverStore


@mpl.rc_context(STYLE)
def view_examples(store: CoverStore, rows: np.ndarray, size: int, *, views: int = 4, seed: int = 0) -> Figure:
    """Plot the test crop and random training views of some covers.

    Parameters
    ----------
    rows : np.ndarray [shape=(n,), int]
        Rows of the store.
    size : int
        Side of the views.
    """
    figure = new_figure(1.4 * (views + 1), 1.4 * len(rows))
    for line, row in zip(figure.subplots(len(rows), views + 1, squeeze=False), rows, strict=True):
        pixels = store.values[row]
        whole = tuple(store.sizes[row])
        pictures = [centre_view(pixels, whole, size)]
        for view in range(views):
            pictures.append(random_view(pixels, whole, size, np.random.default_rng([seed, view, row])))
        for ax, picture in zip(line, pictures, strict=True):
            ax.imshow(picture)
            ax.set_axis_off()
    figure.axes[0].set_title("test crop", fontsize=9)
    figure.axes[1].set_title("training views", fontsize=9)
    covers = counted(len(rows), "training cover").capitalize()
    lines = counted(len(rows), "row").capitalize()
    return figure.describe(
        "views",
        caption=f"{covers}: the test crop, and {counted(views, 'random view')} each.",
        alt=f"{lines} of {counted(views + 1, 'picture')}: parts of one cover of different size, brightness, colour "
        "and side.",
        photographs=True,
    )


@mpl.rc_context(STYLE)
def class_maps(
    views: np.ndarray, maps: np.ndarray, genre: pd.Series, scores: np.ndarray, run: str = "a network"
) -> Figure:
    """Plot covers with class activation maps of their genres.

    Parameters
    ----------
    views : np.ndarray [shape=(n, h, h, 3), uint8]
    maps : np.ndarray [shape=(n, k, k)]
        From :func:`mumu_lib.image.class_activation.class_maps`.
    genre : pd.Series [length n]
        Genre of each cover; a row of the figure per genre.
    scores : np.ndarray [shape=(n,)]
        Scores of the genre, for the titles.
    run : str
        Run id, for the caption.
    """
    names = list(dict.fromkeys(genre))
    most = int(genre.value_counts().max())
    figure = new_figure(2.5 * most + 0.6, 1.35 * len(names) + 0.2)
    axes = figure.subplots(len(names), 2 * most, squeeze=False)
    for ax in axes.flat:
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
    for row, name in zip(axes, names, strict=True):
        row[0].set_ylabel(textwrap.fill(name, 16), fontsize=9, weight="bold")
        for position, item in enumerate(np.flatnonzero(genre == name)):
            row[2 * position].imshow(views[item])
            _overlay(row[2 * position + 1], views[item], maps[item])
            row[2 * position + 1].set_title(f"score {scores[item]:.2f}", fontsize=9)
    return figure.describe(
        "class_maps",
        caption=f"Class activation maps of {run}: where the network sees the genre.",
        alt="Rows of covers, a row a genre; beside each cover the places that speak for the genre glow.",
        photographs=True,
    )


def _overlay(ax: mpl.axes.Axes, view: np.ndarray, evidence: np.ndarray) -> None:
    """Draw the cover in grey and the class activation map in colour, scaled from its minimum to its maximum."""
    extent = (0, *view.shape[:2], 0)
    ax.imshow(Image.fromarray(view).convert("L"), cmap="gray", vmin=0, vmax=255, extent=extent)
    share = (evidence - evidence.min()) / max(float(np.ptp(evidence)), 1e-9)
    ax.imshow(share, cmap="inferno", vmin=0, vmax=1, alpha=0.6, extent=extent, interpolation="bilinear")
