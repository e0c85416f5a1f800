"""Find the terms that are most informative about each genre.

Paper: Section 6.2.  Notebook: 05_text.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.special import rel_entr
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer

from mumu_lib.text import CATEGORY


def information_gain(X: sp.csr_matrix, M: sp.csr_matrix) -> np.ndarray:
    """Compute the information gain between the presence of each term and each genre (paper 6.2).

    Only the albums with both are counted, by a sparse product; the other counts follow from the totals.

    Parameters
    ----------
    X : scipy.sparse.csr_matrix [shape=(albums, terms)]
        Nonzero values mean presence.
    M : scipy.sparse.csr_matrix [shape=(albums, labels)], 0/1

    Returns
    -------
    gain : np.ndarray [shape=(terms, labels), bits]
        Mutual information of term and genre, 0 or more.

    Examples
    --------
    >>> X = sp.csr_matrix([[0.5], [0.2], [0.0], [0.0]])
    >>> M = sp.csr_matrix([[1, 1], [1, 0], [0, 1], [0, 0]])
    >>> information_gain(X, M)
    array([[1., 0.]])
    """
    n, both, term, genre = _counts(X, M)
    gain = np.zeros_like(both)
    gain += _information(both, term, genre, n)
    gain += _information(term - both, term, n - genre, n)
    gain += _information(genre - both, n - term, genre, n)
    gain += _information(n - term - genre + both, n - term, n - genre, n)
    return np.maximum(gain, 0) / np.log(2)


def _information(both: np.ndarray, first: np.ndarray, second: np.ndarray, n: int) -> np.ndarray:
    """Return one summand of mutual information [nats], from the number of albums with both events and with each."""
    return rel_entr(both / n, (first / n) * (second / n))


def _counts(X: sp.csr_matrix, M: sp.csr_matrix) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
    """Count albums: all; with term and genre [terms, labels]; with the term [terms, 1]; with the genre [1, labels]."""
    present = sp.csr_matrix((np.ones(X.nnz), X.indices, X.indptr), X.shape)
    both = np.asarray((present.T @ M.astype(np.float64)).todense())
    with_term = np.asarray(present.sum(axis=0)).T
    with_genre = np.asarray(M.sum(axis=0, dtype=np.float64))
    return X.shape[0], both, with_term, with_genre


def telling_terms(
    X: sp.csr_matrix, M: sp.csr_matrix, terms: list[str], labels: list[str], top: int = 10
) -> pd.DataFrame:
    """Find the terms with the highest information gain that are more frequent in a genre than elsewhere.

    Parameters
    ----------
    terms : list of str
        Names of the first columns; further columns are ignored. If empty, the table is empty too.
    labels : list of str [length M.shape[1]]
    top : int > 0
        Terms per genre.

    Returns
    -------
    table : pd.DataFrame
        ``genre``, ``term``, ``kind`` (word, category), ``gain`` (bits), ``in_genre`` and ``elsewhere`` (share of
        albums whose text has the term), ``names`` (``this genre`` if the term contains a word of the genre's name,
        ``another`` for another genre's name, or empty). Genres in the order of ``labels``.
    """
    if not len(terms):
        return pd.DataFrame(columns=["genre", "term", "kind", "gain", "in_genre", "elsewhere", "names"])
    X = X[:, : len(terms)]
    n, both, term, genre = _counts(X, M)
    with np.errstate(invalid="ignore", divide="ignore"):
        inside = both / genre
        outside = (term - both) / (n - genre)
    gain = np.where(inside > outside, information_gain(X, M), 0)
    best_terms = np.argsort(-gain, axis=0, kind="stable")[:top].T.ravel()
    genres = np.repeat(np.arange(len(labels)), min(top, len(terms)))
    informative = gain[best_terms, genres] > 0
    best_terms = best_terms[informative]
    genres = genres[informative]
    table = pd.DataFrame(
        {
            "genre": np.array(labels, dtype=object)[genres],
            "term": np.array(terms, dtype=object)[best_terms],
            "gain": gain[best_terms, genres],
            "in_genre": inside[best_terms, genres],
            "elsewhere": outside[best_terms, genres],
        }
    )
    table.insert(2, "kind", np.where(table["term"].str.startswith(CATEGORY), "category", "word"))
    return table.assign(names=_names(table, labels))


def describe(X: np.ndarray | sp.csr_matrix, scored: np.ndarray, terms: Sequence[str]) -> str:
    """Describe album vectors: dimensions, number of albums, and the strongest terms of the first album.

    Parameters
    ----------
    scored : np.ndarray [shape=(n,), int]
        From :func:`mumu_lib.text.rows_with_features`.
    terms : strings
        Names of the first columns; may be empty.

    Examples
    --------
    >>> describe(np.ones((3, 64)), np.array([0, 2]), terms=[])
    '64 dimensions; 2 of 3 albums have a vector'
    """
    lines = [f"{X.shape[1]:,} dimensions; {len(scored)} of {X.shape[0]} albums have a vector"]
    if len(terms):
        first = np.asarray(X[0].todense()).ravel()[: len(terms)]
        strongest = np.argsort(-first.round(4), kind="stable")[:5]
        categories = np.char.startswith(np.asarray(terms, dtype=str), CATEGORY)
        lines.append(f"terms that are categories: {categories.sum()}")
        lines.append(", ".join(f"{terms[i]} {first[i]:.2f}" for i in strongest))
    return "\n".join(lines)


def shares(telling: pd.DataFrame) -> str:
    """Describe the terms of :func:`telling_terms`: the shares that name a genre, and that are categories."""
    if telling.empty:
        return "these vectors have no terms"
    own = (telling["names"] == "this genre").mean()
    another = (telling["names"] == "another").mean()
    category = (telling["kind"] == "category").mean()
    return (
        f"{own:.0%} of the most telling terms hold a word of their genre's name, {another:.0%} of another's; "
        f"{category:.0%} are categories"
    )


def _names(table: pd.DataFrame, labels: list[str]) -> list[str]:
    """Return for each term ``this genre`` or ``another`` if it contains a word of the genre's or another's name."""
    analyze = TfidfVectorizer().build_analyzer()
    words: dict[str, set[str]] = {}
    for label in labels:
        words[label] = set(analyze(label)) - ENGLISH_STOP_WORDS
    all_words = set().union(*words.values())
    names = []
    for term, genre in zip(table["term"], table["genre"], strict=True):
        parts = {term}
        if term.startswith(CATEGORY):
            parts = set(term.removeprefix(CATEGORY).split("_"))
        if parts & words[genre]:
            names.append("this genre")
        elif parts & all_words:
            names.append("another")
        else:
            names.append("")
    return names
