"""Fit a straight line (ridge or logistic regression) on the inputs of a run's network, as a run of its own.

Paper: none.  Notebooks: 04_audio to 07_multimodal write them, 08_results compares.
"""

from typing import Any

import numpy as np
import pandas as pd

from mumu_lib import runs
from mumu_lib.core.fingerprints import digest
from mumu_lib.encoders import choice
from mumu_lib.experiments import encoder_of, line_of
from mumu_lib.params import Training
from mumu_lib.targets import Target
from mumu_lib.training import lines
from mumu_lib.training.albums import Vectors
from mumu_lib.training.lines import Scaling


def beside(
    run: runs.Run,
    objective: Target,
    X: Vectors,
    encoded_targets: np.ndarray,
    cfg: Training,
    scaling: Scaling | None = None,
) -> runs.Run:
    """Fit a straight line on the inputs of a run's network; write it as a run ``MODALITY-TARGET-linear_SETTING``.

    The stored ``embeddings`` of the new run are its inputs. A line that was fitted on the same inputs before is reused.

    Parameters
    ----------
    run : Run
        Run of the network.
    X : matrix [shape=(albums, d)]
        Inputs of the network, one row an album of the catalogue. Albums without inputs have NaN, or an empty row in a
        sparse matrix.
    encoded_targets : np.ndarray [shape=(albums, outputs)]
        ``objective.encode`` of all albums.
    scaling : Scaling, optional
        How the network scales its inputs; to unit length by default.
    """
    if scaling is None:
        scaling = Scaling()
    scaled = scaling.apply(X)
    modality, target, setting = run.key
    line_run = runs.start(run.catalogue, (modality, target, line_of(setting)), cfg)
    content = digest(scaled)
    if line_run.finished and line_run.metrics.get("inputs") == content:
        return line_run
    line = lines.fit(run.catalogue, objective, scaled, encoded_targets)
    result, _ = runs.evaluate(run.catalogue, line.scored, line.scores, seed=cfg.seed)
    facts: dict[str, Any] = {
        "modality": modality, "target": target, "setting": line_of(setting), "recipe": "line",
        "beside": run.folder.name, "params": line.params, "seconds_per_epoch": line.seconds, "epochs": 1,
        **_encoder(run), "strength": line.strength, "tried": line.tried.to_dict("list"), "scaling": scaling.name, "inputs": content,
    }  # fmt: skip
    ids = list(run.catalogue.albums["album_id"].iloc[line.scored])
    line_run.write({**facts, **result}, album_ids=ids, embeddings=line.inputs, scores=line.scores)
    return line_run


def _encoder(run: runs.Run) -> dict[str, Any]:
    """Return the stored facts about the pretrained encoder of a run; empty if it uses none."""
    modality, _, setting = run.key
    # A user's file of embeddings may have the name of an encoder by chance.
    if modality == "own":
        return {}
    return choice.recorded(encoder_of(setting))


def compared(result: dict[str, Any], line: runs.Run) -> pd.DataFrame:
    """Tabulate the metrics of a network and of the straight line on the same inputs.

    Parameters
    ----------
    result : dict
        Metrics of the network, from :func:`mumu_lib.runs.evaluate`.
    line : Run
        From :func:`beside`.

    Returns
    -------
    table : pd.DataFrame
        Rows ``network`` and ``line``; columns ``auc``, ``auc_low``, ``auc_high`` (95 %), ``coverage@1``, ``precision@1``, ``val_auc``.
    """
    columns = ["auc", *runs.INTERVAL, "coverage@1", runs.BESIDE_COVERAGE, "val_auc"]
    rows = {"network": result, "line": line.metrics}
    return pd.DataFrame.from_dict(rows, orient="index").reindex(columns=columns).astype(float).round(3)
