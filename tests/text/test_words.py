"""Texts prepared by the module of a text feature."""

import numpy as np
import pandas as pd
import scipy.sparse as sp

from mumu_lib.text import rows_with_features
from mumu_lib.text.words import Words, read

SETTINGS = {"linker": "local", "knowledge": ""}


def test_a_feature_is_read_by_its_own_module(tiny):
    texts = pd.Series(["the blues", None], dtype="str")
    assert read("vsm", texts, tiny, SETTINGS).texts is texts


def test_a_report_counts_mentions_articles_and_categories():
    annotations = pd.DataFrame({"text": [0, 0, 2], "title": ["Blues", "Jazz", "Blues"]})
    found = Words(pd.Series(["a", "b", "c"]), annotations, {"Blues": ["music", "genres"], "Jazz": ["music"]}, "local")
    assert found.report().splitlines() == [
        "local: 3 mentions of 2 articles in 2 categories",
        "2 of 3 albums have one; for example genres, music",
    ]
    assert Words(pd.Series(["a"])).report() == "words only, no entities linked"


def test_embeddings_weigh_as_much_as_all_words():
    X = sp.csr_matrix(np.array([[0.6, 0.8], [0, 0], [0, 0]], np.float32))
    embeddings = np.array([[1, 0, 0], [0, 0.6, 0.8], [np.nan] * 3], np.float32)
    found = Words(pd.Series(["a", "b", None]), embeddings=embeddings).append_embeddings(X)
    half = np.sqrt(0.5)
    expected = [[0.6 * half, 0.8 * half, half, 0, 0], [0, 0, 0, 0.6, 0.8], [0] * 5]
    np.testing.assert_allclose(found.toarray(), expected, atol=1e-6)
    assert found.dtype == np.float32
    # An album without a text has no features.
    assert rows_with_features(found).tolist() == [0, 1]
    assert Words(pd.Series(["a"])).append_embeddings(X) is X
