"""Figures of the dataset mapping: albums left after each step, and precision and recall.

Notebook: 01.
"""

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from mumu_lib.figures.style import BLUE, ORANGE, STYLE, new_axes, new_figure


def funnel(steps: pd.DataFrame) -> Figure:
    """Plot the albums and tracks that are left after each step.

    Parameters
    ----------
    steps : pd.DataFrame
        ``step``, ``albums``, ``tracks``, from :func:`mumu_lib.mapping.link`.
    """
    with mpl.rc_context(STYLE):
        figure = new_figure(9, 0.4 + 0.36 * len(steps))
        left, right = figure.subplots(1, 2, sharey=True, width_ratios=[2, 1])
        for axes, column, colour, title in (
            (left, "albums", BLUE, "albums"),
            (right, "tracks", ORANGE, "recordings, then tracks"),
        ):
            values = steps[column].astype("Float64").fillna(0).to_numpy(float)
            bars = axes.barh(steps["step"], values, color=colour)
            axes.bar_label(bars, [_bar_label(float(value)) for value in values], padding=3)
            axes.set(title=title)
            axes.margins(x=0.18)
            axes.grid(visible=False)
            axes.xaxis.set_visible(False)
        left.invert_yaxis()
    albums = list(steps["albums"])
    return figure.describe(
        "mapping_funnel",
        caption="Albums and tracks that are left after each step of the mapping.",
        alt=f"Of {albums[0]} albums, {albums[2]} match a release group and {albums[-1]} have tracks.",
    )


def _bar_label(value: float) -> str:
    """Return the label of a bar; empty for 0."""
    if not value:
        return ""
    return f"{value:,.0f}"


def agreement(curve: pd.DataFrame, threshold: float) -> Figure:
    """Plot precision and recall of the matches over the threshold, or a sentence if there is no ground truth.

    Parameters
    ----------
    curve : pd.DataFrame
        ``threshold``, ``precision``, ``recall``, from :func:`mumu_lib.mapping.agreement` or
        :func:`mumu_lib.mapping.measure`.
    threshold : float
        Threshold in use, marked.
    """
    if curve.empty:
        return _no_agreement()
    with mpl.rc_context(STYLE):
        figure, (axes,) = new_axes(6, 3.4)
        for column, marker in (("precision", "o"), ("recall", "s")):
            axes.plot(curve["threshold"], curve[column], marker=marker, ms=4, label=column)
        axes.axvline(threshold, color="0.5", ls="--", lw=1)
        axes.annotate("in use", (threshold, axes.get_ylim()[0]), (4, 4), textcoords="offset points", color="0.4")
        axes.set(xlabel="threshold of similarity", title="Precision and recall over the threshold")
        axes.legend()
    first = curve.iloc[0]
    last = curve.iloc[-1]
    return figure.describe(
        "mapping_agreement",
        caption="Precision and recall of the mapping over the threshold of similarity.",
        alt=f"Precision rises from {first['precision']:.2f} to {last['precision']:.2f}, "
        f"recall falls from {first['recall']:.2f} to {last['recall']:.2f}.",
    )


def _no_agreement() -> Figure:
    """Return a sentence in place of the curves."""
    with mpl.rc_context(STYLE):
        figure, (axes,) = new_axes(6, 0.6)
        axes.set_axis_off()
        axes.text(0.5, 0.5, "No truth is known for these sources.", ha="center", va="center")
    return figure.describe(
        "mapping_agreement",
        caption="No truth is known for these sources, so that precision and recall cannot be measured.",
        alt="No curves: no truth is known for these sources.",
    )
