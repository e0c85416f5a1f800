"""The straight line beside a run: a run of its own, on the vectors that the run's network is given.

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
    """Fit a line on the vectors of a run's network, and write it as a run ``MODALITY-TARGET-linear_SETTING``.

    Its ``embeddings`` are its inputs. One that was fitted on the same vectors before is kept.

    Parameters
    ----------
    run : Run
        Of the network.
    X : matrix [shape=(albums, d)]
        What the network is given, a row an album of the catalogue; NaN, or nothing in a sparse matrix, for none.
    encoded_targets : np.ndarray [shape=(albums, outputs)]
        ``objective.encode`` of all albums.
    scaling : Scaling, optional
        How the network scales them; to length 1 by default.
    """
    scaling = Scaling() if scaling is None else scaling
    scaled = scaling.apply(X)
    modality, target, setting = run.key
    made = runs.start(run.catalogue, (modality, target, line_of(setting)), cfg)
    content = digest(scaled)
    if made.finished and made.metrics.get("inputs") == content:
        return made
    line = lines.fit(run.catalogue, objective, scaled, encoded_targets)
    result, _ = runs.evaluate(run.catalogue, line.scored, line.scores, seed=cfg.seed)
    facts: dict[str, Any] = {
        "modality": modality, "target": target, "setting": line_of(setting), "recipe": "line",
        "beside": run.folder.name, "params": line.params, "seconds_per_epoch": line.seconds, "epochs": 1,
        **_encoder(run), "strength": line.strength, "tried": line.tried.to_dict("list"), "scaling": scaling.name, "inputs": content,
    }  # fmt: skip
    ids = list(run.catalogue.albums["album_id"].iloc[line.scored])
    made.write({**facts, **result}, album_ids=ids, embeddings=line.inputs, scores=line.scores)
    return made


def _encoder(run: runs.Run) -> dict[str, Any]:
    """Return what is kept of the pretrained encoder whose vectors a run is given; nothing without one."""
    modality, _, setting = run.key
    # The name of a user's file means no encoder of ours.
    return {} if modality == "own" else choice.recorded(encoder_of(setting))


def compared(result: dict[str, Any], line: runs.Run) -> pd.DataFrame:
    """Return the numbers of a network and of the line on the same vectors.

    Parameters
    ----------
    result : dict
        Of :func:`mumu_lib.runs.evaluate`, of the network.

    Returns
    -------
    table : pd.DataFrame
        Rows ``network`` and ``line``; columns ``auc``, ``auc_low``, ``auc_high`` (95 %), ``coverage@1``, ``precision@1``, ``val_auc``.
    """
    columns = ["auc", *runs.INTERVAL, "coverage@1", runs.BESIDE_COVERAGE, "val_auc"]
    rows = {"network": result, "line": line.metrics}
    return pd.DataFrame.from_dict(rows, orient="index").reindex(columns=columns).astype(float).round(3)
