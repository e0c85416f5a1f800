"""Album texts: concatenate reviews, append categories of linked entities, compute tf-idf.

Paper: Section 5.2.  Notebooks: 05_text, 09_your_album.
"""

import html
import itertools
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import lazy_loader
import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer

from mumu_lib.catalogue import Catalogue
from mumu_lib.core import commands, progress
from mumu_lib.core.errors import BadDataError, MissingDataError
from mumu_lib.core.files import write_atomically
from mumu_lib.core.parsing import parsing, read_json
from mumu_lib.text import words

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__, submodules=["album_vectors", "analysis", "release", "sentences", "vsm", "vsm_minilm", "vsm_sem", "words"]
)


FORMAT = 1
CATEGORY = "cat_"
_STREAM = 5
# Only names of HTML elements, since reviewers also write "<Kind of Blue>" and "I <3 it".
_MARKUP = re.compile(
    r"</?(?:a|abbr|b|big|blockquote|br|center|cite|code|dd|del|div|dl|dt|em|embed|font|form|h[1-6]|hr|i|iframe|img|input"
    r"|ins|kbd|li|link|meta|object|ol|p|param|pre|q|s|script|small|span|strike|strong|style|sub|sup|table|tbody|td|th"
    r"|thead|tr|tt|u|ul|video)(?:[\s/][^<>]*)?>|<!--[^<>]*-->",
    re.IGNORECASE,
)


def tfidf_rows(texts: pd.Series, folder: Path, catalogue: Catalogue) -> sp.csr_matrix:
    """Return album texts as the features of a finished text run, with its vocabulary, enrichment and embeddings.

    Parameters
    ----------
    texts : pd.Series
        From :func:`mumu_lib.text.aggregate`.
    folder : Path
        Folder of the run.

    Returns
    -------
    X : scipy.sparse.csr_matrix [shape=(texts, terms), float32]
    """
    vectorizer, settings = load_vectorizer(folder)
    prepared = words.read(settings["features"], texts, catalogue, settings)
    X = vectorizer.transform(prepared.texts.fillna(""))
    return prepared.append_embeddings(sp.csr_matrix(X))


def clean(review: str) -> str:
    """Remove markup from a review: resolve character references, drop HTML tags, collapse white space.

    Examples
    --------
    >>> clean("<b>Rock</b> &amp;<br> roll")
    'Rock & roll'
    """
    return " ".join(_MARKUP.sub(" ", html.unescape(review)).split())


def join(reviews: Iterable[str], characters: int) -> str:
    """Clean and concatenate reviews in the given order, up to a number of characters.

    Examples
    --------
    >>> join(["<p>Great solos.</p>", "A masterpiece."], characters=20)
    'Great solos. A maste'
    """
    text = ""
    for review in reviews:
        text = f"{text} {clean(review)}".strip()
        if len(text) >= characters:
            break
    return text[:characters]


def aggregate(catalogue: Catalogue, characters: int = 1000, seed: int = 0) -> pd.Series:
    """Concatenate all reviews of each album into one text, truncated (paper 5.2).

    The paper does not specify the order. Here reviews with more helpful votes come first; ties, and reviews without
    votes, are ordered at random by the seed.

    Parameters
    ----------
    characters : int > 0
        Maximum length of a text, after HTML is removed.

    Returns
    -------
    texts : pd.Series [length albums]
        Index: album id. Missing (NaN) for an album without reviews, or with blank reviews only.
    """
    reviews = catalogue.reviews
    albums = pd.Index(catalogue.albums["album_id"])
    album = albums.get_indexer(pd.Index(reviews["album_id"]))
    tie_break = np.random.default_rng([seed, _STREAM]).permutation(len(reviews))
    order = np.lexsort((tie_break, -reviews["helpful"].fillna(-1).to_numpy(), album))
    bounds = np.searchsorted(album[order], np.arange(len(albums) + 1))
    written = reviews["text"].array
    texts = []
    for start, end in progress.bar(itertools.pairwise(bounds), "album texts", len(albums), unit="album"):
        ordered = (written[row] for row in order[start:end])
        texts.append(join(ordered, characters) or None)
    return pd.Series(texts, index=albums, dtype="str")


def category_term(category: str) -> str:
    """Convert a Wikipedia category to a single term.

    Examples
    --------
    >>> category_term("Category:American jazz singers")
    'cat_american_jazz_singers'
    """
    return CATEGORY + "_".join(re.findall(r"[^\W_]+", category.removeprefix("Category:").lower()))


def enrich(texts: pd.Series, annotations: pd.DataFrame, categories: Mapping[str, Iterable[str]]) -> pd.Series:
    """Append the categories of linked entities to the texts as terms (VSM+SEM, paper 5.2).

    Each entity counts once per text, even if it is mentioned several times; a category of two entities is appended
    twice.

    Parameters
    ----------
    texts : pd.Series
        Already truncated: categories do not count towards the maximum length.
    annotations : pd.DataFrame
        From :func:`mumu_lib.linking.annotate`: ``text`` (row number in ``texts``), ``start`` and ``title``.
    categories : mapping
        Title -> names of its categories.

    Examples
    --------
    >>> annotations = pd.DataFrame({"text": [0], "start": [0], "title": ["Miles_Davis"]})
    >>> enrich(pd.Series(["Miles plays"]), annotations, {"Miles_Davis": ["Jazz trumpeters"]})[0]
    'Miles plays cat_jazz_trumpeters'
    """
    terms = {}
    for title, names in categories.items():
        terms[title] = " ".join(category_term(name) for name in names)
    entities = annotations.drop_duplicates(["text", "title"]).sort_values(["text", "start"], kind="stable")
    words = entities["title"].map(terms).fillna("")
    added = words.groupby(entities["text"]).agg(" ".join).reindex(range(len(texts))).astype("str").fillna("")
    return (texts + " " + added.set_axis(texts.index)).str.rstrip()


def tfidf(texts: pd.Series, train: np.ndarray, size: int = 10_000) -> tuple[sp.csr_matrix, TfidfVectorizer]:
    """Compute tf-idf, the vector space model of the texts (paper 5.2).

    Settings as in the authors' code: lower case, words of two characters or more, 1 + log(tf), smooth idf, rows scaled
    to length 1, terms in more than half of the training texts dropped, no stop word list.

    Parameters
    ----------
    texts : pd.Series [length albums]
    train : np.ndarray [shape=(n,), int]
        Rows that define vocabulary and idf; rows without a text are ignored.
    size : int > 0
        Number of terms to keep, most frequent first.

    Returns
    -------
    X : scipy.sparse.csr_matrix [shape=(albums, terms), float32]
        A row of zeros for an album without a text, or without any term of the vocabulary.
    vectorizer : TfidfVectorizer
        Fitted.

    Raises
    ------
    BadDataError
        If no training album has a text, or no term is left.

    Examples
    --------
    >>> X, vectorizer = tfidf(pd.Series(["slow blues", "fast punk", "slow punk blues"]), np.array([0, 1]))
    >>> vectorizer.get_feature_names_out().tolist()
    ['blues', 'fast', 'punk', 'slow']
    >>> X.shape
    (3, 4)
    """
    training = np.isin(np.arange(len(texts)), train) & texts.notna().to_numpy()
    if not training.any():
        raise BadDataError("no training album has a text; add reviews, or check the split")
    vectorizer = TfidfVectorizer(sublinear_tf=True, max_df=0.5, max_features=size, dtype=np.float32)
    try:
        fitted = vectorizer.fit_transform(progress.bar(texts[training], "vocabulary", unit="text"))
    except ValueError as error:
        raise BadDataError(
            f"no vocabulary can be made from the texts of {training.sum()} training albums ({error}); "
            f"a term has two characters or more and occurs in at most half of the texts"
        ) from None
    if training.all():
        return sp.csr_matrix(fitted), vectorizer
    others = progress.bar(texts[~training].fillna(""), "tf-idf", unit="text")
    stacked = sp.vstack([fitted, vectorizer.transform(others)], format="csr")
    original_order = np.argsort(np.r_[np.flatnonzero(training), np.flatnonzero(~training)])
    return sp.csr_matrix(stacked[original_order]), vectorizer


def save_vectorizer(folder: Path, vectorizer: TfidfVectorizer, settings: Mapping[str, Any]) -> None:
    """Write vocabulary, idf and settings to ``vocabulary.json``, which new albums are encoded with.

    Parameters
    ----------
    settings : mapping
        Preparation of the texts: characters, features, linker, knowledge.
    """
    facts = {
        "format": FORMAT,
        "settings": dict(settings),
        "terms": vectorizer.get_feature_names_out().tolist(),
        "idf": vectorizer.idf_.astype(float).tolist(),
    }
    write_atomically(folder / "vocabulary.json", json.dumps(facts, ensure_ascii=False))


def load_vectorizer(folder: str | Path) -> tuple[TfidfVectorizer, dict[str, Any]]:
    """Load what :func:`save_vectorizer` wrote.

    Returns
    -------
    vectorizer : TfidfVectorizer
        Transforms texts from :func:`join` and :func:`enrich`.
    settings : dict

    Raises
    ------
    MissingDataError
        If the file does not exist.
    BadDataError
        If it cannot be read.
    """
    path = Path(folder) / "vocabulary.json"
    if not path.is_file():
        command = commands.papermill("05_text", catalogue=Path(folder).parent.name, features="vsm", matrices="reviews")
        raise MissingDataError(f"{path} does not exist; run 05 on reviews first, e.g.  {command}")
    facts = read_json(path, "run notebook 05 again")
    with parsing(path, "run notebook 05 again", trouble="is not a vocabulary of this version"):
        if facts["format"] != FORMAT:
            raise ValueError(f"format {facts['format']}")
        vectorizer = TfidfVectorizer(sublinear_tf=True, vocabulary=facts["terms"], dtype=np.float32)
        vectorizer.idf_ = np.array(facts["idf"], dtype=np.float32)
        return vectorizer, dict(facts["settings"])


def rows_with_features(X: np.ndarray | sp.csr_matrix) -> np.ndarray:
    """Return the rows with features [shape=(n,), int]: without NaN if dense, not all zeros if sparse.

    Examples
    --------
    >>> rows_with_features(np.array([[1.0, 2.0], [np.nan, 0.0]]))
    array([0])
    >>> rows_with_features(sp.csr_matrix([[0.0, 0.0], [0.0, 3.0]]))
    array([1])
    """
    if isinstance(X, np.ndarray):
        return np.flatnonzero(np.isfinite(X).all(axis=1))
    return np.flatnonzero(X.getnnz(axis=1))
