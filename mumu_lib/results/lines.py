"""Compare networks with straight lines on the same inputs, run by run.

Paper: none.  Notebooks: 08_results.
"""

from pathlib import Path

import pandas as pd

from mumu_lib import metrics, results
from mumu_lib.catalogue import Catalogue

COLUMNS = [*results.KEY, "auc", "auc_line", "difference", "low", "high", "albums", "seconds", "seconds_line"]


def against_lines(catalogue: Catalogue, chosen: pd.DataFrame, *, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Compare every network with the straight line on the same inputs, paired over the test albums.

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
        line with its 95 % interval, number of test albums; ``seconds`` of the whole training and of the line. Runs
        without a line, made by an earlier version, are left out.
    """
    lines = chosen[chosen["line"]].drop_duplicates("beside").set_index("beside")
    rows = {}
    for name, run in chosen[~chosen["line"]].iterrows():
        folder = Path(run["folder"])
        if folder.name not in lines.index:
            continue
        line = lines.loc[folder.name]
        of_network = results.test_scores(catalogue, folder)
        of_line = results.test_scores(catalogue, str(line["folder"]))
        common = of_network.index[of_network.index.isin(of_line.index)]
        truth = results.truth(catalogue, common)
        pair = metrics.paired(truth, of_network.loc[common], of_line.loc[common], n=resamples, seed=seed)
        rows[name] = (
            *run[results.KEY], pair["first"], pair["second"], pair["difference"], pair["low"], pair["high"], len(common),
            _seconds(run), line["seconds_per_epoch"],
        )  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS)


def _seconds(run: pd.Series) -> float:
    """Return the seconds of a training; those of all candidates if hyperparameters were searched."""
    searched = run.get("search_seconds")
    if pd.notna(searched):
        return float(searched)
    return float(run["seconds_per_epoch"] * run["epochs"])


def as_printed(table: pd.DataFrame) -> pd.DataFrame:
    """Format the table of :func:`against_lines` as text."""
    return pd.DataFrame({
        "Row": table.index, "AUC network": table["auc"].map("{:.3f}".format),
        "AUC line": table["auc_line"].map("{:.3f}".format), "Network minus line": results.differences_as_text(table),
        "Albums": table["albums"].astype(str), "s network": table["seconds"].map("{:,.1f}".format),
        "s line": table["seconds_line"].map("{:,.1f}".format),
    })  # fmt: skip
