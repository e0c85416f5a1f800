"""What all finished runs say together: one run a row, their scores side by side, the further metrics.

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
    """Names of rows of Table 2, e.g. ``audio/cosine/low_4x70``."""
    return table[KEY].astype(str).agg("/".join, axis=1) if len(table) else pd.Series(dtype=str)


def comparable(catalogue: Catalogue) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The run that stands for each row, and the runs that stand for none.

    Of several runs of one row the one with the best validation AUC counts, as in Table 2.

    Returns
    -------
    chosen : pd.DataFrame
        Index: key of the row, those of Table 2 first and in its order. Columns: those of
        :func:`mumu_lib.runs.table` and ``run``, ``in_table2``, ``line`` (whether it is a straight line beside a run).
    left_out : pd.DataFrame
        ``run``, ``folder`` (its name), ``reason``.
    """
    table = runs.table(catalogue.name).reset_index()
    table = table.reindex(columns=list(dict.fromkeys([*table, *USED])))
    against = []
    for _, row in table.iterrows():
        reason = reason_against(catalogue, Path(row["folder"]), row)
        against.append(reason or choice.heard(catalogue, row["setting"]))
    table["reason"] = pd.Series(against, dtype=object)
    table = runs.by_validation(table.assign(key=key(table)))
    table["line"] = table["setting"].map(is_line).astype(bool)
    usable = table[(table["reason"] == "") & ~table["line"]]
    again = usable.index[usable.duplicated(KEY)]
    table.loc[again, "reason"] = "another run of " + table["key"] + " has the better validation AUC"
    _keep_lines_of_chosen(table)
    chosen = table[table["reason"] == ""].set_index("key")
    order = [*key(grid()), *sorted(chosen.index)]
    chosen = chosen.loc[[name for name in dict.fromkeys(order) if name in chosen.index]]
    chosen["in_table2"] = chosen.index.isin(key(grid()))
    left_out = table.loc[table["reason"] != "", ["run", "folder", "reason"]].sort_index()
    left_out["folder"] = left_out["folder"].map(lambda folder: Path(folder).name)
    return chosen.drop(columns="reason"), left_out.reset_index(drop=True)


def _keep_lines_of_chosen(table: pd.DataFrame) -> None:
    """Give every straight line a reason but those fitted on the vectors of a run that stands for a row."""
    chosen = table.loc[(table["reason"] == "") & ~table["line"], "folder"]
    names = chosen.map(lambda folder: Path(folder).name)
    stray = table["line"] & (table["reason"] == "") & ~table["beside"].isin(names)
    table.loc[stray, "reason"] = "the run beside which it was fitted stands for no row"


def reason_against(catalogue: Catalogue, folder: Path, facts: Mapping[str, Any] | pd.Series) -> str:
    """Say why a finished run cannot be compared with others; empty if it can.

    Parameters
    ----------
    folder : Path
        Of the run.
    facts : mapping
        Its ``metrics.json``.
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
    """Rows of ours that the paper's Table 2 does not have, with its columns, and P@1 beside its coverage.

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
    """Say below the further rows which pretrained encoders have runs but no row, and why."""
    notes = {}
    for setting in runs.table(catalogue)["setting"].unique():
        reason = choice.heard(catalogue, setting)
        if reason:
            name = setting.removeprefix(LINE)
            notes[name] = f"{name} has no row, and is never chosen into a fusion: {reason}."
    return tuple(notes.values())


def further_metrics(catalogue: Catalogue, chosen: pd.DataFrame) -> pd.DataFrame:
    """Metrics beside the paper's, reckoned anew from each run's scores, so that older runs have them too.

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
    return pd.concat([chosen[KEY], pd.DataFrame(rows, chosen.index).reindex(columns=FURTHER)], axis=1)


def by_frequency(catalogue: Catalogue, chosen: pd.DataFrame, *, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """AUC of frequent, middling and rare labels, thirds by training albums, with 95 % intervals.

    Returns
    -------
    table : pd.DataFrame
        Tidy: ``row`` (key), ``group`` (head, middle, tail), ``labels`` (how many), ``auc``, ``low``, ``high``.
    """
    groups = metrics.frequency_groups(catalogue.label_matrix("train").getnnz(axis=0))
    rows = []
    for name, folder in progress.bar(chosen["folder"].items(), "AUC by label frequency", len(chosen), unit="run"):
        scores = test_scores(catalogue, folder)
        Y, S = truth(catalogue, scores.index), scores.to_numpy()
        for group, columns in groups.items():
            values = metrics.bootstrap(Y[:, columns], S[:, columns], n=resamples, seed=seed)
            auc = metrics.macro_auc(Y[:, columns], S[:, columns])
            rows.append((name, group, len(columns), auc, *interval(values)))
    return pd.DataFrame(rows, columns=["row", "group", "labels", "auc", "low", "high"])


def differences_as_text(table: pd.DataFrame) -> list[str]:
    """Columns ``difference``, ``low``, ``high`` as ``+0.010 [-0.020, +0.040]``; blank where there is no interval."""
    numbers = table[["difference", "low", "high"]].to_numpy(float).round(3) + 0.0  # no -0.000
    return ["" if np.isnan(row).any() else "{:+.3f} [{:+.3f}, {:+.3f}]".format(*row) for row in numbers]
