"""Entity resolution: which album of one table is which of another, by title and artist.

Paper: Section 3 ("a pairwise entity resolution approach based on string similarity").  Notebook: 01.

The paper refers to FlaBase for the method; how title and artist are combined there is not specified.
Here both must be similar enough. The default similarity is that of Ratcliff and Obershelp (Python's
``difflib``), at a threshold of 0.9.
"""

import difflib
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp
from rapidfuzz import fuzz, process
from rapidfuzz.distance import Indel, JaroWinkler

from mumu_lib.core import progress
from mumu_lib.core.errors import BadDataError, ParameterError, did_you_mean
from mumu_lib.mapping import normalise

# Ratcliff-Obershelp counts a common subsequence, so it is never above Indel, which is far faster to sift by.
_SIFTS: dict[str, Callable] = {
    "ratcliff_obershelp": Indel.normalized_similarity,
    "indel": Indel.normalized_similarity,
    "jaro_winkler": JaroWinkler.similarity,
    "token_sort": fuzz.token_sort_ratio,
}
METHODS = tuple(_SIFTS)
# A block is narrowed by further words until it is no larger.
LARGEST_BLOCK = 2000
# Further words are taken in while all blocks of an album together stay this small.
CHEAP = 100


def match(
    left: pd.DataFrame,
    right: pd.DataFrame,
    *,
    method: str = "ratcliff_obershelp",
    threshold: float = 0.9,
    margin: float = 0.02,
    same: str | None = None,
) -> pd.DataFrame:
    """Best counterpart of every row of ``left`` in ``right``, if any is similar enough.

    Titles are compared without what names an edition ("Remastered", "Disc 1") and artists without
    "The"; numbers in titles must agree ("Vol. 1" is not "Vol. 2"). Rows without title or artist
    match nothing.

    Parameters
    ----------
    left, right : pd.DataFrame
        ``title``, ``artist``; any other columns, any unique index.
    method : {'ratcliff_obershelp', 'indel', 'jaro_winkler', 'token_sort'}
        Similarity of two strings, 0 to 1.
    threshold : 0 < float <= 1 [scalar]
        Least similarity of the title and of the artist.
    margin : float >= 0 [scalar]
        A match that is not exact and has a runner-up this close is ambiguous.
    same : str, optional
        Column of ``right``: rows with one value in it are one thing, such as the releases of a
        release group, and no rivals.

    Returns
    -------
    matches : pd.DataFrame
        One row a matched row of ``left``: ``left`` and ``right`` (index labels), ``score`` (the lower
        of the two similarities), ``runner_up`` (index label of the best other that passes too, or None), ``runner_up_score`` and
        ``ambiguous``: the runner-up is as good, or within ``margin`` of a match that is not exact.

    Raises
    ------
    ParameterError, BadDataError
        A parameter out of range; a table without title and artist or with a repeated index label.
    """
    _check(left, right, method, threshold, margin, same)
    sides = [(normalise.titles(t["title"]), normalise.artists(t["artist"])) for t in (left, right)]
    (titles, artists), (right_titles, right_artists) = sides
    whole, right_whole = (t["title"].fillna("").to_numpy(object) for t in (left, right))
    entity = pd.factorize(right[same])[0] if same else np.arange(len(right))
    # rapidfuzz rounds: what lies on the threshold itself may fall below it.
    similar = partial(_similar, method=method, threshold=threshold * (1 - 1e-6))
    found = []
    for i, block in enumerate(progress.bar(blocks(sides[0], sides[1]), "matching", len(left), unit="album")):
        block = block[similar(titles[i], right_titles[block]) > 0]
        block = block[similar(artists[i], right_artists[block]) > 0]
        if len(block):
            scores = _scores((titles[i], artists[i]), (right_titles[block], right_artists[block]), method)
            kept = scores.min(axis=1) >= threshold
            if kept.any():
                full = whole[i], right_whole[block[kept]]
                found.append((i, *_best(block[kept], scores[kept], full, entity, margin)))
    return _labelled(found, left.index, right.index)


def _check(
    left: pd.DataFrame, right: pd.DataFrame, method: str, threshold: float, margin: float, same: str | None
) -> None:
    if method not in METHODS:
        raise ParameterError(f"method={method!r} is not one of {list(METHODS)}{did_you_mean(method, METHODS)}")
    if not 0 < threshold <= 1 or not margin >= 0:
        raise ParameterError(f"threshold must be above 0 and at most 1, margin at least 0; got {threshold}, {margin}")
    for side, table in (("left", left), ("right", right)):
        if absent := {"title", "artist", *([same] if same and side == "right" else [])} - set(table):
            raise BadDataError(f"the {side} table lacks the columns {sorted(absent)}; it has {list(table)}")
        if not table.index.is_unique:
            raise BadDataError(
                f"the {side} table has two rows {table.index[table.index.duplicated()].tolist()[0]!r}; reset its index"
            )


def blocks(left: tuple[np.ndarray, np.ndarray], right: tuple[np.ndarray, np.ndarray]) -> Iterator[np.ndarray]:
    """Rows of ``right`` worth comparing with each row of ``left``: those that share a rare word with it.

    Each row is looked up by its two rarest words, counted over ``right``, and by further ones while
    the result stays below ``CHEAP``. A word on more than ``LARGEST_BLOCK`` rows is narrowed by the
    next ones.

    Parameters
    ----------
    left, right : (titles, artists)
        Arrays of normalised text.

    Yields
    ------
    rows : np.ndarray [shape=(n,), int]
        Sorted; empty where ``left`` has no title or no artist.
    """
    n, m = len(left[0]), len(right[0])
    words, row = _words(right)
    vocabulary = words.dictionary_encode()
    posting = sp.csc_matrix(
        (np.ones(len(row), bool), (row, vocabulary.indices.to_numpy())), shape=(m, len(vocabulary.dictionary))
    )
    starts, rows = posting.indptr, posting.indices
    words, row = _words(left)
    code = pc.index_in(words, vocabulary.dictionary).fill_null(-1).to_numpy()
    known = code >= 0
    code, row = code[known], row[known]
    count = np.diff(starts)
    order = np.lexsort((count[code], row))
    code, bounds = code[order], np.searchsorted(row[order], np.arange(n + 1))
    complete = (left[0] != "") & (left[1] != "")
    for i in range(n):
        mine = dict.fromkeys(code[bounds[i] : bounds[i + 1]].tolist()) if complete[i] else {}
        yield _block([rows[starts[c] : starts[c + 1]] for c in mine])


def _words(side: tuple[np.ndarray, np.ndarray]) -> tuple[pa.Array, np.ndarray]:
    """Every word of title and artist, and the row it stands on."""
    lists = pc.split_pattern(
        pc.binary_join_element_wise(
            *(pa.array(s, type=pa.large_string()) for s in side), pa.scalar(" ", pa.large_string())
        ),
        " ",
    )
    return lists.flatten(), np.repeat(np.arange(len(lists)), np.diff(lists.offsets.to_numpy()))


def _block(postings: list[np.ndarray]) -> np.ndarray:
    """Rows to compare, from the rows of each word, rarest word first."""
    taken: list[np.ndarray] = []
    total = 0
    for n, posting in enumerate(postings):
        if len(posting) > LARGEST_BLOCK or (n >= 2 and total + len(posting) > CHEAP):
            break
        taken.append(posting)
        total += len(posting)
    if taken:
        return np.unique(np.concatenate(taken))
    block = postings[0] if postings else np.empty(0, int)
    for posting in postings[1:]:
        if len(block) <= LARGEST_BLOCK:
            break
        at = np.searchsorted(posting, block)
        narrowed = block[posting[np.minimum(at, len(posting) - 1)] == block]
        # A word that leaves nothing is noise, not evidence.
        block = narrowed if len(narrowed) else block
    return block


def _similar(text: str, others: np.ndarray, *, method: str, threshold: float) -> np.ndarray:
    """Similarity, or an upper bound of it, of one text with others; 0 below the threshold."""
    scale = 100 if method == "token_sort" else 1
    return (
        process.cdist([text], others, scorer=_SIFTS[method], score_cutoff=threshold * scale, dtype=np.float64)[0]
        / scale
    )


def _scores(mine: tuple[str, str], others: tuple[np.ndarray, np.ndarray], method: str) -> np.ndarray:
    """Similarities of title and artist [shape=(n, 2)]; 0 where the titles' numbers differ."""
    if method == "ratcliff_obershelp":
        columns = [[_ratcliff(m, o) for o in other] for m, other in zip(mine, others, strict=True)]
    else:
        columns = [_similar(m, o, method=method, threshold=0.0).tolist() for m, o in zip(mine, others, strict=True)]
    scores = np.array(columns).T
    numbers = normalise.numbers(mine[0])
    scores[[normalise.numbers(title) != numbers for title in others[0]]] = 0
    return scores


def _ratcliff(a: str, b: str) -> float:
    # difflib is not symmetric; the larger of both directions is, and favours neither table.
    return (
        1.0
        if a == b
        else max(difflib.SequenceMatcher(None, *pair, autojunk=False).ratio() for pair in ((a, b), (b, a)))
    )


def _best(
    block: np.ndarray, scores: np.ndarray, full: tuple[str, np.ndarray], entity: np.ndarray, margin: float
) -> tuple[int, float, int, float, bool]:
    """Best row, its score, the best row of another entity, its score (-1, 0: none), and whether it is a toss-up."""
    # Between equals, the one whose full title, edition and all, is closest.
    tie = np.array([Indel.normalized_similarity(full[0].casefold(), other.casefold()) for other in full[1]])
    keys = np.column_stack([scores.min(axis=1), scores.mean(axis=1), tie]).round(9)
    order = np.lexsort((block, -keys[:, 2], -keys[:, 1], -keys[:, 0]))
    first = order[0]
    rivals = [i for i in order if entity[block[i]] != entity[block[first]]]
    if not rivals:
        return int(block[first]), keys[first, 0], -1, 0.0, False
    second = rivals[0]
    near = keys[first, 0] < 1 and keys[first, 0] - keys[second, 0] <= margin
    return (
        int(block[first]),
        keys[first, 0],
        int(block[second]),
        keys[second, 0],
        bool(near or (keys[first] == keys[second]).all()),
    )


def _labelled(found: list[tuple], left: pd.Index, right: pd.Index) -> pd.DataFrame:
    columns = ["left", "right", "score", "runner_up", "runner_up_score", "ambiguous"]
    table = pd.DataFrame(found, columns=columns)
    second = table["runner_up"].to_numpy(int)
    table["left"] = left[table["left"].to_numpy(int)]
    table["right"] = right[table["right"].to_numpy(int)]
    table["runner_up"] = pd.Series([right[j] if j >= 0 else None for j in second], dtype=object)
    return table.astype({"score": float, "runner_up_score": float, "ambiguous": bool})
