"""Texts made ready for the vector space model, and what was found in them on the way.

Paper: Section 5.2.  Notebooks: 05_text.

Each text feature of ``params/experiments.tsv`` has a module that its column ``learns`` names, with one function
``read(texts, catalogue, settings)`` that returns :class:`Words`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.preprocessing import normalize

from mumu_lib import experiments
from mumu_lib.catalogue import Catalogue


@dataclass(frozen=True)
class Words:
    """Texts as tf-idf is to see them.

    Attributes
    ----------
    texts : pd.Series [length albums]
        With whatever was added to them.
    annotations : pd.DataFrame
        Of :func:`mumu_lib.linking.annotate`; no rows where nothing was linked.
    categories : mapping
        Title of an article -> names of its categories.
    linker : str
        Its name; empty where nothing was linked.
    vectors : np.ndarray [shape=(albums, d)] or None
        What stands beside tf-idf: NaN for an album without a text; rows of length 1 weigh as much as all its words.
    encoder : dict or None
        What made these vectors, as ``metrics.json`` keeps it.
    """

    texts: pd.Series
    annotations: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["text", "title"]))
    categories: Mapping[str, Sequence[str]] = field(default_factory=dict)
    linker: str = ""
    vectors: np.ndarray | None = None
    encoder: dict[str, Any] | None = None

    def beside(self, X: sp.csr_matrix) -> sp.csr_matrix:
        """Return tf-idf with the vectors beside it, rows of length 1; tf-idf alone where there are none.

        Parameters
        ----------
        X : scipy.sparse.csr_matrix [shape=(albums, terms)]
        """
        if self.vectors is None:
            return X
        beside = sp.csr_matrix(np.nan_to_num(self.vectors))
        joined = sp.hstack([X, beside], format="csr")
        return sp.csr_matrix(normalize(joined).astype(np.float32))

    def report(self) -> str:
        """Say how many entities were found, and in how many texts."""
        if self.vectors is not None and self.encoder:
            length = self.vectors.shape[1]
            return f"the words as they are, no entities linked; beside them {length} numbers of {self.encoder['name']}"
        if not self.linker:
            return "the words as they are, no entities linked"
        found = self.annotations
        known = sorted({name for names in self.categories.values() for name in names})
        return (
            f"{self.linker}: {len(found)} mentions of {found['title'].nunique()} articles in {len(known)} categories\n"
            f"{found['text'].nunique()} of {len(self.texts)} albums have one; for example {', '.join(known[:3])}"
        )


def read(features: str, texts: pd.Series, catalogue: Catalogue, settings: Mapping[str, Any]) -> Words:
    """Make texts ready by the module of a text feature.

    Parameters
    ----------
    features : str
        A setting of text in ``params/experiments.tsv``, e.g. ``vsm_sem``.
    texts : pd.Series
        As :func:`mumu_lib.text.aggregate` makes them.
    settings : mapping
        ``linker`` and ``knowledge``.
    """
    return experiments.resolve(f"{experiments.module_of('05_text', features)}:read")(texts, catalogue, settings)
