"""Entity resolution: match the albums of two tables by title and artist.

Paper: Section 3 ("a pairwise entity resolution approach based on string similarity").  Notebook: 01.

The paper refers to FlaBase for the method, which does not specify how title and artist are combined. Here both must be
similar enough. The default similarity is that of Ratcliff and Obershelp (Python's ``difflib``), at a threshold of 0.9.
"""

import difflib
from collections.abc import Callable, Iterator

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

# Fast similarities for a first selection. Indel is an upper bound of Ratcliff-Obershelp, which counts a common
# subsequence.
_PREFILTERS: dict[str, Callable] = {
    "ratcliff_obershelp": Indel.normalized_similarity,
    "indel": Indel.normalized_similarity,
    "jaro_winkler": JaroWinkler.similarity,
    "token_sort": fuzz.token_sort_ratio,
}
METHODS = tuple(_PREFILTERS)
# Larger blocks are narrowed by further words.
LARGEST_BLOCK = 2000
# Further words are looked up while an album has at most so many candidates.
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
    """Find the most similar row of ``right`` for each row of ``left``, if any is similar enough.

    Titles are compared without the name of an edition ("Remastered", "Disc 1") and artists without "The"; numbers in
    titles must agree ("Vol. 1" does not match "Vol. 2"). Rows without title or artist are not matched.

    Parameters
    ----------
    left, right : pd.DataFrame
        Tables with ``title``, ``artist`` and a unique index.
    method : {'ratcliff_obershelp', 'indel', 'jaro_winkler', 'token_sort'}
        Similarity of two strings, 0 to 1.
    threshold : 0 < float <= 1 [scalar]
        Lowest similarity of the titles and of the artists.
    margin : float >= 0 [scalar]
        A match that is not exact is ambiguous if a runner-up is within this margin.
    same : str, optional
        Column of ``right`` that identifies entities: rows with the same value, such as the releases of a release group,
        are not runners-up of each other.

    Returns
    -------
    matches : pd.DataFrame
        A row for each matched row of ``left``: ``left`` and ``right`` (index labels), ``score`` (the lower of the two
        similarities), ``runner_up`` (index label of the second best entity above the threshold, or None),
        ``runner_up_score`` and ``ambiguous``: the runner-up is equally good, or within ``margin`` of a match that is
        not exact.

    Raises
    ------
    ParameterError
        A parameter is out of range.
    BadDataError
        A table lacks a column, or an index label is repeated.

    Examples
    --------
    >>> shop = pd.DataFrame({"title": ["Blue Rooms (Remastered)"], "artist": ["The Anns"]}, index=["A1"])
    >>> releases = pd.DataFrame({"title": ["Grey", "Blue Room"], "artist": ["Cy", "Anns"]}, index=["R1", "R2"])
    >>> match(shop, releases)[["left", "right"]].to_numpy().tolist()
    [['A1', 'R2']]
    """
    _check(left, right, method, threshold, margin, same)
    left_side = _normalised(left)
    right_side = _normalised(right)
    left_titles = left["title"].fillna("").to_numpy(object)
    right_titles = right["title"].fillna("").to_numpy(object)
    entity = pd.factorize(right[same])[0] if same else np.arange(len(right))
    candidates = blocks(left_side, right_side)
    matches = []
    for row, block in enumerate(progress.bar(candidates, "matching", len(left), unit="album")):
        names = (left_side[0][row], left_side[1][row])
        block = _prefiltered(names, right_side, block, method, threshold)
        if not len(block):
            continue
        scores = _scores(names, (right_side[0][block], right_side[1][block]), method)
        kept = scores.min(axis=1) >= threshold
        if kept.any():
            block = block[kept]
            tie_breakers = _title_similarities(left_titles[row], right_titles[block])
            matches.append((row, *_best(block, scores[kept], tie_breakers, entity, margin)))
    return _labelled(matches, left.index, right.index)


def _check(
    left: pd.DataFrame, right: pd.DataFrame, method: str, threshold: float, margin: float, same: str | None
) -> None:
    """Raise an error if a parameter or a table of :func:`match` is invalid."""
    if method not in METHODS:
        raise ParameterError(f"method={method!r} is not one of {list(METHODS)}{did_you_mean(method, METHODS)}")
    if not 0 < threshold <= 1 or not margin >= 0:
        raise ParameterError(f"threshold must be above 0 and at most 1, margin at least 0; got {threshold}, {margin}")
    _check_table(left, "left", {"title", "artist"})
    right_columns = {"title", "artist"}
    if same:
        right_columns.add(same)
    _check_table(right, "right", right_columns)


def _check_table(table: pd.DataFrame, side: str, columns: set[str]) -> None:
    """Raise an error if a table lacks columns or repeats an index label."""
    absent = columns - set(table)
    if absent:
        raise BadDataError(f"the {side} table lacks the columns {sorted(absent)}; it has {list(table)}")
    if not table.index.is_unique:
        repeated = table.index[table.index.duplicated()].tolist()[0]
        raise BadDataError(f"the {side} table has two rows {repeated!r}; reset its index")


def _normalised(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the normal forms of titles and artists."""
    return normalise.titles(table["title"]), normalise.artists(table["artist"])


def _prefiltered(
    names: tuple[str, str], side: tuple[np.ndarray, np.ndarray], block: np.ndarray, method: str, threshold: float
) -> np.ndarray:
    """Return the rows of a block whose title and artist may reach the threshold."""
    # Slightly lower, because rapidfuzz rounds: a similarity equal to the threshold may be computed as below it.
    lowered = threshold * (1 - 1e-6)
    for name, others in zip(names, side, strict=True):
        block = block[_similar(name, others[block], method=method, threshold=lowered) > 0]
    return block


def blocks(left: tuple[np.ndarray, np.ndarray], right: tuple[np.ndarray, np.ndarray]) -> Iterator[np.ndarray]:
    """Find for each row of ``left`` the rows of ``right`` that share a rare word with it.

    Each row is looked up by its two rarest words, counted over ``right``, and by further words while there are at most
    ``CHEAP`` candidates. A word on more than ``LARGEST_BLOCK`` rows is narrowed by the next words.

    Parameters
    ----------
    left, right : (titles, artists)
        Arrays of normalised text.

    Yields
    ------
    rows : np.ndarray [shape=(n,), int]
        Sorted; empty for a row of ``left`` without title or artist.

    Examples
    --------
    >>> left = (np.array(["blue rooms"]), np.array(["anns"]))
    >>> right = (np.array(["grey", "blue room"]), np.array(["cy", "anns"]))
    >>> [rows.tolist() for rows in blocks(left, right)]
    [[1]]
    """
    vocabulary, starts, rows = _inverted_index(right)
    words, row = _words(left)
    code = pc.index_in(words, vocabulary).fill_null(-1).to_numpy()
    known = code >= 0
    code = code[known]
    row = row[known]
    # The words of each row, rarest first.
    order = np.lexsort((np.diff(starts)[code], row))
    code = code[order]
    bounds = np.searchsorted(row[order], np.arange(len(left[0]) + 1))
    complete = (left[0] != "") & (left[1] != "")
    for i in range(len(left[0])):
        postings = []
        if complete[i]:
            for word in dict.fromkeys(code[bounds[i] : bounds[i + 1]].tolist()):
                postings.append(rows[starts[word] : starts[word + 1]])
        yield _block(postings)


def _inverted_index(side: tuple[np.ndarray, np.ndarray]) -> tuple[pa.Array, np.ndarray, np.ndarray]:
    """Return the vocabulary of a table, and the rows of each word in compressed form.

    Returns
    -------
    vocabulary : pa.Array [length words]
    starts : np.ndarray [shape=(words + 1,), int]
    rows : np.ndarray [int]
        ``rows[starts[i] : starts[i + 1]]`` are the rows with word i, ascending.
    """
    words, row = _words(side)
    encoded = words.dictionary_encode()
    shape = (len(side[0]), len(encoded.dictionary))
    postings = sp.csc_matrix((np.ones(len(row), bool), (row, encoded.indices.to_numpy())), shape=shape)
    return encoded.dictionary, postings.indptr, postings.indices


def _words(side: tuple[np.ndarray, np.ndarray]) -> tuple[pa.Array, np.ndarray]:
    """Return all words of titles and artists, and the row of each word."""
    text = pa.large_string()
    titles = pa.array(side[0], type=text)
    artists = pa.array(side[1], type=text)
    lists = pc.split_pattern(pc.binary_join_element_wise(titles, artists, pa.scalar(" ", text)), " ")
    return lists.flatten(), np.repeat(np.arange(len(lists)), np.diff(lists.offsets.to_numpy()))


def _block(postings: list[np.ndarray]) -> np.ndarray:
    """Combine the rows of each word, rarest word first, into the rows to compare."""
    if not postings:
        return np.empty(0, int)
    taken: list[np.ndarray] = []
    total = 0
    for n, posting in enumerate(postings):
        if len(posting) > LARGEST_BLOCK or (n >= 2 and total + len(posting) > CHEAP):
            break
        taken.append(posting)
        total += len(posting)
    if taken:
        return np.unique(np.concatenate(taken))
    block = postings[0]
    for posting in postings[1:]:
        if len(block) <= LARGEST_BLOCK:
            break
        position = np.searchsorted(posting, block)
        narrowed = block[posting[np.minimum(position, len(posting) - 1)] == block]
        # A word without common rows is a typing error, not evidence.
        if len(narrowed):
            block = narrowed
    return block


def _similar(text: str, others: np.ndarray, *, method: str, threshold: float) -> np.ndarray:
    """Compute the similarity of a text with others, or an upper bound of it; 0 below the threshold."""
    scale = 100 if method == "token_sort" else 1
    scorer = _PREFILTERS[method]
    return process.cdist([text], others, scorer=scorer, score_cutoff=threshold * scale, dtype=np.float64)[0] / scale


def _scores(names: tuple[str, str], others: tuple[np.ndarray, np.ndarray], method: str) -> np.ndarray:
    """Compute the similarities of title and artist [shape=(n, 2)]; 0 if the numbers in the titles differ."""
    scores = np.empty((len(others[0]), 2))
    for column in range(2):
        if method == "ratcliff_obershelp":
            scores[:, column] = [_ratcliff(names[column], other) for other in others[column]]
        else:
            scores[:, column] = _similar(names[column], others[column], method=method, threshold=0.0)
    numbers = normalise.numbers(names[0])
    for row, title in enumerate(others[0]):
        if normalise.numbers(title) != numbers:
            scores[row] = 0
    return scores


def _ratcliff(a: str, b: str) -> float:
    """Compute the similarity of Ratcliff and Obershelp; difflib is not symmetric, so the larger direction is taken."""
    if a == b:
        return 1.0
    forwards = difflib.SequenceMatcher(None, a, b, autojunk=False).ratio()
    backwards = difflib.SequenceMatcher(None, b, a, autojunk=False).ratio()
    return max(forwards, backwards)


def _title_similarities(title: str, others: np.ndarray) -> np.ndarray:
    """Compute the similarity of full titles, including editions."""
    return np.array([Indel.normalized_similarity(title.casefold(), other.casefold()) for other in others])


def _best(
    block: np.ndarray, scores: np.ndarray, tie_breakers: np.ndarray, entity: np.ndarray, margin: float
) -> tuple[int, float, int, float, bool]:
    """Choose the best row and the best row of another entity.

    Returns
    -------
    row, score : int, float
    runner_up, runner_up_score : int, float
        -1 and 0 if there is no other entity.
    ambiguous : bool
    """
    keys = np.column_stack([scores.min(axis=1), scores.mean(axis=1), tie_breakers]).round(9)
    order = np.lexsort((block, -keys[:, 2], -keys[:, 1], -keys[:, 0]))
    first = order[0]
    rivals = order[entity[block[order]] != entity[block[first]]]
    if not len(rivals):
        return int(block[first]), keys[first, 0], -1, 0.0, False
    second = rivals[0]
    close = keys[first, 0] < 1 and keys[first, 0] - keys[second, 0] <= margin
    ambiguous = bool(close or (keys[first] == keys[second]).all())
    return int(block[first]), keys[first, 0], int(block[second]), keys[second, 0], ambiguous


def _labelled(matches: list[tuple], left: pd.Index, right: pd.Index) -> pd.DataFrame:
    """Return matches as a table, with index labels instead of row numbers."""
    columns = ["left", "right", "score", "runner_up", "runner_up_score", "ambiguous"]
    table = pd.DataFrame(matches, columns=columns)
    runners_up = []
    for second in table["runner_up"]:
        runners_up.append(right[second] if second >= 0 else None)
    table["runner_up"] = pd.Series(runners_up, dtype=object)
    table["left"] = left[table["left"].to_numpy(int)]
    table["right"] = right[table["right"].to_numpy(int)]
    return table.astype({"score": float, "runner_up_score": float, "ambiguous": bool})
