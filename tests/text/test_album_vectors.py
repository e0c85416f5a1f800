"""Album vectors for notebook 05: every source has the same interface."""

import numpy as np
import pytest

from mumu_lib import params
from mumu_lib.core.errors import MissingDataError, ParameterError
from mumu_lib.core.paths import checkout
from mumu_lib.encoders import choice
from mumu_lib.figures import text as text_figures
from mumu_lib.text import album_vectors, analysis

BOOK = checkout() / "notebooks" / "05_text.ipynb"


def cfg(**own):
    return params.Text(**{**params.defaults(BOOK), "catalogue": "tiny", "features": "vsm", **own})


def test_reviews_become_tfidf_with_terms(reviewed, tmp_path):
    found = album_vectors.reader(reviewed, cfg())
    assert found.name == "reviews"
    assert found.report().startswith("30 of 30 albums have a text")
    with pytest.raises(ParameterError, match="link the texts first"):
        found.vectors(tmp_path)
    assert "no entities linked" in found.link()
    X = found.vectors(tmp_path)
    assert X.shape == (30, len(found.terms))
    assert (tmp_path / "vocabulary.json").is_file()
    assert album_vectors.setting_of(cfg()) == "vsm"
    assert "No entities" in text_figures.example(found, reviewed).data


def test_own_vectors_have_no_terms_and_the_notebook_goes_on(tiny, tmp_path):
    np.save(tmp_path / "mine.npy", np.eye(30, 5, dtype=np.float32) + 1)
    (tmp_path / "mine.txt").write_text("\n".join(tiny.albums["album_id"]), encoding="utf-8")
    asked = cfg(embeddings=str(tmp_path / "mine.npy"))
    found = album_vectors.reader(tiny, asked)
    assert (found.name, album_vectors.row_of(asked)) == ("embeddings", ("own", "cosine", "mine"))
    assert "no text to read" in found.report()
    assert "nothing to link" in found.link()
    X = found.vectors(tmp_path)
    assert X.shape == (30, 5)
    telling = analysis.telling_terms(X, tiny.label_matrix(), list(found.terms), tiny.labels)
    assert telling.empty
    assert analysis.shares(telling) == "these vectors have no terms"
    assert analysis.describe(X, np.arange(30), found.terms) == "5 dimensions; 30 of 30 albums have a vector"
    assert "no terms" in text_figures.telling_terms(telling, tiny.labels, "own_mine").caption
    assert "No entities" in text_figures.example(found, tiny).data


def test_an_encoder_reads_the_reviews_and_the_notebook_goes_on(reviewed, small_minilm, tmp_path):
    asked = cfg(encoder="minilm", features="vsm_sem")
    found = album_vectors.reader(reviewed, asked)
    assert (found.name, found.label, album_vectors.row_of(asked)) == ("reviews", "minilm", ("text", "cosine", "minilm"))
    assert found.report().startswith("30 of 30 albums have a text")
    assert "no entities linked; 64 dimensions per album" in found.link()
    X = found.vectors(tmp_path)
    assert X.shape == (30, 64)
    assert not (tmp_path / "vocabulary.json").exists()
    assert found.encoder == choice.recorded("minilm")["encoder"]
    telling = analysis.telling_terms(X, reviewed.label_matrix(), list(found.terms), reviewed.labels)
    assert analysis.shares(telling) == "these vectors have no terms"
    assert "No entities" in text_figures.example(found, reviewed).data
    again = album_vectors.rows_of(found.texts, tmp_path, {"encoder": "minilm"}, reviewed)
    np.testing.assert_array_equal(again, X)


def test_words_and_an_encoder_together_have_terms_for_the_words_alone(reviewed, small_minilm, tmp_path):
    asked = cfg(features="vsm_minilm")
    found = album_vectors.reader(reviewed, asked)
    assert album_vectors.row_of(asked) == ("text", "cosine", "vsm_minilm")
    found.link()
    X = found.vectors(tmp_path)
    words = album_vectors.reader(reviewed, cfg(features="vsm"))
    words.link()
    alone = words.vectors(tmp_path / "alone")
    assert X.shape == (30, alone.shape[1] + 64)
    np.testing.assert_allclose(X[:, :-64].toarray() * np.sqrt(2), alone.toarray(), atol=1e-6)
    assert found.encoder == choice.recorded("minilm")["encoder"]
    assert words.encoder is None
    telling = analysis.telling_terms(X, reviewed.label_matrix(), list(found.terms), reviewed.labels)
    expected = analysis.telling_terms(alone, reviewed.label_matrix(), list(words.terms), reviewed.labels)
    assert telling.equals(expected)
    said = analysis.describe(X, np.arange(30), found.terms)
    assert said.startswith(f"{X.shape[1]:,} dimensions")
    # A new album's text becomes the same vector.
    again = album_vectors.rows_of(found.texts, tmp_path, {"encoder": ""}, reviewed)
    np.testing.assert_allclose(again.toarray(), X.toarray(), atol=1e-6)


@pytest.mark.parametrize("asked", [{"encoder": "minilm"}, {"features": "vsm_minilm"}])
def test_without_the_encoder_its_command_is_named_before_anything_is_read(reviewed, asked):
    with pytest.raises(MissingDataError, match="make pretrained"):
        album_vectors.reader(reviewed, cfg(**asked)).link()


def test_a_file_called_like_a_straight_line_is_refused():
    with pytest.raises(ParameterError, match="rename the file"):
        album_vectors.row_of(cfg(embeddings="linear_probe.npy"))
