"""Finished runs to fuse, and the parameters of 07."""

from dataclasses import dataclass

import numpy as np

from mumu_lib import params, runs


@dataclass(frozen=True, kw_only=True)
class Anything(params.Shared):
    target: str = "cosine"


def cfg(modalities="ati", **values):
    defaults = {
        "catalogue": "tiny", "seed": 0, "target": "cosine", "dimensions": 50, "epochs": 100, "batch_size": 8,
        "learning_rate": 0.01, "patience": 10, "together_epochs": 2, "together_learning_rate": 0.001, "learning": "late", "missing": "complete",
        "recipe": "paper",
    }  # fmt: skip
    return params.Multimodal(modalities=modalities, **{**defaults, **values})


def finished(catalogue, modality, setting, X, val_auc, *, kept=None, **facts):
    """A finished run of some vectors, rows ``kept`` of the album table."""
    rows = np.arange(len(X)) if kept is None else kept
    run = runs.start(catalogue, f"{modality}-cosine-{setting}", Anything(catalogue=catalogue.name, seed=len(X)))
    run.write(
        {"modality": modality, "target": "cosine", "setting": setting, "auc": 0.5, "val_auc": val_auc, **facts},
        album_ids=list(catalogue.albums.album_id[rows]), embeddings=X[rows], scores=np.zeros((len(rows), 4)),
    )  # fmt: skip
    return run
