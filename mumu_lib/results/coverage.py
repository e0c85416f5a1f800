"""Does a run cover more genres, or does it only say rare ones more often? A control for the paper's claim of cosine.

Paper: Sections 6.1, 6.2 and 6.4, on coverage; the control is ours.  Notebooks: 08_results.
"""

import pandas as pd

from mumu_lib import metrics, results
from mumu_lib.catalogue import Catalogue
from mumu_lib.metrics import ranking
from mumu_lib.results.scores import test_scores, training_counts, truth

SHIFTED = "logistic, scores shifted by the labels' training frequency"
SCORERS = ("logistic", SHIFTED, "cosine")
MEASURES = ["auc", *(f"coverage@{k}" for k in metrics.COVERAGE_AT), "precision@1"]


def control(catalogue: Catalogue, chosen: pd.DataFrame) -> pd.DataFrame:
    """Measure coverage of logistic runs, of the same with each label's scores shifted, and of their cosine partners.

    The shift (:func:`mumu_lib.metrics.ranking.shifted`) is one number a label: it learns nothing about albums.

    Parameters
    ----------
    chosen : pd.DataFrame
        From :func:`mumu_lib.results.comparable`.

    Returns
    -------
    table : pd.DataFrame
        Two or three rows for each modality and setting with a logistic run, measured on the test albums that both
        runs have: ``modality``, ``setting``, ``scores`` (of ``SCORERS``), ``auc``, ``coverage@1``, ...,
        ``precision@1``, ``albums``.
    """
    rows = []
    for _, run in chosen[chosen["target"] == "logistic"].iterrows():
        same = (chosen["modality"] == run["modality"]) & (chosen["setting"] == run["setting"])
        partner = chosen[same & (chosen["target"] == "cosine")]
        compared = _compared(catalogue, run["folder"], partner["folder"])
        for name, scores in compared.items():
            row = {"modality": run["modality"], "setting": run["setting"], "scores": name}
            rows.append({**row, **_measured(catalogue, scores)})
    return pd.DataFrame(rows, columns=["modality", "setting", "scores", *MEASURES, "albums"])


def _compared(catalogue: Catalogue, folder: str, partners: pd.Series) -> dict[str, pd.DataFrame]:
    """Return scores of a logistic run, plain and shifted, and of its cosine partner, on the albums that both have."""
    logistic = test_scores(catalogue, folder)
    found = {"logistic": logistic}
    moved = ranking.shifted(logistic, *training_counts(catalogue, folder))
    found[SHIFTED] = pd.DataFrame(moved, logistic.index, logistic.columns)
    common = logistic.index
    for partner in partners:
        found["cosine"] = test_scores(catalogue, partner)
        common = common[common.isin(found["cosine"].index)]
    return {name: scores.loc[common] for name, scores in found.items()}


def _measured(catalogue: Catalogue, scores: pd.DataFrame) -> dict[str, float]:
    Y = truth(catalogue, scores.index)
    row: dict[str, float] = {"albums": len(scores)}
    for name in MEASURES:
        if len(scores) and int(name.partition("@")[2] or 1) <= scores.shape[1]:
            row[name] = metrics.METRICS[name](Y, scores.to_numpy())
    return row


def said(table: pd.DataFrame) -> str:
    """Say in how many pairs of runs cosine covers more than logistic, and in how many more than the shifted logistic."""
    ahead = table.pivot(index=["modality", "setting"], columns="scores", values="coverage@1").reindex(columns=SCORERS)
    pairs = ahead.dropna()
    if pairs.empty:
        return "no modality and setting was run with both targets: nothing to compare"
    return (
        f"C@1 of cosine is higher than that of logistic in {(pairs['cosine'] > pairs['logistic']).sum()} of "
        f"{len(pairs)} pairs, higher than that of logistic with shifted scores in "
        f"{(pairs['cosine'] > pairs[SHIFTED]).sum()}"
    )


def as_printed(table: pd.DataFrame) -> pd.DataFrame:
    """Write the table of :func:`control` as text."""
    text = table.rename(columns={"scores": "target"})[["modality", "target", "setting", *MEASURES]]
    return results.as_printed(text).rename(columns={"Target": "Scores"})
