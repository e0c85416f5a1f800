"""Figures of sound: patches of spectrograms.

Paper: Section 5.1.  Notebooks: 04_audio.
"""

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from mumu_lib.figures.style import STYLE, counted, new_axes, short


@mpl.rc_context(STYLE)
def patch_examples(patches: np.ndarray, titles: list[str]) -> Figure:
    """Spectrogram patches side by side.

    Parameters
    ----------
    patches : np.ndarray [shape=(n, 322, 96), dB]
    titles : list of str [length n]
    """
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
