"""Train with early stopping and resume.

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
    """Batches of examples read from a memory map, in an order that depends on seed and epoch only.

    Parameters
    ----------
    features : array [shape=(n, ...)]
        All examples, memory-mapped or not; read in its own precision.
    rows : np.ndarray [shape=(m,), int]
        Rows of ``features`` to go through.
    targets : np.ndarray [shape=(m, outputs)], optional
        One row for each of ``rows``; without it batches hold inputs only.
    batch_size : int > 0
    seed : int, optional
        Shuffle anew every epoch; without it rows come in order.
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
        self.features, self.rows, self.targets = features, np.asarray(rows), targets
        self.batch_size, self.seed = batch_size, seed
        self.shuffle_for(0)

    def shuffle_for(self, epoch: int) -> None:
        """Lay the order of one epoch."""
        self.epoch = epoch
        n = len(self.rows)
        self.order = np.arange(n) if self.seed is None else np.random.default_rng([self.seed, epoch]).permutation(n)

    def on_epoch_end(self) -> None:
        """Shuffle for the next epoch."""
        self.shuffle_for(self.epoch + 1)

    def __len__(self) -> int:
        return -(-len(self.rows) // self.batch_size)

    def chosen(self, index: int) -> np.ndarray:
        """Which of ``rows`` one batch holds [shape=(at most batch_size,), int]."""
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        # Rising row numbers read a memory map in one direction; the order inside a batch does not matter.
        return chosen[np.argsort(self.rows[chosen], kind="stable")] if self.seed is not None else chosen

    def signature(self) -> np.ndarray:
        """Sketch of targets and of inputs that are vectors [shape=(m, 4 or 8)]; larger ones are named by what made them."""
        vectors = [self.features[self.rows]] if getattr(self.features, "ndim", 0) == 2 else []
        return np.hstack([signature(part) for part in (self.targets, *vectors)])

    def __getitem__(self, index: int) -> Any:
        chosen = self.chosen(index)
        inputs = read_rows(self.features, self.rows[chosen])
        return inputs if self.targets is None else (inputs, self.targets[chosen])


def fit(
    model: keras.Model, loss: Any, train: Batches, val: Batches, *,
    epochs: int, patience: int, learning_rate: float, seed: int,
    optimizer: keras.optimizers.Optimizer | None = None, folder: Path | None = None, jit_compile: bool | None = None,
    lines: bool = True, callbacks: Sequence[keras.callbacks.Callback] = (),
    monitor: Callable[[keras.Model], float] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Train until the validation loss stops falling, or the validation AUC stops rising; keep the best weights.

    Adam with epsilon 1e-8, as the authors' code. Interrupted and called again with the same ``folder``, it
    goes on after the last whole epoch and ends with the same weights as an uninterrupted call.

    Parameters
    ----------
    loss : Keras loss
    epochs : int > 0
        At most; ``patience`` epochs without a lower validation loss end it earlier.
    optimizer : keras.optimizers.Optimizer, optional
        Instead of Adam; it has a learning rate of its own.
    folder : Path, optional
        Where to keep the state of an unfinished training, then ``model.keras`` and ``history.csv``; a finished
        one found there is loaded instead of repeated. What was trained on other targets or inputs is set aside.
    jit_compile : bool, optional
        XLA. Without a word: only on JAX (it slows the wide networks on a CPU).
    lines : bool
        Print one line an epoch.
    callbacks : sequence of keras.callbacks.Callback
        Called before the epoch is kept.
    monitor : function, optional
        Model -> validation AUC, by which the best epoch is chosen instead of by the validation loss. Where it is NaN
        the loss decides.

    Returns
    -------
    history : pd.DataFrame
        One row an epoch: ``epoch``, ``loss``, ``val_loss``, ``seconds``, ``best``; ``val_auc`` with a ``monitor``.

    Raises
    ------
    MumuError
        The loss is not finite; the message says at which epoch.
    BadDataError
        No example to train on or none to validate on.
    """
    for name, batches in (("training", train), ("validation", val)):
        if not len(batches.rows):
            raise BadDataError(f"there is no usable {name} example; look at the split and at the skipped tracks")
    # A second run of the same training waits, and then finds it done.
    with _dice_left_alone(), locked(folder) if folder is not None else nullcontext():
        if folder is not None:
            _set_aside_others(folder, np.vstack([train.signature(), val.signature()]))
            if (folder / "history.csv").is_file():
                # A kill may have come just before the end.
                _remove_state(folder)
                return _finished(model, folder, lines)
        keeper = _Keeper(patience=patience, seed=seed, folder=folder, lines=lines, monitor=monitor)
        jit = keras.backend.backend() == "jax" if jit_compile is None else jit_compile
        adam = keras.optimizers.Adam(learning_rate, epsilon=1e-8)
        model.compile(optimizer=optimizer or adam, loss=loss, jit_compile=jit)
        first = keeper.resume(model)
        if first < epochs and not keeper.exhausted:
            _train(model, train, val, first, epochs, [*callbacks, keeper])
        model.set_weights(keeper.best_weights)
        keeper.finish(model)
        return keeper.history


def _train(model: keras.Model, train: Batches, val: Batches, first: int, epochs: int, callbacks: list) -> None:
    train.shuffle_for(first)
    steps = len(train)
    with progress.bar(initial=first * steps, total=epochs * steps, desc="training", unit="batch") as bar:
        # It moves when a batch begins: a callback at its end would make Keras wait for the loss of every batch.
        moves = keras.callbacks.LambdaCallback(
            on_train_batch_begin=lambda batch, logs: bar.update(), on_epoch_end=lambda epoch, logs: bar.clear()
        )
        fed: dict[str, Any] = {"validation_data": val, "callbacks": [moves, *callbacks]}
        model.fit(train, initial_epoch=first, epochs=epochs, shuffle=False, verbose=0, **fed)
        bar.total = bar.n


@contextmanager
def _dice_left_alone() -> Iterator[None]:
    """What is drawn next, a second network's first weights, is the same after a training that was resumed or loaded."""
    before = random.getstate()
    try:
        yield
    finally:
        random.setstate(before)


def _set_aside_others(folder: Path, own_signature: np.ndarray) -> None:
    """Move a training on something else to ``before/``, and write down what is trained on now."""
    path = folder / "known_by.npy"
    if path.is_file() and matches(own_signature, read_array(path, f"remove {folder} and run again")):
        return
    begun = folder / "state.json", folder / "history.csv"
    if any(file.is_file() for file in begun):
        print(f"{folder.name} was trained on other targets or inputs: kept in {folder.name}/before, trained anew")
        files = [file for file in folder.iterdir() if file.is_file() and file.name != "lock"]
        with writing(make_folder(folder / "before")):
            # After an interruption what is left counts as begun, and is moved too.
            for file in sorted(files, key=begun.__contains__):
                file.replace(folder / "before" / file.name)
    save_array(path, own_signature)


def _finished(model: keras.Model, folder: Path, lines: bool) -> pd.DataFrame:
    """Best weights and history of a training that ended before."""
    model.set_weights(_load(folder / "model.keras").get_weights())
    history = pd.read_csv(folder / "history.csv")
    if lines:
        print(*(_line(row) for _, row in history.iterrows()), sep="\n")
    return history


def _load(path: Path, **options: Any) -> keras.Model:
    if not path.is_file():
        raise MissingDataError(f"{path} is gone; remove {path.parent} and run again to train anew")
    return models.load(path, **{"compile": False, **options})


def trained(folder: Path) -> keras.Model:
    """Return the network that :func:`fit` or :func:`keep` left in a folder, uncompiled.

    Raises
    ------
    MissingDataError
        It is gone; names the folder to remove.
    """
    return _load(folder / "model.keras")


def keep(model: keras.Model, history: pd.DataFrame, folder: Path) -> None:
    """Write a network that was made in another way than by :func:`fit` as that would have: model and history."""
    with atomic_path(folder / "model.keras", ".keras") as part:
        model.save(part)
    write_atomically(folder / "history.csv", history.to_csv(index=False))


def _line(row: Any) -> str:
    """One epoch, for the eye."""
    words = [f"epoch {row['epoch']:3d}", f"loss {row['loss']:.4f}", f"val_loss {row['val_loss']:.4f}"]
    if "val_auc" in row:
        words.append(f"val_auc {row['val_auc']:.4f}")
    if row["best"]:
        words.append("best")
    return "  ".join(words)


def _quality(row: dict[str, Any]) -> tuple[float, float]:
    """Return what epochs are compared by, the higher the better."""
    auc = row.get("val_auc", np.nan)
    return float(np.nan_to_num(auc)), -row["val_loss"]


def _layers(model: keras.Model) -> Iterator[keras.layers.Layer]:
    """All layers, those of models within the model too."""
    for layer in model.layers:
        yield from _layers(layer) if isinstance(layer, keras.Model) else [layer]


def _precision(model: keras.Model) -> str:
    """Return in which types a network's layers compute, such as ``bfloat16 and float32``."""
    return " and ".join(sorted({layer.compute_dtype for layer in _layers(model)}))


class _Keeper(keras.callbacks.Callback):
    """Early stopping, one line an epoch, and a state on disk after every epoch."""

    def __init__(
        self, *, patience: int, seed: int, folder: Path | None, lines: bool,
        monitor: Callable[[keras.Model], float] | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.patience, self.seed, self.folder, self.lines = patience, seed, folder, lines
        self.monitor = monitor
        self.rows: list[dict[str, Any]] = []
        self.best_weights: list[np.ndarray] = []

    @property
    def history(self) -> pd.DataFrame:
        columns = ["epoch", "loss", "val_loss", "seconds", "best"]
        return pd.DataFrame(self.rows, columns=columns if self.monitor is None else [*columns, "val_auc"])

    @property
    def exhausted(self) -> bool:
        best = max((row["epoch"] for row in self.rows if row["best"]), default=0)
        return len(self.rows) - best >= self.patience

    def resume(self, model: keras.Model) -> int:
        """Load the state of an interrupted training; return how many epochs it had finished."""
        if self.folder is None or not (self.folder / "state.json").is_file():
            return 0
        state = json.loads((self.folder / "state.json").read_text(encoding="utf-8"))
        saved = _load(self.folder / state["last"], compile=True)
        begun, now = _precision(saved), _precision(model)
        if begun != now:
            print(f"{self.folder.name} was begun in {begun} and goes on in {now}")
        model.set_weights(saved.get_weights())
        model.optimizer.build(model.trainable_variables)
        for ours, theirs in zip(model.optimizer.variables, saved.optimizer.variables, strict=True):
            ours.assign(theirs)
        self.rows, self.best_weights = state["history"], _load(self.folder / state["best"]).get_weights()
        return len(self.rows)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.started = time.perf_counter()
        # Dropout then draws the same masks whether or not the training was interrupted before.
        for number, layer in enumerate(_layers(self.model)):
            if hasattr(layer, "seed_generator"):
                layer.seed_generator.state.assign([self.seed + number, epoch])

    def on_test_begin(self, logs: Any = None) -> None:
        self.seconds = time.perf_counter() - self.started

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        loss, val_loss = float(logs["loss"]), float(logs["val_loss"])
        if not np.isfinite([loss, val_loss]).all():
            raise MumuError(f"the loss of epoch {epoch + 1} is not finite; lower learning_rate (nothing saved is lost)")
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
        """Whether an epoch is better than all before it; the lower loss decides between equal or undefined AUCs."""
        quality = _quality(row)
        return all(quality > _quality(before) for before in self.rows)

    def _save(self, best: bool, folder: Path) -> None:
        """State of this epoch; ``state.json`` names the files that belong together and is replaced last."""
        state_file = folder / "state.json"
        before = (
            json.loads(state_file.read_text(encoding="utf-8")) if state_file.is_file() else {"last": "", "best": ""}
        )
        last = f"epoch-{len(self.rows):04d}.keras"
        with atomic_path(folder / last, ".keras") as part:
            self.model.save(part)
        state = {"last": last, "best": last if best else before["best"], "history": self.rows}
        write_atomically(state_file, json.dumps(state))
        for name in {before["last"], before["best"]} - {state["last"], state["best"], ""}:
            (folder / name).unlink(missing_ok=True)

    def finish(self, model: keras.Model) -> None:
        """Keep the best model and the history; the state of the unfinished training goes."""
        if self.folder is None:
            return
        keep(model, self.history, self.folder)
        _remove_state(self.folder)


def _remove_state(folder: Path) -> None:
    """Remove the state of a training that has ended."""
    for path in [*folder.glob("epoch-*.keras"), folder / "state.json"]:
        path.unlink(missing_ok=True)
