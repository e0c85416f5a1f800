"""What a network is trained towards, and how its outputs become scores (paper, section 4).

Notebooks: 04 to 07.
"""

from typing import Any, Protocol

import numpy as np
import scipy.sparse as sp
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.preprocessing import normalize

from mumu_lib.catalogue import Catalogue
from mumu_lib.core.errors import ParameterError, did_you_mean
from mumu_lib.experiments import TARGETS
from mumu_lib.labels import album_factors, learned_factors


class Target(Protocol):
    """LOGISTIC or COSINE: the width of the output, its loss, and the way back to labels."""

    name: str
    n_outputs: int

    @property
    def loss(self) -> Any:
        """Keras loss."""

    def encode(self, M: sp.csr_matrix) -> np.ndarray:
        """Labels -> what the network must output."""

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """Outputs -> albums x labels."""


class Logistic:
    """One independent probability per label: sigmoid outputs, binary cross-entropy.

    Targets are 0 and 1, never normalised (the authors' album network normalised them; the paper does not).
    """

    name = "logistic"

    def __init__(self, n_labels: int) -> None:
        self.n_outputs = n_labels

    @property
    def loss(self) -> Any:
        """Binary cross-entropy, averaged over labels."""
        import keras

        return keras.losses.BinaryCrossentropy()

    def encode(self, M: sp.csr_matrix) -> np.ndarray:
        """0/1 targets [shape=(albums, labels), float32]."""
        return sp.csr_matrix(M).toarray().astype(np.float32)

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """Probabilities, as they are [shape=(albums, labels)]."""
        return np.asarray(outputs)


class Cosine:
    """The album's place in factor space: linear l2-normalised outputs, cosine proximity.

    Parameters
    ----------
    C : np.ndarray [shape=(labels, d)]
        Label factors of the training and validation albums (:func:`mumu_lib.labels.label_factors`).
    """

    name = "cosine"

    def __init__(self, C: np.ndarray) -> None:
        self.C = C
        self.n_outputs = C.shape[1]

    @property
    def loss(self) -> Any:
        """Cosine proximity, -1 at best and 1 at worst; the authors' (1 - cos) / 2 up to scale and offset."""
        import keras

        return keras.losses.CosineSimilarity()

    def encode(self, M: sp.csr_matrix) -> np.ndarray:
        """l2-normalised album factors [shape=(albums, d), float32]; the zero vector stays zero."""
        return normalize(album_factors(M, self.C))

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """Cosine similarity with each label's factors [shape=(albums, labels)]; 0 for a zero vector."""
        return cosine_similarity(np.asarray(outputs, dtype=np.float64), self.C)


def of(catalogue: Catalogue, name: str, d: int) -> Logistic | Cosine:
    """Target of a run on a catalogue; its factors know the training and validation albums only.

    Parameters
    ----------
    name : {'logistic', 'cosine'}
    d : int > 0
        Length of the label factors.

    Raises
    ------
    ParameterError
        Any other name.
    """
    if name not in TARGETS:
        raise ParameterError(f"target={name!r} is not one of {list(TARGETS)}{did_you_mean(name, TARGETS)}")
    return Logistic(len(catalogue.labels)) if name == "logistic" else Cosine(learned_factors(catalogue, d))
