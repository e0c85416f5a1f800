"""Compare a fusion with each of its sources alone, and with a linear model over all of them.

Paper: Section 6.4.  Notebooks: 07_multimodal.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp

from mumu_lib import metrics, results, runs
from mumu_lib.catalogue import Catalogue
from mumu_lib.core.parsing import read_array, read_lines
from mumu_lib.core.paths import home
from mumu_lib.features import embeddings
from mumu_lib.fusion import Source, join
from mumu_lib.runs import Run
from mumu_lib.targets import Target
from mumu_lib.training import lines
from mumu_lib.training.albums import Vectors
from mumu_lib.training.lines import Scaling

LINE = "straight line over all"
COLUMNS = [
    "validation: alone", "validation: fused", "AUC alone", "AUC fused", "difference", "from", "to", "albums", "by",
]  # fmt: skip


def against_single(
    catalogue: Catalogue, sources: list[Source], scored: np.ndarray, scores: np.ndarray, objective: Target, encoded_targets: np.ndarray,
    *, line: Run | None = None, seed: int = 0,
) -> pd.DataFrame:  # fmt: skip
    """Compare a fusion with its sources, paired on the albums that both have scored (paper 6.4).

    Parameters
    ----------
    scored : np.ndarray [shape=(n,), int]
        Rows of the album table that the fusion has scored.
    scores : np.ndarray [shape=(n, labels)]
    encoded_targets : np.ndarray [shape=(albums, outputs)]
        ``objective.encode`` of all albums.
    line : Run, optional
        A linear model over all sources, from :func:`mumu_lib.runs.lines.beside`.

    Returns
    -------
    table : pd.DataFrame
        A row per source, then one for the line: macro AUC alone and fused on validation albums, the same on test albums,
        the difference there with its 95 % interval, number of test albums, and ``by``: a ``run``, or a ``line`` for the
        embeddings of a file. Empty after joint learning, whose sources have no scores of their own.
    """
    fused = _table(catalogue, scored, scores)
    rows = {}
    for source in sources:
        folder = home() / "runs" / catalogue.name / source.origin
        if (folder / "metrics.json").is_file():
            rows[source.name] = (*_compared(catalogue, fused, _of_run(catalogue, folder), seed), "run")
        elif Path(source.origin).is_file():
            fitted = lines.fit(catalogue, objective, Scaling().apply(source.vectors), encoded_targets)
            alone = _table(catalogue, fitted.scored, fitted.scores)
            rows[source.name] = (*_compared(catalogue, fused, alone, seed), "line")
    if line is not None:
        rows[LINE] = (*_compared(catalogue, fused, _of_run(catalogue, line.folder), seed), "line")
    return pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS).round(3)


def line_inputs(catalogue: Catalogue, sources: list[Source], missing: str = "complete") -> Vectors:
    """Return the inputs of a linear model over all sources, each part scaled to length 1 [shape=(albums, sum of d)].

    For a run with its own linear model, take the inputs of the run's network instead of its embeddings, which overfit to
    the training albums. Missing embeddings are treated as in :func:`mumu_lib.fusion.join`, hence the line scores the
    same albums as the fusion. Sparse if a part is (:func:`mumu_lib.features.embeddings.load_inputs`).
    """
    finished = runs.table(catalogue).reindex(columns=["beside", "folder"])
    parts: list[Vectors] = []
    for source in sources:
        folders = finished.loc[finished["beside"] == source.origin, "folder"]
        part: Vectors = source.vectors
        if len(folders):
            part = embeddings.load_inputs(Path(folders.iloc[-1]), catalogue)
        parts.append(Scaling().apply(part))
    if any(map(sp.issparse, parts)):
        return _join_sparse(parts, missing)
    scaled = [replace(source, vectors=part) for source, part in zip(sources, parts, strict=True)]
    return join(scaled, missing)


def _join_sparse(parts: list[Vectors], missing: str) -> sp.csr_matrix:
    """Concatenate parts as :func:`mumu_lib.fusion.join` does; a row that is left out is empty."""
    blocks = []
    masks = []
    for part in parts:
        if isinstance(part, np.ndarray):
            mask = np.asarray(np.isfinite(part).all(axis=1))
            block = sp.csr_matrix(np.where(mask[:, None], part, 0))
        else:
            mask = part.getnnz(axis=1) > 0
            block = part
        blocks.append(block)
        masks.append(mask)
    present = np.stack(masks)
    usable = present.all(axis=0)
    if missing != "complete":
        usable = present.any(axis=0)
    return sp.csr_matrix(sp.diags(usable.astype(np.float32)) @ sp.hstack(blocks, format="csr"))


def worse_than(gains: pd.DataFrame) -> list[str]:
    """Return the sources whose AUC on the validation albums is higher than that of the fusion.

    Parameters
    ----------
    gains : pd.DataFrame
        From :func:`against_single`.

    Examples
    --------
    >>> gains = pd.DataFrame({"validation: alone": [0.8, 0.6], "validation: fused": [0.7, 0.7]}, ["text", "image"])
    >>> worse_than(gains)
    ['text']
    """
    sources = gains.drop(index=LINE, errors="ignore")
    return list(sources.index[sources["validation: alone"] > sources["validation: fused"]])


def above_weakest(gains: pd.DataFrame) -> str:
    """Return whether the fusion has a higher test AUC than its weakest source: ``yes``, ``no`` or ``unknown``.

    Parameters
    ----------
    gains : pd.DataFrame
        From :func:`against_single`; ``unknown`` if it is empty.

    Examples
    --------
    >>> above_weakest(pd.DataFrame({"difference": [0.1, -0.2]}, ["text", "image"]))
    'yes'
    """
    differences = gains.drop(index=LINE, errors="ignore")["difference"]
    if differences.isna().all():
        return "unknown"
    if differences.max() > 0:
        return "yes"
    return "no"


def verdict(gains: pd.DataFrame) -> str:
    """Return one sentence: whether a single source is better than the fusion on the validation albums."""
    if gains.empty:
        return "nothing to compare with: the sources have no scores of their own"
    better = worse_than(gains)
    if better:
        return f"worse than {' and '.join(better)} alone on validation albums: predict_album does not use this fusion"
    return "on validation albums no source alone is better"


def _table(catalogue: Catalogue, rows: np.ndarray, scores: np.ndarray) -> pd.DataFrame:
    """Return scores as a table [index: album id]."""
    return pd.DataFrame(scores, index=catalogue.albums["album_id"].iloc[rows])


def _of_run(catalogue: Catalogue, folder: Path) -> pd.DataFrame:
    """Return all scores of a run [index: album id]."""
    ids = read_lines(folder / "album_ids.txt", runs.RERUN_HINT)
    return pd.DataFrame(np.asarray(read_array(folder / "scores.npy", runs.RERUN_HINT), dtype=float), ids)


def _compared(catalogue: Catalogue, fused: pd.DataFrame, alone: pd.DataFrame, seed: int) -> tuple[float, ...]:
    """Return both AUCs on validation albums, both on test albums, the difference, its interval, and the album count."""
    common = fused.index[fused.index.isin(alone.index)]
    ids = catalogue.albums["album_id"]
    val = common[common.isin(ids.iloc[catalogue.rows("val")])]
    test = common[common.isin(ids.iloc[catalogue.rows("test")])]
    truth = results.truth(catalogue, val)
    val_alone = metrics.macro_auc(truth, alone.loc[val])
    val_fused = metrics.macro_auc(truth, fused.loc[val])
    pair = metrics.paired(results.truth(catalogue, test), fused.loc[test], alone.loc[test], seed=seed)
    difference = (pair["difference"], pair["low"], pair["high"])
    return (val_alone, val_fused, pair["second"], pair["first"], *difference, len(test))
