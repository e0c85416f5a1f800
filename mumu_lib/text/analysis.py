"""What words tell about genres, and what the semantic enrichment gains.

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
    """Information gain of the presence of each term about each genre (paper 6.2).

    Only the numbers of albums that have both are counted, by a sparse product; the rest follows from the totals.

    Parameters
    ----------
    X : scipy.sparse.csr_matrix [shape=(albums, terms)]
        Anything but zero is presence.
    M : scipy.sparse.csr_matrix [shape=(albums, labels)], 0/1

    Returns
    -------
    gain : np.ndarray [shape=(terms, labels), bits]
        Mutual information of term and genre, 0 or more.
    """
    n, both, term, genre = _counts(X, M)
    gain = np.zeros_like(both)
    for together, one, other in (
        (both, term, genre),
        (term - both, term, n - genre),
        (genre - both, n - term, genre),
        (n - term - genre + both, n - term, n - genre),
    ):
        gain += rel_entr(together / n, (one / n) * (other / n))
    return np.maximum(gain, 0) / np.log(2)


def _counts(X: sp.csr_matrix, M: sp.csr_matrix) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
    """Albums; with term and genre [terms, labels]; with the term [terms, 1]; with the genre [1, labels]."""
    present = sp.csr_matrix((np.ones(X.nnz), X.indices, X.indptr), X.shape)
    both = np.asarray((present.T @ M.astype(np.float64)).todense())
    return X.shape[0], both, np.asarray(present.sum(axis=0)).T, np.asarray(M.sum(axis=0, dtype=np.float64))


def telling_terms(
    X: sp.csr_matrix, M: sp.csr_matrix, terms: list[str], labels: list[str], top: int = 10
) -> pd.DataFrame:
    """Terms with the highest information gain of each genre, of those that speak for it.

    Parameters
    ----------
    terms : list of str
        Names of the first columns; those beyond take no part. Empty where none has a name: an empty table.
    labels : list of str [length M.shape[1]]
    top : int > 0
        Terms a genre.

    Returns
    -------
    table : pd.DataFrame
        ``genre``, ``term``, ``kind`` (word, category), ``gain`` (bits), ``in_genre`` and ``elsewhere`` (share of
        albums whose text has the term), ``names`` (``this genre`` if the term holds a word of its name,
        ``another``, or empty). Genres in the order of ``labels``.
    """
    if not len(terms):
        return pd.DataFrame(columns=["genre", "term", "kind", "gain", "in_genre", "elsewhere", "names"])
    X = X[:, : len(terms)]
    n, both, term, genre = _counts(X, M)
    with np.errstate(invalid="ignore", divide="ignore"):
        inside, outside = both / genre, (term - both) / (n - genre)
    gain = np.where(inside > outside, information_gain(X, M), 0)
    column, row = (
        np.argsort(-gain, axis=0, kind="stable")[:top].T.ravel(),
        np.repeat(np.arange(len(labels)), min(top, len(terms))),
    )
    told = gain[column, row] > 0
    column, row = column[told], row[told]
    table = pd.DataFrame(
        {
            "genre": np.array(labels, dtype=object)[row],
            "term": np.array(terms, dtype=object)[column],
            "gain": gain[column, row],
            "in_genre": inside[column, row],
            "elsewhere": outside[column, row],
        }
    )
    table.insert(2, "kind", np.where(table["term"].str.startswith(CATEGORY), "category", "word"))
    return table.assign(names=_names(table, labels))


def described(X: np.ndarray | sp.csr_matrix, scored: np.ndarray, terms: Sequence[str]) -> str:
    """Say how many dimensions album vectors have, how many albums have one, and the first album's strongest terms.

    Parameters
    ----------
    scored : np.ndarray [shape=(n,), int]
        Of :func:`mumu_lib.text.rows_with_features`.
    terms : strings
        Names of the first columns; empty where they have none.
    """
    lines = [f"{X.shape[1]:,} dimensions; {len(scored)} of {X.shape[0]} albums have a vector"]
    if len(terms):
        first = np.asarray(X[0].todense()).ravel()[: len(terms)]
        strongest = np.argsort(-first.round(4), kind="stable")[:5]
        lines.append(f"terms that are categories: {sum(term.startswith(CATEGORY) for term in terms)}")
        lines.append(", ".join(f"{terms[i]} {first[i]:.2f}" for i in strongest))
    return "\n".join(lines)


def shares(telling: pd.DataFrame) -> str:
    """Say how many of the most telling terms name a genre, and how many are categories; of :func:`telling_terms`."""
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
    """Whether a term holds a word of this genre's name, of another's, or of none."""
    analyze = TfidfVectorizer().build_analyzer()
    words = {label: set(analyze(label)) - ENGLISH_STOP_WORDS for label in labels}
    every = set().union(*words.values())
    parts = [set(t.removeprefix(CATEGORY).split("_")) if t.startswith(CATEGORY) else {t} for t in table["term"]]
    return [
        "this genre" if part & words[genre] else "another" if part & every else ""
        for part, genre in zip(parts, table["genre"], strict=True)
    ]
