"""Splitting of albums into training, validation and test parts, stratified by genre.

Paper: Section 6 (80 % / 10 % / 10 % by album).  Notebooks: 01, 02.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy.sparse as sp

from mumu_lib.catalogue.schema import SPLITS
from mumu_lib.core.errors import ParameterError

# Fewest albums for which no part may be empty.
SMALLEST_SPLIT_IN_THREE = 5


def assign(
    genres: Sequence[Sequence[str]],
    *,
    seed: int = 0,
    fractions: tuple[float, float, float] = (0.8, 0.1, 0.1),
    groups: Sequence[str] | None = None,
) -> np.ndarray:
    """Split albums by iterative stratification (Sechidis et al., ECML PKDD 2011).

    The genre with the fewest remaining albums is distributed first. Each of its albums goes to the part that lacks most
    albums of that genre, among equals to the part that lacks most albums, then at random. Albums without genres come
    last and balance the sizes.

    Parameters
    ----------
    genres : sequence of sequences of str [length albums]
        Genres of each album.
    seed : int >= 0
        Seed of random choices.
    fractions : (train, val, test)
        Non-negative, with a sum of 1; a part with fraction 0 stays empty.
    groups : sequence of str [length albums], optional
        Albums of one group (artist) stay together; an album with ``""`` is a group of its own. A part can then exceed
        its fraction, since a large group is not divided.

    Returns
    -------
    split : np.ndarray [shape=(albums,), str]
        ``train``, ``val`` or ``test``. With at least five albums (of at least three groups) each part with a positive
        fraction has an album, and an album with genres if three groups have any. Fewer albums may all be in training.

    Raises
    ------
    ParameterError
        The fractions are invalid, the seed is negative, or the number of groups differs from the number of albums.

    Examples
    --------
    >>> split = assign([["Jazz"], ["Rock"]] * 10, seed=0)
    >>> [int((split == part).sum()) for part in ("train", "val", "test")]
    [16, 2, 2]
    """
    share = np.asarray(fractions, float)
    if share.shape != (3,) or (share < 0).any() or not np.isclose(share.sum(), 1):
        raise ParameterError(f"fractions must be three numbers >= 0 with a sum of 1, got {fractions}")
    if seed < 0:
        raise ParameterError(f"seed must be at least 0, got {seed}")
    if groups is not None and len(groups) != len(genres):
        raise ParameterError(f"there are {len(genres)} albums but {len(groups)} groups; give one group for each album")
    if not len(genres):
        return np.empty(0, dtype="<U5")
    rng = np.random.default_rng([seed, 0x5711])
    unit = _units(groups, len(genres))
    sizes = np.bincount(unit)
    members = sp.csr_matrix((np.ones(len(unit)), (unit, np.arange(len(unit)))))
    counts = sp.csr_matrix(members @ _indicators(genres))
    part = _deal(counts, sizes, share, rng)
    if len(genres) >= SMALLEST_SPLIT_IN_THREE:
        _fill_empty(part, counts, sizes, share, rng)
    return np.array(SPLITS)[part][unit]


def missing_labels(M: sp.csr_matrix, part: np.ndarray) -> int:
    """Count the labels that a part has no album of, summed over the parts.

    Parameters
    ----------
    M : scipy.sparse.csr_matrix [shape=(albums, labels)]
    part : np.ndarray [shape=(albums,), str]
        As from :func:`assign`.

    Examples
    --------
    >>> missing_labels(sp.csr_matrix([[1, 0], [1, 1], [1, 1]]), np.array(["train", "val", "test"]))
    1
    """
    missing = 0
    for name in np.unique(part):
        missing += int((M[part == name].getnnz(axis=0) == 0).sum())
    return missing


def _units(groups: Sequence[str] | None, n: int) -> np.ndarray:
    """Return the number of each album's group."""
    if groups is None:
        return np.arange(n)
    keys = []
    for album, group in enumerate(groups):
        if group:
            keys.append(("group", group))
        else:
            keys.append(("alone", str(album)))
    return pd.factorize(pd.Series(keys, dtype=object))[0]


def _indicators(genres: Sequence[Sequence[str]]) -> sp.csr_matrix:
    """Return a binary matrix of albums by genres in alphabetical order.

    The same as scikit-learn's MultiLabelBinarizer, whose import takes longer than reading thousands of tags.
    """
    albums = []
    names = []
    for album, own in enumerate(genres):
        for name in set(own):
            albums.append(album)
            names.append(name)
    columns, known = pd.factorize(np.array(names, dtype=object), sort=True)
    ones = np.ones(len(names), int)
    matrix = sp.csr_matrix((ones, (albums, columns)), shape=(len(genres), len(known)))
    matrix.sort_indices()
    return matrix


def _deal(counts: sp.csr_matrix, sizes: np.ndarray, share: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Assign each group to a part: rarest label first, within it the largest groups, which are hardest to place."""
    left = np.asarray(counts.sum(axis=0)).ravel()
    # Albums that each part lacks: of each label, and in all.
    lacking = np.outer(share, left)
    room = share * sizes.sum()
    part = np.full(len(sizes), -1)
    order = np.lexsort((rng.random(len(sizes)), -sizes))
    columns = sp.csc_matrix(counts[order])

    def place(group: int, demand: np.ndarray) -> None:
        """Assign a group to the part with the highest demand, and update what is left."""
        row = slice(counts.indptr[group], counts.indptr[group + 1])
        labels = counts.indices[row]
        albums = counts.data[row]
        chosen = _neediest(demand, room, share, rng)
        part[group] = chosen
        lacking[chosen, labels] -= albums
        left[labels] -= albums
        room[chosen] -= sizes[group]

    while (left > 0).any():
        label = np.argmin(np.where(left > 0, left, np.inf))
        for group in order[np.sort(columns.indices[columns.indptr[label] : columns.indptr[label + 1]])]:
            if part[group] < 0:
                place(group, lacking[:, label])
    for group in order[part[order] < 0]:
        place(group, room)
    return part


def _neediest(demand: np.ndarray, room: np.ndarray, share: np.ndarray, rng: np.random.Generator) -> int:
    """Return the part with the highest demand; among equals the one with most room, then at random."""
    best = np.flatnonzero(share > 0)
    for need in (demand, room):
        # Rounded, because 0.1 * 30 - 3 and 0.8 * 30 - 24 differ in the last bit only.
        rounded = need[best].round(9)
        best = best[rounded == rounded.max()]
    if len(best) == 1:
        return int(best[0])
    return int(rng.choice(best))


def _fill_empty(
    part: np.ndarray, counts: sp.csr_matrix, sizes: np.ndarray, share: np.ndarray, rng: np.random.Generator
) -> None:
    """Move a group from the fullest part to each empty one, preferably a small group that removes no label."""
    pool = np.flatnonzero(np.diff(counts.indptr))
    if len(pool) < 3:
        pool = np.arange(len(sizes))
    for empty in np.setdiff1d(np.flatnonzero(share > 0), part[pool]):
        donor = np.bincount(part[pool], minlength=3).argmax()
        donors = pool[part[pool] == donor]
        if len(donors) < 2:
            return
        total = np.asarray(counts[donors].sum(axis=0)).ravel()
        # Albums that the rarest label of each group would keep without the group.
        remaining = np.array([(total[row.indices] - row.data).min(initial=np.inf) for row in counts[donors]])
        keys = (rng.random(len(donors)), -remaining, sizes[donors], remaining <= 0)
        part[donors[np.lexsort(keys)[0]]] = empty
