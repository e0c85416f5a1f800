"""The text feature ``vsm_sem``: the words, and the categories of the entities mentioned.

Paper: Section 5.2.  Notebooks: 05_text.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mumu_lib import linking
from mumu_lib.catalogue import Catalogue
from mumu_lib.text import enrich
from mumu_lib.text.words import Words


def read(texts: pd.Series, catalogue: Catalogue, settings: Mapping[str, Any]) -> Words:
    """Link entities in the texts and append the categories of these entities.

    Parameters
    ----------
    settings : mapping
        ``linker`` and ``knowledge``, as in the parameters of 05.
    """
    linker = linking.make(settings["linker"], catalogue, settings["knowledge"])
    annotations = linking.annotate(linker, texts.fillna("").tolist())
    categories = linker.categories(annotations["title"].unique())
    return Words(enrich(texts, annotations, categories), annotations, categories, linker.name)
