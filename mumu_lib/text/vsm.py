"""The text feature ``vsm``: the words of the reviews.

Paper: Section 5.2.  Notebooks: 05_text.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mumu_lib.catalogue import Catalogue
from mumu_lib.text.words import Words


def read(texts: pd.Series, catalogue: Catalogue, settings: Mapping[str, Any]) -> Words:
    """Return the texts unchanged."""
    return Words(texts)
