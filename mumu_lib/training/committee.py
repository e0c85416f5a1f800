"""A weighted mean of several networks, its weights chosen by the AUC of the validation albums.

Paper: none.  Notebooks: 04_audio, 05_text, 07_multimodal, with the recipe of ours.

One network more or less decides a few hundredths of AUC on a small collection, and validation albums too few to tell which
of them is the lucky one; their mean is steadier than any of them. What is averaged are places in factor space (cosine) or
log odds (logistic). A weight may be 1, so that on the validation albums the mean is never worse than its best member.
"""

import time
from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import layers

from mumu_lib import metrics
from mumu_lib.targets import Target

STEPS = 20
# Probabilities of 0 and 1 have no log odds.
EDGE = 1e-6
# How the columns of weights begin: a member may be called like another column, such as ``best``.
WEIGHT_OF = "weight of "


def opinion(objective: Target, outputs: np.ndarray) -> np.ndarray:
    """Return what is averaged [shape as ``outputs``]: places in factor space as they are, or log odds."""
    if objective.name == "cosine":
        return np.asarray(outputs, dtype=np.float64)
    inside = np.clip(np.asarray(outputs, dtype=np.float64), EDGE, 1 - EDGE)
    return np.log(inside / (1 - inside))


def search(objective: Target, said: dict[str, np.ndarray], truth: Any) -> pd.DataFrame:
    """Add one member after the other to the mean, some several times, each time the one that helps most.

    Greedy selection with replacement (Caruana et al., 2004).

    Parameters
    ----------
    said : dict
        Name of each member, and its outputs for the validation albums [shape=(n, outputs)].
    truth : matrix [shape=(n, labels)], 0/1

    Returns
    -------
    steps : pd.DataFrame
        ``epoch`` (the step, from 1), ``weight of NAME`` for each member, ``val_auc``, ``seconds``, ``best`` (the first of
        the best). One row of equal weights where no AUC is defined.
    """
    names = [WEIGHT_OF + name for name in said]
    opinions = np.stack([opinion(objective, outputs) for outputs in said.values()])
    counts = np.zeros(len(names), dtype=int)
    steps: list[dict[str, Any]] = []
    for step in range(STEPS):
        started = time.perf_counter()
        position, auc = _most_helpful(objective, opinions, counts, truth)
        if np.isnan(auc):
            break
        counts[position] += 1
        weights = dict(zip(names, counts / counts.sum(), strict=True))
        steps.append({"epoch": step + 1, **weights, "val_auc": auc, "seconds": time.perf_counter() - started})
    if not steps:
        print("no label has both kinds of validation albums: every member gets the same weight")
        equal = dict.fromkeys(names, 1 / len(names))
        return pd.DataFrame([{"epoch": 1, **equal, "val_auc": np.nan, "seconds": 0.0, "best": True}])
    table = pd.DataFrame(steps)
    return table.assign(best=np.arange(len(table)) == int(table["val_auc"].argmax()))


def _most_helpful(objective: Target, opinions: np.ndarray, counts: np.ndarray, truth: Any) -> tuple[int, float]:
    """Return which member to add to those that are in, and the AUC of the mean with it; the first of equals."""
    found = []
    for position in range(len(counts)):
        more = counts + (np.arange(len(counts)) == position)
        mean = np.tensordot(more / more.sum(), opinions, axes=1)
        # Log odds rank albums as their probabilities do.
        found.append(metrics.macro_auc(truth, objective.scores(mean)))
    if np.isnan(found).all():
        return 0, float("nan")
    return int(np.nanargmax(found)), float(np.nanmax(found))


def weights_of(steps: pd.DataFrame) -> dict[str, float]:
    """Return the weights that a search has kept, by member."""
    kept = steps[steps["best"]].iloc[0]
    weights = {}
    for column in steps.columns[steps.columns.str.startswith(WEIGHT_OF)]:
        weights[column.removeprefix(WEIGHT_OF)] = float(kept[column])
    return weights


def mean(opinions: list[Any], shares: list[Any], objective: Target) -> Any:
    """Return the outputs of a mean of networks, as a tensor of Keras.

    Parameters
    ----------
    opinions : list of tensors [shape=(n, outputs)]
        Outputs of the members.
    shares : list of float or tensors [shape=(n, 1)]
        Weight of each; they need not sum to 1.
    """
    total = there = 0.0
    for outputs, share in zip(opinions, shares, strict=True):
        if objective.name == "logistic":
            outputs = keras.ops.clip(outputs, EDGE, 1 - EDGE)
            outputs = keras.ops.log(outputs / (1.0 - outputs))
        total = total + share * outputs
        there = there + share
    middle = total / keras.ops.maximum(there, EDGE)
    if objective.name == "logistic":
        return layers.Activation("sigmoid", dtype="float32", name="output")(middle)
    return layers.UnitNormalization(dtype="float32", name="output")(middle)
