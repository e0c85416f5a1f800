"""Albums into training, validation and test parts, stratified for rare genres.

Paper: Section 6 (80 % / 10 % / 10 % by album).  Notebooks: 01, 02.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy.sparse as sp

from mumu_lib.catalogue.schema import SPLITS
from mumu_lib.core.errors import ParameterError

SMALLEST_SPLIT_IN_THREE = 5


def assign(
    genres: Sequence[Sequence[str]],
    *,
    seed: int = 0,
    fractions: tuple[float, float, float] = (0.8, 0.1, 0.1),
    groups: Sequence[str] | None = None,
) -> np.ndarray:
    """Split of every album by iterative stratification (Sechidis et al., ECML PKDD 2011).

    The genre with the fewest albums left is dealt out first, each album to the part that lacks most
    of that genre, then to the part that lacks most albums, then by the seed. Albums without genres
    come last and even out the sizes.

    Parameters
    ----------
    genres : sequence of sequences of str [length albums]
    fractions : (train, val, test)
        Not negative, with a sum of 1; a part of fraction 0 stays empty.
    groups : sequence of str [length albums], optional
        Albums of one group (artist) stay together; ``""`` is a group of its own. A part can then be
        larger than its fraction, as large as its largest group.

    Returns
    -------
    split : np.ndarray [shape=(albums,), str]
        ``train``, ``val`` or ``test``. From five albums (of at least three groups) on, no part of a
        positive fraction is empty, nor without genres if three groups have any; fewer albums may all be training.

    Raises
    ------
    ParameterError
        Fractions that are no fractions, a negative seed, or not one group an album.
    """
    share = np.asarray(fractions, float)
    if share.shape != (3,) or (share < 0).any() or not np.isclose(share.sum(), 1):
        raise ParameterError(f"fractions must be three numbers >= 0 with a sum of 1, got {fractions}")
    if seed < 0:
        raise ParameterError(f"seed must be at least 0, got {seed}")
    if groups is not None and len(groups) != len(genres):
        raise ParameterError(f"{len(genres)} albums but {len(groups)} groups; give one group an album")
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


def _units(groups: Sequence[str] | None, n: int) -> np.ndarray:
    """Number of the group that each album moves with."""
    if groups is None:
        return np.arange(n)
    keys = [("group", g) if g else ("alone", str(i)) for i, g in enumerate(groups)]
    return pd.factorize(pd.Series(keys, dtype=object))[0]


def _indicators(genres: Sequence[Sequence[str]]) -> sp.csr_matrix:
    """Return a binary matrix of albums by genres in alphabetical order.

    As scikit-learn's MultiLabelBinarizer does, whose import takes longer than reading thousands of tags.
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
    """Part of every group: rarest label first, within it the largest groups first (they are hardest to place)."""
    left = np.asarray(counts.sum(axis=0)).ravel()
    lacking, room = np.outer(share, left), share * sizes.sum()
    part = np.full(len(sizes), -1)
    order = np.lexsort((rng.random(len(sizes)), -sizes))
    columns = sp.csc_matrix(counts[order])

    def place(group: int, wanted: np.ndarray) -> None:
        row = slice(counts.indptr[group], counts.indptr[group + 1])
        labels, albums = counts.indices[row], counts.data[row]
        part[group] = to = _neediest(wanted, room, share, rng)
        lacking[to, labels] -= albums
        left[labels] -= albums
        room[to] -= sizes[group]

    while (left > 0).any():
        label = np.argmin(np.where(left > 0, left, np.inf))
        for group in order[np.sort(columns.indices[columns.indptr[label] : columns.indptr[label + 1]])]:
            if part[group] < 0:
                place(group, lacking[:, label])
    for group in order[part[order] < 0]:
        place(group, room)
    return part


def _neediest(wanted: np.ndarray, room: np.ndarray, share: np.ndarray, rng: np.random.Generator) -> int:
    best = np.flatnonzero(share > 0)
    for need in (wanted, room):
        # Rounded, because 0.1 * 30 - 3 and 0.8 * 30 - 24 differ in the last bit only.
        need = need[best].round(9)
        best = best[need == need.max()]
    return int(best[0] if len(best) == 1 else rng.choice(best))


def _fill_empty(
    part: np.ndarray, counts: sp.csr_matrix, sizes: np.ndarray, share: np.ndarray, rng: np.random.Generator
) -> None:
    """Give each empty part one group of the fullest, preferring one that takes no label away, then a small one."""
    pool = np.flatnonzero(np.diff(counts.indptr))
    if len(pool) < 3:
        pool = np.arange(len(sizes))
    for empty in np.setdiff1d(np.flatnonzero(share > 0), part[pool]):
        donor = np.bincount(part[pool], minlength=3).argmax()
        donors = pool[part[pool] == donor]
        if len(donors) < 2:
            return
        total = np.asarray(counts[donors].sum(axis=0)).ravel()
        remain = [(total[row.indices] - row.data).min(initial=np.inf) for row in counts[donors]]
        keys = (rng.random(len(donors)), -np.array(remain), sizes[donors], np.array(remain) <= 0)
        part[donors[np.lexsort(keys)[0]]] = empty
