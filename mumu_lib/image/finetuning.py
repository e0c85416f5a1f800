"""Fine-tune an image network on covers: its head first, then all of it.

Paper: Section 5.3.  Notebooks: 06_image.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from joblib import cpu_count

from mumu_lib.catalogue import Catalogue
from mumu_lib.core import progress
from mumu_lib.core.errors import ParameterError
from mumu_lib.features.store import read_rows
from mumu_lib.image.augment import centre_view, random_view
from mumu_lib.image.store import CoverStore
from mumu_lib.models import FEATURES
from mumu_lib.params import Image
from mumu_lib.targets import Target
from mumu_lib.training import Batches, fit
from mumu_lib.training.albums import has_target
from mumu_lib.training.recipes import examples_auc

MOMENTUM = 0.9
# Divide the learning rate by 10 after this many epochs (fb.resnet.torch).
EPOCHS_OF_A_RATE = 30


class CoverBatches(Batches):
    """Batches of views of covers: random views with a seed, test crops without.

    A random view depends only on seed, epoch and cover, not on the number of workers.

    Parameters
    ----------
    store : CoverStore
    rows, targets, batch_size, seed
        As for :class:`mumu_lib.training.Batches`.
    size : int
        Side of the views in pixels.
    workers : int
        Threads; Pillow releases the GIL.
    """

    def __init__(
        self, store: CoverStore, rows: np.ndarray, targets: np.ndarray | None = None, *, size: int, **options: Any
    ) -> None:
        super().__init__(store.values, rows, targets, **options)
        self.sizes = store.sizes
        self.size = size

    def __getitem__(self, index: int) -> Any:
        chosen = self.chosen(index)
        rows = self.rows[chosen]
        covers = read_rows(self.features, rows)
        views = np.stack([self._view(row, pixels) for row, pixels in zip(rows, covers, strict=True)])
        if self.targets is None:
            return views
        return views, self.targets[chosen]

    def _view(self, row: int, pixels: np.ndarray) -> np.ndarray:
        whole = tuple(self.sizes[row])
        if self.seed is None:
            return centre_view(pixels, whole, self.size)
        return random_view(pixels, whole, self.size, np.random.default_rng([self.seed, self.epoch, row]))


def cover_table(catalogue: Catalogue, store: CoverStore, encoded: np.ndarray) -> pd.DataFrame:
    """List the albums with a usable cover.

    Parameters
    ----------
    encoded : np.ndarray [shape=(albums, outputs)]
        ``target.encode`` of all albums.

    Returns
    -------
    table : pd.DataFrame
        ``album`` (row of the album table), ``row`` (of the store), ``split``, ``has_target`` (False for a zero vector).
    """
    albums = catalogue.albums
    table = pd.DataFrame({"album": np.arange(len(albums)), "row": store.rows(albums["album_id"])})
    table["split"] = albums["split"]
    table["has_target"] = has_target(encoded)
    return table[table["row"] >= 0].reset_index(drop=True)


def batches(
    store: CoverStore, table: pd.DataFrame, encoded: np.ndarray, *, size: int, batch_size: int, seed: int, workers: int
) -> dict[str, CoverBatches]:
    """Make batches ``train`` (random views), ``val`` (test crops), and ``all`` (all covers in order, without targets).

    Parameters
    ----------
    workers : int
        Threads; 0 is one per core.
    """
    options: dict[str, Any] = {"size": size, "batch_size": batch_size, "workers": workers or cpu_count()}
    by_name = {"all": CoverBatches(store, table["row"].to_numpy(), **options)}
    for split, split_seed in (("train", seed), ("val", None)):
        part = table[(table["split"] == split) & table["has_target"]]
        by_name[split] = CoverBatches(store, part["row"].to_numpy(), encoded[part["album"]], seed=split_seed, **options)
    return by_name


def monitor(
    catalogue: Catalogue, objective: Target, store: CoverStore, table: pd.DataFrame, cfg: Image
) -> Callable[[keras.Model], float] | None:
    """Return the function by which our recipe chooses the epoch: AUC of validation covers; None for the paper's recipe.

    Parameters
    ----------
    table : pd.DataFrame
        From :func:`cover_table`.
    """
    if cfg.recipe != "ours":
        return None
    val = table[table["split"] == "val"]
    covers = CoverBatches(store, val["row"].to_numpy(), size=cfg.image_size, batch_size=cfg.batch_size)
    return examples_auc(catalogue, objective, covers, val["album"].to_numpy())


def optimizer(name: str, learning_rate: float, weight_decay: float, steps: int) -> keras.optimizers.Optimizer:
    """Make an optimiser with weight decay on all weights and biases (paper 5.3).

    The decay is part of the optimiser, not of the loss: the best epoch is chosen by the plain cross-entropy.
    fb.resnet.torch adds the decay to the gradient, where momentum m multiplies it by 1 / (1 - m). Keras applies it
    outside the momentum, therefore it is multiplied by the same factor here.

    Parameters
    ----------
    name : {'sgd', 'adam'}
        ``sgd``: Nesterov momentum 0.9, the rate divided by 10 every 30 epochs (authors' code). ``adam``: Adam with
        decoupled decay.
    steps : int
        Batches per epoch.
    """
    if name == "adam":
        return keras.optimizers.AdamW(learning_rate, weight_decay=weight_decay, epsilon=1e-8)
    ends = [EPOCHS_OF_A_RATE * steps, 2 * EPOCHS_OF_A_RATE * steps]
    rates = [learning_rate, learning_rate / 10, learning_rate / 100]
    rate = keras.optimizers.schedules.PiecewiseConstantDecay(ends, rates)
    decay = weight_decay / (1 - MOMENTUM)
    return keras.optimizers.SGD(rate, momentum=MOMENTUM, nesterov=True, weight_decay=decay)


def fine_tune(
    network: keras.Model, loss: Any, train: CoverBatches, val: CoverBatches, cfg: Image, folder: Path, *,
    monitor: Callable[[keras.Model], float] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Train the output layer on the pre-trained features, then the whole network.

    Each stage resumes like :func:`mumu_lib.training.fit`.

    Parameters
    ----------
    cfg : mumu_lib.params.Image
        ``head_epochs`` 0 skips the first stage, as in the authors' code; required for random weights.
        ``frozen_statistics``: batch normalisation keeps the mean, deviation, scale and offset of its pre-training in
        the second stage too, for few covers or small batches; not for random weights.
    folder : Path
        Receives ``model.keras`` and ``history.csv``; its subfolder ``head`` receives those of the first stage.
    monitor : function, optional
        As for :func:`mumu_lib.training.fit`.

    Returns
    -------
    history : pd.DataFrame
        As of :func:`mumu_lib.training.fit`, with epochs numbered across both stages, and ``stage``.

    Raises
    ------
    ParameterError
        If random weights are combined with frozen statistics or a first stage.
    """
    if cfg.weights == "random" and (cfg.frozen_statistics or cfg.head_epochs):
        raise ParameterError("weights='random' requires frozen_statistics=False and head_epochs=0")
    common: dict[str, Any] = {"patience": cfg.patience, "seed": cfg.seed, "monitor": monitor}
    parts = []
    if cfg.head_epochs:
        unfreeze(network, head_only=True, frozen_statistics=cfg.frozen_statistics)
        head_optimizer = optimizer(cfg.optimizer, cfg.head_learning_rate, cfg.weight_decay, len(train))
        head_history = fit(
            network, loss, train, val, epochs=cfg.head_epochs, learning_rate=cfg.head_learning_rate,
            optimizer=head_optimizer, folder=folder / "head", **common,
        )  # fmt: skip
        parts.append(head_history.assign(stage="head"))
    unfreeze(network, head_only=False, frozen_statistics=cfg.frozen_statistics)
    whole_optimizer = optimizer(cfg.optimizer, cfg.learning_rate, cfg.weight_decay, len(train))
    history = fit(
        network, loss, train, val, epochs=cfg.epochs, learning_rate=cfg.learning_rate,
        optimizer=whole_optimizer, folder=folder, **common,
    )  # fmt: skip
    parts.append(history.assign(stage="all"))
    whole = pd.concat(parts, ignore_index=True)
    whole["epoch"] = np.arange(1, len(whole) + 1)
    return whole


def unfreeze(network: keras.Model, *, head_only: bool, frozen_statistics: bool) -> None:
    """Set which layers are trained: those after the features, or all, with or without batch normalisation."""
    names = [layer.name for layer in network.layers]
    for position, layer in enumerate(network.layers):
        in_head = position > names.index(FEATURES)
        normalises = isinstance(layer, keras.layers.BatchNormalization)
        layer.trainable = in_head or not (head_only or (normalises and frozen_statistics))


def every_gpu() -> AbstractContextManager:
    """Return a scope that divides batches among all GPUs visible to TensorFlow; a null context with fewer than two.

    Build, train and use the network within it.
    """
    if keras.backend.backend() != "tensorflow":
        return nullcontext()
    import tensorflow as tf

    gpus = tf.config.list_logical_devices("GPU")
    if len(gpus) < 2:
        return nullcontext()
    return tf.distribute.MirroredStrategy().scope()


def describe(network: keras.Model, batches: CoverBatches) -> tuple[np.ndarray, np.ndarray]:
    """Compute embeddings and outputs of all covers.

    Parameters
    ----------
    batches : CoverBatches
        Batches without seed and targets.

    Returns
    -------
    embeddings : np.ndarray [shape=(n, features), float32]
        The layer ``features``: 2,048 dimensions for a ResNet.
    outputs : np.ndarray [shape=(n, outputs), float32]
    """
    both = keras.Model(network.inputs, [network.get_layer(FEATURES).output, network.output])
    with progress.bar(total=len(batches), desc="cover vectors", unit="batch") as bar:
        step = keras.callbacks.LambdaCallback(on_predict_batch_end=lambda batch, logs=None: bar.update())
        embeddings, outputs = both.predict(batches, verbose=0, callbacks=[step])
    return np.asarray(embeddings, np.float32), np.asarray(outputs, np.float32)
