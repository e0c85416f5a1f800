"""The 26 rows of the paper's Table 2, and ours beside them.

Paper: Table 2.  Notebooks: 08_results.
"""

import numpy as np
import pandas as pd

from mumu_lib import experiments, runs
from mumu_lib.catalogue import Catalogue, commands
from mumu_lib.core import commands as typed
from mumu_lib.core.errors import MissingDataError
from mumu_lib.core.paths import home
from mumu_lib.runs import BESIDE_COVERAGE, INTERVAL, PAPER_COLUMNS

TABLE2_NOTES = (
    "AUDIO LOW-3x3: no geometry explains the printed parameters of both widths; this one explains HIGH-3x3.",
    "T + I: the paper prints the parameters of the row above; by its own sizes they are 1.0M and 0.2M.",
    "IMAGE: a ResNet-101 with this output has 43M parameters; 1.7M is the size of the small ResNet-110.",
    "TEXT COSINE VSM: coverage cannot fall from C@1 0.53 to C@3 0.44; a misprint in the paper.",
)


def grid() -> pd.DataFrame:
    """The 26 rows of the paper's Table 2 with the paper's own numbers."""
    return experiments.paper_rows()


def table2(catalogue: str | Catalogue) -> pd.DataFrame:
    """Table 2: the paper's numbers, ours, and the difference; a row not run is blank.

    Of several runs of one row the first of :func:`mumu_lib.runs.by_validation` counts.

    Parameters
    ----------
    catalogue : str or Catalogue
        As for :func:`mumu_lib.runs.table`.

    Returns
    -------
    table : pd.DataFrame
        ``modality``, ``target``, ``setting``, then ``<number> paper`` and ``<number> ours`` for every
        column of the paper's table, ``recipe`` where a row was learned by ours, ``auc difference``, ``precision@1 ours`` (the paper has none), and ``auc_low``
        and ``auc_high`` of ours (95 %).

    Raises
    ------
    MissingDataError
        No finished run for this catalogue.
    """
    ours = runs.table(catalogue)
    if ours.empty:
        name = catalogue
        remedy = f"run one first, such as  {typed.papermill('04_audio', catalogue=name)}"
        if isinstance(catalogue, Catalogue):
            name = catalogue.name
            remedy = commands.any_run(catalogue)
        raise MissingDataError(f"no finished run of catalogue {name!r} under {home() / 'runs'}; {remedy}")
    keys = ["modality", "target", "setting"]
    best = runs.by_validation(ours).drop_duplicates(keys)
    ours = best.reindex(columns=[*keys, "recipe", *PAPER_COLUMNS, BESIDE_COVERAGE, *INTERVAL])
    ours = ours.rename(columns={BESIDE_COVERAGE: f"{BESIDE_COVERAGE} ours"})
    rows = grid().merge(ours, on=keys, how="left", suffixes=(" paper", " ours"))
    result = rows[[*keys, *(f"{column} {whose}" for column in PAPER_COLUMNS for whose in ("paper", "ours"))]].copy()
    result.insert(list(result).index("auc ours") + 1, "auc difference", rows["auc ours"] - rows["auc paper"])
    if (rows["recipe"] == "ours").any():
        result.insert(3, "recipe", rows["recipe"].fillna(""))
    return result.join(rows[[f"{BESIDE_COVERAGE} ours", *INTERVAL]])


def as_printed(table: pd.DataFrame) -> pd.DataFrame:
    """Table 2, or any rows with its columns, as text: rounded as the paper rounds, blanks for what was not run."""
    form = {"params": "{:,.0f}", "seconds_per_epoch": "{:,.1f}", "coverage": "{:.2f}"}
    heads = {"params": "Params", "seconds_per_epoch": "s/epoch", "auc": "AUC", "coverage": "C", "map": "mAP",
             "lrap": "LRAP", "precision": "P", "psp": "PSP", "f1": "F1"}  # fmt: skip
    words = ["modality", "target", "setting", "recipe"]
    result = table.reindex(columns=[word for word in words if word in table]).rename(columns=str.capitalize)
    for name in table.columns.drop([*words, *INTERVAL], errors="ignore"):
        kind = name.split()[0].split("@")[0]
        written = "{:+.3f}" if name.endswith("difference") else form.get(kind, "{:.3f}")
        text = table[name].map(lambda value, written=written: "" if pd.isna(value) else written.format(value))
        result[name.replace(kind, heads.get(kind, kind), 1)] = text
    if set(INTERVAL) <= set(table):
        ends = table[INTERVAL].to_numpy(float)
        intervals = ["" if np.isnan(low) else f"{low:.3f} to {high:.3f}" for low, high in ends]
        result.insert(1 + int(np.flatnonzero(result.columns.str.startswith("AUC"))[-1]), "AUC 95 %", intervals)
    return result
