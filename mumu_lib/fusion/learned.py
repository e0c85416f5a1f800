"""What comes of learning a fusion, the same for every way to learn one.

Paper: Section 5.4.  Notebooks: 07_multimodal.

Each setting of a fusion in ``params/experiments.tsv`` has a module that its column ``learns`` names, with one function
``learn(catalogue, sources, objective, encoded_targets, cfg, run)`` that returns :class:`Learned`.
"""

from dataclasses import dataclass, field
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from mumu_lib import experiments
from mumu_lib.catalogue import Catalogue
from mumu_lib.fusion import Source, join, run_name
from mumu_lib.params import Multimodal
from mumu_lib.targets import Target
from mumu_lib.training.albums import rows_without_nan

# What the recipe of ours fuses by, whichever of the paper's settings is asked for.
WEIGHTED = "mumu_lib.fusion.weighted"


@dataclass
class Learned:
    """A trained fusion.

    Attributes
    ----------
    network, classifier : keras.Model
        All that was trained; the part of it from joined vectors to outputs.
    history : pd.DataFrame
        As of :func:`mumu_lib.training.fit`.
    folder : str
        Where in the run the network is kept.
    sources : list of Source
        The vectors that the classifier is given.
    after : np.ndarray [shape=(albums, sum of d)]
        The vectors behind the first layer, joined.
    missing : str
        ``complete`` or ``dropout``, as in :func:`mumu_lib.fusion.join`.
    curves : pd.DataFrame
        Validation AUC of each branch by epoch; no rows where each source was learned by itself.
    unit : str
        What the rows of ``history`` are: ``epochs``, or ``steps`` of a search for weights.
    """

    network: keras.Model
    classifier: keras.Model
    history: pd.DataFrame
    folder: str
    sources: list[Source]
    after: np.ndarray
    missing: str = "complete"
    curves: pd.DataFrame = field(default_factory=pd.DataFrame)
    unit: str = "epochs"

    def __post_init__(self) -> None:
        self.joined: np.ndarray = join(self.sources, self.missing)
        self.scored: np.ndarray = rows_without_nan(self.joined)

    def lengths(self) -> str:
        """Say how long each source's part is on average behind the first layer."""
        ends = np.cumsum([source.vectors.shape[1] for source in self.sources])
        parts = np.split(self.after[self.scored], ends[:-1], axis=1)
        found = {}
        for source, part in zip(self.sources, parts, strict=True):
            found[source.name] = f"{np.linalg.norm(part, axis=1).mean():.2f}"
        return f"mean length of each part behind the first layer: {found}"


def learn(
    catalogue: Catalogue,
    sources: list[Source],
    objective: Target,
    encoded_targets: np.ndarray,
    cfg: Multimodal,
    run: Path,
) -> Learned:
    """Learn a fusion of some sources, in the way that the parameters of 07 name.

    Parameters
    ----------
    encoded_targets : np.ndarray [shape=(albums, outputs)]
        ``objective.encode`` of all albums.
    run : Path
        Folder of the run; a training that was interrupted goes on there.
    """
    _, setting = run_name(cfg)
    module = experiments.module_of(experiments.FUSION_NOTEBOOK, setting)
    if cfg.recipe == "ours":
        module = WEIGHTED
    return experiments.resolve(f"{module}:learn")(catalogue, sources, objective, encoded_targets, cfg, run)
