"""All modalities learned at once, by one loss: what section 5.4 of the paper argues against.

Paper: Section 5.4.  Notebooks: 07_multimodal.

The networks of the runs that the late fusion would join are built anew, as they were before training, and joined
where their vectors are joined. An example is a track with its album's text and cover, since the audio network is
trained on tracks; without audio it is an album.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import layers

from mumu_lib import fusion, metrics, models, runs, text, training
from mumu_lib.audio import store as audio_store
from mumu_lib.catalogue import Catalogue
from mumu_lib.core.errors import NothingUsableError
from mumu_lib.core.files import write_atomically
from mumu_lib.core.fingerprints import hash_of
from mumu_lib.core.parsing import read_json
from mumu_lib.core.paths import home
from mumu_lib.experiments import BY_NAME, resolve
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
    """One modality: a network from its input to its vector, and what the network is given.

    Attributes
    ----------
    read : function
        Rows -> inputs.
    rows : pd.Series
        Index: row of the album table, one for a track or an album; value: row to read.
    """

    name: str
    network: keras.Model
    read: Callable[[np.ndarray], np.ndarray]
    rows: pd.Series


class Examples:
    """Inputs of all branches, example by example, to be indexed as an array would be."""

    def __init__(self, branches: list[Branch], table: pd.DataFrame) -> None:
        self.branches, self.table = branches, table

    def __getitem__(self, rows: np.ndarray) -> tuple[np.ndarray, ...]:
        return tuple(branch.read(self.table[branch.name].to_numpy()[rows]) for branch in self.branches)


@dataclass
class JointNetwork:
    """A network of several branches with its examples.

    Attributes
    ----------
    network, classifier : keras.Model
        Inputs of all branches -> outputs; joined vectors -> outputs, the same last layers.
    curves : pd.DataFrame
        Validation AUC of each branch by itself, by epoch.
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
    """The branches of some runs, untrained, joined.

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
    table = branches[0].rows.rename(branches[0].name).to_frame()
    for branch in branches[1:]:
        table = table.join(branch.rows.rename(branch.name), how="inner")
    table = table.rename_axis("album").reset_index()
    inputs = [keras.Input(branch.network.input_shape[1:], name=f"of_{branch.name}") for branch in branches]
    full = {"dtype": models.FULL}
    vectors = [layers.UnitNormalization(**full)(b.network(x)) for b, x in zip(branches, inputs, strict=True)]
    joined = layers.Concatenate(name=models.FEATURES, **full)(vectors)
    after = keras.Input((joined.shape[1],), name="joined")
    x = layers.Dropout(0.7, **full)(after) if cfg.target == "cosine" else after
    classifier = keras.Model(
        after, models.head(x, cfg.target, len(catalogue.labels), objective.n_outputs), name="classifier"
    )
    x = joined
    for layer in classifier.layers[1:]:
        x = layer(x)
    return JointNetwork(
        catalogue, branches, Examples(branches, table), keras.Model(inputs, x), classifier, objective, encoded_targets
    )


def folder_name(catalogue: Catalogue, sources: list[Source]) -> str:
    """Where in a run the networks of these sources are kept: those of other runs are not taken for them."""
    folders = [home() / "runs" / catalogue.name / source.origin for source in sources]
    networks = [read_json(folder / "metrics.json", runs.RERUN_HINT).get("network", "") for folder in folders]
    made_of = json.dumps([[source.origin for source in sources], networks])
    return "together-" + hash_of(made_of, length=8)


def fit(together: JointNetwork, cfg: Multimodal, folder: Path) -> pd.DataFrame:
    """Train all branches by one loss; resumes as :func:`mumu_lib.training.fit`.

    Returns
    -------
    history : pd.DataFrame
        As of :func:`mumu_lib.training.fit`; ``together.curves`` holds what each branch knows by itself.
    """
    album = together.examples.table["album"].to_numpy()
    can = albums.has_target(together.encoded_targets)[album]
    parts = {split: np.flatnonzero(can & np.isin(album, together.catalogue.rows(split))) for split in ("train", "val")}
    fed = [
        training.Batches(
            together.examples, rows, together.encoded_targets[album[rows]], batch_size=cfg.batch_size, seed=seed
        )
        for rows, seed in ((parts["train"], cfg.seed), (parts["val"], None))
    ]
    watch = _Watch(together, parts["val"], folder / "branches.csv")
    history = training.fit(
        together.network, together.objective.loss, *fed, epochs=cfg.together_epochs, patience=cfg.patience, learning_rate=cfg.together_learning_rate,
        seed=cfg.seed, folder=folder, callbacks=[watch],
    )  # fmt: skip
    together.curves = pd.read_csv(folder / "branches.csv", index_col="epoch")
    return history


def encode(together: JointNetwork) -> list[Source]:
    """Each branch's part of the joined vectors, means over an album's tracks [a Source a branch]."""
    vectors = _vectors(together, np.arange(len(together.examples.table)))
    ends = np.cumsum([branch.network.output_shape[1] for branch in together.branches])
    parts = np.split(vectors, ends[:-1], axis=1)
    return [Source(b.name, "simultaneous", part) for b, part in zip(together.branches, parts, strict=True)]


def _vectors(together: JointNetwork, rows: np.ndarray) -> np.ndarray:
    album = together.examples.table["album"].to_numpy()[rows]
    batches = training.Batches(together.examples, rows, batch_size=64)
    return albums.album_embeddings(together.network, batches, album, len(together.catalogue.albums))


class _Watch(keras.callbacks.Callback):
    """After every epoch: the validation AUC with all branches but one at zero."""

    def __init__(self, together: JointNetwork, val: np.ndarray, path: Path) -> None:
        super().__init__()
        self.together, self.val, self.path = together, val, path

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        X = _vectors(self.together, self.val)
        known = albums.rows_without_nan(X)
        truth, sources = self.together.catalogue.label_matrix()[known], _parts(self.together)
        row: dict[str, float] = {"epoch": epoch + 1}
        for i, branch in enumerate(self.together.branches):
            alone = fusion.zero_modalities(X[known], sources, (i,))
            row[branch.name] = metrics.macro_auc(
                truth, self.together.objective.scores(self.together.classifier.predict(alone, verbose=0))
            )
        before = pd.read_csv(self.path) if self.path.is_file() else pd.DataFrame()
        before = before[before["epoch"] <= epoch] if len(before) else before
        write_atomically(self.path, pd.concat([before, pd.DataFrame([row])]).to_csv(index=False))


def _parts(together: JointNetwork) -> list[Source]:
    return [Source(b.name, "", np.empty((0, b.network.output_shape[1]))) for b in together.branches]


def _upto_features(network: keras.Model, name: str) -> keras.Model:
    return keras.Model(network.input, network.get_layer(models.FEATURES).output, name=name)


def audio_branch(folder: Path, params: dict, catalogue: Catalogue) -> Branch:
    """Make a branch of an audio run: its track network, untrained, over patches."""
    if params["encoder"] or params["filters"] == "timbre_mlp":
        raise NothingUsableError(f"{folder.name} has no network below its vectors; name a convolutional run's modality")
    store = audio_store.extract(catalogue, "cqt", patches=params["patches"], seed=params["seed"])
    tracks, flat = audio_store.track_table(catalogue, store), audio_store.flat_patches(store)
    mean, std = store.standardisation(tracks["row"][tracks["split"] == "train"] // params["patches"])
    network = models.cnn(
        params["filters"], params["target"], len(catalogue.labels), params["dimensions"], mean=mean, std=std
    )
    return Branch(
        "audio", _upto_features(network, "audio"), lambda rows: read_rows(flat, rows), tracks.set_index("album")["row"]
    )


def text_branch(folder: Path, params: dict, catalogue: Catalogue) -> Branch:
    """Make a branch of a text run: its network, untrained, over what the run was given."""
    texts = text.aggregate(catalogue, params["characters"], params["seed"])
    X = text.album_vectors.rows_of(texts, folder, params, catalogue)
    network = models.text_mlp(X.shape[1], params["target"], len(catalogue.labels), params["dimensions"])
    rows = text.rows_with_features(X)
    return Branch("text", _upto_features(network, "text"), lambda rows: read_rows(X, rows), pd.Series(rows, rows))


def image_branch(folder: Path, params: dict, catalogue: Catalogue) -> Branch:
    """Make a branch of an image run: its network, untrained, over covers."""
    store = covers.decode(catalogue)
    network = models.resnet(
        params["backbone"], params["target"], len(catalogue.labels), params["dimensions"],
        weights=params["weights"], image_size=params["image_size"],
    )  # fmt: skip
    usable = store.rows(catalogue.albums["album_id"])
    usable = usable[usable >= 0]

    def read(rows: np.ndarray) -> np.ndarray:
        views = [
            centre_view(pixels, tuple(store.sizes[row]), params["image_size"])
            for row, pixels in zip(rows, read_rows(store.values, rows), strict=True)
        ]
        return np.stack(views)

    return Branch("image", _upto_features(network, "image"), read, pd.Series(usable, usable))


def learn(
    catalogue: Catalogue,
    sources: list[Source],
    objective: Target,
    encoded_targets: np.ndarray,
    cfg: Multimodal,
    run: Path,
) -> Learned:
    """Train the networks of all sources by one loss; parameters as of :func:`mumu_lib.fusion.learned.learn`."""
    folder = folder_name(catalogue, sources)
    together = build(catalogue, sources, objective, encoded_targets, cfg)
    history = fit(together, cfg, run / folder)
    found = encode(together)
    after = fusion.join(found)
    return Learned(together.network, together.classifier, history, folder, found, after, curves=together.curves)
