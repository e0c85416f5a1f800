"""A fusion against each of its sources by itself, and against a straight line over all of them.

Paper: Section 6.4.  Notebooks: 07_multimodal.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from mumu_lib import metrics, results, runs
from mumu_lib.catalogue import Catalogue
from mumu_lib.core.parsing import read_array, read_lines
from mumu_lib.core.paths import home
from mumu_lib.features import embeddings
from mumu_lib.fusion import Source, join
from mumu_lib.runs import Run
from mumu_lib.targets import Target
from mumu_lib.training import lines
from mumu_lib.training.lines import Scaling

LINE = "straight line over all"
COLUMNS = [
    "validation: alone", "validation: fused", "AUC alone", "AUC fused", "difference", "from", "to", "albums", "by",
]  # fmt: skip


def against_single(
    catalogue: Catalogue, found: list[Source], scored: np.ndarray, scores: np.ndarray, objective: Target, encoded_targets: np.ndarray,
    *, line: Run | None = None, seed: int = 0,
) -> pd.DataFrame:  # fmt: skip
    """Compare a fusion with what it is made of, on the albums that both have judged, paired (paper 6.4).

    Parameters
    ----------
    scored : np.ndarray [shape=(n,), int]
        Rows of the album table that the fusion has judged.
    scores : np.ndarray [shape=(n, labels)]
    encoded_targets : np.ndarray [shape=(albums, outputs)]
        ``objective.encode`` of all albums.
    line : Run, optional
        A straight line over all sources, of :func:`mumu_lib.runs.lines.beside`.

    Returns
    -------
    table : pd.DataFrame
        A row a source, then one for the line: macro AUC alone and fused on validation albums, the same on test albums,
        the difference there with its 95 % interval, test albums compared, and ``by``: what judged alone, a ``run``, or a
        ``line`` on the vectors of a file. What was learned jointly has no source that could judge alone.
    """
    fused = _table(catalogue, scored, scores)
    rows = {}
    for source in found:
        folder = home() / "runs" / catalogue.name / source.origin
        if (folder / "metrics.json").is_file():
            rows[source.name] = (*_compared(catalogue, fused, _of_run(catalogue, folder), seed), "run")
        elif Path(source.origin).is_file():
            of_file = lines.fit(catalogue, objective, Scaling().apply(source.vectors), encoded_targets)
            alone = _table(catalogue, of_file.scored, of_file.scores)
            rows[source.name] = (*_compared(catalogue, fused, alone, seed), "line")
    if line is not None:
        rows[LINE] = (*_compared(catalogue, fused, _of_run(catalogue, line.folder), seed), "line")
    return pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS).round(3)


def line_inputs(catalogue: Catalogue, found: list[Source], missing: str = "complete") -> np.ndarray:
    """Return what a straight line over all sources is given [shape=(albums, sum of d)]: each part at length 1.

    Of a run the vectors that its own network was given, if a line was fitted beside it, since what it has learned of its
    training albums misleads a line that is fitted on the same albums. What an album lacks is dealt with as in
    :func:`mumu_lib.fusion.join`, so that the line judges the albums that the network judges.
    """
    finished = runs.table(catalogue).reindex(columns=["beside", "folder"])
    given = []
    for source in found:
        beside = finished.loc[finished["beside"] == source.origin, "folder"]
        vectors = source.vectors
        if len(beside):
            vectors = embeddings.load(Path(beside.iloc[-1]), catalogue)
        given.append(replace(source, vectors=Scaling().apply(vectors)))
    return join(given, missing)


def worse_than(gains: pd.DataFrame) -> list[str]:
    """Return the sources that are better on the validation albums than the fusion of them all.

    Parameters
    ----------
    gains : pd.DataFrame
        Of :func:`against_single`.
    """
    sources = gains.drop(index=LINE, errors="ignore")
    return list(sources.index[sources["validation: alone"] > sources["validation: fused"]])


def above_weakest(gains: pd.DataFrame) -> str:
    """Say whether the fusion has a higher AUC on the test albums than its weakest source: ``yes``, ``no``, ``unknown``.

    Parameters
    ----------
    gains : pd.DataFrame
        Of :func:`against_single`; without a source that judged by itself nothing is known.
    """
    differences = gains.drop(index=LINE, errors="ignore")["difference"]
    if differences.isna().all():
        return "unknown"
    return "yes" if differences.max() > 0 else "no"


def verdict(gains: pd.DataFrame) -> str:
    """Say whether the fusion does harm, by the validation albums."""
    if gains.empty:
        return "nothing to compare with: no source judged by itself"
    harmed = worse_than(gains)
    if harmed:
        return f"worse than {' and '.join(harmed)} alone on validation albums: predict_album does not take this fusion"
    return "on validation albums no source alone is better"


def _table(catalogue: Catalogue, rows: np.ndarray, scores: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(scores, index=catalogue.albums["album_id"].iloc[rows])


def _of_run(catalogue: Catalogue, folder: Path) -> pd.DataFrame:
    """Return all scores of a run [index: album id]."""
    ids = read_lines(folder / "album_ids.txt", runs.RERUN_HINT)
    return pd.DataFrame(np.asarray(read_array(folder / "scores.npy", runs.RERUN_HINT), dtype=float), ids)


def _compared(catalogue: Catalogue, fused: pd.DataFrame, alone: pd.DataFrame, seed: int) -> tuple[float, ...]:
    """Return both AUCs on validation albums, both on test albums, the difference, its interval, and how many albums."""
    common = fused.index[fused.index.isin(alone.index)]
    ids = catalogue.albums["album_id"]
    val = common[common.isin(ids.iloc[catalogue.rows("val")])]
    test = common[common.isin(ids.iloc[catalogue.rows("test")])]
    known = results.truth(catalogue, val)
    found = [metrics.macro_auc(known, alone.loc[val]), metrics.macro_auc(known, fused.loc[val])]
    pair = metrics.paired(results.truth(catalogue, test), fused.loc[test], alone.loc[test], seed=seed)
    return (*found, *(pair[key] for key in ("second", "first", "difference", "low", "high")), len(test))
