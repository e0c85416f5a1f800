"""Album texts: reviews made one text, entities' categories appended, tf-idf.

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
    """Album texts as a text run read them: enriched if it enriched, by its vocabulary, and with its vectors beside.

    Parameters
    ----------
    texts : pd.Series
        As :func:`mumu_lib.text.aggregate` makes them.
    folder : Path
        Of the run.

    Returns
    -------
    X : scipy.sparse.csr_matrix [shape=(texts, terms), float32]
    """
    vectorizer, settings = load_vectorizer(folder)
    found = words.read(settings["features"], texts, catalogue, settings)
    return found.beside(sp.csr_matrix(vectorizer.transform(found.texts.fillna(""))))


def clean(review: str) -> str:
    """A review as read, not as marked up: character references resolved, HTML tags dropped, single blanks."""
    return " ".join(_MARKUP.sub(" ", html.unescape(review)).split())


def join(reviews: Iterable[str], characters: int) -> str:
    """Reviews of one album in their order, cleaned, as one text of at most so many characters."""
    text = ""
    for review in reviews:
        text = f"{text} {clean(review)}".strip()
        if len(text) >= characters:
            break
    return text[:characters]


def aggregate(catalogue: Catalogue, characters: int = 1000, seed: int = 0) -> pd.Series:
    """All reviews of an album as one text, truncated (paper 5.2).

    The paper does not say in which order. Here the reviews that most readers found helpful come first; among
    equals, and where nobody was asked, the order is drawn from the seed.

    Parameters
    ----------
    characters : int > 0
        Length at which a text is cut, after HTML is dropped.

    Returns
    -------
    texts : pd.Series [length albums]
        Index: album id. Missing (NaN) for an album without a review, or with blank ones only.
    """
    reviews, albums = catalogue.reviews, pd.Index(catalogue.albums["album_id"])
    album = albums.get_indexer(pd.Index(reviews["album_id"]))
    lot = np.random.default_rng([seed, _STREAM]).permutation(len(reviews))
    order = np.lexsort((lot, -reviews["helpful"].fillna(-1).to_numpy(), album))
    bounds = np.searchsorted(album[order], np.arange(len(albums) + 1))
    written = reviews["text"].array
    parts = progress.bar(itertools.pairwise(bounds), "album texts", len(albums), unit="album")
    texts = (join((written[i] for i in order[start:end]), characters) for start, end in parts)
    return pd.Series([text or None for text in texts], index=albums, dtype="str")


def category_term(category: str) -> str:
    """A Wikipedia category as a single term, e.g. ``cat_american_jazz_singers``."""
    return CATEGORY + "_".join(re.findall(r"[^\W_]+", category.removeprefix("Category:").lower()))


def enrich(texts: pd.Series, annotations: pd.DataFrame, categories: Mapping[str, Iterable[str]]) -> pd.Series:
    """Texts with the categories of their linked entities appended as words (VSM+SEM, paper 5.2).

    Every entity counts once a text, however often it is mentioned; a category that two entities share
    stands there twice.

    Parameters
    ----------
    texts : pd.Series
        Already truncated: categories do not count towards its characters.
    annotations : pd.DataFrame
        From :func:`mumu_lib.linking.annotate`: ``text`` (row number in ``texts``) and ``title``.
    categories : mapping
        Title -> names of its categories.
    """
    terms = {title: " ".join(category_term(c) for c in names) for title, names in categories.items()}
    entities = annotations.drop_duplicates(["text", "title"]).sort_values(["text", "start"], kind="stable")
    words = entities["title"].map(terms).fillna("")
    added = words.groupby(entities["text"]).agg(" ".join).reindex(range(len(texts))).astype("str").fillna("")
    return (texts + " " + added.set_axis(texts.index)).str.rstrip()


def tfidf(texts: pd.Series, train: np.ndarray, size: int = 10_000) -> tuple[sp.csr_matrix, TfidfVectorizer]:
    """Vector space model of the texts (paper 5.2).

    Settings of the authors' code: lower case, words of two characters or more, 1 + log(tf), smooth idf, rows of
    length 1, terms in more than half of the training texts dropped, no list of stop words.

    Parameters
    ----------
    texts : pd.Series [length albums]
    train : np.ndarray [shape=(n,), int]
        Rows from which vocabulary and idf are taken; those without a text do not count.
    size : int > 0
        Terms kept: the most frequent ones.

    Returns
    -------
    X : scipy.sparse.csr_matrix [shape=(albums, terms), float32]
        A row of zeros for an album without a text, or without any known term.
    vectorizer : TfidfVectorizer
        Fitted.

    Raises
    ------
    BadDataError
        No training album has a text, or no term is left.
    """
    training = np.isin(np.arange(len(texts)), train) & texts.notna().to_numpy()
    if not training.any():
        raise BadDataError("no training album has a text; add reviews, or look at the split")
    vectorizer = TfidfVectorizer(sublinear_tf=True, max_df=0.5, max_features=size, dtype=np.float32)
    try:
        fitted = vectorizer.fit_transform(progress.bar(texts[training], "vocabulary", unit="text"))
    except ValueError as error:
        raise BadDataError(
            f"no vocabulary can be made from the texts of {training.sum()} training albums ({error}); "
            f"terms of two characters or more are needed that stand in at most half of the texts"
        ) from None
    others = progress.bar(texts[~training].fillna(""), "tf-idf", unit="text")
    rest = vectorizer.transform(others) if (~training).any() else fitted[:0]
    back = np.argsort(np.r_[np.flatnonzero(training), np.flatnonzero(~training)])
    return sp.csr_matrix(sp.vstack([fitted, rest], format="csr")[back]), vectorizer


def save_vectorizer(folder: Path, vectorizer: TfidfVectorizer, settings: Mapping[str, Any]) -> None:
    """Keep what a new album needs to be read the same way, as ``vocabulary.json``.

    Parameters
    ----------
    settings : mapping
        How texts were made before tf-idf: characters, features, linker, knowledge.
    """
    facts = {
        "format": FORMAT,
        "settings": dict(settings),
        "terms": vectorizer.get_feature_names_out().tolist(),
        "idf": vectorizer.idf_.astype(float).tolist(),
    }
    write_atomically(folder / "vocabulary.json", json.dumps(facts, ensure_ascii=False))


def load_vectorizer(folder: str | Path) -> tuple[TfidfVectorizer, dict[str, Any]]:
    """What :func:`save_vectorizer` kept.

    Returns
    -------
    vectorizer : TfidfVectorizer
        ``transform`` of texts as :func:`join` and :func:`enrich` make them.
    settings : dict

    Raises
    ------
    MissingDataError, BadDataError
        Not there; not what was written.
    """
    path = Path(folder) / "vocabulary.json"
    if not path.is_file():
        command = commands.papermill("05_text", catalogue=Path(folder).parent.name, features="vsm", matrices="reviews")
        raise MissingDataError(f"{path} is not there; run 05 on reviews first, such as  {command}")
    facts = read_json(path, "run notebook 05 again")
    with parsing(path, "run notebook 05 again", trouble="is not a vocabulary of this version"):
        if facts["format"] != FORMAT:
            raise ValueError(f"format {facts['format']}")
        vectorizer = TfidfVectorizer(sublinear_tf=True, vocabulary=facts["terms"], dtype=np.float32)
        vectorizer.idf_ = np.array(facts["idf"], dtype=np.float32)
        return vectorizer, dict(facts["settings"])


def rows_with_features(X: np.ndarray | sp.csr_matrix) -> np.ndarray:
    """Rows about which a matrix says something [shape=(n,), int]: a sparse one not all zeros, a dense one without NaN."""
    return np.flatnonzero(np.isfinite(X).all(axis=1) if isinstance(X, np.ndarray) else X.getnnz(axis=1))
