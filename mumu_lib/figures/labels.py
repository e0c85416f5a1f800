"""Figures of labels: their frequencies, and the map of album factors.

Paper: Figure 1, Section 3.1.  Notebooks: 02_dataset_overview, 03_label_factors.
"""

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from sklearn.neighbors import NearestNeighbors

from mumu_lib.figures.style import MARKERS, PALETTE, STYLE, VERMILION, new_axes, plain


@mpl.rc_context(STYLE)
def label_distribution(frequencies: pd.DataFrame, per_album: pd.Series) -> Figure:
    """Plot the share of albums of every label by rank, and the number of labels per album (paper 3.1).

    Parameters
    ----------
    frequencies : pd.DataFrame
        From :func:`mumu_lib.labels.frequencies`.
    per_album : pd.Series
        From :func:`mumu_lib.labels.labels_per_album`.
    """
    figure, (left, right) = new_axes(9, 3.6, columns=2)
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
    return figure.describe(
        "label_distribution",
        caption="Left: share of albums with each label, by rank. Right: labels of an album.",
        alt=f"The most frequent of {len(frequencies)} labels is on {frequencies['percent'].iloc[0]:.0f} % of albums, "
        f"the rarest on {frequencies['percent'].iloc[-1]:.1f} %; "
        f"albums have {per_album.mean():.1f} labels on average.",
    )


@mpl.rc_context(STYLE)
def genre_map(xy: np.ndarray, genre: pd.Series, *, most: int = 10, of: int = 0) -> Figure:
    """Plot albums on a plane, with a colour and marker per genre and its name at the densest place (paper's Figure 1).

    Parameters
    ----------
    xy : np.ndarray [shape=(n, 2)]
    genre : pd.Series [length n]
    most : int
        Genres beyond the most frequent ones are drawn in grey.
    of : int
        Number of all albums if the map shows a part of them, for the caption.
    """
    figure, (axes,) = new_axes(7.5, 6)
    names = genre.value_counts().index[: min(most, len(MARKERS))]
    rest = ~genre.isin(names).to_numpy()
    size = float(np.clip(450 / np.sqrt(len(xy)), 4, 40))
    others = None
    if rest.any():
        others = "others"
    axes.scatter(*xy[rest].T, s=size / 3, color="0.75", label=others)
    above: dict[str, tuple[float, float]] = {}
    for name, marker, colour in zip(names, MARKERS, PALETTE, strict=False):
        chosen = (genre == name).to_numpy()
        # A dark edge keeps pale colours visible, in greyscale too.
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
    largest = ", ".join(genre.value_counts().index[:5])
    part = ""
    if of > len(genre):
        part = f" {len(genre):,} of {of:,}, drawn by the seed."
    return figure.describe(
        "fig1_album_factors",
        caption=f"Figure 1. t-SNE of the factors of albums with one top-level label.{part}",
        alt=f"Map of {len(genre)} albums; albums of one genre lie together. Largest groups: {largest}.",
    )


def _densest(xy: np.ndarray) -> tuple[float, float]:
    """Return middle (x) and top (y) of the crowd around the point with the closest neighbours (a third, at most 20)."""
    n = min(len(xy), 20, max(3, len(xy) // 3))
    radius = NearestNeighbors(n_neighbors=n).fit(xy).kneighbors(xy)[0][:, -1]
    crowd = xy[np.linalg.norm(xy - xy[radius.argmin()], axis=1) <= 2 * radius.min()]
    return float(crowd[:, 0].mean()), float(crowd[:, 1].max())


def _apart(places: dict[str, tuple[float, float]], extent: np.ndarray) -> dict[str, tuple[float, float]]:
    """Return a place for each name, as near above its genre as possible without overlap.

    A letter is about 2 % of the map's width, a name 4 % of its height.
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
