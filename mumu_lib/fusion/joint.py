"""Joint learning: train the networks of all modalities with one loss, which section 5.4 of the paper argues against.

Paper: Section 5.4.  Notebooks: 07_multimodal.

The networks are those of the runs that late fusion would join, untrained. They are joined at their embeddings. An
example is a track with its album's text and cover, since the audio network is trained on tracks; without audio it is an
album.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import layers

from mumu_lib import fusion, metrics, models, runs, text, training
from mumu_lib.audio import store as audio_store
from mumu_lib.catalogue import Catalogue, commands
from mumu_lib.core.errors import NothingUsableError
from mumu_lib.core.files import write_atomically
from mumu_lib.core.fingerprints import hash_of
from mumu_lib.core.parsing import read_json
from mumu_lib.core.paths import home
from mumu_lib.experiments import BY_NAME, FUSION_NOTEBOOK, resolve
from mumu_lib.features.store import read_rows
from mumu_lib.fusion import Source
from mumu_lib.fusion.learned import Learned
from mumu_lib.image import store as covers
from mumu_lib.image.augment import centre_view
from mumu_lib.params import PARAMETERS, Multimodal
from mumu_lib.targets import Target
from mumu_lib.training import albums


@dataclass(frozen=True)
class Branch:
    """One modality: a network from input to embedding, and its inputs.

    Attributes
    ----------
    read : function
        Rows -> inputs.
    rows : pd.Series
        One entry per track or album. Index: row of the album table; value: row to read.
    """

    name: str
    network: keras.Model
    read: Callable[[np.ndarray], np.ndarray]
    rows: pd.Series


class Examples:
    """Inputs of all branches, indexed by example like an array."""

    def __init__(self, branches: list[Branch], table: pd.DataFrame) -> None:
        self.branches = branches
        self.table = table

    def __getitem__(self, rows: np.ndarray) -> tuple[np.ndarray, ...]:
        inputs = []
        for branch in self.branches:
            inputs.append(branch.read(self.table[branch.name].to_numpy()[rows]))
        return tuple(inputs)


@dataclass
class JointNetwork:
    """A network of several branches with its examples.

    Attributes
    ----------
    network, classifier : keras.Model
        From the inputs of all branches to outputs; from joined embeddings to outputs, with the same last layers.
    curves : pd.DataFrame
        Validation AUC of each branch on its own, by epoch.
    """

    catalogue: Catalogue
    branches: list[Branch]
    examples: Examples
    network: keras.Model
    classifier: keras.Model
    objective: Target
    encoded_targets: np.ndarray
    curves: pd.DataFrame = field(default_factory=pd.DataFrame)


def build(
    catalogue: Catalogue, sources: list[Source], objective: Target, encoded_targets: np.ndarray, cfg: Multimodal
) -> JointNetwork:
    """Build the untrained networks of some runs and join them.

    Parameters
    ----------
    sources : list of Source
        The runs whose networks and inputs to take (:func:`mumu_lib.fusion.sources`).
    encoded_targets : np.ndarray [shape=(albums, outputs)]
        ``objective.encode`` of all albums.
    """
    branches = []
    for source in sources:
        folder = home() / "runs" / catalogue.name / source.origin
        modality = BY_NAME[source.name]
        stored = runs.parameters(folder, PARAMETERS[modality.notebook])
        branches.append(resolve(modality.branch)(folder, stored, catalogue))
    examples = Examples(branches, _example_table(branches))
    inputs, joined = _joined_embeddings(branches)
    after = keras.Input((joined.shape[1],), name="joined")
    x = after
    if cfg.target == "cosine":
        x = layers.Dropout(0.7, dtype=models.FULL)(after)
    outputs = models.head(x, cfg.target, len(catalogue.labels), objective.n_outputs)
    classifier = keras.Model(after, outputs, name="classifier")
    x = joined
    for layer in classifier.layers[1:]:
        x = layer(x)
    return JointNetwork(catalogue, branches, examples, keras.Model(inputs, x), classifier, objective, encoded_targets)


def _example_table(branches: list[Branch]) -> pd.DataFrame:
    """Return the examples that all branches have [columns: ``album``, and the row to read of each branch]."""
    table = branches[0].rows.rename(branches[0].name).to_frame()
    for branch in branches[1:]:
        table = table.join(branch.rows.rename(branch.name), how="inner")
    return table.rename_axis("album").reset_index()


def _joined_embeddings(branches: list[Branch]) -> tuple[list[Any], Any]:
    """Return the inputs of all branches, and their embeddings scaled to length 1 and concatenated."""
    inputs = []
    for branch in branches:
        inputs.append(keras.Input(branch.network.input_shape[1:], name=f"of_{branch.name}"))
    embeddings = []
    for branch, x in zip(branches, inputs, strict=True):
        normalise = layers.UnitNormalization(dtype=models.FULL)
        embeddings.append(normalise(branch.network(x)))
    return inputs, layers.Concatenate(name=models.FEATURES, dtype=models.FULL)(embeddings)


def folder_name(catalogue: Catalogue, sources: list[Source]) -> str:
    """Return the folder in a run for the networks of these sources; its name differs for networks of other runs."""
    origins = []
    networks = []
    for source in sources:
        path = home() / "runs" / catalogue.name / source.origin / "metrics.json"
        origins.append(source.origin)
        networks.append(read_json(path, runs.RERUN_HINT).get("network", ""))
    return "together-" + hash_of(json.dumps([origins, networks]), length=8)


def fit(joint: JointNetwork, cfg: Multimodal, folder: Path) -> pd.DataFrame:
    """Train all branches with one loss; resume like :func:`mumu_lib.training.fit`.

    Returns
    -------
    history : pd.DataFrame
        As of :func:`mumu_lib.training.fit`. ``joint.curves`` receives the validation AUC of each branch on its own.
    """
    train = _rows_with_target(joint, "train")
    val = _rows_with_target(joint, "val")
    watch = _BranchCurves(joint, val, folder / "branches.csv")
    history = training.fit(
        joint.network, joint.objective.loss, _batches(joint, train, cfg, cfg.seed), _batches(joint, val, cfg),
        epochs=cfg.together_epochs, patience=cfg.patience, learning_rate=cfg.together_learning_rate,
        seed=cfg.seed, folder=folder, callbacks=[watch],
    )  # fmt: skip
    joint.curves = pd.read_csv(folder / "branches.csv", index_col="epoch")
    return history


def _rows_with_target(joint: JointNetwork, split: str) -> np.ndarray:
    """Return the examples of a split whose album has a target."""
    album = joint.examples.table["album"].to_numpy()
    usable = albums.has_target(joint.encoded_targets)[album]
    return np.flatnonzero(usable & np.isin(album, joint.catalogue.rows(split)))


def _batches(joint: JointNetwork, rows: np.ndarray, cfg: Multimodal, seed: int | None = None) -> training.Batches:
    """Return batches of examples with their targets, shuffled if there is a seed."""
    album = joint.examples.table["album"].to_numpy()
    encoded_targets = joint.encoded_targets[album[rows]]
    return training.Batches(joint.examples, rows, encoded_targets, batch_size=cfg.batch_size, seed=seed)


def encode(joint: JointNetwork) -> list[Source]:
    """Return each branch's part of the joined embeddings, averaged over an album's tracks [a Source per branch]."""
    joined = _album_embeddings(joint, np.arange(len(joint.examples.table)))
    parts = []
    start = 0
    for branch in joint.branches:
        end = start + branch.network.output_shape[1]
        parts.append(Source(branch.name, "simultaneous", joined[:, start:end]))
        start = end
    return parts


def _album_embeddings(joint: JointNetwork, rows: np.ndarray) -> np.ndarray:
    """Return the joined embeddings of all albums, computed from some of the examples [shape=(albums, sum of d)]."""
    album = joint.examples.table["album"].to_numpy()[rows]
    batches = training.Batches(joint.examples, rows, batch_size=64)
    return albums.album_embeddings(joint.network, batches, album, len(joint.catalogue.albums))


class _BranchCurves(keras.callbacks.Callback):
    """Record the validation AUC after every epoch with all branches but one at zero."""

    def __init__(self, joint: JointNetwork, val: np.ndarray, path: Path) -> None:
        super().__init__()
        self.joint = joint
        self.val = val
        self.path = path

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Compute the AUC of each branch and append a row to the file."""
        X = _album_embeddings(self.joint, self.val)
        scored = albums.rows_without_nan(X)
        truth = self.joint.catalogue.label_matrix()[scored]
        parts = _parts(self.joint)
        row: dict[str, float] = {"epoch": epoch + 1}
        for position, branch in enumerate(self.joint.branches):
            alone = fusion.zero_modalities(X[scored], parts, (position,))
            outputs = self.joint.classifier.predict(alone, verbose=0)
            row[branch.name] = metrics.macro_auc(truth, self.joint.objective.scores(outputs))
        table = pd.DataFrame([row])
        if self.path.is_file():
            # A resumed training repeats the epochs after its last complete one.
            before = pd.read_csv(self.path)
            table = pd.concat([before[before["epoch"] <= epoch], table])
        write_atomically(self.path, table.to_csv(index=False))


def _parts(joint: JointNetwork) -> list[Source]:
    """Return a source without albums for each branch: its name and length."""
    parts = []
    for branch in joint.branches:
        parts.append(Source(branch.name, "", np.empty((0, branch.network.output_shape[1]))))
    return parts


def _up_to_features(network: keras.Model, name: str) -> keras.Model:
    return keras.Model(network.input, network.get_layer(models.FEATURES).output, name=name)


def audio_branch(folder: Path, params: dict, catalogue: Catalogue) -> Branch:
    """Make a branch from an audio run: its untrained track network over patches.

    Raises
    ------
    NothingUsableError
        If the run has no convolutional network.
    """
    if params["encoder"] or params["filters"] == "timbre_mlp":
        reason = (
            f"no audio run of {catalogue.name!r} has a network to train jointly (the best, {folder.name}, has none)"
        )
        if commands.only_timbre(catalogue):
            command = commands.notebook(catalogue, FUSION_NOTEBOOK, modalities="ti", learning="simultaneous")
            raise NothingUsableError(f"{reason}, and without recordings none can have; leave audio out:  {command}")
        command = commands.notebook(catalogue, "04_audio", filters="low_4x96")
        raise NothingUsableError(f"{reason}; make one with  {command}")
    store = audio_store.extract(catalogue, "cqt", patches=params["patches"], seed=params["seed"])
    tracks = audio_store.track_table(catalogue, store)
    patches = audio_store.flat_patches(store)
    mean, std = store.standardisation(tracks["row"][tracks["split"] == "train"] // params["patches"])
    network = models.cnn(
        params["filters"], params["target"], len(catalogue.labels), params["dimensions"], mean=mean, std=std
    )
    rows = tracks.set_index("album")["row"]
    return Branch("audio", _up_to_features(network, "audio"), partial(read_rows, patches), rows)


def text_branch(folder: Path, params: dict, catalogue: Catalogue) -> Branch:
    """Make a branch from a text run: its untrained network over the run's inputs."""
    texts = text.aggregate(catalogue, params["characters"], params["seed"])
    X = text.album_vectors.rows_of(texts, folder, params, catalogue)
    network = models.text_mlp(X.shape[1], params["target"], len(catalogue.labels), params["dimensions"])
    rows = text.rows_with_features(X)
    return Branch("text", _up_to_features(network, "text"), partial(read_rows, X), pd.Series(rows, rows))


def image_branch(folder: Path, params: dict, catalogue: Catalogue) -> Branch:
    """Make a branch from an image run: its untrained network over covers."""
    store = covers.decode(catalogue)
    network = models.resnet(
        params["backbone"], params["target"], len(catalogue.labels), params["dimensions"],
        weights=params["weights"], image_size=params["image_size"],
    )  # fmt: skip
    usable = store.rows(catalogue.albums["album_id"])
    usable = usable[usable >= 0]

    def read(rows: np.ndarray) -> np.ndarray:
        views = []
        for row, pixels in zip(rows, read_rows(store.values, rows), strict=True):
            views.append(centre_view(pixels, tuple(store.sizes[row]), params["image_size"]))
        return np.stack(views)

    return Branch("image", _up_to_features(network, "image"), read, pd.Series(usable, usable))


def learn(
    catalogue: Catalogue,
    sources: list[Source],
    objective: Target,
    encoded_targets: np.ndarray,
    cfg: Multimodal,
    run: Path,
) -> Learned:
    """Train the networks of all sources with one loss; parameters as in :func:`mumu_lib.fusion.learned.learn`."""
    folder = folder_name(catalogue, sources)
    joint = build(catalogue, sources, objective, encoded_targets, cfg)
    history = fit(joint, cfg, run / folder)
    parts = encode(joint)
    return Learned(joint.network, joint.classifier, history, folder, parts, fusion.join(parts), curves=joint.curves)
