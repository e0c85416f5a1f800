"""Compare all finished runs: choose one run for each row, and compute further metrics from their scores.

Paper: Section 6.  Notebooks: 08_results.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lazy_loader
import numpy as np
import pandas as pd

from mumu_lib import metrics, runs
from mumu_lib.catalogue import Catalogue
from mumu_lib.core import progress
from mumu_lib.core.errors import MumuError
from mumu_lib.core.parsing import read_array, read_lines
from mumu_lib.encoders import choice
from mumu_lib.experiments import LINE, is_line
from mumu_lib.metrics.resampling import interval
from mumu_lib.results.paper_rows import TABLE2_NOTES, as_printed, grid, table2
from mumu_lib.results.scores import split_scores, test_scores, truth

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submodules=["claims", "coverage", "decisions", "hierarchy", "lines", "paper_rows", "scores", "semantic_gain"],
)


__all__ = ["TABLE2_NOTES", "as_printed", "grid", "split_scores", "table2", "test_scores", "truth"]

KEY = ["modality", "target", "setting"]
USED = [
    "fingerprint",
    "folder",
    "recipe",
    "beside",
    "device",
    "val_auc",
    *runs.PAPER_COLUMNS,
    runs.BESIDE_COVERAGE,
    *runs.INTERVAL,
]
FURTHER = [name for name in metrics.METRICS if name not in runs.PAPER_COLUMNS]


def key(table: pd.DataFrame) -> pd.Series:
    """Return the names of rows, e.g. ``audio/cosine/low_4x70``.

    Parameters
    ----------
    table : pd.DataFrame
        Columns ``modality``, ``target`` and ``setting``.

    Examples
    --------
    >>> list(key(pd.DataFrame({"modality": ["audio"], "target": ["cosine"], "setting": ["low_4x70"]})))
    ['audio/cosine/low_4x70']
    """
    if table.empty:
        return pd.Series(dtype=str)
    return table[KEY].astype(str).agg("/".join, axis=1)


def comparable(catalogue: Catalogue) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Choose one run for each row, and list the runs that are left out.

    If a row has several runs, the one with the best validation AUC is chosen, as in Table 2.

    Returns
    -------
    chosen : pd.DataFrame
        Index: key of the row, those of Table 2 first and in its order. Columns: those of
        :func:`mumu_lib.runs.table` and ``run``, ``in_table2``, ``line`` (whether it is a straight line).
    left_out : pd.DataFrame
        ``run``, ``folder`` (its name), ``reason``.
    """
    table = runs.table(catalogue.name).reset_index()
    columns = table.columns.append(pd.Index(USED)).unique()
    table = table.reindex(columns=columns)
    reasons = []
    for _, row in table.iterrows():
        reason = reason_against(catalogue, Path(row["folder"]), row)
        reasons.append(reason or choice.heard(catalogue, row["setting"]))
    table["reason"] = pd.Series(reasons, dtype=object)
    table = runs.by_validation(table.assign(key=key(table)))
    table["line"] = table["setting"].map(is_line).astype(bool)
    _leave_out_worse_runs(table)
    _leave_out_other_lines(table)
    left_out = table.loc[table["reason"] != "", ["run", "folder", "reason"]].sort_index()
    left_out["folder"] = left_out["folder"].map(_folder_name)
    chosen = table[table["reason"] == ""].set_index("key").drop(columns="reason")
    return _in_order_of_table2(chosen), left_out.reset_index(drop=True)


def _folder_name(path: str) -> str:
    return Path(path).name


def _leave_out_worse_runs(table: pd.DataFrame) -> None:
    """Add a reason to all runs of a row but the first; the table is sorted by validation AUC."""
    usable = table[(table["reason"] == "") & ~table["line"]]
    worse = usable.index[usable.duplicated(KEY)]
    table.loc[worse, "reason"] = "another run of " + table["key"] + " has the better validation AUC"


def _leave_out_other_lines(table: pd.DataFrame) -> None:
    """Add a reason to all straight lines that were not fitted on the inputs of a chosen run."""
    usable = table["reason"] == ""
    chosen = table.loc[usable & ~table["line"], "folder"].map(_folder_name)
    other = usable & table["line"] & ~table["beside"].isin(chosen)
    table.loc[other, "reason"] = "the network with the same inputs was not chosen for its row"


def _in_order_of_table2(chosen: pd.DataFrame) -> pd.DataFrame:
    """Sort rows as in Table 2, then by key; mark those of Table 2."""
    of_table2 = pd.Index(key(grid()))
    first = of_table2[of_table2.isin(chosen.index)]
    others = chosen.index[~chosen.index.isin(of_table2)].unique()
    result = chosen.loc[[*first, *sorted(others)]]
    result["in_table2"] = result.index.isin(of_table2)
    return result


def reason_against(catalogue: Catalogue, folder: Path, facts: Mapping[str, Any] | pd.Series) -> str:
    """Return why a finished run cannot be compared with others; empty if it can.

    Parameters
    ----------
    folder : Path
        Folder of the run.
    facts : mapping
        Contents of its ``metrics.json``.
    """
    if facts["fingerprint"] != catalogue.fingerprint:
        return "made on the catalogue as it was before; run its notebook again"
    try:
        shape = read_array(folder / "scores.npy", runs.RERUN_HINT).shape
        ids = read_lines(folder / "album_ids.txt", runs.RERUN_HINT)
    except (MumuError, OSError) as error:
        return f"scores cannot be read ({type(error).__name__}); {runs.RERUN_HINT}"
    if shape != (len(ids), len(catalogue.labels)):
        return f"scores of shape {shape} for {len(ids)} albums and {len(catalogue.labels)} labels"
    return ""


def further_rows(chosen: pd.DataFrame) -> pd.DataFrame:
    """Return our rows that are not in the paper's Table 2, with its columns and P@1.

    Parameters
    ----------
    chosen : pd.DataFrame
        From :func:`comparable`.
    """
    rows = chosen.loc[~chosen["in_table2"], :]
    rows = rows.assign(recipe=rows["recipe"].astype(object).fillna("paper"))
    columns = [*KEY, "recipe", *runs.PAPER_COLUMNS, runs.BESIDE_COVERAGE, *runs.INTERVAL]
    return rows.reindex(columns=columns).astype(dict.fromkeys(runs.INTERVAL, float))


def further_notes(catalogue: Catalogue) -> tuple[str, ...]:
    """Return notes for the table of further rows: which pretrained encoders have runs but no row, and why."""
    notes = {}
    for setting in runs.table(catalogue)["setting"].unique():
        reason = choice.heard(catalogue, setting)
        if reason:
            name = setting.removeprefix(LINE)
            notes[name] = f"{name} is left out of the rows and of fusions: {reason}."
    return tuple(notes.values())


def further_metrics(catalogue: Catalogue, chosen: pd.DataFrame) -> pd.DataFrame:
    """Compute the metrics that the paper does not have, from each run's stored scores.

    They are recomputed from the scores because runs of older versions did not store them.

    Parameters
    ----------
    chosen : pd.DataFrame
        From :func:`comparable`.

    Returns
    -------
    table : pd.DataFrame
        Index as ``chosen``. Columns: ``modality``, ``target``, ``setting``, ``map``, ``lrap``, ``precision@1``, ...
    """
    rows = []
    for folder in chosen["folder"]:
        scores = test_scores(catalogue, folder)
        rows.append(metrics.evaluate(truth(catalogue, scores.index), scores, catalogue.labels, resamples=0))
    numbers = pd.DataFrame(rows, chosen.index).reindex(columns=FURTHER)
    return pd.concat([chosen[KEY], numbers], axis=1)


def by_frequency(catalogue: Catalogue, chosen: pd.DataFrame, *, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Compute the AUC of head, middle and tail labels (thirds by training albums), with 95 % intervals.

    Parameters
    ----------
    chosen : pd.DataFrame
        From :func:`comparable`.
    resamples, seed : int
        Number of bootstrap resamples, and their seed.

    Returns
    -------
    table : pd.DataFrame
        Tidy: ``row`` (key), ``group`` (head, middle, tail), ``labels`` (how many), ``auc``, ``low``, ``high``.
    """
    groups = metrics.frequency_groups(catalogue.label_matrix("train").getnnz(axis=0))
    rows = []
    for name, folder in progress.bar(chosen["folder"].items(), "AUC by label frequency", len(chosen), unit="run"):
        scores = test_scores(catalogue, folder)
        Y = truth(catalogue, scores.index)
        S = scores.to_numpy()
        for group, columns in groups.items():
            values = metrics.bootstrap(Y[:, columns], S[:, columns], n=resamples, seed=seed)
            auc = metrics.macro_auc(Y[:, columns], S[:, columns])
            rows.append((name, group, len(columns), auc, *interval(values)))
    return pd.DataFrame(rows, columns=["row", "group", "labels", "auc", "low", "high"])


def differences_as_text(table: pd.DataFrame) -> list[str]:
    """Format differences with their intervals; empty strings where the interval is undefined.

    Parameters
    ----------
    table : pd.DataFrame
        Columns ``difference``, ``low`` and ``high``.

    Examples
    --------
    >>> differences_as_text(pd.DataFrame({"difference": [0.01], "low": [-0.02], "high": [0.04]}))
    ['+0.010 [-0.020, +0.040]']
    """
    # Adding zero turns -0.0 into 0.0.
    numbers = table[["difference", "low", "high"]].to_numpy(float).round(3) + 0.0
    texts = []
    for row in numbers:
        text = ""
        if not np.isnan(row).any():
            text = "{:+.3f} [{:+.3f}, {:+.3f}]".format(*row)
        texts.append(text)
    return texts
