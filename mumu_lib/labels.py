"""Genre labels: frequencies, co-occurrence (PPMI), label factors and album factors.

Paper: Sections 3.1 and 4.1, Table 1, Figure 1.  Notebooks: 02_dataset_overview, 03_label_factors.
"""

from collections import defaultdict

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

# Albums whose neighbours are searched in one step, and the memory of that step.
CHUNK = 4096
MEGABYTES = 100
# `neighbour_agreement` uses all albums up to MAX_EXACT, and a sample of SAMPLE_SIZE of them above.
MAX_EXACT = 10_000
SAMPLE_SIZE = 2_500


def frequencies(catalogue: Catalogue) -> pd.DataFrame:
    """Count the albums of each label, most frequent first (the paper's Table 1 shows the head and the tail).

    Returns
    -------
    table : pd.DataFrame
        Index: label. Columns: ``albums`` and ``percent`` of all albums that have a label.
    """
    M = catalogue.label_matrix()
    albums = np.asarray(M.sum(axis=0)).ravel().astype(int)
    labelled = max(1, int((M.getnnz(axis=1) > 0).sum()))
    table = pd.DataFrame({"albums": albums}, index=pd.Index(catalogue.labels, name="label"))
    table["percent"] = 100 * albums / labelled
    return table.sort_values(["albums", "label"], ascending=[False, True])


def table1(catalogue: Catalogue, n: int = 10) -> pd.DataFrame:
    """Tabulate the most and the least frequent genres side by side, as in the paper's Table 1.

    Parameters
    ----------
    n : int > 0
        Number of rows; at most the number of labels.
    """
    table = frequencies(catalogue).reset_index()[["label", "percent"]]
    table["percent"] = table["percent"].map("{:.2f}".format)
    columns = ["most represented", "% of albums", "least represented", "% of albums "]
    return pd.DataFrame(np.hstack([table.head(n), table.tail(n)]), columns=columns)


def labels_per_album(catalogue: Catalogue) -> pd.Series:
    """Count the labels of each album that has at least one (paper 3.1: mean 5.97, standard deviation 3.13)."""
    counts = pd.Series(catalogue.label_matrix().getnnz(axis=1), index=catalogue.albums["album_id"], name="labels")
    return counts[counts > 0]


def ppmi(M: sp.csr_matrix) -> np.ndarray:
    """Compute the positive pointwise mutual information between labels (paper's equation 1).

    The diagonal is kept (``-log P(l)``). A pair that never co-occurs gets 0, the limit of ``max(0, log p)``. The
    logarithm is natural.

    Parameters
    ----------
    M : scipy.sparse.csr_matrix [shape=(albums, labels)]
        1 where an album is annotated with a label.

    Returns
    -------
    X : np.ndarray [shape=(labels, labels), float64]
        Symmetric and non-negative.

    Raises
    ------
    BadDataError
        The matrix has no rows, or an entry other than 0 and 1.

    Examples
    --------
    >>> ppmi(sp.csr_matrix([[1, 1, 0], [0, 0, 1]])).round(2).tolist()
    [[0.69, 0.69, 0.0], [0.69, 0.69, 0.0], [0.0, 0.0, 0.69]]
    """
    M = sp.csr_matrix(M, dtype=np.float64)
    if M.shape[0] == 0 or not np.isin(M.data, (0, 1)).all():
        raise BadDataError(f"the label matrix must hold 0 and 1 for at least one album, got shape {M.shape}")
    joint = (M.T @ M).toarray() / M.shape[0]
    marginal = joint.diagonal()
    expected = np.outer(marginal, marginal)
    ratio = np.divide(joint, expected, out=np.ones_like(joint), where=joint > 0)
    return np.maximum(0, np.log(ratio))


def label_factors(M: sp.csr_matrix, d: int = 50) -> np.ndarray:
    """Compute label factors C_d = U_d sqrt(S_d) from the SVD of the PPMI matrix (paper 4.1).

    An SVD leaves the signs of its vectors open; they are fixed here, which makes the factors reproducible.

    Parameters
    ----------
    M : scipy.sparse.csr_matrix [shape=(albums, labels)]
        Training and validation albums only.
    d : int > 0
        Number of dimensions; at most the rank of the PPMI matrix is returned.

    Returns
    -------
    C : np.ndarray [shape=(labels, min(d, rank)), float64]
        A label without albums has the zero vector.

    Raises
    ------
    ParameterError
        ``d`` is below 1.
    BadDataError
        The PPMI matrix is zero, or as :func:`ppmi`.

    Examples
    --------
    Labels on the same albums get the same factors:

    >>> C = label_factors(sp.csr_matrix([[1, 1, 0], [0, 0, 1]]), d=2)
    >>> C.shape, bool(np.allclose(C[0], C[1]))
    ((3, 2), True)
    """
    if d < 1:
        raise ParameterError(f"d must be at least 1, got {d}")
    X = ppmi(M)
    rank = int(np.linalg.matrix_rank(X))
    if rank == 0:
        raise BadDataError(
            "the labels cannot be factorized: every album has the same labels; add albums of other genres"
        )
    U, S, V = np.linalg.svd(X)
    U, _ = svd_flip(U, V)
    kept = slice(0, min(d, rank))
    return U[:, kept] * np.sqrt(S[kept])


def learned_factors(catalogue: Catalogue, d: int = 50) -> np.ndarray:
    """Compute :func:`label_factors` from the training and validation albums of a catalogue (paper 6)."""
    return label_factors(catalogue.label_matrix(("train", "val")), d)


def album_factors(M: sp.csr_matrix, C: np.ndarray) -> np.ndarray:
    """Compute album factors F_d = M C_d: the sum of the factors of an album's labels (paper 4.1).

    The paper prints C_d M^T, the transpose.

    Parameters
    ----------
    M : scipy.sparse.csr_matrix [shape=(albums, labels)]
    C : np.ndarray [shape=(labels, d)]
        From :func:`label_factors`.

    Returns
    -------
    F : np.ndarray [shape=(albums, d), float32]

    Examples
    --------
    >>> album_factors(sp.csr_matrix([[1, 1]]), np.array([[1.0, 0.0], [0.5, 2.0]])).tolist()
    [[1.5, 2.0]]
    """
    return sp.csr_matrix(M, dtype=np.float32) @ C.astype(np.float32)


def nearest_labels(C: np.ndarray, labels: list[str], label: str, n: int = 5) -> pd.Series:
    """Find the labels with the highest cosine similarity to one label in factor space.

    Parameters
    ----------
    C : np.ndarray [shape=(labels, d)]
        From :func:`label_factors`.
    labels : list of str
        Names in the row order of ``C``.
    label : str
        The label whose neighbours are returned.
    n : int > 0
        Number of neighbours.

    Returns
    -------
    near : pd.Series
        Index: label; value: similarity, highest first. Ties keep the order of ``labels``.

    Raises
    ------
    ParameterError
        ``label`` is unknown; the message suggests the closest name.

    Examples
    --------
    >>> C = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]])
    >>> nearest_labels(C, ["Jazz", "Bop", "Metal"], "Jazz", 1).to_dict()
    {'Bop': 0.8}
    """
    if label not in labels:
        raise ParameterError(f"unknown label {label!r}{did_you_mean(label, labels)}")
    # Rounded: labels on the same albums differ by rounding errors only, and must count as ties.
    similarity = cosine_similarity(C[[labels.index(label)]], C)[0].round(9)
    return pd.Series(similarity, index=labels, name=label).drop(label).nlargest(n)


def single_top_label(catalogue: Catalogue) -> pd.Series:
    """Find the top-level label of each album that has exactly one (the albums of the paper's Figure 1).

    Returns
    -------
    top : pd.Series
        Index: row of the album in ``catalogue.albums``; value: its one top-level label.
    """
    columns = [catalogue.labels.index(label) for label in catalogue.top_labels]
    M = catalogue.label_matrix()[:, columns]
    rows = np.flatnonzero(M.getnnz(axis=1) == 1)
    names = np.array(catalogue.top_labels, dtype=object)
    return pd.Series(names[M[rows].indices], index=rows, name="top_label")


def rarest_top_label(catalogue: Catalogue, chosen: np.ndarray) -> pd.Categorical:
    """Find the rarest top-level label of each row of labels; the most frequent one, Pop, is on most albums.

    Parameters
    ----------
    chosen : np.ndarray [shape=(n, labels), bool]
        For instance the true or the predicted labels of each album.

    Returns
    -------
    label : pd.Categorical [length n]
        Categories from the most to the least frequent label; missing for a row without a top-level label.
    """
    names = pd.Index(catalogue.labels, dtype="str")
    frequent_first = catalogue.label_matrix().getnnz(axis=0).argsort(kind="stable")[::-1]
    is_top = names.isin(catalogue.top_labels or catalogue.labels)
    columns = frequent_first[is_top[frequent_first]]
    if not len(columns):
        return pd.Categorical.from_codes(np.full(len(chosen), -1), pd.Index([], dtype="str"))
    has = chosen[:, columns]
    rarest = len(columns) - 1 - has[:, ::-1].argmax(axis=1)
    return pd.Categorical.from_codes(np.where(has.any(axis=1), rarest, -1), names[columns])


def neighbour_agreement(F: np.ndarray, group: pd.Series, k: int = 5, *, seed: int = 0) -> float:
    """Compute the share of the k nearest albums, by cosine, that belong to the same group.

    Above 10,000 albums the share is a mean over a random sample of 2,500 of them (standard error at most 0.01), and a
    line is printed; their neighbours are still searched among all albums.

    Parameters
    ----------
    F : np.ndarray [shape=(n, d)]
    group : pd.Series [length n]
    k : int > 0
        Number of neighbours; at most n - 1 are used.
    seed : int
        Seed of the sample.

    Returns
    -------
    share : float
        NaN for fewer than two albums.

    Examples
    --------
    >>> F = np.array([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.1, 1.0]])
    >>> neighbour_agreement(F, pd.Series(["Jazz", "Jazz", "Rock", "Rock"]), k=1)
    1.0
    """
    k = min(k, len(F) - 1)
    if k < 1:
        return float("nan")
    sample = _sampled_rows(len(F), seed)
    if len(sample) < len(F):
        print(f"neighbours of {len(sample):,} of {len(F):,} albums, drawn by the seed, among all of them")
    index = NearestNeighbors(n_neighbors=k + 1, metric="cosine").fit(F)
    names = group.to_numpy()
    same = 0
    for start in progress.bar(range(0, len(sample), CHUNK), "neighbours", unit="block"):
        rows = sample[start : start + CHUNK, None]
        with config_context(working_memory=MEGABYTES):
            near = index.kneighbors(F[rows[:, 0]], return_distance=False)
        others = near != rows
        # With more than k identical albums, the k + 1 nearest may not include the album itself.
        others[others.all(axis=1), 0] = False
        same += (names[near[others].reshape(-1, k)] == names[rows]).sum()
    return float(same / (k * len(sample)))


def _sampled_rows(n: int, seed: int) -> np.ndarray:
    """Return the rows whose neighbours are searched, in ascending order: all, or a random sample of many."""
    if n <= MAX_EXACT:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, SAMPLE_SIZE, replace=False))


def drawn_for_map(group: pd.Series, most: int, *, seed: int = 0, noun: str = "albums") -> pd.Series:
    """Return the albums or tracks to show on a map: all, or a random sample, which is announced by a printed line.

    Parameters
    ----------
    group : pd.Series
        Group of each point, e.g. from :func:`single_top_label`; the order is kept.
    most : int > 0
        Largest number of points; the time of t-SNE grows with it.
    seed : int
        Seed of the sample.
    noun : str
        Name of the points in the printed line.

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
    """Count the names and the labels on each level of the taxonomy (paper 3.1: up to four levels, 27 on the first).

    Returns
    -------
    table : pd.DataFrame
        Index: level, from 1. Columns: ``names``, ``labels`` (names that are labels), ``most frequent`` (up to four
        labels).
    """
    names_on: dict[int, set[str]] = defaultdict(set)
    for branch in catalogue.taxonomy["branch"]:
        for level, name in enumerate(branch, 1):
            names_on[level].add(name)
    frequent_first = frequencies(catalogue).index
    rows = []
    for level, names in sorted(names_on.items()):
        kept = frequent_first[frequent_first.isin(names)]
        rows.append((level, len(names), len(kept), ", ".join(kept[:4])))
    return pd.DataFrame(rows, columns=["level", "names", "labels", "most frequent"]).set_index("level")


def split_table(catalogue: Catalogue) -> pd.DataFrame:
    """Count albums, tracks and labels of each split, and the labels without an album in it.

    Returns
    -------
    table : pd.DataFrame
        Index: split. Columns: ``albums``, ``tracks``, ``labels``, ``labels without album``.
    """
    track_splits = catalogue.tracks["album_id"].map(catalogue.albums.set_index("album_id")["split"])
    rows = {}
    for split in ("train", "val", "test"):
        M = catalogue.label_matrix(split)
        labels = int((M.getnnz(axis=0) > 0).sum())
        tracks = int((track_splits == split).sum())
        rows[split] = (M.shape[0], tracks, labels, len(catalogue.labels) - labels)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["albums", "tracks", "labels", "labels without album"])
