"""What terms tell of genres, and the linear baseline."""

import numpy as np
import scipy.sparse as sp
from sklearn.feature_selection import mutual_info_classif

from mumu_lib import text
from mumu_lib.figures import text as text_figures
from mumu_lib.text import analysis


def test_information_gain_is_scikit_learns_mutual_information_in_bits():
    rng = np.random.default_rng(0)
    X = sp.random(80, 25, 0.2, format="csr", random_state=0)
    M = sp.csr_matrix((rng.random((80, 6)) < [0, 1, 0.1, 0.5, 0.9, 0.3]).astype(np.float32))
    gain = analysis.information_gain(X, M)
    present = (X.toarray() > 0).astype(int)
    for label in range(6):
        reference = mutual_info_classif(present, M[:, [label]].toarray().ravel(), discrete_features=True)
        np.testing.assert_allclose(gain[:, label], reference / np.log(2), atol=1e-12)


def test_telling_terms_speak_for_their_genre_and_names_are_marked(reviewed):
    texts = text.aggregate(reviewed)
    texts[[list(g) == ["Rock"] for g in reviewed.albums["genres"]]] += " rock cat_rock_music"
    train = reviewed.rows("train")
    X, vectorizer = text.tfidf(texts, train)
    terms = vectorizer.get_feature_names_out().tolist()
    table = analysis.telling_terms(X[train], reviewed.label_matrix("train"), terms, reviewed.labels, top=6)
    assert (table["in_genre"] > table["elsewhere"]).all()
    assert (table["gain"] > 0).all()
    jazz = table[table["genre"] == "Jazz"]
    assert set(jazz["term"][:3]) == {"swing", "sax", "bebop"}
    assert jazz["gain"].is_monotonic_decreasing
    named = table[table["term"].isin(["rock", "cat_rock_music"])].set_index(["genre", "term"])
    assert named.loc[("Rock", "rock"), ["kind", "names"]].tolist() == ["word", "this genre"]
    assert named.loc[("Rock", "cat_rock_music"), ["kind", "names"]].tolist() == ["category", "this genre"]
    shown = text_figures.telling_terms(table, reviewed.labels)
    assert [ax.get_title(loc="left") for ax in shown.axes[: len(reviewed.labels)]] == reviewed.labels
