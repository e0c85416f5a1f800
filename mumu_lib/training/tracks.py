"""Learning from tracks in notebook 04: a convolutional network over patches, or given vectors.

Paper: Sections 5.1 and 6.1.  Notebooks: 04_audio.

Both learners have the same methods.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd

from mumu_lib import models
from mumu_lib.audio import store as audio_store
from mumu_lib.catalogue import Catalogue
from mumu_lib.core.fingerprints import digest
from mumu_lib.encoders import choice
from mumu_lib.params import Audio
from mumu_lib.targets import Target
from mumu_lib.training import Batches, albums, fit, hearing
from mumu_lib.training.recipes import Recipe, choose, examples_auc


class PatchLearner:
    """A network over patches, whose track embeddings are averaged over each album.

    Attributes
    ----------
    tracks : pd.DataFrame
        From :func:`mumu_lib.audio.store.track_table`.
    features : np.ndarray [shape=(patches, 322, 96)]
        Memory-mapped patches.
    network : keras.Model
        The track network.
    folder : str
        Folder of the track network in a run; its name holds a digest of the features' statistics.
    """

    def __init__(self, catalogue: Catalogue, store: audio_store.AudioStore, objective: Target, cfg: Audio) -> None:
        self.catalogue = catalogue
        self.objective = objective
        self.cfg = cfg
        self.tracks = audio_store.track_table(catalogue, store)
        self.features = audio_store.flat_patches(store)
        self.network = self._network(store)

    def _network(self, store: audio_store.AudioStore) -> keras.Model:
        """Build the untrained network, and set ``folder``."""
        training = self.tracks["row"][self.tracks["split"] == "train"].to_numpy()
        mean, std = store.standardisation(training // self.cfg.patches)
        self.folder = f"tracks-{digest(np.stack([mean, std]))}"
        labels = len(self.catalogue.labels)
        return models.cnn(self.cfg.filters, self.cfg.target, labels, self.objective.n_outputs, mean=mean, std=std)

    def fit(self, usable: pd.DataFrame, encoded_targets: np.ndarray, run: Path) -> pd.DataFrame:
        """Train the track network; an interrupted training resumes as in :func:`mumu_lib.training.fit`.

        Parameters
        ----------
        usable : pd.DataFrame
            The rows of ``tracks`` to train and validate on.
        encoded_targets : np.ndarray [shape=(albums, outputs)]
            ``objective.encode`` of all albums.
        run : Path
            Folder of the run.

        Returns
        -------
        history : pd.DataFrame
            As from :func:`mumu_lib.training.fit`.
        """
        cfg = self.cfg
        train = self._batches(usable[usable["split"] == "train"], encoded_targets, cfg.seed)
        val = self._batches(usable[usable["split"] == "val"], encoded_targets, None)
        return fit(
            self.network, self.objective.loss, train, val, epochs=cfg.epochs, patience=cfg.patience,
            learning_rate=cfg.learning_rate, seed=cfg.seed, folder=run / self.folder, monitor=self._monitor(),
        )  # fmt: skip

    def _monitor(self) -> Callable[[keras.Model], float] | None:
        """Return the function by which our recipe chooses the best epoch: the AUC of the validation tracks."""
        if self.cfg.recipe != "ours":
            return None
        val = self.tracks[self.tracks["split"] == "val"]
        batches = Batches(self.features, val["row"].to_numpy(), batch_size=self.cfg.batch_size)
        return examples_auc(self.catalogue, self.objective, batches, val["album"].to_numpy())

    def _batches(self, part: pd.DataFrame, encoded_targets: np.ndarray, seed: int | None) -> Batches:
        size = self.cfg.batch_size
        return Batches(
            self.features, part["row"].to_numpy(), encoded_targets[part["album"]], batch_size=size, seed=seed
        )

    def vectors(self, groups: np.ndarray, n: int) -> np.ndarray:
        """Average track embeddings over groups of tracks [shape=(n, features)]; NaN for an empty group.

        Parameters
        ----------
        groups : np.ndarray [shape=(tracks,), int]
            Row of the result for each track: the row of its album, or a row of its own.
        n : int
            Number of groups.
        """
        all_batches = Batches(self.features, self.tracks["row"].to_numpy(), batch_size=self.cfg.batch_size)
        return albums.album_embeddings(self.network, all_batches, groups, n)

    def album_recipe(self, vectors: np.ndarray) -> Recipe:
        """Return the recipe of the network over album embeddings [shape=(albums, features)]."""
        return choose(
            self.catalogue, self.objective, self.cfg, vectors.shape[1], self._album_network, prefix="albums",
            epochs=self.cfg.album_epochs, learning_rate=self.cfg.album_learning_rate,
        )  # fmt: skip

    def _album_network(self, *sizes: Any) -> keras.Model:
        """Build the paper's untrained album network; sizes as for :func:`mumu_lib.models.album_mlp`."""
        return models.album_mlp(*sizes)

    def main_network(self, album_network: keras.Model) -> keras.Model:
        """Return the network whose parameters Table 2 counts: the track network."""
        return self.network

    def curves(self, history: pd.DataFrame, album_history: pd.DataFrame) -> pd.DataFrame:
        """Return the history to plot: that of the track network."""
        return history

    def facts(self) -> dict[str, Any]:
        """Describe the encoder, if there is one, for ``metrics.json``."""
        return choice.recorded(self.cfg.encoder)


class VectorLearner(PatchLearner):
    """Given vectors of tracks, averaged over each album; only the album network is trained.

    ``features`` are timbre statistics [shape=(tracks, 48)] (paper 6.1) or track embeddings of a pretrained encoder;
    ``network`` is the album network, and ``folder`` is empty.
    """

    folder = ""

    def _network(self, store: audio_store.AudioStore) -> keras.Model:
        """Build the untrained album network."""
        labels = len(self.catalogue.labels)
        return models.album_mlp(self.features.shape[1], self.cfg.target, labels, self.objective.n_outputs)

    def fit(self, usable: pd.DataFrame, encoded_targets: np.ndarray, run: Path) -> pd.DataFrame:
        """Return an empty history: nothing is learned from single tracks."""
        return pd.DataFrame()

    def vectors(self, groups: np.ndarray, n: int) -> np.ndarray:
        """Average the vectors over groups of tracks [shape=(n, features)]; NaN for an empty group."""
        return albums.album_means(self.features[self.tracks["row"]], groups, n)

    def _album_network(self, *sizes: Any) -> keras.Model:
        """Return the untrained album network, which was built before."""
        return self.network

    def main_network(self, album_network: keras.Model) -> keras.Model:
        """Return the album network, the only one."""
        return album_network

    def curves(self, history: pd.DataFrame, album_history: pd.DataFrame) -> pd.DataFrame:
        """Return the history of the album network."""
        return album_history


def learner(catalogue: Catalogue, store: audio_store.AudioStore, objective: Target, cfg: Audio) -> PatchLearner:
    """Return the learner for the parameters of notebook 04.

    Parameters
    ----------
    catalogue : Catalogue
    store : AudioStore
        Audio features of the kind that :func:`mumu_lib.training.hearing.kind_of` returns.
    objective : Target
    cfg : Audio
    """
    if hearing.kind_of(cfg) == "cqt":
        return PatchLearner(catalogue, store, objective, cfg)
    return VectorLearner(catalogue, store, objective, cfg)
