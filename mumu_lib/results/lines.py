"""Networks against straight lines on the same vectors, run by run.

Paper: none.  Notebooks: 08_results.
"""

from pathlib import Path

import pandas as pd

from mumu_lib import metrics, results
from mumu_lib.catalogue import Catalogue

COLUMNS = [*results.KEY, "auc", "auc_line", "difference", "low", "high", "albums", "seconds", "seconds_line"]


def against_lines(catalogue: Catalogue, chosen: pd.DataFrame, *, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Compare every network with the straight line that was fitted beside it, paired over the test albums.

    Parameters
    ----------
    chosen : pd.DataFrame
        From :func:`mumu_lib.results.comparable`.
    resamples, seed : int
        Of the bootstrap.

    Returns
    -------
    table : pd.DataFrame
        Index: key of the row. ``modality``, ``target``, ``setting``; ``auc`` of the network, ``auc_line``, network minus
        line with its 95 % interval, test albums; ``seconds`` of the whole training and of the line. A row without a
        line, made by an earlier version, is not in it.
    """
    lines = chosen[chosen["line"]].drop_duplicates("beside").set_index("beside")
    rows = {}
    for name, run in chosen[~chosen["line"]].iterrows():
        folder = Path(run["folder"])
        if folder.name not in lines.index:
            continue
        line = lines.loc[folder.name]
        one, other = results.test_scores(catalogue, folder), results.test_scores(catalogue, str(line["folder"]))
        common = one.index[one.index.isin(other.index)]
        truth = results.truth(catalogue, common)
        pair = metrics.paired(truth, one.loc[common], other.loc[common], n=resamples, seed=seed)
        rows[name] = (
            *run[results.KEY], pair["first"], pair["second"], pair["difference"], pair["low"], pair["high"], len(common),
            _seconds(run), line["seconds_per_epoch"],
        )  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS)


def _seconds(run: pd.Series) -> float:
    """Return the seconds of a training: of all candidates, where it was searched."""
    searched = run.get("search_seconds")
    if pd.notna(searched):
        return float(searched)
    return float(run["seconds_per_epoch"] * run["epochs"])


def as_printed(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table of :func:`against_lines` as text."""
    return pd.DataFrame({
        "Row": table.index, "AUC network": table["auc"].map("{:.3f}".format),
        "AUC line": table["auc_line"].map("{:.3f}".format), "Network minus line": results.differences_as_text(table),
        "Albums": table["albums"].astype(str), "s network": table["seconds"].map("{:,.1f}".format),
        "s line": table["seconds_line"].map("{:,.1f}".format),
    })  # fmt: skip
