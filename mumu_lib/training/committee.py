"""A weighted mean of several networks, with weights chosen by the AUC of the validation albums.

Paper: none.  Notebooks: 04_audio, 05_text, 07_multimodal, with our recipe.

On a small collection the choice between networks changes the AUC by a few hundredths, and there are too few validation
albums to choose reliably; a mean of networks is more stable. It averages vectors in factor space (cosine) or log odds
(logistic). A weight may be 1: on the validation albums the mean is never worse than its best member.
"""

import time
from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import layers

from mumu_lib import metrics
from mumu_lib.targets import Target

# Members that are added to the mean, counting repetitions.
STEPS = 20
# Probabilities are clipped: 0 and 1 have no log odds.
EDGE = 1e-6
# Prefix of the columns of weights: a member may have the name of another column, such as ``best``.
WEIGHT_OF = "weight of "


def opinion(objective: Target, outputs: np.ndarray) -> np.ndarray:
    """Return the quantity to average [shape as ``outputs``]: outputs of the cosine target, or log odds.

    Examples
    --------
    >>> from mumu_lib.targets import Logistic
    >>> opinion(Logistic(2), np.array([[0.5, 0.75]])).round(2).tolist()
    [[0.0, 1.1]]
    """
    if objective.name == "cosine":
        return np.asarray(outputs, dtype=np.float64)
    inside = np.clip(np.asarray(outputs, dtype=np.float64), EDGE, 1 - EDGE)
    return np.log(inside / (1 - inside))


def search(objective: Target, predicted: dict[str, np.ndarray], truth: Any) -> pd.DataFrame:
    """Build a weighted mean by greedy selection with replacement (Caruana et al., 2004).

    Each step adds the member that raises the validation AUC most; a member may be added several times.

    Parameters
    ----------
    objective : Target
    predicted : dict
        Maps the name of each member to its outputs for the validation albums [shape=(n, outputs)].
    truth : matrix [shape=(n, labels)], 0/1

    Returns
    -------
    steps : pd.DataFrame
        ``epoch`` (the step, from 1), ``weight of NAME`` for each member, ``val_auc``, ``seconds``, ``best`` (the first
        step with the highest AUC). A single row of equal weights if no AUC is defined.
    """
    names = []
    outputs = []
    for name, own_outputs in predicted.items():
        names.append(WEIGHT_OF + name)
        outputs.append(opinion(objective, own_outputs))
    opinions = np.stack(outputs)
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
        print("no label has both positive and negative validation albums: every member gets the same weight")
        equal = dict.fromkeys(names, 1 / len(names))
        return pd.DataFrame([{"epoch": 1, **equal, "val_auc": np.nan, "seconds": 0.0, "best": True}])
    table = pd.DataFrame(steps)
    return table.assign(best=np.arange(len(table)) == int(table["val_auc"].argmax()))


def _most_helpful(objective: Target, opinions: np.ndarray, counts: np.ndarray, truth: Any) -> tuple[int, float]:
    """Return the member whose addition gives the highest AUC, and that AUC; the first one among equals."""
    aucs = []
    for position in range(len(counts)):
        extended = counts + (np.arange(len(counts)) == position)
        mean = np.tensordot(extended / extended.sum(), opinions, axes=1)
        # Log odds rank albums in the same order as probabilities.
        aucs.append(metrics.macro_auc(truth, objective.scores(mean)))
    if np.isnan(aucs).all():
        return 0, float("nan")
    return int(np.nanargmax(aucs)), float(np.nanmax(aucs))


def weights_of(steps: pd.DataFrame) -> dict[str, float]:
    """Return the weight of each member in the best step of a search.

    Examples
    --------
    >>> weights_of(pd.DataFrame({"weight of a": [1.0, 0.5], "weight of b": [0.0, 0.5], "best": [False, True]}))
    {'a': 0.5, 'b': 0.5}
    """
    kept = steps[steps["best"]].iloc[0]
    weights = {}
    for column in steps.columns[steps.columns.str.startswith(WEIGHT_OF)]:
        weights[column.removeprefix(WEIGHT_OF)] = float(kept[column])
    return weights


def mean(opinions: list[Any], shares: list[Any], objective: Target) -> Any:
    """Return the outputs of a weighted mean of networks, as a Keras tensor.

    Parameters
    ----------
    opinions : list of tensors [shape=(n, outputs)]
        Outputs of the members.
    shares : list of float or tensors [shape=(n, 1)]
        Weight of each member; they need not sum to 1.
    objective : Target
    """
    total = sum_of_shares = 0.0
    for outputs, share in zip(opinions, shares, strict=True):
        if objective.name == "logistic":
            outputs = keras.ops.clip(outputs, EDGE, 1 - EDGE)
            outputs = keras.ops.log(outputs / (1.0 - outputs))
        total = total + share * outputs
        sum_of_shares = sum_of_shares + share
    averaged = total / keras.ops.maximum(sum_of_shares, EDGE)
    if objective.name == "logistic":
        return layers.Activation("sigmoid", dtype="float32", name="output")(averaged)
    return layers.UnitNormalization(dtype="float32", name="output")(averaged)
