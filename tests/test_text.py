import json
import shutil

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import mutual_info_classif

from mumu_lib import catalogue, models, params, runs, text
from mumu_lib.core import fingerprints
from mumu_lib.core.errors import BadDataError, MissingDataError, ParameterError
from mumu_lib.features import store
from mumu_lib.figures import text as text_figures
from mumu_lib.results import semantic_gain
from mumu_lib.sources import mumu_release
from mumu_lib.text import analysis, release as text_release


def with_reviews(tiny, reviews):
    """The tiny catalogue with other reviews: (album, text, helpful) or (album, text)."""
    table = pd.DataFrame(reviews, columns=["album_id", "text", "helpful"][: len(reviews[0]) if reviews else 2])
    return catalogue.write(
        tiny.folder, name="tiny", albums=tiny.albums, tracks=tiny.tracks, reviews=table, min_albums=2, source="test",
        branches=tiny.taxonomy["branch"], roots=tiny.info["roots"], synthetic=True,
    )  # fmt: skip


@pytest.fixture
def reviewed(tiny):
    """Reviews that say something about the genre, most of the time."""
    rng = np.random.default_rng(0)
    words = {
        "Pop": "catchy singalong chorus",
        "Rock": "guitar amp riff",
        "Jazz": "swing sax bebop",
        "Vocal Jazz": "singer",
    }
    reviews = []
    for album_id, genres in zip(tiny.albums["album_id"], tiny.albums["genres"], strict=True):
        chosen = [w for g in genres for w in words[g].split()] + [f"noise{rng.integers(9)}" for _ in range(3)]
        reviews.append((album_id, " ".join(rng.permutation(chosen))))
    return with_reviews(tiny, reviews)


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
    assert list(text.covered(X)) == [2]


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
    with pytest.raises(MissingDataError, match="run notebook 05"):
        text.load_vectorizer(tmp_path)
    (tmp_path / "vocabulary.json").write_text(broken)
    with pytest.raises(BadDataError, match=r"vocabulary\.json is not (?:JSON|a vocabulary)"):
        text.load_vectorizer(tmp_path)


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


def test_the_network_has_the_papers_parameters_and_vector():
    for target, count in (("logistic", 25_190_650), ("cosine", 24_780_850)):
        network = models.text_mlp(10_000, target)
        assert network.count_params() == count
        assert network.get_layer(models.FEATURES).output.shape[1] == 2048
        rates = [layer.rate for layer in network.layers if layer.name.startswith("dropout")]
        assert rates == [0.5 if target == "logistic" else 0.3] * 3


def test_rows_of_a_sparse_matrix_become_dense_only_when_taken():
    X = sp.random(9, 5, 0.4, format="csr", random_state=0)
    np.testing.assert_array_equal(store.take(X, np.array([7, 0, 7])), X.toarray()[[7, 0, 7]])


def test_the_linear_baseline_copes_with_labels_that_all_or_none_have():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 4))
    M = sp.csr_matrix(np.column_stack([X[:, 0] > 0, np.ones(60), np.zeros(60), X[:, 1] > 0.5]).astype(np.float32))
    X[50:55] = np.nan
    scores = analysis.linear_scores(X, M, np.arange(40), np.arange(40, 50))
    assert scores.shape == (10, 4)
    assert np.ptp(scores[:, 1]) == np.ptp(scores[:, 2]) == 0
    assert ((scores[:, 0] > 0) == (X[40:50, 0] > 0)).mean() >= 0.8


def test_the_gain_of_semantics_is_paired_and_names_the_genres(tiny):
    rng = np.random.default_rng(0)
    truth = tiny.label_matrix().toarray()
    cfg = params.Results(catalogue="tiny", seed=0, resamples=0)
    ids = list(tiny.albums["album_id"])
    assert semantic_gain.text_runs(tiny, "cosine") == {}
    for setting, noise, keep in (("vsm", 1.0, slice(0, 30)), ("vsm_sem", 0.01, slice(2, 30))):
        facts = {"modality": "text", "target": "cosine", "setting": setting, "auc": 0.5, "val_auc": 0.5}
        scores = (truth + noise * rng.normal(size=truth.shape))[keep]
        runs.start(tiny, f"text-cosine-{setting}", cfg).finish(facts, album_ids=ids[keep], scores=scores)
    found = semantic_gain.text_runs(tiny, "cosine")
    gain, by_label = semantic_gain.semantic_gain(found["vsm"], found["vsm_sem"])
    assert gain["auc_vsm_sem"] == 1
    assert gain["difference"] == pytest.approx(1 - gain["auc_vsm"])
    assert gain["low"] <= gain["difference"] <= gain["high"]
    assert gain["difference"] > 0
    assert by_label["difference"].dropna().is_monotonic_decreasing
    assert gain["albums"] == len(tiny.rows("test"))
    same, _ = semantic_gain.semantic_gain(found["vsm"], found["vsm"])
    assert same["difference"] == same["low"] == same["high"] == 0
    tiny.__dict__["fingerprint"] = "made again"  # with other columns, for all that the runs know
    assert semantic_gain.text_runs(tiny, "cosine") == {}


def test_an_attack_in_a_review_or_a_title_is_shown_as_written():
    written = '<script>alert("x")</script> by <b onload=x>Nas</b>'
    annotations = pd.DataFrame({"start": [27, 28, 0], "end": [30, 50, 8], "title": ['"><img src=x>', "B", "C"]})
    shown = text_figures.highlight(written, annotations, {'"><img src=x>': ["<i>"]}).data
    body = shown.removeprefix('<p dir="auto">').removesuffix("</p>")
    assert "<" not in body.replace("<mark title=", "").replace("</mark>", "")
    assert body.count("<mark ") == 2
    assert "&quot;&gt;&lt;img src=x&gt;: &lt;i&gt;" in shown


def published(root, ids, kinds=("VSM", "VSM-SEM"), width=6):
    """An ``ismir-data`` folder in the authors' layout."""
    (root / "splits").mkdir(parents=True)
    (root / "train_data").mkdir()
    matrices = {}
    for split, of in ids.items():
        (root / "splits" / f"items_index_{split}_MuMu-albums.tsv").write_text("\n".join(of) + "\n")
        for number, kind in enumerate(kinds):
            X = sp.random(len(of), width, 0.6, format="csr", random_state=number, dtype=np.float32)
            X.data += 1
            parts = {"data": X.data, "indices": X.indices, "indptr": X.indptr, "shape": X.shape}
            np.savez(root / "train_data" / f"X_{split}_{kind}_MuMu-albums.npz", **parts)
            matrices[kind, split] = X.toarray()
    return matrices


@pytest.fixture
def release(tmp_path):
    """A published MuMu of six albums with its matrices, one album in no split."""
    lines = [f"B{i},m{i},T{i},r{i},a{i},{'Rock' if i % 2 else 'Pop'}" for i in range(6)]
    header = "amazon_id,album_mbid,MSD_track_id,recording_mbid,artist_mbid,genres"
    (tmp_path / "mumu").mkdir()
    (tmp_path / "mumu" / "MuMu_dataset_multi-label.csv").write_text("\n".join([header, *lines]))
    ids = {"train": ["B4", "B0", "B1"], "val": ["B2"], "test": ["B5"]}
    matrices = published(tmp_path / "mumu" / "ismir-data", ids)
    return mumu_release.build(tmp_path / "mumu", min_albums=1), matrices


@pytest.mark.parametrize(("features", "kind"), [("vsm", "VSM"), ("vsm_sem", "VSM-SEM")])
def test_published_matrices_go_to_their_albums(release, features, kind):
    music, matrices = release
    assert text_release.source_of(music, "auto", "") == text_release.source_of(music, "published", "") == "published"
    X = text_release.published(music, features).toarray()
    np.testing.assert_array_equal(X[[4, 0, 1]], matrices[kind, "train"])
    np.testing.assert_array_equal(X[[2, 5]], np.vstack([matrices[kind, "val"], matrices[kind, "test"]]))
    assert not X[3].any()
    assert 3 not in text.covered(sp.csr_matrix(X))


def test_published_matrices_that_are_not_there_or_contradict_themselves(release, tiny):
    music, _ = release
    with pytest.raises(MissingDataError, match="names no published matrices"):
        text_release.source_of(tiny, "published", "")
    with pytest.raises(ParameterError, match="is not one of"):
        text_release.published(music, "sem")
    folder = mumu_release.find(music.folder.parents[2], "ismir-data")
    listed = folder / "splits" / "items_index_val_MuMu-albums.tsv"
    listed.write_text("B4\n")
    with pytest.raises(BadDataError, match="'B4' is in more than one published split"):
        text_release.published(music, "vsm")
    shutil.rmtree(folder / "train_data")
    with pytest.raises(MissingDataError, match="train_data"):
        text_release.published(music, "vsm")


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
