"""Test whether a run with higher coverage knows more genres, or only predicts rare genres more often.

Paper: Sections 6.1, 6.2 and 6.4, on coverage; this control is ours.  Notebooks: 08_results.
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
    """Compute the coverage of logistic runs, of their scores shifted by label, and of the matching cosine runs.

    The shift (:func:`mumu_lib.metrics.ranking.shifted`) is one number for each label, independent of the albums.

    Parameters
    ----------
    chosen : pd.DataFrame
        From :func:`mumu_lib.results.comparable`.

    Returns
    -------
    table : pd.DataFrame
        Two or three rows for each modality and setting with a logistic run, computed on the test albums that both
        runs have: ``modality``, ``setting``, ``scores`` (one of ``SCORERS``), ``auc``, ``coverage@1``, ...,
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
    """Return the scores of a logistic run, plain and shifted, and of the cosine run, on the albums that both have."""
    logistic = test_scores(catalogue, folder)
    shifted = ranking.shifted(logistic, *training_counts(catalogue, folder))
    scores = {"logistic": logistic, SHIFTED: pd.DataFrame(shifted, logistic.index, logistic.columns)}
    common = logistic.index
    for partner in partners:
        scores["cosine"] = test_scores(catalogue, partner)
        common = common[common.isin(scores["cosine"].index)]
    for name in scores:
        scores[name] = scores[name].loc[common]
    return scores


def _measured(catalogue: Catalogue, scores: pd.DataFrame) -> dict[str, float]:
    """Compute the measures of one kind of scores; those whose k exceeds the number of labels are left out."""
    Y = truth(catalogue, scores.index)
    row: dict[str, float] = {"albums": len(scores)}
    for name in MEASURES:
        k = int(name.partition("@")[2] or 1)
        if len(scores) and k <= scores.shape[1]:
            row[name] = metrics.METRICS[name](Y, scores.to_numpy())
    return row


def said(table: pd.DataFrame) -> str:
    """Summarise in how many pairs of runs cosine has a higher C@1 than logistic, with and without shifted scores.

    Parameters
    ----------
    table : pd.DataFrame
        From :func:`control`.

    Examples
    --------
    >>> rows = pd.DataFrame({"modality": "audio", "setting": "low_4x96", "scores": SCORERS})
    >>> said(rows.assign(**{"coverage@1": [0.2, 0.6, 0.5]}))[:63]
    'C@1 of cosine is higher than that of logistic in 1 of 1 pairs, '
    """
    coverage = table.pivot(index=["modality", "setting"], columns="scores", values="coverage@1")
    pairs = coverage.reindex(columns=SCORERS).dropna()
    if pairs.empty:
        return "no modality and setting was run with both targets: nothing to compare"
    above_logistic = (pairs["cosine"] > pairs["logistic"]).sum()
    above_shifted = (pairs["cosine"] > pairs[SHIFTED]).sum()
    return (
        f"C@1 of cosine is higher than that of logistic in {above_logistic} of {len(pairs)} pairs, higher than that of "
        f"logistic with shifted scores in {above_shifted}"
    )


def as_printed(table: pd.DataFrame) -> pd.DataFrame:
    """Format the table of :func:`control` as text."""
    text = table.rename(columns={"scores": "target"})[["modality", "target", "setting", *MEASURES]]
    return results.as_printed(text).rename(columns={"Target": "Scores"})
