"""Genre labels: how often, how many, how related; label and album factors.

Paper: Sections 3.1 and 4.1, Table 1, Figure 1.  Notebooks: 02_dataset_overview, 03_label_factors.
"""

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn import config_context
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.extmath import svd_flip

from mumu_lib.catalogue import Catalogue
from mumu_lib.core import progress
from mumu_lib.core.errors import BadDataError, ParameterError, did_you_mean

CHUNK = 4096
# Up to so many albums all are asked for their neighbours, of more so many; both to the memory of one step.
EXACT, ASKED, MEGABYTES = 10_000, 2_500, 100


def frequencies(catalogue: Catalogue) -> pd.DataFrame:
    """Albums per label, most frequent first (paper's Table 1 is its head and tail).

    Returns
    -------
    table : pd.DataFrame
        Index: label. Columns: ``albums`` and ``percent`` of all albums that have a label.
    """
    M = catalogue.label_matrix()
    albums = np.asarray(M.sum(axis=0)).ravel().astype(int)
    labelled = max(1, int((M.getnnz(axis=1) > 0).sum()))
    table = pd.DataFrame(
        {"albums": albums, "percent": 100 * albums / labelled}, index=pd.Index(catalogue.labels, name="label")
    )
    return table.sort_values(["albums", "label"], ascending=[False, True])


def table1(catalogue: Catalogue, n: int = 10) -> pd.DataFrame:
    """Most and least represented genres side by side, as the paper's Table 1.

    Parameters
    ----------
    n : int > 0
        Rows; fewer when the catalogue has fewer labels.
    """
    table = frequencies(catalogue).reset_index()
    table["percent"] = table["percent"].map("{:.2f}".format)
    most, least = table[["label", "percent"]].head(n), table[["label", "percent"]].tail(n)
    return pd.DataFrame(
        np.hstack([most, least]), columns=["most represented", "% of albums", "least represented", "% of albums "]
    )


def labels_per_album(catalogue: Catalogue) -> pd.Series:
    """Number of labels of every album that has one (paper 3.1: 5.97 on average, deviation 3.13)."""
    counts = pd.Series(catalogue.label_matrix().getnnz(axis=1), index=catalogue.albums["album_id"], name="labels")
    return counts[counts > 0]


def ppmi(M: sp.csr_matrix) -> np.ndarray:
    """Positive pointwise mutual information between labels (paper's equation 1).

    The diagonal is kept (``-log P(l)``); a pair that never co-occurs gets 0, as the limit of
    ``max(0, log 0)``. Natural logarithm.

    Parameters
    ----------
    M : scipy.sparse.csr_matrix [shape=(albums, labels)]
        1 where an album is annotated with a label.

    Returns
    -------
    X : np.ndarray [shape=(labels, labels), float64]
        Symmetric, at least 0.

    Raises
    ------
    BadDataError
        No album at all, or an entry other than 0 and 1.
    """
    M = sp.csr_matrix(M, dtype=np.float64)
    if M.shape[0] == 0 or not np.isin(M.data, (0, 1)).all():
        raise BadDataError(f"the label matrix must hold 0 and 1 for at least one album, got shape {M.shape}")
    together = (M.T @ M).toarray() / M.shape[0]
    alone = together.diagonal()
    expected = np.outer(alone, alone)
    ratio = np.divide(together, expected, out=np.ones_like(together), where=together > 0)
    return np.maximum(0, np.log(ratio))


def label_factors(M: sp.csr_matrix, d: int = 50) -> np.ndarray:
    """Label factors C_d = U_d sqrt(S_d) from the SVD of the PPMI matrix (paper 4.1).

    Signs are fixed so that two runs agree (an SVD leaves them open).

    Parameters
    ----------
    M : scipy.sparse.csr_matrix [shape=(albums, labels)]
        Training and validation albums only.
    d : int > 0
        Dimensions wanted.

    Returns
    -------
    C : np.ndarray [shape=(labels, min(d, rank)), float64]
        A label without albums has the zero vector.
    """
    if d < 1:
        raise ParameterError(f"d must be at least 1, got {d}")
    X = ppmi(M)
    rank = int(np.linalg.matrix_rank(X))
    if rank == 0:
        raise BadDataError("the labels tell nothing apart: every album has the same ones; nothing can be factorized")
    U, S, V = np.linalg.svd(X)
    U, _ = svd_flip(U, V)
    kept = slice(0, min(d, rank))
    return U[:, kept] * np.sqrt(S[kept])


def learned_factors(catalogue: Catalogue, d: int = 50) -> np.ndarray:
    """Label factors of a catalogue's training and validation albums (paper 6) [shape=(labels, d)], as :func:`label_factors`."""
    return label_factors(catalogue.label_matrix(("train", "val")), d)


def album_factors(M: sp.csr_matrix, C: np.ndarray) -> np.ndarray:
    """Album factors F_d = M C_d: the sum of the factors of an album's labels (paper 4.1).

    The paper prints C_d M^T, the transpose.

    Returns
    -------
    F : np.ndarray [shape=(albums, d), float32]
    """
    return sp.csr_matrix(M, dtype=np.float32) @ C.astype(np.float32)


def nearest_labels(C: np.ndarray, labels: list[str], label: str, n: int = 5) -> pd.Series:
    """Labels closest to one label in factor space, by cosine similarity; of equally close ones the first column.

    Raises
    ------
    ParameterError
        Unknown label, with the nearest known name.
    """
    if label not in labels:
        raise ParameterError(f"unknown label {label!r}{did_you_mean(label, labels)}")
    # Rounded, so that labels on the same albums keep their order whatever the last bit says.
    similarity = cosine_similarity(C[[labels.index(label)]], C)[0].round(9)
    return pd.Series(similarity, index=labels, name=label).drop(label).nlargest(n)


def single_top_label(catalogue: Catalogue) -> pd.Series:
    """Top-level label of every album that has exactly one (the albums of the paper's Figure 1).

    Returns
    -------
    top : pd.Series
        Index: row of the album in ``catalogue.albums``; value: its one top-level label.
    """
    columns = [catalogue.labels.index(label) for label in catalogue.top_labels]
    M = catalogue.label_matrix()[:, columns]
    one = np.flatnonzero(M.getnnz(axis=1) == 1)
    return pd.Series(np.array(catalogue.top_labels, dtype=object)[M[one].indices], index=one, name="top_label")


def rarest_top_label(catalogue: Catalogue, chosen: np.ndarray) -> pd.Categorical:
    """One top-level label for each row of chosen labels: its rarest, since Pop stands on most albums.

    Parameters
    ----------
    chosen : np.ndarray [shape=(n, labels), bool]
        For instance an album's true or predicted labels.

    Returns
    -------
    label : pd.Categorical [length n]
        Categories from the most frequent label down; missing where none is of the top level.
    """
    tops = set(catalogue.top_labels or catalogue.labels)
    frequent_first = catalogue.label_matrix().getnnz(axis=0).argsort(kind="stable")[::-1]
    columns = [i for i in frequent_first if catalogue.labels[i] in tops]
    if not columns:
        return pd.Categorical.from_codes(np.full(len(chosen), -1), pd.Index([], dtype="str"))
    found = chosen[:, columns]
    last = len(columns) - 1 - found[:, ::-1].argmax(axis=1)
    names = pd.Index([catalogue.labels[i] for i in columns])
    return pd.Categorical.from_codes(np.where(found.any(axis=1), last, -1), names)


def neighbour_agreement(F: np.ndarray, group: pd.Series, k: int = 5, *, seed: int = 0) -> float:
    """Share of the k nearest albums, by cosine, that are of the same group; NaN for fewer than two albums.

    Of more than 10,000 albums 2,500 are asked, drawn by the seed, and a line says so; the neighbours are sought among all.
    That share is a mean of 2,500 albums, with a standard error of at most 0.01.

    Parameters
    ----------
    F : np.ndarray [shape=(n, d)]
    group : pd.Series [length n]
    k : int > 0
        Lowered to n - 1 where there are fewer albums.
    seed : int
        Of the drawing.
    """
    k = min(k, len(F) - 1)
    if k < 1:
        return float("nan")
    asked = _asked(len(F), seed)
    if len(asked) < len(F):
        print(f"neighbours of {len(asked):,} of {len(F):,} albums, drawn by the seed, among all of them")
    index, names, same = NearestNeighbors(n_neighbors=k + 1, metric="cosine").fit(F), group.to_numpy(), 0
    for start in progress.bar(range(0, len(asked), CHUNK), "neighbours", unit="block"):
        rows = asked[start : start + CHUNK, None]
        with config_context(working_memory=MEGABYTES):
            near = index.kneighbors(F[rows[:, 0]], return_distance=False)
        others = near != rows
        # Among more than k albums of the same factors an album need not be its own neighbour.
        others[others.all(axis=1), 0] = False
        same += (names[near[others].reshape(-1, k)] == names[rows]).sum()
    return float(same / (k * len(asked)))


def _asked(n: int, seed: int) -> np.ndarray:
    """Return the rows whose neighbours are looked at [int, rising]."""
    if n <= EXACT:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, ASKED, replace=False))


def drawn_for_map(group: pd.Series, most: int, *, seed: int = 0, noun: str = "albums") -> pd.Series:
    """Return the albums or tracks to show on a map: all, or ``most`` of them drawn by the seed, and a line says so.

    Parameters
    ----------
    group : pd.Series
        As of :func:`single_top_label`; its order stays.
    most : int > 0
        t-SNE's time grows with the number of points.
    noun : str
        What they are, for the line.

    Examples
    --------
    >>> drawn_for_map(pd.Series(list("abc")), 3).tolist()
    ['a', 'b', 'c']
    """
    if len(group) <= most:
        return group
    rows = np.sort(np.random.default_rng(seed).choice(len(group), most, replace=False))
    print(f"on the map: {most:,} of {len(group):,} {noun}, drawn by the seed")
    return group.iloc[rows]


def taxonomy_levels(catalogue: Catalogue) -> pd.DataFrame:
    """Names and labels on each level of the taxonomy (paper 3.1: up to four levels, 27 on the first).

    Returns
    -------
    table : pd.DataFrame
        Index: level from 1. Columns: ``names``, ``labels`` (names kept as labels), ``most frequent`` (up to four of them).
    """
    frequent = list(frequencies(catalogue).index)
    nodes = {(level, name) for branch in catalogue.taxonomy["branch"] for level, name in enumerate(branch, 1)}
    rows = []
    for level in sorted({level for level, _ in nodes}):
        names = {name for at, name in nodes if at == level}
        kept = [label for label in frequent if label in names]
        rows.append((level, len(names), len(kept), ", ".join(kept[:4])))
    return pd.DataFrame(rows, columns=["level", "names", "labels", "most frequent"]).set_index("level")


def split_table(catalogue: Catalogue) -> pd.DataFrame:
    """Albums, tracks and labels of each split, and labels without an album there."""
    track_splits = catalogue.tracks["album_id"].map(catalogue.albums.set_index("album_id")["split"])
    rows = {}
    for split in ("train", "val", "test"):
        M = catalogue.label_matrix(split)
        seen = int((M.getnnz(axis=0) > 0).sum())
        rows[split] = (M.shape[0], int((track_splits == split).sum()), seen, len(catalogue.labels) - seen)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["albums", "tracks", "labels", "labels without album"])
