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
# The learning rate falls to a tenth after every 30 epochs (fb.resnet.torch).
EPOCHS_OF_A_RATE = 30


class CoverBatches(Batches):
    """Batches of views of covers: random ones with a seed, the test crop without.

    A random view depends on seed, epoch and cover alone, whatever the workers.

    Parameters
    ----------
    store : CoverStore
    rows, targets, batch_size, seed
        As for :class:`mumu_lib.training.Batches`.
    size : int
        Side of the views in pixels.
    workers : int
        Threads: Pillow works outside Python's lock.
    """

    def __init__(
        self, store: CoverStore, rows: np.ndarray, targets: np.ndarray | None = None, *, size: int, **options: Any
    ) -> None:
        super().__init__(store.values, rows, targets, **options)
        self.sizes, self.size = store.sizes, size

    def __getitem__(self, index: int) -> Any:
        chosen = self.chosen(index)
        rows = self.rows[chosen]
        views = np.stack(
            [self._view(row, pixels) for row, pixels in zip(rows, read_rows(self.features, rows), strict=True)]
        )
        return views if self.targets is None else (views, self.targets[chosen])

    def _view(self, row: int, pixels: np.ndarray) -> np.ndarray:
        whole = tuple(self.sizes[row])
        if self.seed is None:
            return centre_view(pixels, whole, self.size)
        return random_view(pixels, whole, self.size, np.random.default_rng([self.seed, self.epoch, row]))


def cover_table(catalogue: Catalogue, store: CoverStore, encoded: np.ndarray) -> pd.DataFrame:
    """Every album with a usable cover.

    Parameters
    ----------
    encoded : np.ndarray [shape=(albums, outputs)]
        ``target.encode`` of all albums.

    Returns
    -------
    table : pd.DataFrame
        ``album`` (row of the album table), ``row`` (of the store), ``split``, ``has_target`` (whether the target is
        not the zero vector).
    """
    albums = catalogue.albums
    table = pd.DataFrame({"album": np.arange(len(albums)), "row": store.rows(albums["album_id"])})
    table["split"], table["has_target"] = albums["split"], has_target(encoded)
    return table[table["row"] >= 0].reset_index(drop=True)


def batches(
    store: CoverStore, table: pd.DataFrame, encoded: np.ndarray, *, size: int, batch_size: int, seed: int, workers: int
) -> dict[str, CoverBatches]:
    """Batches ``train`` (random views), ``val`` (test crops), and ``all`` without targets, in the order of the table.

    Parameters
    ----------
    workers : int
        Threads; 0 is one a core.
    """
    options: dict[str, Any] = {"size": size, "batch_size": batch_size, "workers": workers or cpu_count()}
    fed = {"all": CoverBatches(store, table["row"].to_numpy(), **options)}
    for split, own_seed in (("train", seed), ("val", None)):
        part = table[(table["split"] == split) & table["has_target"]]
        fed[split] = CoverBatches(store, part["row"].to_numpy(), encoded[part["album"]], seed=own_seed, **options)
    return fed


def monitor(
    catalogue: Catalogue, objective: Target, store: CoverStore, table: pd.DataFrame, cfg: Image
) -> Callable[[keras.Model], float] | None:
    """Return what our recipe chooses the epoch by, the AUC of the validation covers; None with the paper's recipe.

    Parameters
    ----------
    table : pd.DataFrame
        Of :func:`cover_table`.
    """
    if cfg.recipe != "ours":
        return None
    val = table[table["split"] == "val"]
    covers = CoverBatches(store, val["row"].to_numpy(), size=cfg.image_size, batch_size=cfg.batch_size)
    return examples_auc(catalogue, objective, covers, val["album"].to_numpy())


def optimizer(name: str, learning_rate: float, weight_decay: float, steps: int) -> keras.optimizers.Optimizer:
    """Optimiser with weight decay on all weights and biases (paper 5.3).

    The decay stands in the optimiser, not in the loss, so that training and validation loss stay the plain
    cross-entropy, by which the best epoch is chosen. fb.resnet.torch adds it to the gradient, where momentum m
    multiplies it by 1 / (1 - m); Keras applies it outside the momentum, so that it is given that multiple here.

    Parameters
    ----------
    name : {'sgd', 'adam'}
        Nesterov momentum 0.9, the rate falling to a tenth every 30 epochs (authors' code); or Adam with decoupled
        decay.
    steps : int
        Batches of an epoch.
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
    """Train the output layer on the features as they are, then everything.

    Each stage resumes by itself, as :func:`mumu_lib.training.fit`.

    Parameters
    ----------
    cfg : mumu_lib.params.Image
        ``head_epochs`` 0 leaves the first stage out, as the authors' code does and as random weights ask for.
        ``frozen_statistics``: batch normalisation keeps the mean, deviation, scale and offset of its pre-training in
        the second stage too, for few covers or small batches; never with random weights.
    folder : Path
        Gets ``model.keras`` and ``history.csv``; its folder ``head`` those of the first stage.
    monitor : function, optional
        As for :func:`mumu_lib.training.fit`.

    Returns
    -------
    history : pd.DataFrame
        As of :func:`mumu_lib.training.fit`, epochs counted over both stages, with ``stage``.

    Raises
    ------
    ParameterError
        Frozen statistics, or a stage of the head alone, on random weights.
    """
    if cfg.weights == "random" and (cfg.frozen_statistics or cfg.head_epochs):
        raise ParameterError("random weights have learned nothing to keep: frozen_statistics False and head_epochs 0")
    parts = []
    for stage, epochs, rate in (
        ("head", cfg.head_epochs, cfg.head_learning_rate),
        ("all", cfg.epochs, cfg.learning_rate),
    ):
        if epochs:
            unfreeze(network, head_only=stage == "head", frozen_statistics=cfg.frozen_statistics)
            rule = optimizer(cfg.optimizer, rate, cfg.weight_decay, len(train))
            place = folder / "head" if stage == "head" else folder
            options: dict[str, Any] = {
                "epochs": epochs,
                "patience": cfg.patience,
                "learning_rate": rate,
                "seed": cfg.seed,
                "monitor": monitor,
            }
            history = fit(network, loss, train, val, optimizer=rule, folder=place, **options)
            parts.append(history.assign(stage=stage))
    whole = pd.concat(parts, ignore_index=True)
    whole["epoch"] = np.arange(1, len(whole) + 1)
    return whole


def unfreeze(network: keras.Model, *, head_only: bool, frozen_statistics: bool) -> None:
    """Say which layers learn: those after the features, or all, with or without batch normalisation."""
    names = [layer.name for layer in network.layers]
    for place, layer in enumerate(network.layers):
        in_head = place > names.index(FEATURES)
        normalises = isinstance(layer, keras.layers.BatchNormalization)
        layer.trainable = in_head or not (head_only or (normalises and frozen_statistics))


def every_gpu() -> AbstractContextManager:
    """Scope in which a network is made, trained and used on all GPUs that TensorFlow sees; nothing with fewer than two.

    A batch is divided among them.
    """
    if keras.backend.backend() != "tensorflow":
        return nullcontext()
    import tensorflow as tf

    gpus = tf.config.list_logical_devices("GPU")
    return tf.distribute.MirroredStrategy().scope() if len(gpus) > 1 else nullcontext()


def describe(network: keras.Model, batches: CoverBatches) -> tuple[np.ndarray, np.ndarray]:
    """Cover vectors and outputs of a network.

    Parameters
    ----------
    batches : CoverBatches
        Without seed and targets.

    Returns
    -------
    vectors : np.ndarray [shape=(n, features), float32]
        The layer ``features``: 2,048 numbers of a ResNet.
    outputs : np.ndarray [shape=(n, outputs), float32]
    """
    both = keras.Model(network.inputs, [network.get_layer(FEATURES).output, network.output])
    with progress.bar(total=len(batches), desc="cover vectors", unit="batch") as bar:
        step = keras.callbacks.LambdaCallback(on_predict_batch_end=lambda batch, logs=None: bar.update())
        vectors, outputs = both.predict(batches, verbose=0, callbacks=[step])
    return np.asarray(vectors, np.float32), np.asarray(outputs, np.float32)
