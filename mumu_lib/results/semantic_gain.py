"""What the semantic enrichment of texts gains: VSM against VSM+SEM.

Paper: Section 6.2.  Notebooks: 05_text.
"""

from pathlib import Path

import pandas as pd

from mumu_lib import metrics, results, runs
from mumu_lib.catalogue import Catalogue, commands


def text_runs(catalogue: Catalogue, target: str) -> dict[str, runs.Run]:
    """Finished runs of VSM and VSM+SEM, of several of one kind the one with the best validation AUC."""
    table = runs.table(catalogue).reindex(columns=["modality", "target", "setting", "val_auc", "folder"])
    ours = table[
        (table["modality"] == "text") & (table["target"] == target) & table["setting"].isin(["vsm", "vsm_sem"])
    ]
    best = runs.by_validation(ours).drop_duplicates("setting")
    found = zip(best["setting"], best.index, best["folder"], strict=True)
    return {setting: runs.Run(run_id, Path(folder), catalogue) for setting, run_id, folder in found}


def semantic_gain(vsm: runs.Run, sem: runs.Run, *, seed: int = 0) -> tuple[dict[str, float], pd.DataFrame]:
    """AUC of VSM+SEM minus that of VSM, on the test albums that both have scored.

    Returns
    -------
    gain : dict
        ``auc_vsm``, ``auc_vsm_sem``, ``difference``, ``low`` and ``high``: 95 % of the differences in a paired
        bootstrap, and ``albums``.
    by_label : pd.DataFrame
        Index: label, most gained first. Columns: ``vsm``, ``vsm_sem``, ``difference``, ``albums``.
    """
    catalogue = vsm.catalogue
    tested = [results.test_scores(catalogue, str(run.folder)) for run in (vsm, sem)]
    common = tested[0].index[tested[0].index.isin(tested[1].index)]
    truth, scores = results.truth(catalogue, common), [table.loc[common].to_numpy() for table in tested]
    pair = metrics.paired(truth, scores[1], scores[0], seed=seed)
    by_label = pd.DataFrame(
        {name: metrics.auc_per_label(truth, s) for name, s in zip(("vsm", "vsm_sem"), scores, strict=True)},
        catalogue.labels,
    )
    by_label["difference"], by_label["albums"] = by_label["vsm_sem"] - by_label["vsm"], truth.sum(axis=0)
    result = {name: pair[name] for name in ("difference", "low", "high")}
    gain = {"auc_vsm": pair["second"], "auc_vsm_sem": pair["first"], **result, "albums": len(common)}
    return gain, by_label.sort_values("difference", ascending=False, kind="stable")


def compare(catalogue: Catalogue, target: str, *, seed: int = 0) -> tuple[str, pd.DataFrame]:
    """Say what VSM+SEM gains over VSM, if both were run.

    Returns
    -------
    gain : str
        Both AUCs, the difference and its 95 % interval, and whether the runs differ in their recipe too; or the command
        that makes the run that is not there.
    by_label : pd.DataFrame
        Of :func:`semantic_gain`; no rows if a run is not there.
    """
    both = text_runs(catalogue, target)
    for setting in ("vsm", "vsm_sem"):
        if setting not in both:
            command = commands.notebook(catalogue, "05_text", target=target, features=setting)
            columns = ["vsm", "vsm_sem", "difference", "albums"]
            return f"needs the other run too:  {command}", pd.DataFrame(columns=columns, dtype=float)
    gain, by_label = semantic_gain(both["vsm"], both["vsm_sem"], seed=seed)
    said = "AUC {auc_vsm:.3f} -> {auc_vsm_sem:.3f}: {difference:+.3f} [{low:+.3f}, {high:+.3f}]".format(**gain)
    # Runs of before there were recipes are the paper's.
    vsm, sem = (both[setting].metrics.get("recipe", "paper") for setting in ("vsm", "vsm_sem"))
    if vsm != sem:
        said += f"; part of it may be the recipe: VSM was learned by {vsm!r}, VSM+SEM by {sem!r}"
    return said, by_label
