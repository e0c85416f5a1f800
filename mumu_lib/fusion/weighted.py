"""Our late fusion: a weighted mean of the sources' own predictions, with weights chosen on validation albums.

Paper: none; section 5.4 trains a layer over the joined embeddings.  Notebooks: 07_multimodal.

A run's embeddings were learned on the training albums and fit these better than other albums. A layer trained on the
same albums overfits to them: on real clips it was worse than the best single source. A mean has no trained parameters
except its weights, which are chosen on albums that no source was trained on. One weight may be 1, hence on these albums
the mean is never worse than its best source.
"""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd

from mumu_lib import models, runs
from mumu_lib.catalogue import Catalogue
from mumu_lib.core.fingerprints import digest
from mumu_lib.core.parsing import read_json
from mumu_lib.core.paths import home
from mumu_lib.experiments import BY_NAME, FUSION_NOTEBOOK
from mumu_lib.fusion import Source, has_embedding, join
from mumu_lib.fusion.learned import Learned
from mumu_lib.params import PARAMETERS, Multimodal
from mumu_lib.targets import Target
from mumu_lib.training import Batches, committee, keep, recipes, trained


def learn(
    catalogue: Catalogue,
    sources: list[Source],
    objective: Target,
    encoded_targets: np.ndarray,
    cfg: Multimodal,
    run: Path,
) -> Learned:
    """Choose the weights of the mean; parameters as in :func:`mumu_lib.fusion.learned.learn`.

    ``history`` of the result has a row per step of the search: ``epoch``, ``val_auc``, ``seconds``, ``best``, and
    ``weight of NAME`` for each source.
    """
    heads = []
    for number, source in enumerate(sources):
        head = head_of(catalogue, source, objective, encoded_targets, cfg, run)
        # Keras refuses two sub-networks with the same name.
        heads.append(keras.Model(head.inputs, head.outputs[0], name=f"source_{number}"))
    joined = join(sources, cfg.missing)
    history = search(catalogue, sources, objective, heads)
    weights = list(committee.weights_of(history).values())
    network = mean_of(sources, heads, weights, objective)
    folder = f"mean-{digest(joined)}"
    keep(network, history, run / folder)
    return Learned(
        network, network, history, folder, sources, _weighted_parts(sources, joined, weights), cfg.missing, unit="steps"
    )


def head_of(
    catalogue: Catalogue, source: Source, objective: Target, encoded_targets: np.ndarray, cfg: Multimodal, run: Path
) -> keras.Model:
    """Return a network from a source's embeddings to outputs.

    For a run with the same target and factors, take its own layers after the embeddings. For files and other runs, train
    a network with our recipe.
    """
    folder = home() / "runs" / catalogue.name / source.origin
    if (folder / "metrics.json").is_file():
        facts = read_json(folder / "metrics.json", runs.RERUN_HINT)
        if facts.get("target") == objective.name and _same_factors(folder, facts, cfg):
            network = _after_embeddings(folder, facts)
            if network is not None:
                return network
    print(
        f"{source.name}: {source.origin} has no outputs for target {objective.name!r}; training a network on its embeddings"
    )
    search = recipes.Search(catalogue, objective, cfg.seed, cfg.batch_size, f"source-{source.name}")
    return search.fit(source.vectors, encoded_targets, run).network


def _same_factors(folder: Path, facts: dict[str, Any], cfg: Multimodal) -> bool:
    """Return whether a run was trained with label factors of the same number of dimensions."""
    notebook = FUSION_NOTEBOOK
    if facts.get("modality", "") in BY_NAME:
        notebook = BY_NAME[runs.modality_of(facts)].notebook
    return runs.parameters(folder, PARAMETERS[notebook]).get("dimensions") == cfg.dimensions


def _after_embeddings(folder: Path, facts: dict[str, Any]) -> keras.Model | None:
    """Return the part of a run's network from its album embeddings to outputs; None if it stored no network."""
    # Runs of 04 and 07 store the inputs of this network as embeddings, the others its last hidden layer.
    takes_embeddings = bool(facts.get("album_network")) or "sources" in facts
    name = facts.get("album_network") or facts.get("network") or ""
    if not name or not (folder / name / "model.keras").is_file():
        return None
    network = trained(folder / name)
    if takes_embeddings:
        return network
    return keras.Model(network.get_layer(models.FEATURES).output, network.outputs[0])


def search(catalogue: Catalogue, sources: list[Source], objective: Target, heads: list[keras.Model]) -> pd.DataFrame:
    """Choose the weights on the validation albums that have all embeddings.

    Returns
    -------
    steps : pd.DataFrame
        As of :func:`mumu_lib.training.committee.search`.
    """
    complete = np.ones(len(catalogue.albums), dtype=bool)
    for source in sources:
        complete &= has_embedding(source)
    rows = np.intersect1d(catalogue.rows("val"), np.flatnonzero(complete))
    outputs = {}
    for source, network in zip(sources, heads, strict=True):
        outputs[source.name] = recipes.outputs_of(network, Batches(source.vectors, rows, batch_size=1024))
    return committee.search(objective, outputs, catalogue.label_matrix()[rows])


def mean_of(sources: list[Source], heads: list[keras.Model], weights: list[float], objective: Target) -> keras.Model:
    """Return the weighted mean as a network: joined embeddings [shape=(n, sum of d)] -> outputs.

    An embedding of zeros counts as missing; its weight is shared among the others.
    """
    length = sum(source.vectors.shape[1] for source in sources)
    inputs = keras.Input((length,), name="album_vectors")
    outputs = []
    shares = []
    start = 0
    for source, network, weight in zip(sources, heads, weights, strict=True):
        end = start + source.vectors.shape[1]
        part = inputs[:, start:end]
        present = keras.ops.any(keras.ops.not_equal(part, 0.0), axis=1, keepdims=True)
        # A source with weight 0 still counts for albums that have no other source.
        shares.append(keras.ops.cast(present, "float32") * max(weight, committee.EDGE))
        outputs.append(network(part))
        start = end
    return keras.Model(inputs, committee.mean(outputs, shares, objective), name=f"mean_{objective.name}")


def _weighted_parts(sources: list[Source], joined: np.ndarray, weights: list[float]) -> np.ndarray:
    """Return the joined embeddings, each part scaled to the length of its weight [shape=(albums, sum of d)]."""
    result = np.array(joined, dtype=np.float32)
    start = 0
    for source, weight in zip(sources, weights, strict=True):
        part = slice(start, start + source.vectors.shape[1])
        length = np.linalg.norm(result[:, part], axis=1, keepdims=True)
        result[:, part] *= np.divide(weight, length, out=np.zeros_like(length), where=length > 0)
        start = part.stop
    return result
