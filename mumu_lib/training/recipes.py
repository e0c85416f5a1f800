"""How a network over album vectors is trained: by the paper's recipe, or by ours, which is searched.

Paper: Sections 5.1, 5.2 and 5.4.  Notebooks: 04_audio, 05_text, 07_multimodal.

Ours: the vectors are scaled (:func:`mumu_lib.training.lines.choose_scaling`), every candidate of :data:`GRID` is trained
until the AUC of the validation albums stops rising, and the row's network is the mean of those that help on the validation
albums (:mod:`mumu_lib.training.committee`). Test albums have no say. Both recipes answer to the same calls, so that the
notebooks read the same for each of them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np
import pandas as pd

from mumu_lib import metrics, models
from mumu_lib.catalogue import Catalogue
from mumu_lib.core import progress
from mumu_lib.core.files import write_atomically
from mumu_lib.core.fingerprints import digest
from mumu_lib.params import Training
from mumu_lib.targets import Target
from mumu_lib.training import Batches, committee, keep
from mumu_lib.training.albums import fit_albums, folder_for, rows_without_nan
from mumu_lib.training.lines import Scaling, choose_scaling

EPOCHS, PATIENCE = 200, 10


@dataclass(frozen=True)
class Candidate:
    """One point of the grid.

    Attributes
    ----------
    hidden : tuple of int
        Widths of the hidden layers; none: a straight line.
    dropout, penalty, learning_rate : float
        As of :func:`mumu_lib.models.vector_mlp`; of Adam.
    """

    hidden: tuple[int, ...]
    dropout: float
    penalty: float
    learning_rate: float

    @property
    def name(self) -> str:
        """Return a name for folders and tables, such as ``512-512_dropout0.5_penalty1e-05_rate0.001``."""
        widths = "-".join(str(width) for width in self.hidden) or "linear"
        return f"{widths}_dropout{self.dropout:g}_penalty{self.penalty:g}_rate{self.learning_rate:g}"


# On real clips a hidden layer learned nothing under a penalty of 1e-3, and wide ones were the steadiest.
GRID = (
    Candidate((), 0.0, 3e-3, 0.01),
    Candidate((), 0.0, 1e-4, 0.01),
    Candidate((512,), 0.5, 1e-5, 0.001),
    Candidate((512, 512), 0.5, 1e-5, 0.001),
    Candidate((2048, 2048), 0.5, 0.0, 0.001),
)


@dataclass
class Learned:
    """A trained network over album vectors.

    Attributes
    ----------
    network : keras.Model
    history : pd.DataFrame
        As of :func:`mumu_lib.training.fit`.
    folder : str
        Where in the run the network is kept.
    scaling : Scaling
        Of the vectors, as the network gets them.
    search : pd.DataFrame
        A row for each candidate: ``params``, ``epochs``, ``seconds``, ``val_loss``, ``val_auc``, and its ``weight`` in the
        mean; no rows where nothing was searched.
    """

    network: keras.Model
    history: pd.DataFrame
    folder: str
    scaling: Scaling = field(default_factory=Scaling)
    search: pd.DataFrame = field(default_factory=pd.DataFrame)

    def facts(self) -> dict[str, Any]:
        """Return what ``metrics.json`` keeps of the search."""
        if self.search.empty:
            return {}
        members = self.search[self.search["weight"] > 0]
        weights = dict(zip(members["candidate"], members["weight"].round(3), strict=True))
        seconds = float(self.search["seconds"].sum())
        return {"members": weights, "scaling": self.scaling.name, "search_seconds": round(seconds, 1)}


class Recipe(Protocol):
    """How a network over album vectors is trained."""

    def __str__(self) -> str:
        """Say what will be trained, for the notebook."""

    def fit(self, X: Any, encoded_targets: np.ndarray, run: Path) -> Learned:
        """Train on the training albums of ``X`` [shape=(albums, d)] towards ``encoded_targets`` [shape=(albums, outputs)]."""


@dataclass
class Paper:
    """The paper's recipe: one network, by the parameters of the notebook, until its validation loss stops falling.

    Attributes
    ----------
    network : keras.Model
        Untrained.
    options : dict
        ``epochs``, ``patience``, ``learning_rate``, ``batch_size``, ``seed``, ``lines``.
    prefix : str
        How the folder of the network begins.
    """

    catalogue: Catalogue
    objective: Target
    network: keras.Model
    options: dict[str, Any]
    prefix: str

    def __str__(self) -> str:
        return f"{self.network.count_params():,} parameters"

    def fit(self, X: Any, encoded_targets: np.ndarray, run: Path) -> Learned:
        """Train the network; as of :class:`Recipe`."""
        splits = self.catalogue.albums["split"]
        folder = folder_for(run, self.prefix, X, encoded_targets, splits)
        history = fit_albums(
            self.network, self.objective, X, encoded_targets, splits, folder=run / folder, **self.options
        )
        return Learned(self.network, history, folder)


@dataclass
class Search:
    """Our recipe: every candidate of a grid, until its validation AUC stops rising, and the mean of those that help."""

    catalogue: Catalogue
    objective: Target
    seed: int
    batch_size: int
    prefix: str
    grid: tuple[Candidate, ...] = field(default_factory=lambda: GRID)

    def __str__(self) -> str:
        return (
            f"recipe of ours: {len(self.grid)} candidates, at most {EPOCHS} epochs each, joined by the AUC of the validation "
            "albums; epochs, patience and learning rate of the parameters belong to the paper's recipe"
        )

    def fit(self, X: Any, encoded_targets: np.ndarray, run: Path) -> Learned:
        """Train every candidate, each in a folder of its own, so that an interrupted search goes on; join the best."""
        scaling = choose_scaling(self.catalogue, self.objective, X, encoded_targets)
        parent = f"{self.prefix}-{digest(X)}"
        networks, histories = [], []
        for candidate in progress.bar(self.grid, "candidates", unit="network"):
            network = self._network(candidate, scaling, X.shape[1])
            histories.append(self._train(network, candidate, X, encoded_targets, run / parent / candidate.name))
            networks.append(network)
        rows = np.intersect1d(rows_without_nan(X), self.catalogue.rows("val"))
        said = {}
        for candidate, network in zip(self.grid, networks, strict=True):
            said[candidate.name] = outputs_of(network, Batches(X, rows, batch_size=1024))
        steps = committee.search(self.objective, said, self.catalogue.label_matrix()[rows])
        table = self._table(networks, histories, committee.weights_of(steps))
        write_atomically(run / parent / "search.csv", table.to_csv(index=False))
        network = joined(networks, table["weight"].to_numpy(), self.objective)
        history = histories[int(table["weight"].argmax())]
        keep(network, history, run / parent / "mean")
        return Learned(network, history, f"{parent}/mean", scaling, table)

    def _network(self, candidate: Candidate, scaling: Scaling, n_features: int) -> keras.Model:
        """Return the untrained network of a candidate."""
        return models.vector_mlp(
            n_features, self.objective.name, len(self.catalogue.labels), self.objective.n_outputs, hidden=candidate.hidden,
            dropout=candidate.dropout, penalty=candidate.penalty, mean=scaling.mean, std=scaling.std,
        )  # fmt: skip

    def _train(
        self, network: keras.Model, candidate: Candidate, X: Any, encoded_targets: np.ndarray, folder: Path
    ) -> pd.DataFrame:
        return fit_albums(
            network, self.objective, X, encoded_targets, self.catalogue.albums["split"], batch_size=self.batch_size, seed=self.seed,
            epochs=EPOCHS, patience=PATIENCE, learning_rate=candidate.learning_rate, folder=folder,
            monitor=validation_auc(self.catalogue, self.objective, X),
        )  # fmt: skip

    def _table(
        self, networks: list[keras.Model], histories: list[pd.DataFrame], weights: dict[str, float]
    ) -> pd.DataFrame:
        """Return a row for each candidate."""
        rows = []
        for candidate, network, history in zip(self.grid, networks, histories, strict=True):
            kept = history[history["best"]].iloc[-1]
            rows.append({
                "candidate": candidate.name, "params": network.count_params(), "epochs": len(history),
                "seconds": history["seconds"].sum(), "val_loss": kept["val_loss"], "val_auc": kept["val_auc"],
                "weight": weights[candidate.name],
            })  # fmt: skip
        return pd.DataFrame(rows)


def joined(networks: list[keras.Model], weights: np.ndarray, objective: Target) -> keras.Model:
    """Return the mean of some networks over the same vectors as one network; those of weight 0 are left out.

    Its layer ``features`` holds the outputs of the members, side by side: hidden layers of several networks share no axes.
    """
    inputs = keras.Input(networks[0].input_shape[1:], name="album_vector")
    outputs, shares = [], []
    for number, (network, weight) in enumerate(zip(networks, weights, strict=True)):
        if weight > 0:
            member = keras.Model(network.inputs, network.outputs[0], name=f"member_{number}")
            outputs.append(member(inputs))
            shares.append(float(weight))
    together = keras.layers.Concatenate(name=models.FEATURES, dtype=models.FULL)([*outputs])
    width = outputs[0].shape[-1]
    parts = []
    for number in range(len(outputs)):
        parts.append(together[:, number * width : (number + 1) * width])
    return keras.Model(inputs, committee.mean(parts, shares, objective), name=f"mean_{objective.name}")


def outputs_of(network: keras.Model, batches: Batches) -> np.ndarray:
    """Return a network's outputs, batch by batch [shape=(n, outputs), float32]."""
    outputs = []
    for index in range(len(batches)):
        outputs.append(np.asarray(network.predict_on_batch(batches[index]), dtype=np.float32))
    return np.concatenate(outputs) if outputs else np.zeros((0, network.output_shape[-1]), np.float32)


def validation_auc(catalogue: Catalogue, objective: Target, X: Any) -> Callable[[keras.Model], float]:
    """Return a function that gives a network's macro AUC on the validation albums.

    Parameters
    ----------
    X : matrix [shape=(albums, d)]
        What the network is given.
    """
    rows = np.intersect1d(rows_without_nan(X), catalogue.rows("val"))
    return examples_auc(catalogue, objective, Batches(X, rows, batch_size=1024), rows)


def examples_auc(
    catalogue: Catalogue, objective: Target, batches: Batches, albums: np.ndarray
) -> Callable[[keras.Model], float]:
    """Return a function that gives a network's macro AUC on examples.

    Parameters
    ----------
    batches : Batches
        In order, inputs only.
    albums : np.ndarray [shape=(len(batches.rows),), int]
        Row of the album table of each example.
    """
    truth = catalogue.label_matrix()[albums]

    def auc(network: keras.Model) -> float:
        return metrics.macro_auc(truth, objective.scores(outputs_of(network, batches)))

    return auc


def choose(
    catalogue: Catalogue, objective: Target, cfg: Training, n_features: int, make: Callable[..., keras.Model], *,
    prefix: str, lines: bool = False, **options: Any,
) -> Recipe:  # fmt: skip
    """Return the recipe that the parameters name.

    Parameters
    ----------
    n_features : int
        Length of an album vector.
    make : function
        Makes the paper's network, such as :func:`mumu_lib.models.text_mlp`.
    prefix : str
        How the folder of the network begins.
    lines : bool
        The paper's recipe prints one line an epoch.
    options
        Instead of ``epochs``, ``patience`` and ``learning_rate`` of the parameters, for the paper's recipe.
    """
    if cfg.recipe == "ours":
        return Search(catalogue, objective, cfg.seed, cfg.batch_size, prefix)
    network = make(n_features, objective.name, len(catalogue.labels), objective.n_outputs)
    given = {name: getattr(cfg, name) for name in ("epochs", "patience", "learning_rate", "batch_size", "seed")}
    return Paper(catalogue, objective, network, {**given, "lines": lines, **options}, prefix)


def described(learned: Learned) -> pd.DataFrame:
    """Return the search as a table to show; one row that says so where nothing was searched."""
    if learned.search.empty:
        return pd.DataFrame(
            [{"recipe": "the paper's", "params": learned.network.count_params(), "epochs": len(learned.history)}]
        )
    return learned.search.round({"seconds": 1, "val_loss": 4, "val_auc": 4, "weight": 2})
