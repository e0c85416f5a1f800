"""What notebook 04 learns from tracks: patches through a convolutional network, or vectors as they are.

Paper: Sections 5.1 and 6.1.  Notebooks: 04_audio.

Both learners answer to the same calls, so that the notebook reads the same for every setting.
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
    """A network over patches, whose vectors are averaged over an album.

    Attributes
    ----------
    tracks : pd.DataFrame
        Of :func:`mumu_lib.audio.store.track_table`.
    features : np.ndarray [shape=(patches, 322, 96)]
        Memory-mapped.
    network : keras.Model
        The track network.
    folder : str
        Where in a run the track network is kept; its name says what it is given.
    """

    def __init__(self, catalogue: Catalogue, store: audio_store.AudioStore, objective: Target, cfg: Audio) -> None:
        self.catalogue, self.objective, self.cfg = catalogue, objective, cfg
        self.tracks = audio_store.track_table(catalogue, store)
        self.features = audio_store.flat_patches(store)
        self.network = self._network(store)

    def _network(self, store: audio_store.AudioStore) -> keras.Model:
        training = self.tracks["row"][self.tracks["split"] == "train"].to_numpy()
        mean, std = store.standardisation(training // self.cfg.patches)
        self.folder = f"tracks-{digest(np.stack([mean, std]))}"
        labels = len(self.catalogue.labels)
        return models.cnn(self.cfg.filters, self.cfg.target, labels, self.objective.n_outputs, mean=mean, std=std)

    def fit(self, usable: pd.DataFrame, encoded_targets: np.ndarray, run: Path) -> pd.DataFrame:
        """Train the track network; resumes as :func:`mumu_lib.training.fit`.

        Parameters
        ----------
        usable : pd.DataFrame
            The rows of ``tracks`` to learn from.
        encoded_targets : np.ndarray [shape=(albums, outputs)]
            ``objective.encode`` of all albums.
        run : Path
            Folder of the run.

        Returns
        -------
        history : pd.DataFrame
            As of :func:`mumu_lib.training.fit`.
        """
        cfg = self.cfg
        train, val = (usable[usable["split"] == split] for split in ("train", "val"))
        return fit(
            self.network, self.objective.loss, self._batches(train, encoded_targets, cfg.seed), self._batches(val, encoded_targets, None),
            epochs=cfg.epochs, patience=cfg.patience, learning_rate=cfg.learning_rate, seed=cfg.seed,
            folder=run / self.folder, monitor=self._monitor(),
        )  # fmt: skip

    def _monitor(self) -> Callable[[keras.Model], float] | None:
        """Return what our recipe chooses the epoch by: the AUC of the validation tracks."""
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
        """Return means of track vectors over groups of tracks [shape=(n, features)]; NaN for an empty group.

        Parameters
        ----------
        groups : np.ndarray [shape=(tracks,), int]
            Row of each track: its album's, or its own.
        """
        everything = Batches(self.features, self.tracks["row"].to_numpy(), batch_size=self.cfg.batch_size)
        return albums.album_embeddings(self.network, everything, groups, n)

    def album_recipe(self, vectors: np.ndarray) -> Recipe:
        """Return how the network over the albums' vectors [shape=(albums, features)] is trained."""
        return choose(
            self.catalogue, self.objective, self.cfg, vectors.shape[1], self._album_network, prefix="albums",
            epochs=self.cfg.album_epochs, learning_rate=self.cfg.album_learning_rate,
        )  # fmt: skip

    def _album_network(self, *sizes: Any) -> keras.Model:
        """Return the paper's untrained network over the albums' vectors; sizes as of :func:`models.album_mlp`."""
        return models.album_mlp(*sizes)

    def main_network(self, album_network: keras.Model) -> keras.Model:
        """Return the network whose parameters count as the row's (the track network), given the trained album network."""
        return self.network

    def curves(self, history: pd.DataFrame, album_history: pd.DataFrame) -> pd.DataFrame:
        """Return the history that tells how the learning went."""
        return history

    def facts(self) -> dict[str, Any]:
        """Return what ``metrics.json`` keeps of the encoder, if there is one."""
        return choice.recorded(self.cfg.encoder)


class VectorLearner(PatchLearner):
    """Vectors of tracks, averaged over an album; only the album network learns.

    ``features`` are timbre statistics [shape=(tracks, 48)] (paper 6.1) or what a pretrained encoder makes of a track;
    ``network`` is the album network, and ``folder`` is empty.
    """

    folder = ""

    def _network(self, store: audio_store.AudioStore) -> keras.Model:
        sizes = self.features.shape[1], self.cfg.target, len(self.catalogue.labels), self.objective.n_outputs
        return models.album_mlp(*sizes)

    def fit(self, usable: pd.DataFrame, encoded_targets: np.ndarray, run: Path) -> pd.DataFrame:
        """Learn nothing from single tracks; an empty history."""
        return pd.DataFrame()

    def vectors(self, groups: np.ndarray, n: int) -> np.ndarray:
        """Return means of the vectors over groups of tracks [shape=(n, features)]; NaN for an empty group."""
        return albums.album_means(self.features[self.tracks["row"]], groups, n)

    def _album_network(self, *sizes: Any) -> keras.Model:
        """Return the one network there is, untrained."""
        return self.network

    def main_network(self, album_network: keras.Model) -> keras.Model:
        """Return the album network: there is no other."""
        return album_network

    def curves(self, history: pd.DataFrame, album_history: pd.DataFrame) -> pd.DataFrame:
        """Return the history of the album network."""
        return album_history


def learner(catalogue: Catalogue, store: audio_store.AudioStore, objective: Target, cfg: Audio) -> PatchLearner:
    """Return what learns from the tracks of a catalogue with the parameters of 04.

    Parameters
    ----------
    store : AudioStore
        Of the kind that :func:`mumu_lib.training.hearing.kind_of` names.
    """
    if hearing.kind_of(cfg) == "cqt":
        return PatchLearner(catalogue, store, objective, cfg)
    return VectorLearner(catalogue, store, objective, cfg)
