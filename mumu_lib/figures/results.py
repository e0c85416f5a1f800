"""Figures of the results: audio runs, our AUC and the paper's, head to tail labels, and the claims.

Paper: Table 2, Section 6.  Notebooks: 04 to 08.
"""

from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import ScaledTranslation

from mumu_lib.figures.style import (
    BLUE,
    GREEN,
    LINES,
    MARKERS,
    ORANGE,
    PALETTE,
    STYLE,
    VERMILION,
    CaptionedFigure,
    new_axes,
    new_figure,
    plain,
)
from mumu_lib.results import key

GROUPS: dict[str, Any] = {
    "head": {"marker": "o", "color": BLUE},
    "middle": {"marker": "s", "color": ORANGE},
    "tail": {"marker": "D", "color": GREEN, "mfc": "white"},
}
VERDICTS: dict[str, Any] = {
    "holds": {"marker": "o", "color": GREEN},
    "cannot tell here": {"marker": "o", "color": "0.5", "mfc": "white"},
    "does not hold": {"marker": "X", "color": VERMILION, "ms": 8},
}
PAPER: Any = {"marker": "D", "color": "0.35", "mfc": "none", "ms": 5}


@mpl.rc_context(STYLE)
def grid(runs: pd.DataFrame) -> Figure:
    """Plot AUC against parameters and seconds per epoch, a point per run (the argument of the paper's section 6.1).

    Both targets have nearly the same parameters; they are drawn six points apart to avoid overlap.

    Parameters
    ----------
    runs : pd.DataFrame
        From :func:`mumu_lib.runs.table`: ``target``, ``setting``, ``params``, ``seconds_per_epoch``, ``auc``,
        ``auc_low`` and ``auc_high``.
    """
    figure, axes = new_axes(9.5, 4, columns=2)
    for ax, column, name in zip(
        axes, ("params", "seconds_per_epoch"), ("parameters (log)", "seconds per epoch (log)"), strict=True
    ):
        for (target, part), marker, colour, line, aside in zip(
            runs.groupby("target"), MARKERS, PALETTE, LINES, (-3, 3), strict=False
        ):
            # A bootstrap interval may exclude the point.
            spread = np.maximum([part["auc"] - part["auc_low"], part["auc_high"] - part["auc"]], 0)
            drawn = ax.errorbar(
                part[column], part["auc"], spread, fmt=marker, color=colour, elinewidth=0.9, capsize=2, label=target,
                transform=ax.transData + ScaledTranslation(aside / 72, 0, figure.dpi_scale_trans),
            )  # fmt: skip
            drawn[2][0].set_linestyle(line)
            ax.update_datalim(np.vstack([part[[column, "auc_low"]], part[[column, "auc_high"]]]))
        for run in runs.itertuples():
            offset = (1, -11)
            if run.target == "cosine":
                offset = (7, 5)
            ax.annotate(
                plain(str(run.setting)),
                (getattr(run, column), run.auc),
                offset,
                textcoords="offset points",
                fontsize=8,
            )
        ax.set(xscale="log", xlabel=name, ylabel="AUC, with 95 % interval")
        ax.margins(x=0.15)
        ax.autoscale_view()
    if len(runs):
        axes[0].legend(loc="best")
    auc = runs["auc"]
    return figure.describe(
        "audio_grid",
        caption="AUC of the audio runs against their parameters and their seconds per epoch.",
        alt=f"{len(runs)} audio runs; their AUC lies between {auc.min():.2f} and {auc.max():.2f}.",
    )


def _rows(names: list[str], width: float, columns: int = 1) -> tuple[CaptionedFigure, list[Axes]]:
    """Create axes side by side with one row per name, the first on top."""
    figure = new_figure(width, 1.1 + 0.24 * len(names))
    axes = list(figure.subplots(1, columns, squeeze=False, sharey=True)[0])
    axes[0].set(
        yticks=range(len(names)),
        yticklabels=[plain(name) for name in names],
        ylim=(max(len(names), 1) - 0.5, -0.5),
    )
    return figure, axes


def _whiskers(axes: Axes, where: np.ndarray, table: pd.DataFrame, value: str, ends: list[str], **style: Any) -> None:
    """Draw points with intervals, which may exclude the point."""
    numbers = table[[value, *ends]].to_numpy(float)
    axes.hlines(where, *numbers[:, 1:].T, color=style["color"], lw=1)
    axes.plot(numbers[:, 0], where, ls="none", **style)


@mpl.rc_context(STYLE)
def beside_paper(table2: pd.DataFrame) -> Figure:
    """Plot the AUC of every row of Table 2, the paper's and ours with its 95 % interval.

    Parameters
    ----------
    table2 : pd.DataFrame
        From :func:`mumu_lib.results.paper_rows.table2`.
    """
    figure, (axes,) = _rows(list(key(table2)), 7.5)
    where = np.arange(len(table2))
    axes.plot(table2["auc paper"], where, ls="none", **PAPER, label="paper, on MuMu")
    _whiskers(axes, where, table2, "auc ours", ["auc_low", "auc_high"], marker="o", color=BLUE, label="ours, 95 %")
    axes.set(xlabel="AUC, macro over labels")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    ours = table2["auc ours"]
    return figure.describe(
        "table2_auc",
        caption="AUC of every row of Table 2, the paper's and ours with its 95 % interval.",
        alt=f"{ours.notna().sum()} of {len(table2)} rows were run; their mean AUC is {ours.mean():.2f}.",
    )


@mpl.rc_context(STYLE)
def by_frequency(table: pd.DataFrame) -> Figure:
    """Plot the AUC of head, middle and tail labels, a row per run.

    Parameters
    ----------
    table : pd.DataFrame
        From :func:`mumu_lib.results.by_frequency`.
    """
    names = list(dict.fromkeys(table["row"]))
    figure, (axes,) = _rows(names, 7.5)
    for offset, (group, style) in zip((-0.22, 0, 0.22), GROUPS.items(), strict=True):
        part = table[table["group"] == group]
        where = np.array([names.index(row) for row in part["row"]]) + offset
        label = f"{group} ({part['labels'].max()} labels)"
        _whiskers(axes, where, part, "auc", ["low", "high"], **style, ms=5, label=label)
    axes.axvline(0.5, color="0.5", lw=1, ls="--")
    axes.set(xlabel="AUC over a third of the labels, by training albums; 95 % interval, 0.5 is chance")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    means = table.groupby("group")["auc"].mean().reindex(list(GROUPS))
    return figure.describe(
        "auc_by_frequency",
        caption="AUC over frequent (head), middling and rare (tail) labels, thirds by training albums.",
        alt=f"Mean over the runs: head {means['head']:.2f}, middle {means['middle']:.2f}, tail {means['tail']:.2f}.",
    )


@mpl.rc_context(STYLE)
def claims(table: pd.DataFrame) -> Figure:
    """Plot the differences that decide the claims about AUC and coverage, with 95 % intervals.

    Parameters
    ----------
    table : pd.DataFrame
        From :func:`mumu_lib.results.claims.table`.
    """
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in table["verdict"].value_counts().items())
    table = table[table["metric"].isin(["auc", "coverage"]) & (table["verdict"] != "not run")].reset_index(drop=True)
    figure, axes = _rows([f"{row.section}  {row.claim}" for row in table.itertuples()], 10.5, columns=2)
    for ax, metric, name in zip(axes, ("auc", "coverage"), ("AUC", "coverage\n(mean of C@1, C@3, C@5)"), strict=True):
        part = table[table["metric"] == metric]
        for verdict, style in VERDICTS.items():
            chosen = part[part["verdict"] == verdict]
            _whiskers(ax, chosen.index.to_numpy(), chosen, "difference", ["low", "high"], **style)
        ax.plot(part["paper_difference"], part.index, ls="none", **PAPER)
        ax.axvline(0, color="0.5", lw=1, ls="--")
        ax.set(xlabel=f"difference in {name}")
    marks = {**VERDICTS, "in the paper's table": PAPER}
    handles = [Line2D([], [], ls="none", label=name, **style) for name, style in marks.items()]
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))
    return figure.describe(
        "claims",
        caption="Differences behind the paper's sentences, means with 95 % intervals; the paper's own as diamonds. "
        "A sentence about each pair can stay open though the mean is clear.",
        alt=f"Of the sentences, {verdicts}.",
    )
