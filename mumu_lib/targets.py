"""Training targets: what a network must output, its loss, and how outputs become scores (paper, section 4).

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
    """LOGISTIC or COSINE: number of outputs, loss, encoding of labels, and scores from outputs."""

    name: str
    n_outputs: int
    constant: np.ndarray

    @property
    def loss(self) -> Any:
        """Keras loss."""

    def encode(self, M: sp.csr_matrix) -> np.ndarray:
        """Return the outputs that a perfect network would give for these labels [shape=(albums, outputs)]."""

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """Compute a score for each album and label from a network's outputs [shape=(albums, labels)]."""


class Logistic:
    """One independent probability per label: sigmoid outputs and binary cross-entropy.

    Targets are 0 and 1, never normalised (the authors' album network normalised them; the paper does not).

    Parameters
    ----------
    n_labels : int
    constant : array [shape=(labels,), int], optional
        From :func:`mumu_lib.metrics.ranking.constant_labels`. By default all labels count as learned.

    Examples
    --------
    >>> objective = Logistic(3)
    >>> objective.encode([[1, 0, 1]]).tolist()
    [[1.0, 0.0, 1.0]]
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
        """Return targets of 0 and 1 [shape=(albums, labels), float32]."""
        return sp.csr_matrix(M).toarray().astype(np.float32)

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """Return the probabilities [shape=(albums, labels)]; constant labels get 0 or 1 and rank last or first."""
        return put_constant_last_or_first(outputs, self.constant, bounds=(0, 1))


class Cosine:
    """The direction of an album's factors: linear, l2-normalised outputs and cosine proximity.

    Parameters
    ----------
    C : np.ndarray [shape=(labels, d)]
        Label factors of the training and validation albums (:func:`mumu_lib.labels.label_factors`).
    constant : array [shape=(labels,), int], optional
        As for :class:`Logistic`.

    Examples
    --------
    >>> objective = Cosine(np.array([[3.0, 0.0], [0.0, 4.0]]))
    >>> encoded = objective.encode(np.array([[1, 0], [1, 1]]))
    >>> objective.scores(encoded).round(2).tolist()
    [[1.0, 0.0], [0.6, 0.8]]
    """

    name = "cosine"

    def __init__(self, C: np.ndarray, constant: npt.ArrayLike | None = None) -> None:
        self.C = C
        self.n_outputs = C.shape[1]
        self.constant = _constant(constant, len(C))

    @property
    def loss(self) -> Any:
        """Cosine proximity: -1 at best, 1 at worst. The authors' (1 - cos) / 2 differs by scale and offset only."""
        import keras

        return keras.losses.CosineSimilarity(dtype="float32")

    def encode(self, M: sp.csr_matrix) -> np.ndarray:
        """Return l2-normalised album factors [shape=(albums, d), float32]; a zero vector stays zero."""
        return normalize(album_factors(M, self.C))

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """Compute the cosine similarity with each label's factors [shape=(albums, labels)]; 0 for a zero vector.

        Constant labels get -1 or 1 and rank last or first.
        """
        predicted = np.asarray(outputs, dtype=np.float64)
        scores = np.zeros((0, len(self.C)))
        # scikit-learn raises on an empty matrix.
        if len(predicted):
            scores = cosine_similarity(predicted, self.C)
        return put_constant_last_or_first(scores, self.constant, bounds=(-1, 1))


def _constant(constant: npt.ArrayLike | None, n_labels: int) -> np.ndarray:
    """Return ``constant`` as an array; all labels vary by default."""
    if constant is None:
        return np.zeros(n_labels, np.int8)
    return np.asarray(constant, np.int8)


def make(catalogue: Catalogue, name: str, d: int, rows: npt.ArrayLike | None = None) -> Logistic | Cosine:
    """Make the target of a run on a catalogue; label factors are computed from training and validation albums only.

    Its scores rank a label last if no training album has it, and first if every training album has it.

    Parameters
    ----------
    name : {'logistic', 'cosine'}
    d : int > 0
        Length of the label factors; used by ``cosine`` only.
    rows : array [shape=(n,), int], optional
        Rows of the album table for which the run has an input; by default all. The training albums among them decide
        which labels are constant. Each fold of a cross-validation passes its own rows.

    Raises
    ------
    ParameterError
        The name is unknown.
    """
    if name not in TARGETS:
        raise ParameterError(f"target={name!r} is not one of {list(TARGETS)}{did_you_mean(name, TARGETS)}")
    constant = never_or_always(catalogue, rows)
    if name == "logistic":
        return Logistic(len(catalogue.labels), constant)
    return Cosine(learned_factors(catalogue, d), constant)


def never_or_always(catalogue: Catalogue, rows: npt.ArrayLike | None = None) -> np.ndarray:
    """Find the labels that are constant in training: on no training album, or on every one.

    Parameters
    ----------
    rows : array [shape=(n,), int], optional
        Rows of the album table to restrict the training albums to; rows may repeat.

    Returns
    -------
    constant : np.ndarray [shape=(labels,), int8]
        As from :func:`mumu_lib.metrics.ranking.constant_labels`.
    """
    learned = catalogue.rows("train")
    if rows is not None:
        learned = np.intersect1d(learned, rows)
    positives = catalogue.label_matrix()[learned].getnnz(axis=0)
    return constant_labels(positives, len(learned))
