"""The text feature that appends a sentence encoder's embeddings to the words."""

import numpy as np
import pandas as pd

from mumu_lib.encoders import choice
from mumu_lib.text import vsm_minilm
from mumu_lib.text.words import read


def test_texts_stay_as_they_are_and_each_has_a_vector(tiny, small_minilm):
    texts = pd.Series(["the guitar", None, "a sax"], dtype="str")
    found = vsm_minilm.read(texts, tiny, {})
    assert found.texts is texts
    assert found.linker == ""
    assert np.isnan(found.embeddings[1]).all()
    np.testing.assert_allclose(np.linalg.norm(found.embeddings[[0, 2]], axis=1), 1, rtol=1e-5)
    assert found.encoder == choice.recorded("minilm")["encoder"]
    assert found.report() == "words only, no entities linked; plus embeddings of 64 dimensions by minilm"


def test_it_is_the_module_that_its_rows_name(tiny, small_minilm):
    assert read("vsm_minilm", pd.Series(["a song"]), tiny, {}).embeddings.shape == (1, 64)
