"""Prepare texts for the vector space model by the module of a text feature.

Paper: Section 5.2.  Notebooks: 05_text.

In ``params/experiments.tsv``, the column ``learns`` names the module of each text feature. It has a function
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
    """Texts prepared for tf-idf.

    Attributes
    ----------
    texts : pd.Series [length albums]
        Texts, with the terms that a feature appends.
    annotations : pd.DataFrame
        From :func:`mumu_lib.linking.annotate`; empty if no linker was used.
    categories : mapping
        Title of an article -> names of its categories.
    linker : str
        Name of the linker; empty if none was used.
    embeddings : np.ndarray [shape=(albums, d)] or None
        Columns to append to tf-idf; NaN for an album without a text. At length 1 they weigh as much as all words.
    encoder : dict or None
        Encoder of these embeddings, as recorded in ``metrics.json``.
    """

    texts: pd.Series
    annotations: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["text", "title"]))
    categories: Mapping[str, Sequence[str]] = field(default_factory=dict)
    linker: str = ""
    embeddings: np.ndarray | None = None
    encoder: dict[str, Any] | None = None

    def append_embeddings(self, X: sp.csr_matrix) -> sp.csr_matrix:
        """Return tf-idf with the embeddings appended, rows scaled to length 1; return it unchanged without embeddings.

        Parameters
        ----------
        X : scipy.sparse.csr_matrix [shape=(albums, terms)]

        Examples
        --------
        >>> prepared = Words(pd.Series(["a solo"]), embeddings=np.array([[0.0, 1.0]]))
        >>> prepared.append_embeddings(sp.csr_matrix([[1.0]])).toarray().round(2)
        array([[0.71, 0.  , 0.71]], dtype=float32)
        """
        if self.embeddings is None:
            return X
        appended = sp.csr_matrix(np.nan_to_num(self.embeddings))
        joined = sp.hstack([X, appended], format="csr")
        return sp.csr_matrix(normalize(joined).astype(np.float32))

    def report(self) -> str:
        """Describe how the texts were prepared: entities linked, or embeddings to append."""
        if self.embeddings is not None and self.encoder:
            length = self.embeddings.shape[1]
            return f"words only, no entities linked; plus embeddings of {length} dimensions by {self.encoder['name']}"
        if not self.linker:
            return "words only, no entities linked"
        mentions = self.annotations
        categories = sorted(set().union(*self.categories.values()))
        return (
            f"{self.linker}: {len(mentions)} mentions of {mentions['title'].nunique()} articles in "
            f"{len(categories)} categories\n{mentions['text'].nunique()} of {len(self.texts)} albums have one; "
            f"for example {', '.join(categories[:3])}"
        )


def read(features: str, texts: pd.Series, catalogue: Catalogue, settings: Mapping[str, Any]) -> Words:
    """Prepare texts with the module of a text feature.

    Parameters
    ----------
    features : str
        A text setting of ``params/experiments.tsv``, e.g. ``vsm_sem``.
    texts : pd.Series
        From :func:`mumu_lib.text.aggregate`.
    settings : mapping
        ``linker`` and ``knowledge``.
    """
    module = experiments.module_of("05_text", features)
    return experiments.resolve(f"{module}:read")(texts, catalogue, settings)
