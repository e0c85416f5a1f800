"""Measure the gain of the semantic enrichment of texts: VSM against VSM+SEM.

Paper: Section 6.2.  Notebooks: 05_text.
"""

from pathlib import Path

import pandas as pd

from mumu_lib import metrics, results, runs
from mumu_lib.catalogue import Catalogue, commands

SETTINGS = ["vsm", "vsm_sem"]


def text_runs(catalogue: Catalogue, target: str) -> dict[str, runs.Run]:
    """Return the finished runs of VSM and VSM+SEM; the one with the best validation AUC if there are several of one.

    Parameters
    ----------
    target : {'logistic', 'cosine'}

    Returns
    -------
    runs : dict
        By setting, ``vsm`` and ``vsm_sem``; settings that were not run are absent.
    """
    table = runs.table(catalogue).reindex(columns=["modality", "target", "setting", "val_auc", "folder"])
    of_target = (table["modality"] == "text") & (table["target"] == target)
    best = runs.by_validation(table[of_target & table["setting"].isin(SETTINGS)]).drop_duplicates("setting")
    result = {}
    for run_id, row in best.iterrows():
        result[row["setting"]] = runs.Run(str(run_id), Path(row["folder"]), catalogue)
    return result


def semantic_gain(vsm: runs.Run, sem: runs.Run, *, seed: int = 0) -> tuple[dict[str, float], pd.DataFrame]:
    """Compute the AUC of VSM+SEM minus that of VSM, on the test albums that both have scored.

    Returns
    -------
    gain : dict
        ``auc_vsm``, ``auc_vsm_sem``, ``difference``, ``low`` and ``high`` (95 % interval by a paired bootstrap), and
        ``albums``.
    by_label : pd.DataFrame
        Index: label, largest gain first. Columns: ``vsm``, ``vsm_sem``, ``difference``, ``albums``.
    """
    catalogue = vsm.catalogue
    vsm_scores = results.test_scores(catalogue, str(vsm.folder))
    sem_scores = results.test_scores(catalogue, str(sem.folder))
    common = vsm_scores.index[vsm_scores.index.isin(sem_scores.index)]
    truth = results.truth(catalogue, common)
    without = vsm_scores.loc[common].to_numpy()
    enriched = sem_scores.loc[common].to_numpy()
    pair = metrics.paired(truth, enriched, without, seed=seed)
    aucs = {"vsm": metrics.auc_per_label(truth, without), "vsm_sem": metrics.auc_per_label(truth, enriched)}
    by_label = pd.DataFrame(aucs, catalogue.labels)
    by_label["difference"] = by_label["vsm_sem"] - by_label["vsm"]
    by_label["albums"] = truth.sum(axis=0)
    gain = {"auc_vsm": pair["second"], "auc_vsm_sem": pair["first"]}
    for name in ("difference", "low", "high"):
        gain[name] = pair[name]
    gain["albums"] = len(common)
    return gain, by_label.sort_values("difference", ascending=False, kind="stable")


def compare(catalogue: Catalogue, target: str, *, seed: int = 0) -> tuple[str, pd.DataFrame]:
    """Describe the gain of VSM+SEM over VSM, if both were run.

    Returns
    -------
    gain : str
        Both AUCs, the difference and its 95 % interval, and whether the runs also differ in their recipe; or the command
        that makes the missing run.
    by_label : pd.DataFrame
        From :func:`semantic_gain`; empty if a run is missing.
    """
    both = text_runs(catalogue, target)
    for setting in SETTINGS:
        if setting not in both:
            command = commands.notebook(catalogue, "05_text", target=target, features=setting)
            columns = [*SETTINGS, "difference", "albums"]
            return f"needs the other run too:  {command}", pd.DataFrame(columns=columns, dtype=float)
    gain, by_label = semantic_gain(both["vsm"], both["vsm_sem"], seed=seed)
    text = "AUC {auc_vsm:.3f} -> {auc_vsm_sem:.3f}: {difference:+.3f} [{low:+.3f}, {high:+.3f}]".format(**gain)
    # Runs of versions without recipes were trained as in the paper.
    vsm_recipe = both["vsm"].metrics.get("recipe", "paper")
    sem_recipe = both["vsm_sem"].metrics.get("recipe", "paper")
    if vsm_recipe != sem_recipe:
        text += f"; part of it may be the recipe: VSM was learned by {vsm_recipe!r}, VSM+SEM by {sem_recipe!r}"
    return text, by_label
