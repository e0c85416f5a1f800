"""Training with early stopping, resumed after an interruption.

Paper: Sections 5.1 to 5.4.  Notebooks: 04 to 07.
"""

import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import keras
import lazy_loader
import numpy as np
import pandas as pd

from mumu_lib import models
from mumu_lib.core import progress
from mumu_lib.core.errors import BadDataError, MissingDataError, MumuError
from mumu_lib.core.files import atomic_path, locked, make_folder, save_array, write_atomically, writing
from mumu_lib.core.fingerprints import matches, signature
from mumu_lib.core.parsing import read_array
from mumu_lib.features.store import read_rows

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__, submodules=["albums", "committee", "hearing", "lines", "recipes", "tracks"]
)


class Batches(keras.utils.PyDataset):
    """Batches of examples, in an order that depends on seed and epoch only.

    Parameters
    ----------
    features : array [shape=(n, ...)]
        All examples, in memory or memory-mapped, of any precision.
    rows : np.ndarray [shape=(m,), int]
        Rows of ``features`` that form the batches.
    targets : np.ndarray [shape=(m, outputs)], optional
        A target for each of ``rows``; without it batches hold inputs only.
    batch_size : int > 0
    seed : int, optional
        Shuffle before every epoch; without it rows keep their order.
    workers : int > 0
        Threads that read batches.

    Examples
    --------
    >>> batches = Batches(np.arange(10.0).reshape(5, 2), rows=np.array([0, 2, 4]), batch_size=2)
    >>> len(batches), batches[1].tolist()
    (2, [[8.0, 9.0]])
    """

    def __init__(
        self,
        features: Any,
        rows: np.ndarray,
        targets: np.ndarray | None = None,
        *,
        batch_size: int = 32,
        seed: int | None = None,
        workers: int = 1,
    ) -> None:
        super().__init__(workers=workers, use_multiprocessing=False, max_queue_size=8)
        self.features = features
        self.rows = np.asarray(rows)
        self.targets = targets
        self.batch_size = batch_size
        self.seed = seed
        self.shuffle_for(0)

    def shuffle_for(self, epoch: int) -> None:
        """Set the order of the examples in an epoch."""
        self.epoch = epoch
        self.order = np.arange(len(self.rows))
        if self.seed is not None:
            self.order = np.random.default_rng([self.seed, epoch]).permutation(len(self.rows))

    def on_epoch_end(self) -> None:
        """Shuffle for the next epoch."""
        self.shuffle_for(self.epoch + 1)

    def __len__(self) -> int:
        return -(-len(self.rows) // self.batch_size)

    def chosen(self, index: int) -> np.ndarray:
        """Return the positions in ``rows`` that form a batch [shape=(at most batch_size,), int]."""
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        if self.seed is None:
            return chosen
        # Ascending rows read a memory map in one direction; the order inside a batch does not matter.
        return chosen[np.argsort(self.rows[chosen], kind="stable")]

    def signature(self) -> np.ndarray:
        """Compute a signature of the targets, and of inputs that are vectors [shape=(m, 4 or 8)].

        Larger inputs, such as patches, are identified by the name of their folder instead.
        """
        own = signature(self.targets)
        if getattr(self.features, "ndim", 0) != 2:
            return own
        return np.hstack([own, signature(self.features[self.rows])])

    def __getitem__(self, index: int) -> Any:
        chosen = self.chosen(index)
        inputs = read_rows(self.features, self.rows[chosen])
        if self.targets is None:
            return inputs
        return inputs, self.targets[chosen]


def fit(
    model: keras.Model, loss: Any, train: Batches, val: Batches, *,
    epochs: int, patience: int, learning_rate: float, seed: int,
    optimizer: keras.optimizers.Optimizer | None = None, folder: Path | None = None, jit_compile: bool | None = None,
    lines: bool = True, callbacks: Sequence[keras.callbacks.Callback] = (),
    monitor: Callable[[keras.Model], float] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Train until the validation loss stops falling, or the validation AUC stops rising; keep the best weights.

    The default optimizer is Adam with epsilon 1e-8, as in the authors' code. An interrupted training that is called
    again with the same ``folder`` resumes after the last complete epoch and ends with the same weights as an
    uninterrupted one.

    Parameters
    ----------
    model : keras.Model
        Trained in place.
    loss : Keras loss
    train, val : Batches
    epochs : int > 0
        Largest number of epochs.
    patience : int > 0
        Epochs without improvement after which training stops.
    learning_rate : float > 0
        Learning rate of Adam.
    seed : int
        Seed of the dropout masks.
    optimizer : keras.optimizers.Optimizer, optional
        Replaces Adam and its learning rate.
    folder : Path, optional
        Holds the state of an unfinished training, afterwards ``model.keras`` and ``history.csv``. A finished training
        in it is loaded instead of repeated; one on other targets or inputs is moved to ``before/``.
    jit_compile : bool, optional
        Compile with XLA; by default only on JAX, since it slows the wide networks on a CPU.
    lines : bool
        Print one line for each epoch.
    callbacks : sequence of keras.callbacks.Callback
        Called before the state of an epoch is saved.
    monitor : function, optional
        Computes the validation AUC of a model; the best epoch is then chosen by it, or by the validation loss if it is
        NaN.

    Returns
    -------
    history : pd.DataFrame
        A row for each epoch: ``epoch``, ``loss``, ``val_loss``, ``seconds``, ``best``; with a ``monitor`` also
        ``val_auc``.

    Raises
    ------
    MumuError
        The loss is not finite; the message names the epoch.
    BadDataError
        There are no examples to train on, or none to validate on.
    """
    for name, batches in (("training", train), ("validation", val)):
        if not len(batches.rows):
            raise BadDataError(f"there is no usable {name} example; check the split and the skipped tracks")
    # A second process with the same training waits, and then loads the result.
    with _restored_random_state(), locked(folder) if folder is not None else nullcontext():
        if folder is not None:
            _set_aside_others(folder, np.vstack([train.signature(), val.signature()]))
            if (folder / "history.csv").is_file():
                # The state is still there if the process was killed just before the end.
                _remove_state(folder)
                return _finished(model, folder, lines)
        keeper = _Keeper(patience=patience, seed=seed, folder=folder, lines=lines, monitor=monitor)
        if jit_compile is None:
            jit_compile = keras.backend.backend() == "jax"
        adam = keras.optimizers.Adam(learning_rate, epsilon=1e-8)
        model.compile(optimizer=optimizer or adam, loss=loss, jit_compile=jit_compile)
        first = keeper.resume(model)
        if first < epochs and not keeper.exhausted:
            _train(model, train, val, first, epochs, [*callbacks, keeper])
        model.set_weights(keeper.best_weights)
        keeper.finish(model)
        return keeper.history


def _train(model: keras.Model, train: Batches, val: Batches, first: int, epochs: int, callbacks: list) -> None:
    """Train from epoch ``first`` on, with a progress bar."""
    train.shuffle_for(first)
    steps = len(train)
    with progress.bar(initial=first * steps, total=epochs * steps, desc="training", unit="batch") as bar:
        # Updated when a batch begins: a callback at its end would make Keras wait for the loss of every batch.
        update_bar = keras.callbacks.LambdaCallback(
            on_train_batch_begin=lambda batch, logs: bar.update(), on_epoch_end=lambda epoch, logs: bar.clear()
        )
        options: dict[str, Any] = {"validation_data": val, "callbacks": [update_bar, *callbacks]}
        model.fit(train, initial_epoch=first, epochs=epochs, shuffle=False, verbose=0, **options)
        bar.total = bar.n


@contextmanager
def _restored_random_state() -> Iterator[None]:
    """Restore Python's random state, so that later initial weights do not depend on whether training was resumed."""
    before = random.getstate()
    try:
        yield
    finally:
        random.setstate(before)


def _set_aside_others(folder: Path, own_signature: np.ndarray) -> None:
    """Move a training on other targets or inputs to ``before/``, and save the signature of this one."""
    path = folder / "known_by.npy"
    if path.is_file() and matches(own_signature, read_array(path, f"remove {folder} and run again")):
        return
    if (folder / "state.json").is_file() or (folder / "history.csv").is_file():
        name = folder.name
        print(f"{name} was trained on other targets or inputs: kept in {name}/before; training starts from scratch")
        _move_to_before(folder)
    save_array(path, own_signature)


def _move_to_before(folder: Path) -> None:
    """Move the files of a training to ``before/``; state and history last, since they mark a training that began."""
    markers = ("state.json", "history.csv")
    files = []
    for file in folder.iterdir():
        if file.is_file() and file.name not in ("lock", *markers):
            files.append(file)
    for name in markers:
        if (folder / name).is_file():
            files.append(folder / name)
    with writing(make_folder(folder / "before")):
        for file in files:
            file.replace(folder / "before" / file.name)


def _finished(model: keras.Model, folder: Path, lines: bool) -> pd.DataFrame:
    """Load the best weights and the history of a finished training."""
    model.set_weights(_load(folder / "model.keras").get_weights())
    history = pd.read_csv(folder / "history.csv")
    if lines:
        for _, row in history.iterrows():
            print(_line(row))
    return history


def _load(path: Path, **options: Any) -> keras.Model:
    if not path.is_file():
        raise MissingDataError(f"{path} is missing; remove {path.parent} and run again to train it once more")
    return models.load(path, **{"compile": False, **options})


def trained(folder: Path) -> keras.Model:
    """Load the network that :func:`fit` or :func:`keep` saved in a folder, uncompiled.

    Raises
    ------
    MissingDataError
        It is missing; the message names the folder to remove.
    """
    return _load(folder / "model.keras")


def keep(model: keras.Model, history: pd.DataFrame, folder: Path) -> None:
    """Save a network and its history as :func:`fit` does."""
    with atomic_path(folder / "model.keras", ".keras") as part:
        model.save(part)
    write_atomically(folder / "history.csv", history.to_csv(index=False))


def _line(row: Any) -> str:
    """Format an epoch as a line to print."""
    words = [f"epoch {row['epoch']:3d}", f"loss {row['loss']:.4f}", f"val_loss {row['val_loss']:.4f}"]
    if "val_auc" in row:
        words.append(f"val_auc {row['val_auc']:.4f}")
    if row["best"]:
        words.append("best")
    return "  ".join(words)


def _quality(row: dict[str, Any]) -> tuple[float, float]:
    """Return the key by which epochs are compared, higher is better: the AUC, then the negative loss."""
    auc = row.get("val_auc", np.nan)
    return float(np.nan_to_num(auc)), -row["val_loss"]


def _layers(model: keras.Model) -> Iterator[keras.layers.Layer]:
    """Yield all layers, including those of nested models."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        else:
            yield layer


def _precision(model: keras.Model) -> str:
    """Name the types in which a network's layers compute, such as ``bfloat16 and float32``."""
    return " and ".join(sorted({layer.compute_dtype for layer in _layers(model)}))


class _Keeper(keras.callbacks.Callback):
    """Early stopping, a printed line for each epoch, and a state on disk after each epoch."""

    def __init__(
        self, *, patience: int, seed: int, folder: Path | None, lines: bool,
        monitor: Callable[[keras.Model], float] | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.patience = patience
        self.seed = seed
        self.folder = folder
        self.lines = lines
        self.monitor = monitor
        self.rows: list[dict[str, Any]] = []
        self.best_weights: list[np.ndarray] = []

    @property
    def history(self) -> pd.DataFrame:
        """One row for each epoch."""
        columns = ["epoch", "loss", "val_loss", "seconds", "best"]
        if self.monitor is not None:
            columns.append("val_auc")
        return pd.DataFrame(self.rows, columns=columns)

    @property
    def exhausted(self) -> bool:
        """Whether ``patience`` epochs have passed without improvement."""
        best = 0
        for row in self.rows:
            if row["best"]:
                best = row["epoch"]
        return len(self.rows) - best >= self.patience

    def resume(self, model: keras.Model) -> int:
        """Load the state of an interrupted training; return the number of epochs it had completed."""
        if self.folder is None or not (self.folder / "state.json").is_file():
            return 0
        state = json.loads((self.folder / "state.json").read_text(encoding="utf-8"))
        saved = _load(self.folder / state["last"], compile=True)
        if _precision(saved) != _precision(model):
            print(f"{self.folder.name} was begun in {_precision(saved)} and goes on in {_precision(model)}")
        model.set_weights(saved.get_weights())
        model.optimizer.build(model.trainable_variables)
        for variable, value in zip(model.optimizer.variables, saved.optimizer.variables, strict=True):
            variable.assign(value)
        self.rows = state["history"]
        self.best_weights = _load(self.folder / state["best"]).get_weights()
        return len(self.rows)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.started = time.perf_counter()
        # Makes the dropout masks independent of earlier interruptions.
        for number, layer in enumerate(_layers(self.model)):
            if hasattr(layer, "seed_generator"):
                layer.seed_generator.state.assign([self.seed + number, epoch])

    def on_test_begin(self, logs: Any = None) -> None:
        self.seconds = time.perf_counter() - self.started

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        loss = float(logs["loss"])
        val_loss = float(logs["val_loss"])
        if not np.isfinite([loss, val_loss]).all():
            raise MumuError(
                f"the loss of epoch {epoch + 1} is not finite; lower learning_rate and run again; earlier epochs are kept"
            )
        row = {"epoch": epoch + 1, "loss": loss, "val_loss": val_loss, "seconds": self.seconds}
        if self.monitor is not None:
            row["val_auc"] = float(self.monitor(self.model))
        best = self._improves(row)
        self.rows.append({**row, "best": best})
        if best:
            self.best_weights = self.model.get_weights()
        if self.lines:
            print(_line(self.rows[-1]), flush=True)
        if self.folder is not None:
            self._save(best, self.folder)
        if self.exhausted:
            self.model.stop_training = True

    def _improves(self, row: dict[str, Any]) -> bool:
        """Whether an epoch is better than all earlier ones; the lower loss decides between equal or undefined AUCs."""
        quality = _quality(row)
        return all(quality > _quality(before) for before in self.rows)

    def _save(self, best: bool, folder: Path) -> None:
        """Save the state of this epoch; ``state.json`` names the files that belong together and is replaced last."""
        state_file = folder / "state.json"
        before = {"last": "", "best": ""}
        if state_file.is_file():
            before = json.loads(state_file.read_text(encoding="utf-8"))
        last = f"epoch-{len(self.rows):04d}.keras"
        with atomic_path(folder / last, ".keras") as part:
            self.model.save(part)
        state = {"last": last, "best": last if best else before["best"], "history": self.rows}
        write_atomically(state_file, json.dumps(state))
        for name in {before["last"], before["best"]} - {state["last"], state["best"], ""}:
            (folder / name).unlink(missing_ok=True)

    def finish(self, model: keras.Model) -> None:
        """Save the best model and the history, and remove the state of the unfinished training."""
        if self.folder is None:
            return
        keep(model, self.history, self.folder)
        _remove_state(self.folder)


def _remove_state(folder: Path) -> None:
    """Remove the saved epochs of a finished training."""
    for path in [*folder.glob("epoch-*.keras"), folder / "state.json"]:
        path.unlink(missing_ok=True)
