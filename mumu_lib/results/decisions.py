"""Decide which genres an album has: thresholds from validation albums, macro F1, precision for rare genres.

Paper: none; the paper only ranks genres.  Notebooks: 08_results, 09_your_album.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mumu_lib import metrics, results
from mumu_lib.catalogue import Catalogue
from mumu_lib.core.errors import BadDataError, MumuError
from mumu_lib.metrics import ranking, thresholds
from mumu_lib.results.scores import split_scores, test_scores, training_counts, truth

PSP_AT = metrics.COVERAGE_AT


@dataclass(frozen=True)
class Decisions:
    """Hold the thresholds of a run, and how they were chosen.

    Attributes
    ----------
    values : np.ndarray [shape=(labels,)]
        An album is assigned a label if its score reaches the label's threshold; NaN (never reached) if no threshold
        could be chosen.
    reason : str
        Why no thresholds could be chosen; otherwise empty.
    albums : int
        Number of validation albums that they were chosen on.
    shared : int
        Number of labels that share one threshold because too few of these albums have them.
    expected : Expected or None
        Estimated precision of each label's decisions, if requested.

    Examples
    --------
    >>> print(Decisions(np.full(4, 0.5), albums=12, shared=3))
    thresholds chosen by F1 on 12 validation albums; 3 of 4 labels have fewer than 10 of them and share one
    """

    values: np.ndarray
    reason: str = ""
    albums: int = 0
    shared: int = 0
    expected: thresholds.Expected | None = None

    def __str__(self) -> str:
        if self.reason:
            return f"no thresholds: {self.reason}"
        return (
            f"thresholds chosen by F1 on {self.albums} validation albums; {self.shared} of {len(self.values)} labels "
            f"have fewer than {thresholds.OWN_FROM} of them and share one"
        )


def thresholds_of(catalogue: Catalogue, folder: str | Path, *, expected: bool = False) -> Decisions:
    """Choose the thresholds of a finished run by its scores of the validation albums.

    Parameters
    ----------
    folder : path
        Folder of the run.
    expected : bool
        Whether to estimate the precision of the decisions as well, which takes ten times as long.

    Returns
    -------
    decisions : Decisions
        With a reason instead of thresholds if the run has not stored these scores, as in older versions, or if the
        validation albums have no labels.
    """
    try:
        scores = split_scores(catalogue, folder, "val")
        if scores.empty:
            raise BadDataError("the run has kept no scores of validation albums; run its notebook again")
        Y = truth(catalogue, scores.index)
        values = thresholds.choose(Y, scores)
        precision = None
        if expected:
            precision = thresholds.expected_precision(Y, scores)
    except (MumuError, OSError) as error:
        return Decisions(np.full(len(catalogue.labels), np.nan), str(error))
    return Decisions(values, "", len(Y), int(thresholds.shares_threshold(Y).sum()), precision)


def table(catalogue: Catalogue, chosen: pd.DataFrame) -> pd.DataFrame:
    """Compute macro F1 and propensity-scored precision of each run on its test albums.

    Parameters
    ----------
    chosen : pd.DataFrame
        From :func:`mumu_lib.results.comparable`.

    Returns
    -------
    table : pd.DataFrame
        Index as ``chosen``. Columns: ``modality``, ``target``, ``setting``, ``f1``, ``precision@1``, ``coverage@1``,
        ``psp@1``, ``psp@3``, ``psp@5``, and ``reason``: why a number is blank (NaN).
    """
    rows = [_row(catalogue, folder) for folder in chosen["folder"]]
    columns = ["f1", "precision@1", "coverage@1", *(f"psp@{k}" for k in PSP_AT), "reason"]
    numbers = pd.DataFrame(rows, chosen.index).reindex(columns=columns)
    return pd.concat([chosen[results.KEY], numbers], axis=1)


def _row(catalogue: Catalogue, folder: str) -> dict[str, float | str]:
    """Compute the numbers of one run; those that cannot be computed are left out and explained in ``reason``."""
    scores = test_scores(catalogue, folder)
    Y = truth(catalogue, scores.index)
    S = scores.to_numpy()
    decisions = thresholds_of(catalogue, folder)
    row: dict[str, float | str] = {}
    for name in ("precision@1", "coverage@1"):
        row[name] = metrics.METRICS[name](Y, S)
    reasons = []
    if decisions.reason:
        reasons.append(str(decisions))
    else:
        row["f1"] = thresholds.f1(Y, S, decisions.values)
    try:
        weights = ranking.inverse_propensities(*training_counts(catalogue, folder))
        for k in PSP_AT:
            if k <= S.shape[1]:
                row[f"psp@{k}"] = ranking.propensity_scored_precision_at(Y, S, weights, k)
    except BadDataError as error:
        reasons.append(str(error))
    row["reason"] = "; ".join(reasons)
    return row


def notes(table: pd.DataFrame) -> tuple[str, ...]:
    """Return notes for the table of :func:`table`: how its numbers are computed, and why some are blank."""
    definitions = (
        f"F1: mean over the genres of the test albums; thresholds are chosen by F1 on the validation albums, one for "
        f"each genre that {thresholds.OWN_FROM} of them or more have, and one for all other genres. PSP@k: precision@k "
        f"weighted by inverse propensity (A = {ranking.PROPENSITY_A}, B = {ranking.PROPENSITY_B}), so rare genres count "
        f"more, relative to the best possible ranking."
    )
    texts = [definitions]
    for row, reason in table["reason"].items():
        if reason:
            texts.append(f"{row}: {reason}")
    return tuple(texts)


def as_printed(table: pd.DataFrame) -> pd.DataFrame:
    """Format the table of :func:`table` as text; numbers that could not be computed are blank (see :func:`notes`)."""
    return results.as_printed(table.drop(columns="reason"))
