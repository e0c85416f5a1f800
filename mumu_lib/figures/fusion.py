"""Figures of a fusion: AUC with missing modalities, branches in joint learning, and the search for weights.

Paper: Section 6.4.  Notebooks: 07_multimodal.
"""

import matplotlib as mpl
import numpy as np
import pandas as pd
from IPython.display import Image
from matplotlib.figure import Figure

from mumu_lib import figures
from mumu_lib.figures import training
from mumu_lib.figures.style import LINES, MARKERS, STYLE, new_axes, plain, sentence
from mumu_lib.runs import Run


@mpl.rc_context(STYLE)
def missing_modalities(table: pd.DataFrame, run: str = "a fusion") -> Figure:
    """Plot the AUC with its interval for every pattern of missing modalities.

    Parameters
    ----------
    table : pd.DataFrame
        From :func:`mumu_lib.fusion.missing_modalities`.
    run : str
        Run id, for the caption.
    """
    if table.empty:
        return sentence("missing_modalities", "No test album has every modality.")
    figure, (axes,) = new_axes(6.5, 0.9 + 0.3 * len(table))
    shown = table.iloc[::-1]
    # A bootstrap interval may exclude the point.
    spread = np.maximum([shown["AUC"] - shown["from"], shown["to"] - shown["AUC"]], 0)
    axes.errorbar(shown["AUC"], range(len(shown)), xerr=spread, fmt="o", capsize=3)
    axes.axvline(0.5, color="0.5", lw=1, ls="--")
    axes.set(
        yticks=range(len(shown)),
        yticklabels=[plain(name) for name in shown.index],
        xlabel="AUC on the test albums, 95 % interval (0.5 is chance)",
    )
    axes.margins(y=0.15)
    axes.grid(axis="y", visible=False)
    return figure.describe(
        "missing_modalities",
        caption=f"AUC of {run} when modalities are missing.",
        alt="; ".join(f"{there}: {auc:.2f}" for there, auc in table["AUC"].items()),
    )


@mpl.rc_context(STYLE)
def branch_curves(curves: pd.DataFrame) -> Figure:
    """Plot the validation AUC of each branch on its own, by epoch (the argument of the paper's section 5.4).

    Parameters
    ----------
    curves : pd.DataFrame
        Index: epoch from 1; a column per branch. Empty if each source was trained separately.
    """
    if curves.empty:
        return sentence("branches", "Every source was learned by itself: there are no branches to compare.")
    figure, (axes,) = new_axes(6.5, 3.4)
    for name, marker, line in zip(curves, MARKERS, LINES, strict=False):
        axes.plot(curves.index, curves[name], line, marker=marker, ms=4, label=plain(str(name)))
    axes.axhline(0.5, color="0.5", lw=1, ls="--")
    axes.set(xlabel="epoch", ylabel="validation AUC, branch alone")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend()
    return figure.describe(
        "branches",
        caption="What each branch knows by itself while all are learned at once "
        "(validation AUC, the other branches' vectors at zero).",
        alt="; ".join(f"{name} ends at {auc:.2f}" for name, auc in curves.iloc[-1].items()),
    )


@mpl.rc_context(STYLE)
def weight_search(steps: pd.DataFrame, run: str = "a fusion") -> Figure:
    """Plot the validation AUC of a weighted mean of sources by step of the search, with the best weights.

    Parameters
    ----------
    steps : pd.DataFrame
        ``epoch``, ``val_auc``, ``seconds``, ``best``, and a column ``weight of NAME`` for each source
        (:func:`mumu_lib.fusion.weighted.search`).
    run : str
        Run id, for the caption.
    """
    columns = steps.columns[steps.columns.str.startswith("weight of ")]
    kept = steps[steps["best"]].iloc[0]
    figure, (axes,) = new_axes(6.5, 3.4)
    axes.plot(steps["epoch"], steps["val_auc"], "-o", ms=4)
    axes.plot(kept["epoch"], kept["val_auc"], "s", ms=9, mfc="none", mew=1.6, color="0.2", label="kept")
    weights = ", ".join(f"{plain(column.removeprefix('weight of '))} {kept[column]:.2f}" for column in columns)
    axes.set(xlabel="step of the search", ylabel="validation AUC of the mean", title=weights)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend()
    return figure.describe(
        "weight_search",
        caption=f"Search for the weights of {run}.",
        alt=f"Validation AUC over {len(steps)} steps; kept are the weights {weights}.",
    )


def learning(run: Run, history: pd.DataFrame, target: str) -> Image:
    """Plot the loss of a fusion by epoch, or the search for its weights; write and show the figure.

    Parameters
    ----------
    history : pd.DataFrame
        From :class:`mumu_lib.fusion.learned.Learned`.
    target : str
        Name of the target, for the loss axis.
    """
    if "loss" in history:
        return training.learning(run, history, target)
    return figures.save(weight_search(history, run.id), run.catalogue, folder=run.folder)
