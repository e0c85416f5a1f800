"""Reviews to texts, texts to tf-idf, and vocabularies kept on disk."""

import json

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from mumu_lib import text
from mumu_lib.core import fingerprints
from mumu_lib.core.errors import BadDataError, MissingDataError
from mumu_lib.sources import mumu_release
from mumu_lib.text import release as text_release
from texts_of_albums import with_reviews


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<p>It&#39;s <b>great</b>!<br />Rock &amp; roll</p>", "It's great ! Rock & roll"),
        ("&lt;b&gt;twice&lt;/b&gt; escaped", "twice escaped"),
        ("<Kind of Blue> I <3 it, a<c and c>a", "<Kind of Blue> I <3 it, a<c and c>a"),
        ("<script>alert(1)</script>", "alert(1)"),
        ("<a href='x'>link</a><!-- no --> end <i", "link end <i"),
        (" \t\u00a0two\r\nlines ", "two lines"),
        ("שלום 🎸👩‍🎤 مرحبا", "שלום 🎸👩‍🎤 مرحبا"),
        ("", ""),
        ("<br>", ""),
    ],
)
def test_reviews_are_read_without_their_markup(written, read):
    assert text.clean(written) == read


@given(st.text())
def test_cleaning_never_fails_and_leaves_single_blanks(written):
    cleaned = text.clean(written)
    assert cleaned == " ".join(cleaned.split())


def test_the_most_helpful_reviews_come_first_and_the_text_is_cut(tiny):
    reviews = [("A00", "second", 1), ("A00", "first", 5), ("A00", "unknown", None), ("A01", "é" * 3000, 1)]
    texts = text.aggregate(with_reviews(tiny, reviews), characters=20)
    assert texts["A00"] == "first second unknown"
    assert texts["A01"] == "é" * 20
    assert list(texts.index) == list(tiny.albums["album_id"])


def test_the_order_among_equals_depends_on_the_seed_alone(tiny):
    music = with_reviews(tiny, [("A00", f"review{i}", 1) for i in range(9)])
    once, again, other = (text.aggregate(music, seed=seed)["A00"] for seed in (0, 0, 1))
    assert once == again
    assert sorted(once.split()) == sorted(other.split())
    assert once != other


def test_albums_without_a_word_are_missing_not_empty(tiny):
    texts = text.aggregate(with_reviews(tiny, [("A00", "  <br> "), ("A01", "x"), ("A02", "fine words")]))
    assert texts.isna().sum() == 28
    X, _ = text.tfidf(texts, np.arange(30))
    # One character is no term, so that nothing is known of A01 either.
    assert list(text.rows_with_features(X)) == [2]


def test_a_catalogue_without_reviews_says_what_to_do(tiny):
    music = with_reviews(tiny, [])
    with pytest.raises(MissingDataError, match="no reviews: add reviews"):
        text_release.source_of(music, "auto", "")
    with pytest.raises(BadDataError, match="no training album has a text"):
        text.tfidf(text.aggregate(music), music.rows("train"))


def test_ten_megabytes_of_one_word(tiny):
    music = with_reviews(tiny, [("A00", "b" * 10_000_000), ("A01", "riff " * 2_000_000), ("A02", "a solo riff")])
    texts = text.aggregate(music)
    assert texts.str.len().max() == 1000
    X, vectorizer = text.tfidf(texts, music.rows("train"))
    assert max(map(len, vectorizer.get_feature_names_out())) <= 1000
    assert X.shape[0] == 30


def test_emoji_and_right_to_left_words_are_terms(tiny):
    texts = pd.Series(["שירים יפים 🎸", "أغاني جميلة", "songs 🔥🔥", "songs"])
    _, vectorizer = text.tfidf(texts, np.arange(4))
    assert {"שירים", "أغاني", "songs"} <= set(vectorizer.get_feature_names_out())


def test_a_review_that_is_not_utf_8_is_listed_and_the_others_are_used(tmp_path):
    lines = [
        json.dumps({"amazon_id": "B1", "reviewText": "good guitars"}).encode(),
        b'{"amazon_id": "B1", "reviewText": "caf\xe9"}',
        json.dumps({"amazon_id": "B1", "reviewText": "and drums \ud83d"}).encode(),
    ]
    (tmp_path / "amazon_reviews_MuMu.json").write_bytes(b"\n".join(lines))
    (tmp_path / "MuMu_dataset_multi-label.csv").write_text(
        "amazon_id,album_mbid,MSD_track_id,recording_mbid,artist_mbid,genres\nB1,m,T1,r,a,Rock\n"
    )
    with pytest.warns(UserWarning, match="line 2: not UTF-8"):
        music = mumu_release.build(tmp_path, min_albums=1)
    assert set(text.aggregate(music)["B1"].split()) >= {"good", "guitars", "and", "drums"}


def test_tfidf_equals_scikit_learn_on_the_training_albums(reviewed):
    texts, train = text.aggregate(reviewed), reviewed.rows("train")
    X, _ = text.tfidf(texts, train, size=12)
    reference = TfidfVectorizer(sublinear_tf=True, max_df=0.5, max_features=12).fit(texts.iloc[train])
    assert sp.issparse(X)
    np.testing.assert_allclose(X.toarray(), reference.transform(texts).toarray(), atol=1e-6)


def test_the_vocabulary_knows_no_word_of_validation_and_test(reviewed):
    texts = text.aggregate(reviewed)
    texts.iloc[reviewed.rows("val", "test")] += " unheard"
    _, vectorizer = text.tfidf(texts, reviewed.rows("train"))
    assert "unheard" not in vectorizer.vocabulary_


def test_texts_without_a_vocabulary_are_refused():
    with pytest.raises(BadDataError, match="no vocabulary can be made from the texts of 3"):
        text.tfidf(pd.Series(["same", "same", "same"]), np.arange(3))


def test_categories_become_single_terms_that_tfidf_keeps():
    categories = {"Jazz": ["American_jazz singers", "Category:1959 albums (live)"], "Blues": ["Blues"], "X": []}
    annotations = pd.DataFrame(
        {"text": [0, 0, 0, 2, 2], "start": [9, 0, 3, 0, 1], "title": ["Blues", "Jazz", "Jazz", "X", "unknown"]}
    )
    texts = pd.Series(["one", "two", "three", None], index=list("abcd"), dtype="str")
    words = text.enrich(texts, annotations, categories)
    assert list(words[:3]) == ["one cat_american_jazz_singers cat_1959_albums_live cat_blues", "two", "three"]
    assert words.isna()["d"]
    _, vectorizer = text.tfidf(words, np.arange(4))
    assert {"cat_american_jazz_singers", "cat_1959_albums_live"} <= set(vectorizer.get_feature_names_out())


def test_an_album_without_text_keeps_missing_after_enrichment_without_annotations():
    none = pd.DataFrame({"text": [], "start": [], "title": []})
    assert list(text.enrich(pd.Series(["a b"], dtype="str"), none, {})) == ["a b"]


def test_a_saved_vocabulary_reads_new_texts_the_same_way(reviewed, tmp_path):
    texts = text.aggregate(reviewed)
    X, vectorizer = text.tfidf(texts, reviewed.rows("train"))
    text.save_vectorizer(tmp_path / "run", vectorizer, {"characters": 1000, "features": "vsm"})
    again, settings = text.load_vectorizer(tmp_path / "run")
    assert settings == {"characters": 1000, "features": "vsm"}
    np.testing.assert_allclose(again.transform(texts).toarray(), X.toarray(), atol=1e-6)


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"format": 9}', '{"format": 1, "terms": ["a"], "idf": [1, 2]}'])
def test_a_broken_vocabulary_is_refused(broken, tmp_path):
    with pytest.raises(MissingDataError, match=r"run (05 on reviews|notebook 05)"):
        text.load_vectorizer(tmp_path)
    (tmp_path / "vocabulary.json").write_text(broken)
    with pytest.raises(BadDataError, match=r"vocabulary\.json is not (?:JSON|a vocabulary)"):
        text.load_vectorizer(tmp_path)


def test_a_network_of_another_matrix_is_not_taken_for_its_own(reviewed):
    X, _ = text.tfidf(text.aggregate(reviewed), reviewed.rows("train"))
    other = X.copy()
    other.data[0] *= 2
    assert fingerprints.digest(X) == fingerprints.digest(X.copy())
    assert (
        len(
            {
                fingerprints.digest(X),
                fingerprints.digest(other),
                fingerprints.digest(X[:, :-1]),
                fingerprints.digest(X.toarray()),
            }
        )
        == 4
    )
