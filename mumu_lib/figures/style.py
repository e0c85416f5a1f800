"""The style of all figures: colours, markers and line styles that say the same, and texts that matplotlib takes as they are.

Paper: none.  Notebooks: all.
"""

import textwrap
from typing import Any, Self

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
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
STYLE: Any = {
    "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left", "axes.axisbelow": True,
    "axes.grid": True, "grid.color": "0.92", "figure.facecolor": "white", "savefig.facecolor": "white",
    "font.size": 9.5, "axes.titlesize": 10.5, "legend.frameon": False, "svg.hashsalt": "mumu", "svg.fonttype": "none",
    "axes.prop_cycle": cycler(color=PALETTE),
}  # fmt: skip


class CaptionedFigure(Figure):
    """A figure that says what it is, for :func:`mumu_lib.figures.save`.

    Attributes
    ----------
    name : str
        Of its files, without ending.
    caption : str
        What it shows.
    alt : str
        What somebody is told who cannot see it, with the names and numbers that matter.
    photographs : bool
        Whether it shows pictures, which would make a notebook too large if they were kept as fine as drawings.
    """

    name: str = ""
    caption: str = ""
    alt: str = ""
    photographs: bool = False

    def describe(self, name: str, *, caption: str, alt: str, photographs: bool = False) -> Self:
        """Say what the figure is.

        Returns
        -------
        figure : CaptionedFigure
            Itself, so that a drawing function can end with it.
        """
        self.name = name
        self.caption = caption
        self.alt = alt
        self.photographs = photographs
        return self


def plain(text: str) -> str:
    """Text in which a dollar is a dollar, and not the start of a formula."""
    return text.replace("$", r"\$")


def short(text: str, width: int) -> str:
    """At most so many letters of a text, whole words, as :func:`plain`."""
    return plain(textwrap.shorten(text, width, placeholder="…"))


def counted(n: int, thing: str) -> str:
    """How many there are of something, in words up to ten: ``one album``, ``four albums``."""
    if n == 1:
        return f"one {thing}"
    if n < len(NUMBERS):
        return f"{NUMBERS[n]} {thing}s"
    return f"{n} {thing}s"


def new_figure(width: float, height: float) -> CaptionedFigure:
    """Figure without pyplot, so that nothing is left open and no backend is chosen.

    Parameters
    ----------
    width, height : float > 0
        Inches.
    """
    return CaptionedFigure(figsize=(width, height), layout="constrained")


def sentence(name: str, text: str) -> CaptionedFigure:
    """Return a figure that says in words why there is nothing to draw."""
    figure = new_figure(6.5, 0.6)
    figure.text(0.01, 0.5, text, va="center")
    return figure.describe(name, caption=text, alt=f"No picture, a sentence: {text}")


def new_axes(width: float, height: float, columns: int = 1, rows: int = 1) -> tuple[CaptionedFigure, np.ndarray]:
    """A :func:`new_figure` and its axes, row by row.

    Returns
    -------
    figure : CaptionedFigure
    axes : np.ndarray [shape=(rows * columns,)]
    """
    figure = new_figure(width, height)
    return figure, figure.subplots(rows, columns, squeeze=False).ravel()
