"""Our late fusion: a weighted mean of what each source says by itself, its weights chosen on validation albums.

Paper: none; section 5.4 trains a layer over the joined vectors.  Notebooks: 07_multimodal.

The vectors of a run were learned on the training albums, and say more about these than about any others. A layer trained
on the same albums believes them too much: on real clips it did worse than the best source alone. A mean has nothing to
train, and its weights are chosen on albums that no source has learned from. One weight may be 1, so that on these albums
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
from mumu_lib.fusion import Source, join
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
    """Choose the weights of the mean; parameters as of :func:`mumu_lib.fusion.learned.learn`.

    ``history`` of what is returned has a row a step of the search: ``epoch``, ``val_auc``, ``seconds``, ``best``, and
    ``weight of NAME`` for each source.
    """
    heads = []
    for number, source in enumerate(sources):
        head = head_of(catalogue, source, objective, encoded_targets, cfg, run)
        # Two networks of one name cannot be parts of a third.
        heads.append(keras.Model(head.inputs, head.outputs[0], name=f"source_{number}"))
    joined = join(sources, cfg.missing)
    history = search(catalogue, sources, objective, heads)
    weights = list(committee.weights_of(history).values())
    network = mean_of(sources, heads, weights, objective)
    folder = f"mean-{digest(joined)}"
    keep(network, history, run / folder)
    return Learned(
        network, network, history, folder, sources, _behind(sources, joined, weights), cfg.missing, unit="steps"
    )


def head_of(
    catalogue: Catalogue, source: Source, objective: Target, encoded_targets: np.ndarray, cfg: Multimodal, run: Path
) -> keras.Model:
    """Return a network from a source's vectors to outputs: the run's own layers behind its vectors, if it has such.

    A file has none, a run towards another target has others: these learn one, by our recipe.
    """
    folder = home() / "runs" / catalogue.name / source.origin
    if (folder / "metrics.json").is_file():
        facts = read_json(folder / "metrics.json", runs.RERUN_HINT)
        if facts.get("target") == objective.name and _same_factors(folder, facts, cfg):
            network = _behind_vectors(folder, facts)
            if network is not None:
                return network
    print(
        f"{source.name}: {source.origin} has no output of its own for {objective.name!r}; one is learned on its vectors"
    )
    search = recipes.Search(catalogue, objective, cfg.seed, cfg.batch_size, f"source-{source.name}")
    return search.fit(source.vectors, encoded_targets, run).network


def _same_factors(folder: Path, facts: dict[str, Any], cfg: Multimodal) -> bool:
    """Whether a run was trained towards factors of the same length."""
    name = facts.get("modality", "")
    notebook = BY_NAME[runs.modality_of(facts)].notebook if name in BY_NAME else FUSION_NOTEBOOK
    return runs.parameters(folder, PARAMETERS[notebook]).get("dimensions") == cfg.dimensions


def _behind_vectors(folder: Path, facts: dict[str, Any]) -> keras.Model | None:
    """Return the part of a run's network from its album vectors on; None where it kept no network."""
    whole = facts.get("album_network") or (facts.get("network") if "sources" in facts else "")
    name = whole or facts.get("network") or ""
    if not name or not (folder / name / "model.keras").is_file():
        return None
    network = trained(folder / name)
    # What 04 and 07 keep as vectors are the inputs of their network; of the others it is what the output is given.
    if whole:
        return network
    return keras.Model(network.get_layer(models.FEATURES).output, network.outputs[0])


def search(catalogue: Catalogue, sources: list[Source], objective: Target, heads: list[keras.Model]) -> pd.DataFrame:
    """Choose the weights on the validation albums that have every vector.

    Returns
    -------
    steps : pd.DataFrame
        As of :func:`mumu_lib.training.committee.search`.
    """
    there = np.stack([np.isfinite(source.vectors).all(axis=1) for source in sources])
    rows = np.intersect1d(catalogue.rows("val"), np.flatnonzero(there.all(axis=0)))
    said = {}
    for source, network in zip(sources, heads, strict=True):
        said[source.name] = recipes.outputs_of(network, Batches(source.vectors, rows, batch_size=1024))
    return committee.search(objective, said, catalogue.label_matrix()[rows])


def mean_of(sources: list[Source], heads: list[keras.Model], weights: list[float], objective: Target) -> keras.Model:
    """Return the mean as a network: joined vectors [shape=(n, sum of d)] -> outputs.

    A vector of zeros stands for one that is missing; the others then share its weight.
    """
    ends = np.cumsum([source.vectors.shape[1] for source in sources])
    inputs = keras.Input((int(ends[-1]),), name="album_vectors")
    outputs, shares = [], []
    for source, network, weight, end in zip(sources, heads, weights, ends, strict=True):
        part = inputs[:, int(end) - source.vectors.shape[1] : int(end)]
        known = keras.ops.any(keras.ops.not_equal(part, 0.0), axis=1, keepdims=True)
        # A source that the validation albums did not want still speaks for an album that has nothing else.
        shares.append(keras.ops.cast(known, "float32") * max(weight, committee.EDGE))
        outputs.append(network(part))
    return keras.Model(inputs, committee.mean(outputs, shares, objective), name=f"mean_{objective.name}")


def _behind(sources: list[Source], joined: np.ndarray, weights: list[float]) -> np.ndarray:
    """Return the joined vectors, each part at the length of its weight [shape=(albums, sum of d)]."""
    result = np.array(joined, dtype=np.float32)
    start = 0
    for source, weight in zip(sources, weights, strict=True):
        part = slice(start, start + source.vectors.shape[1])
        length = np.linalg.norm(result[:, part], axis=1, keepdims=True)
        result[:, part] *= np.divide(weight, length, out=np.zeros_like(length), where=length > 0)
        start = part.stop
    return result
