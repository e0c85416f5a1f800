"""Compare scores with the genre taxonomy: find genres scored above their parents, and make scores consistent.

Paper: Section 3.1 has the taxonomy; its networks do not use it.  Notebooks: 08_results.
"""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from mumu_lib import metrics, results
from mumu_lib.catalogue import Catalogue
from mumu_lib.core.errors import BadDataError


def links(catalogue: Catalogue) -> np.ndarray:
    """List every label with its parent label, in all branches of the taxonomy.

    Names of the taxonomy that are not labels are skipped: their children are linked to the next label above. A label
    in several branches may have several parents.

    Returns
    -------
    links : np.ndarray [shape=(n, 2), int]
        Columns of child and parent in the label matrix, sorted; empty if the taxonomy has one level or is missing.
    """
    column = {label: i for i, label in enumerate(catalogue.labels)}
    links = set()
    for branch in catalogue.taxonomy["branch"]:
        labels = [column[name] for name in branch if name in column]
        for parent, child in pairwise(labels):
            if child != parent:
                links.add((child, parent))
    return np.array(sorted(links), dtype=int).reshape(-1, 2)


def contradictions(S: npt.ArrayLike, links: np.ndarray, labels: list[str]) -> pd.DataFrame:
    """Count how often each label is scored above its parent, although all its albums have the parent label too.

    Parameters
    ----------
    S : array [shape=(albums, labels)]
        Probabilities or cosines.
    links : np.ndarray [shape=(n, 2), int]
        From :func:`links`.
    labels : list of str
        Names of the columns of ``S``.

    Returns
    -------
    table : pd.DataFrame
        One row a link, the most contradicted first: ``child``, ``parent``, ``albums``, ``share`` (of all albums).

    Examples
    --------
    >>> table = contradictions([[0.2, 0.9], [0.5, 0.1]], np.array([[1, 0]]), ["Jazz", "Scat"])
    >>> table.to_dict("records")
    [{'child': 'Scat', 'parent': 'Jazz', 'albums': 1, 'share': 0.5}]
    """
    scores = _checked(S, len(labels))
    above = scores[:, links[:, 0]] > scores[:, links[:, 1]]
    names = np.array(labels, dtype=object)[links]
    table = pd.DataFrame({"child": names[:, 0], "parent": names[:, 1], "albums": above.sum(axis=0)})
    table["share"] = table["albums"] / max(1, len(scores))
    return table.sort_values(["albums", "child", "parent"], ascending=[False, True, True], ignore_index=True)


def consistent(S: npt.ArrayLike, links: np.ndarray, *, every_parent: bool = True) -> np.ndarray:
    """Raise each parent to the highest score below it, so that no label is scored above its parent.

    No score is lowered, and labels without children keep their scores. If child and parent become equal, the lower
    column is ranked first, as everywhere.

    Parameters
    ----------
    S : array [shape=(albums, labels)]
        Probabilities or cosines.
    links : np.ndarray [shape=(n, 2), int]
        From :func:`links`; cycles are allowed, and all labels of a cycle become equal.
    every_parent : bool
        Whether to raise all parents of a label; otherwise only the one with the highest score is raised, for
        taxonomies whose albums have only the branch that they were annotated with.

    Returns
    -------
    raised : np.ndarray [shape=(albums, labels), float64]

    Examples
    --------
    >>> consistent([[0.2, 0.9], [0.5, 0.1]], np.array([[1, 0]])).tolist()
    [[0.9, 0.9], [0.5, 0.1]]
    """
    raised = _checked(S, links.max(initial=-1) + 1).copy()
    while True:
        before = raised.copy()
        if every_parent:
            np.maximum.at(raised.T, links[:, 1], before.T[links[:, 0]])
        else:
            for child in np.unique(links[:, 0]):
                parents = links[links[:, 0] == child, 1]
                highest = parents[raised[:, parents].argmax(axis=1)]
                rows = np.arange(len(raised))
                raised[rows, highest] = np.maximum(raised[rows, highest], raised[:, child])
        if np.array_equal(before, raised):
            return raised


def _checked(S: npt.ArrayLike, labels: int) -> np.ndarray:
    scores = np.asarray(S, dtype=np.float64)
    if scores.ndim != 2 or scores.shape[1] < labels or not np.isfinite(scores).all():
        raise BadDataError(
            f"scores must be finite, albums x {labels} labels or more, got shape {scores.shape}; "
            f"take them from a run of this catalogue"
        )
    return scores


def effect(
    catalogue: Catalogue, chosen: pd.DataFrame, *, resamples: int = 1000, seed: int = 0, every_parent: bool = True
) -> pd.DataFrame:
    """Compute how often each run contradicts the taxonomy, and how consistent scores change AUC and coverage.

    Parameters
    ----------
    chosen : pd.DataFrame
        From :func:`mumu_lib.results.comparable`.
    resamples, seed : int
        Of the paired bootstrap of the AUC.
    every_parent : bool
        As for :func:`consistent`.

    Returns
    -------
    table : pd.DataFrame
        Index as ``chosen``. Columns: ``contradicted`` (share of all pairs of link and album), ``albums`` (share of
        albums with a contradicted link), ``auc``, ``auc_consistent``, ``difference``, ``low``, ``high``, each coverage
        and P@1 before and after.
    """
    pairs = links(catalogue)
    rows = []
    for folder in chosen["folder"]:
        scores = results.test_scores(catalogue, folder)
        Y = results.truth(catalogue, scores.index)
        S = scores.to_numpy()
        raised = consistent(S, pairs, every_parent=every_parent)
        row = _contradicted_shares(S, pairs)
        auc = metrics.paired(Y, raised, S, n=resamples, seed=seed)
        row["auc"] = auc["second"]
        row["auc_consistent"] = auc["first"]
        for name in ("difference", "low", "high"):
            row[name] = auc[name]
        for k in metrics.COVERAGE_AT:
            if k <= S.shape[1]:
                row[f"coverage@{k}"] = metrics.coverage_at_k(S, k)
                row[f"coverage@{k}_consistent"] = metrics.coverage_at_k(raised, k)
        row["precision@1"] = metrics.METRICS["precision@1"](Y, S)
        row["precision@1_consistent"] = metrics.METRICS["precision@1"](Y, raised)
        rows.append(row)
    return pd.DataFrame(rows, chosen.index)


def _contradicted_shares(S: np.ndarray, links: np.ndarray) -> dict[str, float]:
    """Compute the share of contradicted pairs of link and album, and of albums with a contradicted link."""
    above = S[:, links[:, 0]] > S[:, links[:, 1]]
    contradicted = 0.0
    if above.size:
        contradicted = above.mean()
    return {"contradicted": contradicted, "albums": above.any(axis=1).mean()}


def as_printed(table: pd.DataFrame) -> pd.DataFrame:
    """Format the table of :func:`effect` as text."""
    result = pd.DataFrame({
        "Row": table.index, "Contradicted": table["contradicted"].map("{:.1%}".format),
        "AUC": table["auc"].map("{:.3f}".format), "AUC consistent": table["auc_consistent"].map("{:.3f}".format),
        "Difference": results.differences_as_text(table),
    })  # fmt: skip
    heads = {f"coverage@{k}": f"C@{k}" for k in metrics.COVERAGE_AT} | {"precision@1": "P@1"}
    for name, head in heads.items():
        if name in table:
            before = table[name].map("{:.2f}".format)
            after = table[f"{name}_consistent"].map("{:.2f}".format)
            result[head] = (before + " → " + after).to_list()
    return result
