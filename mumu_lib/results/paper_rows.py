"""Compare the 26 rows of the paper's Table 2 with ours.

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
KEYS = ["modality", "target", "setting"]
# How columns are printed: their head, and the format of those that are not printed with three decimals.
HEADS = {
    "params": "Params", "seconds_per_epoch": "s/epoch", "auc": "AUC", "coverage": "C", "map": "mAP", "lrap": "LRAP",
    "precision": "P", "psp": "PSP", "f1": "F1",
}  # fmt: skip
FORMATS = {"params": "{:,.0f}", "seconds_per_epoch": "{:,.1f}", "coverage": "{:.2f}"}


def grid() -> pd.DataFrame:
    """Return the 26 rows of the paper's Table 2 with the paper's own numbers.

    Examples
    --------
    >>> len(grid())
    26
    """
    return experiments.paper_rows()


def table2(catalogue: str | Catalogue) -> pd.DataFrame:
    """Return Table 2 with the paper's numbers, ours, and the difference; rows that were not run are blank.

    If a row has several runs, the first of :func:`mumu_lib.runs.by_validation` is shown.

    Parameters
    ----------
    catalogue : str or Catalogue
        As for :func:`mumu_lib.runs.table`.

    Returns
    -------
    table : pd.DataFrame
        ``modality``, ``target``, ``setting``, then ``<number> paper`` and ``<number> ours`` for every column of the
        paper's table, ``recipe`` if a row was trained by our recipe, ``auc difference``, ``precision@1 ours`` (the
        paper has none), and ``auc_low`` and ``auc_high`` of ours (95 %).

    Raises
    ------
    MissingDataError
        The catalogue has no finished run.
    """
    finished = runs.table(catalogue)
    if finished.empty:
        raise _no_runs(catalogue)
    best = runs.by_validation(finished).drop_duplicates(KEYS)
    ours = best.reindex(columns=[*KEYS, "recipe", *PAPER_COLUMNS, BESIDE_COVERAGE, *INTERVAL])
    ours = ours.rename(columns={BESIDE_COVERAGE: f"{BESIDE_COVERAGE} ours"})
    rows = grid().merge(ours, on=KEYS, how="left", suffixes=(" paper", " ours"))
    columns = list(KEYS)
    for column in PAPER_COLUMNS:
        columns += [f"{column} paper", f"{column} ours"]
    result = rows[columns].copy()
    result.insert(columns.index("auc ours") + 1, "auc difference", rows["auc ours"] - rows["auc paper"])
    if (rows["recipe"] == "ours").any():
        result.insert(3, "recipe", rows["recipe"].fillna(""))
    return result.join(rows[[f"{BESIDE_COVERAGE} ours", *INTERVAL]])


def _no_runs(catalogue: str | Catalogue) -> MissingDataError:
    """Return the error for a catalogue without runs, with a command that makes one."""
    if isinstance(catalogue, Catalogue):
        name = catalogue.name
        hint = commands.any_run(catalogue)
    else:
        name = catalogue
        hint = f"run one first, such as  {typed.papermill('04_audio', catalogue=name)}"
    return MissingDataError(f"no finished run of catalogue {name!r} under {home() / 'runs'}; {hint}")


def as_printed(table: pd.DataFrame) -> pd.DataFrame:
    """Format Table 2, or any rows with its columns, as text: rounded as in the paper, missing numbers blank.

    Parameters
    ----------
    table : pd.DataFrame
        ``modality``, ``target``, ``setting``, ``recipe`` as far as present, and numbers.

    Examples
    --------
    >>> as_printed(pd.DataFrame({"modality": ["audio"], "auc": [0.8876], "coverage@1": [0.375]})).to_dict("records")
    [{'Modality': 'audio', 'AUC': '0.888', 'C@1': '0.38'}]
    """
    words = [*KEYS, "recipe"]
    result = table.reindex(columns=[word for word in words if word in table]).rename(columns=str.capitalize)
    for name in table.columns.drop([*words, *INTERVAL], errors="ignore"):
        kind = name.split()[0].split("@")[0]
        written = FORMATS.get(kind, "{:.3f}")
        if name.endswith("difference"):
            written = "{:+.3f}"
        head = name.replace(kind, HEADS.get(kind, kind), 1)
        result[head] = _numbers_as_text(table[name], written)
    if set(INTERVAL) <= set(table):
        last_auc = np.flatnonzero(result.columns.str.startswith("AUC"))[-1]
        result.insert(int(last_auc) + 1, "AUC 95 %", _intervals_as_text(table))
    return result


def _numbers_as_text(numbers: pd.Series, written: str) -> list[str]:
    """Format numbers; missing ones become empty."""
    texts = []
    for number in numbers:
        text = ""
        if not pd.isna(number):
            text = written.format(number)
        texts.append(text)
    return texts


def _intervals_as_text(table: pd.DataFrame) -> list[str]:
    """Format the interval of the AUC; empty if there is none."""
    texts = []
    for low, high in table[INTERVAL].to_numpy(float):
        text = ""
        if not np.isnan(low):
            text = f"{low:.3f} to {high:.3f}"
        texts.append(text)
    return texts
