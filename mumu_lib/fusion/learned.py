"""Learn a fusion, with the same result type for every method.

Paper: Section 5.4.  Notebooks: 07_multimodal.

In ``params/experiments.tsv``, the column ``learns`` names the module of each fusion setting. It has a function
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

# Module of our recipe, which replaces those of the paper's settings.
WEIGHTED = "mumu_lib.fusion.weighted"


@dataclass
class Learned:
    """A trained fusion.

    Attributes
    ----------
    network, classifier : keras.Model
        The whole network; its part from joined embeddings to outputs.
    history : pd.DataFrame
        As of :func:`mumu_lib.training.fit`.
    folder : str
        Folder of the network within the run.
    sources : list of Source
        Inputs of the classifier.
    after : np.ndarray [shape=(albums, sum of d)]
        Joined embeddings after the first layer.
    missing : str
        ``complete`` or ``dropout``, as in :func:`mumu_lib.fusion.join`.
    curves : pd.DataFrame
        Validation AUC of each branch by epoch; empty if each source was trained separately.
    unit : str
        Unit of the rows of ``history``: ``epochs``, or ``steps`` of a search for weights.
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
        """Describe the mean length of each source's part after the first layer."""
        after = self.after[self.scored]
        lengths = {}
        start = 0
        for source in self.sources:
            end = start + source.vectors.shape[1]
            lengths[source.name] = f"{np.linalg.norm(after[:, start:end], axis=1).mean():.2f}"
            start = end
        return f"mean length of each part behind the first layer: {lengths}"


def learn(
    catalogue: Catalogue,
    sources: list[Source],
    objective: Target,
    encoded_targets: np.ndarray,
    cfg: Multimodal,
    run: Path,
) -> Learned:
    """Learn a fusion by the method that the parameters of 07 select.

    Parameters
    ----------
    encoded_targets : np.ndarray [shape=(albums, outputs)]
        ``objective.encode`` of all albums.
    run : Path
        Folder of the run; an interrupted training resumes there.
    """
    _, setting = run_name(cfg)
    module = experiments.module_of(experiments.FUSION_NOTEBOOK, setting)
    if cfg.recipe == "ours":
        module = WEIGHTED
    return experiments.resolve(f"{module}:learn")(catalogue, sources, objective, encoded_targets, cfg, run)
