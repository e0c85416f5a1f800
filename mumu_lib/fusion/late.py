"""Late fusion: train every source separately, then one layer over their joined embeddings.

Paper: Sections 5.4 and 6.4.  Notebooks: 07_multimodal.
"""

from pathlib import Path

import numpy as np

from mumu_lib import models
from mumu_lib.catalogue import Catalogue
from mumu_lib.fusion import Source, join
from mumu_lib.fusion.learned import Learned
from mumu_lib.params import Multimodal
from mumu_lib.targets import Target
from mumu_lib.training import Batches
from mumu_lib.training.albums import album_embeddings, fit_albums, folder_for, rows_without_nan

# Probability of zeroing a source's whole embedding in a training example, by the parameter ``missing``.
MODALITY_DROPOUT = {"complete": 0.0, "dropout": 0.5}


def learn(
    catalogue: Catalogue,
    sources: list[Source],
    objective: Target,
    encoded_targets: np.ndarray,
    cfg: Multimodal,
    run: Path,
) -> Learned:
    """Train the layer over the joined embeddings; parameters as in :func:`mumu_lib.fusion.learned.learn`."""
    sizes = [source.vectors.shape[1] for source in sources]
    dropout = MODALITY_DROPOUT[cfg.missing]
    labels = len(catalogue.labels)
    network = models.fusion(sizes, cfg.target, labels, objective.n_outputs, modality_dropout=dropout)
    joined = join(sources, cfg.missing)
    splits = catalogue.albums["split"]
    folder = folder_for(run, "network", joined, encoded_targets, splits)
    history = fit_albums(
        network, objective, joined, encoded_targets, splits, batch_size=cfg.batch_size, epochs=cfg.epochs,
        patience=cfg.patience, learning_rate=cfg.learning_rate, seed=cfg.seed, folder=run / folder,
    )  # fmt: skip
    scored = rows_without_nan(joined)
    after = album_embeddings(network, Batches(joined, scored, batch_size=256), scored, len(joined))
    return Learned(network, network, history, folder, sources, after, cfg.missing)
