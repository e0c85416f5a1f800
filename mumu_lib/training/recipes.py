"""Recipes to train a network over album vectors: the paper's, and ours with a small search.

Paper: Sections 5.1, 5.2 and 5.4.  Notebooks: 04_audio, 05_text, 07_multimodal.

Our recipe scales the vectors (:func:`mumu_lib.training.lines.choose_scaling`), trains each candidate of :data:`GRID`
until the AUC of the validation albums stops rising, and averages the candidates with weights chosen on the validation
albums (:mod:`mumu_lib.training.committee`). Test albums are not used. Both recipes have the same methods.
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

# Of each candidate of our recipe.
EPOCHS = 200
PATIENCE = 10


@dataclass(frozen=True)
class Candidate:
    """One point of the grid.

    Attributes
    ----------
    hidden : tuple of int
        Widths of the hidden layers; without any the network is linear.
    dropout, penalty : float
        As for :func:`mumu_lib.models.vector_mlp`.
    learning_rate : float
        Learning rate of Adam.

    Examples
    --------
    >>> Candidate((512, 512), dropout=0.5, penalty=1e-5, learning_rate=0.001).name
    '512-512_dropout0.5_penalty1e-05_rate0.001'
    """

    hidden: tuple[int, ...]
    dropout: float
    penalty: float
    learning_rate: float

    @property
    def name(self) -> str:
        """Name in folders and tables."""
        widths = "-".join(str(width) for width in self.hidden) or "linear"
        return f"{widths}_dropout{self.dropout:g}_penalty{self.penalty:g}_rate{self.learning_rate:g}"


# On real clips hidden layers learned nothing with a penalty of 1e-3, and wide ones were the most stable.
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
        As from :func:`mumu_lib.training.fit`.
    folder : str
        Folder of the network in the run.
    scaling : Scaling
        Scaling of the network's inputs.
    search : pd.DataFrame
        A row for each candidate: ``params``, ``epochs``, ``seconds``, ``val_loss``, ``val_auc``, and its ``weight`` in
        the mean; empty for the paper's recipe.
    """

    network: keras.Model
    history: pd.DataFrame
    folder: str
    scaling: Scaling = field(default_factory=Scaling)
    search: pd.DataFrame = field(default_factory=pd.DataFrame)

    def facts(self) -> dict[str, Any]:
        """Summarise the search for ``metrics.json``."""
        if self.search.empty:
            return {}
        members = self.search[self.search["weight"] > 0]
        weights = dict(zip(members["candidate"], members["weight"].round(3), strict=True))
        seconds = float(self.search["seconds"].sum())
        return {"members": weights, "scaling": self.scaling.name, "search_seconds": round(seconds, 1)}


class Recipe(Protocol):
    """A way to train a network over album vectors."""

    def __str__(self) -> str:
        """Describe what will be trained."""

    def fit(self, X: Any, encoded_targets: np.ndarray, run: Path) -> Learned:
        """Train on the training albums.

        Parameters
        ----------
        X : matrix [shape=(albums, d)]
            A vector for each album.
        encoded_targets : np.ndarray [shape=(albums, outputs)]
            ``objective.encode`` of all albums.
        run : Path
            Folder of the run.
        """


@dataclass
class Paper:
    """The paper's recipe: one network with the notebook's parameters, trained until its validation loss stops falling.

    Attributes
    ----------
    catalogue : Catalogue
    objective : Target
    network : keras.Model
        The untrained network.
    options : dict
        ``epochs``, ``patience``, ``learning_rate``, ``batch_size``, ``seed``, ``lines``.
    prefix : str
        Beginning of the name of the network's folder.
    """

    catalogue: Catalogue
    objective: Target
    network: keras.Model
    options: dict[str, Any]
    prefix: str

    def __str__(self) -> str:
        return f"{self.network.count_params():,} parameters"

    def fit(self, X: Any, encoded_targets: np.ndarray, run: Path) -> Learned:
        """Train the network; parameters as in :class:`Recipe`."""
        splits = self.catalogue.albums["split"]
        folder = folder_for(run, self.prefix, X, encoded_targets, splits)
        history = fit_albums(
            self.network, self.objective, X, encoded_targets, splits, folder=run / folder, **self.options
        )
        return Learned(self.network, history, folder)


@dataclass
class Search:
    """Our recipe: train each candidate of a grid until its validation AUC stops rising, and average the useful ones.

    Attributes
    ----------
    catalogue : Catalogue
    objective : Target
    seed, batch_size : int
    prefix : str
        Beginning of the name of the networks' folder.
    grid : tuple of Candidate
    """

    catalogue: Catalogue
    objective: Target
    seed: int
    batch_size: int
    prefix: str
    grid: tuple[Candidate, ...] = field(default_factory=lambda: GRID)

    def __str__(self) -> str:
        return (
            f"recipe of ours: {len(self.grid)} candidates, at most {EPOCHS} epochs each, joined by the AUC of the "
            "validation albums; epochs, patience and learning rate of the parameters belong to the paper's recipe"
        )

    def fit(self, X: Any, encoded_targets: np.ndarray, run: Path) -> Learned:
        """Train all candidates, each in its own folder, and average them; an interrupted search resumes."""
        scaling = choose_scaling(self.catalogue, self.objective, X, encoded_targets)
        parent = f"{self.prefix}-{digest(X)}"
        networks = []
        histories = []
        for candidate in progress.bar(self.grid, "candidates", unit="network"):
            network = self._network(candidate, scaling, X.shape[1])
            histories.append(self._train(network, candidate, X, encoded_targets, run / parent / candidate.name))
            networks.append(network)
        rows = np.intersect1d(rows_without_nan(X), self.catalogue.rows("val"))
        predicted = {}
        for candidate, network in zip(self.grid, networks, strict=True):
            predicted[candidate.name] = outputs_of(network, Batches(X, rows, batch_size=1024))
        steps = committee.search(self.objective, predicted, self.catalogue.label_matrix()[rows])
        table = self._table(networks, histories, committee.weights_of(steps))
        write_atomically(run / parent / "search.csv", table.to_csv(index=False))
        network = joined(networks, table["weight"].to_numpy(), self.objective)
        history = histories[int(table["weight"].argmax())]
        keep(network, history, run / parent / "mean")
        return Learned(network, history, f"{parent}/mean", scaling, table)

    def _network(self, candidate: Candidate, scaling: Scaling, n_features: int) -> keras.Model:
        """Build the untrained network of a candidate."""
        return models.vector_mlp(
            n_features, self.objective.name, len(self.catalogue.labels), self.objective.n_outputs,
            hidden=candidate.hidden, dropout=candidate.dropout, penalty=candidate.penalty, mean=scaling.mean,
            std=scaling.std,
        )  # fmt: skip

    def _train(
        self, network: keras.Model, candidate: Candidate, X: Any, encoded_targets: np.ndarray, folder: Path
    ) -> pd.DataFrame:
        return fit_albums(
            network, self.objective, X, encoded_targets, self.catalogue.albums["split"], batch_size=self.batch_size,
            seed=self.seed, epochs=EPOCHS, patience=PATIENCE, learning_rate=candidate.learning_rate, folder=folder,
            monitor=validation_auc(self.catalogue, self.objective, X),
        )  # fmt: skip

    def _table(
        self, networks: list[keras.Model], histories: list[pd.DataFrame], weights: dict[str, float]
    ) -> pd.DataFrame:
        """Tabulate the candidates."""
        rows = []
        for candidate, network, history in zip(self.grid, networks, histories, strict=True):
            best = history[history["best"]].iloc[-1]
            rows.append({
                "candidate": candidate.name, "params": network.count_params(), "epochs": len(history),
                "seconds": history["seconds"].sum(), "val_loss": best["val_loss"], "val_auc": best["val_auc"],
                "weight": weights[candidate.name],
            })  # fmt: skip
        return pd.DataFrame(rows)


def joined(networks: list[keras.Model], weights: np.ndarray, objective: Target) -> keras.Model:
    """Combine networks over the same vectors into one network that computes their weighted mean.

    Members of weight 0 are left out. The layer ``features`` holds the concatenated outputs of the members, since the
    hidden layers of different networks have no common axes.
    """
    inputs = keras.Input(networks[0].input_shape[1:], name="album_vector")
    outputs = []
    shares = []
    for number, (network, weight) in enumerate(zip(networks, weights, strict=True)):
        if weight > 0:
            member = keras.Model(network.inputs, network.outputs[0], name=f"member_{number}")
            outputs.append(member(inputs))
            shares.append(float(weight))
    concatenated = keras.layers.Concatenate(name=models.FEATURES, dtype=models.FULL)([*outputs])
    width = outputs[0].shape[-1]
    parts = []
    for number in range(len(outputs)):
        parts.append(concatenated[:, number * width : (number + 1) * width])
    return keras.Model(inputs, committee.mean(parts, shares, objective), name=f"mean_{objective.name}")


def outputs_of(network: keras.Model, batches: Batches) -> np.ndarray:
    """Compute a network's outputs, batch by batch [shape=(n, outputs), float32]."""
    outputs = [np.zeros((0, network.output_shape[-1]), np.float32)]
    for index in range(len(batches)):
        outputs.append(np.asarray(network.predict_on_batch(batches[index]), dtype=np.float32))
    return np.concatenate(outputs)


def validation_auc(catalogue: Catalogue, objective: Target, X: Any) -> Callable[[keras.Model], float]:
    """Return a function that computes a network's macro AUC on the validation albums.

    Parameters
    ----------
    catalogue : Catalogue
    objective : Target
    X : matrix [shape=(albums, d)]
        Inputs of the network.
    """
    rows = np.intersect1d(rows_without_nan(X), catalogue.rows("val"))
    return examples_auc(catalogue, objective, Batches(X, rows, batch_size=1024), rows)


def examples_auc(
    catalogue: Catalogue, objective: Target, batches: Batches, albums: np.ndarray
) -> Callable[[keras.Model], float]:
    """Return a function that computes a network's macro AUC on examples.

    Parameters
    ----------
    catalogue : Catalogue
    objective : Target
    batches : Batches
        Inputs only, in order.
    albums : np.ndarray [shape=(len(batches.rows),), int]
        Row of the album table for each example.
    """
    truth = catalogue.label_matrix()[albums]

    def auc(network: keras.Model) -> float:
        return metrics.macro_auc(truth, objective.scores(outputs_of(network, batches)))

    return auc


def choose(
    catalogue: Catalogue, objective: Target, cfg: Training, n_features: int, make: Callable[..., keras.Model], *,
    prefix: str, lines: bool = False, **options: Any,
) -> Recipe:  # fmt: skip
    """Return the recipe of the notebook's parameters.

    Parameters
    ----------
    catalogue : Catalogue
    objective : Target
    cfg : Training
        Parameters of the notebook.
    n_features : int
        Length of an album vector.
    make : function
        Builds the paper's network, such as :func:`mumu_lib.models.text_mlp`.
    prefix : str
        Beginning of the name of the network's folder.
    lines : bool
        The paper's recipe prints one line for each epoch.
    options
        Replace ``epochs``, ``patience`` and ``learning_rate`` of the parameters in the paper's recipe.
    """
    if cfg.recipe == "ours":
        return Search(catalogue, objective, cfg.seed, cfg.batch_size, prefix)
    network = make(n_features, objective.name, len(catalogue.labels), objective.n_outputs)
    settings: dict[str, Any] = {"lines": lines}
    for name in ("epochs", "patience", "learning_rate", "batch_size", "seed"):
        settings[name] = getattr(cfg, name)
    return Paper(catalogue, objective, network, {**settings, **options}, prefix)


def described(learned: Learned) -> pd.DataFrame:
    """Tabulate the search, or the one network of the paper's recipe."""
    if learned.search.empty:
        row = {"recipe": "the paper's", "params": learned.network.count_params(), "epochs": len(learned.history)}
        return pd.DataFrame([row])
    return learned.search.round({"seconds": 1, "val_loss": 4, "val_auc": 4, "weight": 2})
