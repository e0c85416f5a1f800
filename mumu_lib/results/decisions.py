"""Which genres a run says of an album: thresholds from validation albums, macro F1, precision for rare genres.

Paper: none; the paper ranks and does not decide.  Notebooks: 08_results, 09_your_album.
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
    """The thresholds of a run, and where they come from.

    Attributes
    ----------
    values : np.ndarray [shape=(labels,)]
        A label is said of an album whose score reaches it; NaN, which no score reaches, where none could be chosen.
    reason : str
        Why none could be chosen; else empty.
    albums : int
        Validation albums that they were chosen on.
    shared : int
        Labels that share one threshold, being too rare among these.
    expected : Expected or None
        How often a label that reaches its threshold will be right, where that was asked for.
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
        Of the run.
    expected : bool
        Estimate the precision of decisions too, which takes ten times as long.

    Returns
    -------
    decisions : Decisions
        With a reason in the place of thresholds where the run has kept no such scores, as runs of older versions may
        not have, or no validation album has a label.
    """
    try:
        scores = split_scores(catalogue, folder, "val")
        if scores.empty:
            raise BadDataError("the run has kept no scores of validation albums; run its notebook again")
        has = truth(catalogue, scores.index)
        values = thresholds.choose(has, scores)
        precision = thresholds.expected_precision(has, scores) if expected else None
    except (MumuError, OSError) as error:
        return Decisions(np.full(len(catalogue.labels), np.nan), str(error))
    return Decisions(values, "", len(has), int(thresholds.shares_threshold(has).sum()), precision)


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
    return pd.concat([chosen[results.KEY], pd.DataFrame(rows, chosen.index).reindex(columns=columns)], axis=1)


def _row(catalogue: Catalogue, folder: str) -> dict[str, float | str]:
    """Compute the numbers of one run; those that cannot be computed are not there, and ``reason`` says why."""
    scores = test_scores(catalogue, folder)
    Y = truth(catalogue, scores.index)
    S = scores.to_numpy()
    decisions = thresholds_of(catalogue, folder)
    row: dict[str, float | str] = {name: metrics.METRICS[name](Y, S) for name in ("precision@1", "coverage@1")}
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
    """Say how the numbers of :func:`table` are made, and of each run why a number of it is blank."""
    made = (
        f"F1: mean over the genres that a test album has; thresholds by F1 on validation albums, one a genre with "
        f"{thresholds.OWN_FROM} of them or more, one for all others together. PSP@k: precision@k in which a rare genre "
        f"counts more, by its propensity (A = {ranking.PROPENSITY_A}, B = {ranking.PROPENSITY_B}), of the highest that "
        f"any ranking reaches."
    )
    blank = table.loc[table["reason"] != "", "reason"]
    return (made, *(f"{row}: {reason}" for row, reason in blank.items()))


def as_printed(table: pd.DataFrame) -> pd.DataFrame:
    """Write the table of :func:`table` as text, blanks for what could not be computed; :func:`notes` say why."""
    return results.as_printed(table.drop(columns="reason"))
