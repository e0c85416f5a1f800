"""The style of all figures: colours, markers, line styles, and escaped texts.

Paper: none.  Notebooks: all.
"""

import textwrap
from typing import Any, Self

import numpy as np
import seaborn as sns
from cycler import cycler
from matplotlib.figure import Figure

# The colour-blind palette, reordered to separate similar hues. Every colour is accompanied by a marker, line style, hatch
# or name, for readers of a greyscale print.
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
    """A figure with name, caption and alt text, for :func:`mumu_lib.figures.save`.

    Attributes
    ----------
    name : str
        Name of its files, without ending.
    caption : str
        Description of the content.
    alt : str
        Text for readers who cannot see the figure, with the important names and numbers.
    photographs : bool
        Whether it shows photographs, which are stored in notebooks at a lower resolution.
    """

    name: str = ""
    caption: str = ""
    alt: str = ""
    photographs: bool = False

    def describe(self, name: str, *, caption: str, alt: str, photographs: bool = False) -> Self:
        """Set name, caption and alt text.

        Returns
        -------
        figure : CaptionedFigure
            The figure itself: drawing functions return it.
        """
        self.name = name
        self.caption = caption
        self.alt = alt
        self.photographs = photographs
        return self


def plain(text: str) -> str:
    r"""Escape dollar signs, which would start a formula in matplotlib.

    Examples
    --------
    >>> print(plain("A$AP Rocky"))
    A\$AP Rocky
    """
    return text.replace("$", r"\$")


def short(text: str, width: int) -> str:
    """Shorten a text to a number of letters, in whole words, and escape it with :func:`plain`.

    Examples
    --------
    >>> short("Music from Another Room", 14)
    'Music from…'
    """
    return plain(textwrap.shorten(text, width, placeholder="…"))


def counted(n: int, thing: str) -> str:
    """Return a number with a noun, spelled out up to ten.

    Examples
    --------
    >>> counted(1, "album"), counted(4, "album"), counted(12, "album")
    ('one album', 'four albums', '12 albums')
    """
    if n == 1:
        return f"one {thing}"
    if n < len(NUMBERS):
        return f"{NUMBERS[n]} {thing}s"
    return f"{n} {thing}s"


def new_figure(width: float, height: float) -> CaptionedFigure:
    """Create a figure without pyplot, which would keep it open and choose a backend.

    Parameters
    ----------
    width, height : float > 0
        Inches.
    """
    return CaptionedFigure(figsize=(width, height), layout="constrained")


def sentence(name: str, text: str) -> CaptionedFigure:
    """Return a figure with a sentence instead of a plot."""
    figure = new_figure(6.5, 0.6)
    figure.text(0.01, 0.5, text, va="center")
    return figure.describe(name, caption=text, alt=f"No picture, a sentence: {text}")


def new_axes(width: float, height: float, columns: int = 1, rows: int = 1) -> tuple[CaptionedFigure, np.ndarray]:
    """Create a :func:`new_figure` with axes, in row order.

    Returns
    -------
    figure : CaptionedFigure
    axes : np.ndarray [shape=(rows * columns,)]
    """
    figure = new_figure(width, height)
    return figure, figure.subplots(rows, columns, squeeze=False).ravel()
