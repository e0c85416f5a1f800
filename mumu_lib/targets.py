"""What a network is trained towards, and how its outputs become scores (paper, section 4).

Notebooks: 04 to 07.
"""

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.preprocessing import normalize

from mumu_lib.catalogue import Catalogue
from mumu_lib.core.errors import ParameterError, did_you_mean
from mumu_lib.experiments import TARGETS
from mumu_lib.labels import album_factors, learned_factors
from mumu_lib.metrics.ranking import constant_labels, put_constant_last_or_first


class Target(Protocol):
    """LOGISTIC or COSINE: the width of the output, its loss, and the way back to labels."""

    name: str
    n_outputs: int
    constant: np.ndarray

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

    Parameters
    ----------
    n_labels : int
    constant : array [shape=(labels,), int], optional
        Of :func:`mumu_lib.metrics.ranking.constant_labels`; without it every label counts as learned.
    """

    name = "logistic"

    def __init__(self, n_labels: int, constant: npt.ArrayLike | None = None) -> None:
        self.n_outputs = n_labels
        self.constant = _constant(constant, n_labels)

    @property
    def loss(self) -> Any:
        """Binary cross-entropy, averaged over labels."""
        import keras

        return keras.losses.BinaryCrossentropy(dtype="float32")

    def encode(self, M: sp.csr_matrix) -> np.ndarray:
        """0/1 targets [shape=(albums, labels), float32]."""
        return sp.csr_matrix(M).toarray().astype(np.float32)

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """Probabilities, as they are [shape=(albums, labels)]; constant labels 0 or 1, below or above all others."""
        return put_constant_last_or_first(outputs, self.constant, bounds=(0, 1))


class Cosine:
    """The album's place in factor space: linear l2-normalised outputs, cosine proximity.

    Parameters
    ----------
    C : np.ndarray [shape=(labels, d)]
        Label factors of the training and validation albums (:func:`mumu_lib.labels.label_factors`).
    constant : array [shape=(labels,), int], optional
        As for :class:`Logistic`.
    """

    name = "cosine"

    def __init__(self, C: np.ndarray, constant: npt.ArrayLike | None = None) -> None:
        self.C = C
        self.n_outputs = C.shape[1]
        self.constant = _constant(constant, len(C))

    @property
    def loss(self) -> Any:
        """Cosine proximity, -1 at best and 1 at worst; the authors' (1 - cos) / 2 up to scale and offset."""
        import keras

        return keras.losses.CosineSimilarity(dtype="float32")

    def encode(self, M: sp.csr_matrix) -> np.ndarray:
        """l2-normalised album factors [shape=(albums, d), float32]; the zero vector stays zero."""
        return normalize(album_factors(M, self.C))

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """Cosine similarity with each label's factors [shape=(albums, labels)]; 0 for a zero vector.

        Constant labels get -1 or 1, below or above all others.
        """
        places = np.asarray(outputs, dtype=np.float64)
        # scikit-learn refuses to compare no album at all.
        scores = cosine_similarity(places, self.C) if len(places) else np.zeros((0, len(self.C)))
        return put_constant_last_or_first(scores, self.constant, bounds=(-1, 1))


def _constant(constant: npt.ArrayLike | None, n_labels: int) -> np.ndarray:
    """Return which labels are constant in training; where nothing is said, none is."""
    return np.zeros(n_labels, np.int8) if constant is None else np.asarray(constant, np.int8)


def make(catalogue: Catalogue, name: str, d: int, rows: npt.ArrayLike | None = None) -> Logistic | Cosine:
    """Target of a run on a catalogue; its factors know the training and validation albums only.

    Its scores put a label last that no training album has, and one first that every training album has.

    Parameters
    ----------
    name : {'logistic', 'cosine'}
    d : int > 0
        Length of the label factors.
    rows : array [shape=(n,), int], optional
        Rows of the album table that the run has an input for; those of them that are training albums are what it
        learns from. A fold of a cross-fit gives its own. Without it: all albums.

    Raises
    ------
    ParameterError
        Any other name.
    """
    if name not in TARGETS:
        raise ParameterError(f"target={name!r} is not one of {list(TARGETS)}{did_you_mean(name, TARGETS)}")
    constant = never_or_always(catalogue, rows)
    if name == "logistic":
        return Logistic(len(catalogue.labels), constant)
    return Cosine(learned_factors(catalogue, d), constant)


def never_or_always(catalogue: Catalogue, rows: npt.ArrayLike | None = None) -> np.ndarray:
    """Find the labels that none, or each, of the training albums among some rows has.

    Parameters
    ----------
    rows : array [shape=(n,), int], optional
        Of the album table, each once or several times; without it all training albums.

    Returns
    -------
    constant : np.ndarray [shape=(labels,), int8]
        As :func:`mumu_lib.metrics.ranking.constant_labels`.
    """
    learned = catalogue.rows("train")
    if rows is not None:
        learned = np.intersect1d(learned, rows)
    positives = catalogue.label_matrix()[learned].getnnz(axis=0)
    return constant_labels(positives, len(learned))
