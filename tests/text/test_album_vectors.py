"""Where notebook 05 takes vectors from: each source answers to the same calls."""

import numpy as np
import pytest

from mumu_lib import params
from mumu_lib.core.errors import ParameterError
from mumu_lib.core.paths import checkout
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
    assert analysis.described(X, np.arange(30), found.terms) == "5 dimensions; 30 of 30 albums have a vector"
    assert "no terms" in text_figures.telling_terms(telling, tiny.labels, "own_mine").caption
    assert "No entities" in text_figures.example(found, tiny).data


def test_a_file_called_like_a_straight_line_is_refused():
    with pytest.raises(ParameterError, match="rename the file"):
        album_vectors.row_of(cfg(embeddings="linear_probe.npy"))
