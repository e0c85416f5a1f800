"""Figures of the dataset mapping: what each step leaves, and precision against recall.

Notebook: 01.
"""

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from mumu_lib.figures.style import BLUE, ORANGE, STYLE


def funnel(steps: pd.DataFrame) -> Figure:
    """Albums and tracks that are left after each step.

    Parameters
    ----------
    steps : pd.DataFrame
        ``step``, ``albums``, ``tracks``, from :func:`mumu_lib.mapping.link`.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9, 0.4 + 0.36 * len(steps)), layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True, width_ratios=[2, 1])
        for axes, column, colour, title in (
            (left, "albums", BLUE, "albums"),
            (right, "tracks", ORANGE, "recordings, then tracks"),
        ):
            values = steps[column].astype("Float64").fillna(0).to_numpy(float)
            bars = axes.barh(steps["step"], values, color=colour)
            axes.bar_label(bars, [f"{v:,.0f}" if v else "" for v in values], padding=3)
            axes.set(title=title)
            axes.margins(x=0.18)
            axes.grid(visible=False)
            axes.xaxis.set_visible(False)
        left.invert_yaxis()
    return figure


def agreement(curve: pd.DataFrame, threshold: float) -> Figure:
    """Precision and recall of the matches over the threshold.

    Parameters
    ----------
    curve : pd.DataFrame
        ``threshold``, ``precision``, ``recall``, from :func:`mumu_lib.mapping.agreement`.
    threshold : float
        The one in use, marked.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(6, 3.4), layout="constrained")
        axes = figure.subplots()
        for column, marker in (("precision", "o"), ("recall", "s")):
            axes.plot(curve["threshold"], curve[column], marker=marker, ms=4, label=column)
        axes.axvline(threshold, color="0.5", ls="--", lw=1)
        axes.annotate("in use", (threshold, axes.get_ylim()[0]), (4, 4), textcoords="offset points", color="0.4")
        axes.set(xlabel="threshold of similarity", title="Precision and recall over the threshold")
        axes.legend()
    return figure
