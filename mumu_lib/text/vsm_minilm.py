"""The text feature ``vsm_minilm``: the words, and the embedding of the text by a sentence encoder.

Paper: none; its words are those of section 5.2.  Notebooks: 05_text.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mumu_lib.catalogue import Catalogue
from mumu_lib.encoders import choice
from mumu_lib.text import sentences
from mumu_lib.text.words import Words

ENCODER = "minilm"


def read(texts: pd.Series, catalogue: Catalogue, settings: Mapping[str, Any]) -> Words:
    """Return the texts unchanged, with their embeddings."""
    embeddings = sentences.embed(sentences.open_encoder(ENCODER), texts)
    return Words(texts, embeddings=embeddings, encoder=choice.recorded(ENCODER)["encoder"])
