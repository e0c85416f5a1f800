"""The style of all figures: colours, markers and line styles that say the same, and texts that matplotlib takes as they are.

Paper: none.  Notebooks: all.
"""

import textwrap
from typing import Any

import numpy as np
import seaborn as sns
from cycler import cycler
from matplotlib.figure import Figure

# The colour-blind palette, neighbours in hue set apart. Colour never stands alone: a marker, a line style, a hatch or a
# name says the same, for readers of a greyscale print.
_COLOURS = sns.color_palette("colorblind").as_hex()
PALETTE = [_COLOURS[i] for i in (0, 1, 2, 4, 9, 5, 8, 7, 3, 6)]


BLUE, ORANGE, GREEN, VERMILION = _COLOURS[:4]
MARKERS = "osD^vPX*<>"
LINES = ("-", "--", "-.", ":")
STYLE: Any = {
    "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left", "axes.axisbelow": True,
    "axes.grid": True, "grid.color": "0.92", "figure.facecolor": "white", "savefig.facecolor": "white",
    "font.size": 9.5, "axes.titlesize": 10.5, "legend.frameon": False, "svg.hashsalt": "mumu", "svg.fonttype": "none",
    "axes.prop_cycle": cycler(color=PALETTE),
}  # fmt: skip


def plain(text: str) -> str:
    """Text in which a dollar is a dollar, and not the start of a formula."""
    return text.replace("$", r"\$")


def short(text: str, width: int) -> str:
    """At most so many letters of a text, whole words, as :func:`plain`."""
    return plain(textwrap.shorten(text, width, placeholder="…"))


def new_axes(width: float, height: float, columns: int = 1, rows: int = 1) -> tuple[Figure, np.ndarray]:
    """Figure without pyplot, so that nothing is left open and no backend is chosen."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False).ravel()
