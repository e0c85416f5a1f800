"""Every plot: tidy data in, a ``matplotlib`` figure out.

Paper: Figure 1.  Notebooks: 02 to 08.
"""

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import LogLocator, NullFormatter
from matplotlib.transforms import ScaledTranslation
from sklearn.neighbors import NearestNeighbors

from mumu_lib.figures import BLUE, LINES, MARKERS, PALETTE, STYLE, VERMILION, plain, short


def _axes(width: float, height: float, columns: int = 1, rows: int = 1) -> tuple[Figure, np.ndarray]:
    """Figure without pyplot, so that nothing is left open and no backend is chosen."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False).ravel()


@mpl.rc_context(STYLE)
def label_distribution(frequencies: pd.DataFrame, per_album: pd.Series) -> Figure:
    """Share of albums of every label by rank, and how many labels an album has (paper 3.1).

    Parameters
    ----------
    frequencies : pd.DataFrame
        From :func:`mumu_lib.labels.frequencies`.
    per_album : pd.Series
        From :func:`mumu_lib.labels.labels_per_album`.
    """
    figure, (left, right) = _axes(9, 3.6, columns=2)
    rank = np.arange(1, len(frequencies) + 1)
    left.plot(rank, frequencies["percent"], ".-", lw=1)
    left.set(
        yscale="log",
        xlabel="label, by rank",
        ylabel="% of albums (log)",
        title="A few labels are everywhere, most are rare",
    )
    left.yaxis.set_major_formatter("{x:g}")
    shown = sorted({0, 1, 2, len(rank) // 2, len(rank) - 1} & set(range(len(rank))))
    for i in shown:
        left.annotate(
            plain(frequencies.index[i]), (rank[i], frequencies["percent"].iloc[i]), (6, 4), textcoords="offset points"
        )
    left.margins(x=0.12, y=0.12)
    values, counts = np.unique(per_album, return_counts=True)
    right.bar(values, counts, color="0.75", edgecolor="0.4")
    right.axvline(per_album.mean(), color=VERMILION, lw=2)
    right.set(
        xlabel="labels of an album",
        ylabel="albums",
        title=f"{per_album.mean():.2f} labels on average (deviation {per_album.std():.2f})",
    )
    right.grid(axis="x", visible=False)
    return figure


@mpl.rc_context(STYLE)
def genre_map(xy: np.ndarray, genre: pd.Series, *, most: int = 10) -> Figure:
    """Albums on a plane, a colour and a marker per genre, names where a genre is densest (paper's Figure 1).

    Parameters
    ----------
    xy : np.ndarray [shape=(n, 2)]
    genre : pd.Series [length n]
    most : int
        Genres beyond the most frequent ones are drawn in grey.
    """
    figure, (axes,) = _axes(7.5, 6)
    names = genre.value_counts().index[: min(most, len(MARKERS))]
    rest = ~genre.isin(names).to_numpy()
    size = float(np.clip(450 / np.sqrt(len(xy)), 4, 40))
    axes.scatter(*xy[rest].T, s=size / 3, color="0.75", label="others" if rest.any() else None)
    above: dict[str, tuple[float, float]] = {}
    for name, marker, colour in zip(names, MARKERS, PALETTE, strict=False):
        chosen = (genre == name).to_numpy()
        # The dark edge keeps the palette's pale colours on the page, in greyscale too.
        axes.scatter(
            *xy[chosen].T,
            s=size,
            marker=marker,
            color=colour,
            ec="0.2",
            lw=size / 80,
            label=f"{plain(name)} ({chosen.sum()})",
        )
        above[name] = _densest(xy[chosen])
    for name, place in _apart(above, np.ptp(xy, axis=0)).items():
        text = axes.annotate(
            plain(name), above[name], place, ha="center", weight="bold", fontsize=9, color="0.1",
            arrowprops={"arrowstyle": "-", "color": "0.4", "lw": 0.7, "shrinkA": 0, "shrinkB": 2},
        )  # fmt: skip
        text.set_path_effects([withStroke(linewidth=2.5, foreground="white")])
    axes.set(xticks=[], yticks=[], xlabel="t-SNE, cosine distance: only neighbourhoods mean anything")
    axes.spines[:].set_visible(False)
    axes.margins(0.1)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), markerscale=1.5)
    return figure


def _densest(xy: np.ndarray) -> tuple[float, float]:
    """Middle (x) and top (y) of the crowd around the point whose neighbours (a third of all, twenty at most) are closest."""
    n = min(len(xy), 20, max(3, len(xy) // 3))
    radius = NearestNeighbors(n_neighbors=n).fit(xy).kneighbors(xy)[0][:, -1]
    crowd = xy[np.linalg.norm(xy - xy[radius.argmin()], axis=1) <= 2 * radius.min()]
    return float(crowd[:, 0].mean()), float(crowd[:, 1].max())


def _apart(places: dict[str, tuple[float, float]], extent: np.ndarray) -> dict[str, tuple[float, float]]:
    """Free places just above or as near as can be, so that no name lies over another.

    A letter is about 2 % of the map wide, a name 4 % high.
    """
    free: dict[str, tuple[float, float]] = {}
    for name, (x, y) in sorted(places.items(), key=lambda entry: -entry[1][1]):
        wide = {other: 0.011 * extent[0] * (len(name) + len(other)) for other in free}
        for step in sorted(range(-60, 61), key=lambda i: (abs(i), -i)):
            moved = y + (0.022 + 0.01 * step) * extent[1]
            if not any(abs(x - free[o][0]) < wide[o] and abs(moved - free[o][1]) < 0.042 * extent[1] for o in free):
                break
        free[name] = (x, moved)
    return free


@mpl.rc_context(STYLE)
def patch_examples(patches: np.ndarray, titles: list[str]) -> Figure:
    """Spectrogram patches side by side.

    Parameters
    ----------
    patches : np.ndarray [shape=(n, 322, 96), dB]
    titles : list of str [length n]
    """
    figure, axes = _axes(2.6 * len(patches), 2.6, columns=len(patches))
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
    return figure


@mpl.rc_context(STYLE)
def learning_curves(history: pd.DataFrame, loss_name: str) -> Figure:
    """Training and validation loss by epoch; the epoch that was kept is marked."""
    figure, (axes,) = _axes(6.5, 3.4)
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
    return figure


@mpl.rc_context(STYLE)
def auc_by_label(auc: pd.Series, albums: pd.Series, *, n: int = 10) -> Figure:
    """AUC of the genres best and worst learned, and AUC against how frequent a genre is.

    Parameters
    ----------
    auc : pd.Series
        AUC by label; NaN where it is not defined.
    albums : pd.Series
        Test albums with the label, by label.
    n : int
        Genres from either end.
    """
    auc = auc.dropna().sort_values()
    shown = auc if len(auc) <= 2 * n else pd.concat([auc.head(n), auc.tail(n)])
    figure, (left, right) = _axes(9.5, 1.2 + 0.2 * len(shown), columns=2)
    names = [short(f"{label} ({albums[label]})", 30) for label in shown.index]
    left.barh(range(len(shown)), shown - 0.5, left=0.5, color=np.where(shown >= 0.5, BLUE, VERMILION), height=0.7)
    left.set(
        yticks=range(len(shown)),
        yticklabels=names,
        xlabel="AUC (0.5 is chance)",
        xlim=(min(0.4, shown.min() - 0.02), 1.0),
    )
    left.set_title("Worst and best learned (test albums)" if len(auc) > 2 * n else "Genres (test albums)")
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
    return figure


@mpl.rc_context(STYLE)
def grid(runs: pd.DataFrame) -> Figure:
    """AUC against parameters and against seconds per epoch, a point a run (the argument of the paper's section 6.1).

    Both targets have nearly the same parameters; they are drawn six points apart, so that neither hides the other.

    Parameters
    ----------
    runs : pd.DataFrame
        From :func:`mumu_lib.runs.table`: ``target``, ``setting``, ``params``, ``seconds_per_epoch``, ``auc``,
        ``auc_low`` and ``auc_high``.
    """
    figure, axes = _axes(9.5, 4, columns=2)
    for ax, column, name in zip(
        axes, ("params", "seconds_per_epoch"), ("parameters (log)", "seconds per epoch (log)"), strict=True
    ):
        for (target, part), marker, colour, line, aside in zip(
            runs.groupby("target"), MARKERS, PALETTE, LINES, (-3, 3), strict=False
        ):
            # An interval need not hold the point.
            spread = np.maximum([part["auc"] - part["auc_low"], part["auc_high"] - part["auc"]], 0)
            drawn = ax.errorbar(
                part[column], part["auc"], spread, fmt=marker, color=colour, elinewidth=0.9, capsize=2, label=target,
                transform=ax.transData + ScaledTranslation(aside / 72, 0, figure.dpi_scale_trans),
            )  # fmt: skip
            drawn[2][0].set_linestyle(line)
            ax.update_datalim(np.vstack([part[[column, "auc_low"]], part[[column, "auc_high"]]]))
        for run in runs.itertuples():
            above = run.target == "cosine"
            ax.annotate(
                plain(str(run.setting)),
                (getattr(run, column), run.auc),
                (7, 5) if above else (1, -11),
                textcoords="offset points",
                fontsize=8,
            )
        ax.set(xscale="log", xlabel=name, ylabel="AUC, with 95 % interval")
        ax.margins(x=0.15)
        ax.autoscale_view()
    if len(runs):
        axes[0].legend(loc="best")
    return figure
