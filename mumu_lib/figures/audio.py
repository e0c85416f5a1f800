"""Figures of audio features: spectrogram patches, timbre statistics or embeddings.

Paper: Section 5.1.  Notebooks: 04_audio.
"""

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from mumu_lib.audio.timbre import COEFFICIENTS
from mumu_lib.figures.style import STYLE, counted, new_axes, short

# In the order of :func:`mumu_lib.audio.timbre.statistics`.
TIMBRE = ("mean", "maximum", "variance", "l2-norm")


@mpl.rc_context(STYLE)
def patch_examples(patches: np.ndarray, titles: list[str]) -> Figure:
    """Plot spectrogram patches, timbre statistics, or embeddings of an encoder side by side.

    Parameters
    ----------
    patches : np.ndarray [shape=(n, 322, 96), dB], [shape=(n, 48)] (timbre) or [shape=(n, length)]
    titles : list of str [length n]
    """
    if patches.ndim == 2 and patches.shape[1] == len(TIMBRE) * COEFFICIENTS:
        return _timbre_examples(patches, titles)
    if patches.ndim == 2:
        return _vector_examples(patches, titles)
    figure, axes = new_axes(2.6 * len(patches), 2.6, columns=len(patches))
    for ax, patch, title in zip(axes, patches, titles, strict=True):
        image = ax.imshow(
            patch.T.astype(np.float32),
            origin="lower",
            aspect="auto",
            vmin=-80,
            vmax=0,
            cmap="magma",
            extent=(0, 15, 0, 8),
        )
        ax.set(title=short(title, 30), xlabel="seconds", yticks=range(9))
        ax.grid(visible=False)
    axes[0].set_ylabel("octaves above C1")
    figure.colorbar(image, ax=list(axes), label="dB", pad=0.01)
    spectrograms = counted(len(patches), "spectrogram").capitalize()
    return figure.describe(
        "patches",
        caption=f"One 15-second patch of {counted(len(patches), 'album')}: log-amplitude constant-Q, C1 upwards.",
        alt=f"{spectrograms}: bright horizontal lines are notes, vertical ones are drum hits.",
    )


def _timbre_examples(statistics: np.ndarray, titles: list[str]) -> Figure:
    """Plot timbre statistics of some tracks: a row per statistic, a column per coefficient, each row scaled on its own."""
    figure, axes = new_axes(2.6 * len(statistics), 1.8, columns=len(statistics))
    tables = statistics.astype(np.float64).reshape(len(statistics), len(TIMBRE), -1)
    largest = np.abs(tables).max(axis=(0, 2), keepdims=True)
    scaled = tables / np.where(largest > 0, largest, 1)
    for ax, table, title in zip(axes, scaled, titles, strict=True):
        ax.imshow(table, aspect="auto", vmin=-1, vmax=1, cmap="RdBu")
        columns = range(0, table.shape[1], 3)
        ax.set(title=short(title, 30), xlabel="coefficient", xticks=columns)
        ax.set(yticks=range(len(TIMBRE)), yticklabels=[])
        ax.grid(visible=False)
    axes[0].set_yticklabels(TIMBRE)
    return figure.describe(
        "patches",
        caption=f"Timbre statistics of {counted(len(statistics), 'track')}, each row divided by its largest value.",
        alt=f"{counted(len(statistics), 'table').capitalize()} of four rows and twelve columns, coloured by value.",
    )


def _vector_examples(vectors: np.ndarray, titles: list[str]) -> Figure:
    """Plot embeddings of some tracks, each folded into a square, all on one scale."""
    figure, axes = new_axes(2.6 * len(vectors), 2.6, columns=len(vectors))
    side = int(np.ceil(np.sqrt(vectors.shape[1])))
    folded = np.full((len(vectors), side * side), np.nan)
    folded[:, : vectors.shape[1]] = vectors
    largest = np.nanmax(np.abs(folded)) or 1
    for ax, vector, title in zip(axes, folded, titles, strict=True):
        image = ax.imshow(vector.reshape(side, side), vmin=-largest, vmax=largest, cmap="RdBu")
        ax.set(title=short(title, 30), xticks=[], yticks=[])
        ax.grid(visible=False)
    figure.colorbar(image, ax=list(axes), label="value", pad=0.01)
    return figure.describe(
        "patches",
        caption=f"Vectors of {counted(len(vectors), 'track')}, the {vectors.shape[1]:,} numbers folded into a square.",
        alt=f"{counted(len(vectors), 'square').capitalize()} of small cells, coloured by value.",
    )
