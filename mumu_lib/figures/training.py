"""Figures of one run: its learning curve, and its AUC label by label.

Paper: Section 6.  Notebooks: 04_audio to 07_multimodal.
"""

import matplotlib as mpl
import numpy as np
import pandas as pd
from IPython.display import Image
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from mumu_lib import figures
from mumu_lib.figures.style import BLUE, STYLE, VERMILION, new_axes, short
from mumu_lib.runs import Run


@mpl.rc_context(STYLE)
def learning_curves(history: pd.DataFrame, loss_name: str, run: str = "a run") -> Figure:
    """Plot training and validation loss by epoch; mark the epoch whose weights are kept.

    Parameters
    ----------
    history : pd.DataFrame
        From :func:`mumu_lib.training.fit`.
    loss_name : str
        Label of the axis.
    run : str
        Run id, for the caption.
    """
    figure, (axes,) = new_axes(6.5, 3.4)
    kept = history[history["best"]].iloc[-1]
    axes.plot(history["epoch"], history["loss"], "-o", ms=4, label="training")
    axes.plot(history["epoch"], history["val_loss"], "--s", ms=4, label="validation")
    axes.plot(
        kept["epoch"],
        kept["val_loss"],
        "s",
        ms=9,
        mfc="none",
        mew=1.6,
        color="0.2",
        label=f"kept: epoch {kept['epoch']:.0f}",
    )
    axes.set(xlabel="epoch", ylabel=loss_name)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend()
    reason = "the lowest validation loss"
    if "val_auc" in history and history["val_auc"].notna().any():
        reason = "the highest validation AUC"
    return figure.describe(
        "learning_curves",
        caption=f"Learning curves of {run}.",
        alt=f"Training and validation loss over {len(history)} epochs; "
        f"the weights of epoch {kept['epoch']:.0f}, {reason}, are kept.",
    )


@mpl.rc_context(STYLE)
def auc_by_label(auc: pd.Series, albums: pd.Series, *, n: int = 10, run: str = "a run") -> Figure:
    """Plot the AUC of the best and worst learned genres, and AUC against the frequency of a genre.

    Parameters
    ----------
    auc : pd.Series
        AUC by label; NaN where it is not defined.
    albums : pd.Series
        Test albums with the label, by label.
    n : int
        Genres from either end.
    run : str
        Run id, for the caption.
    """
    best = ", ".join(auc.nlargest(3).index)
    worst = ", ".join(auc.nsmallest(3).index)
    auc = auc.dropna().sort_values()
    shown = auc
    title = "Genres (test albums)"
    if len(auc) > 2 * n:
        shown = pd.concat([auc.head(n), auc.tail(n)])
        title = "Worst and best learned (test albums)"
    figure, (left, right) = new_axes(9.5, 1.2 + 0.2 * len(shown), columns=2)
    names = [short(f"{label} ({albums[label]})", 30) for label in shown.index]
    left.barh(range(len(shown)), shown - 0.5, left=0.5, color=np.where(shown >= 0.5, BLUE, VERMILION), height=0.7)
    left.set(
        yticks=range(len(shown)),
        yticklabels=names,
        xlabel="AUC (0.5 is chance)",
        xlim=(min(0.4, shown.min() - 0.02), 1.0),
    )
    left.set_title(title)
    left.grid(axis="y", visible=False)
    right.scatter(albums[auc.index], auc, s=18)
    right.axhline(0.5, color="0.5", lw=1, ls="--")
    right.set(
        xscale="log",
        xlabel="test albums with the genre (log)",
        ylabel="AUC",
        title="Rare genres are judged on few albums",
    )
    right.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    right.xaxis.set_major_formatter("{x:g}")
    right.xaxis.set_minor_formatter(NullFormatter())
    return figure.describe(
        "auc_by_genre", caption=f"AUC by genre of {run}.", alt=f"Best learned: {best}; worst: {worst}."
    )


def learning(run: Run, history: pd.DataFrame, target: str) -> Image:
    """Plot the learning curves of a run; write the figure to its folder and show it.

    Parameters
    ----------
    history : pd.DataFrame
        From :func:`mumu_lib.training.fit`.
    target : str
        Name of the target, for the loss axis.
    """
    figure = learning_curves(history, f"{target} loss", run.id)
    return figures.save(figure, run.catalogue, folder=run.folder)


def genres(run: Run, by_label: pd.DataFrame) -> Image:
    """Plot the AUC by genre of a run; write the figure to its folder and show it.

    Parameters
    ----------
    by_label : pd.DataFrame
        From :func:`mumu_lib.runs.evaluate`.
    """
    figure = auc_by_label(by_label["auc"], by_label["albums"], run=run.id)
    return figures.save(figure, run.catalogue, folder=run.folder)
