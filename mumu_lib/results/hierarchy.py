"""The genre taxonomy against the scores: a genre scored above its parent, and scores without that.

Paper: Section 3.1 has the taxonomy; its networks know nothing of it.  Notebooks: 08_results.
"""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from mumu_lib import metrics, results
from mumu_lib.catalogue import Catalogue
from mumu_lib.core.errors import BadDataError


def links(catalogue: Catalogue) -> np.ndarray:
    """Every label with the label above it, for each branch it stands in.

    A name of the taxonomy that is no label is passed over: its children hang on the next label above. A label
    in several branches may have several parents.

    Returns
    -------
    links : np.ndarray [shape=(n, 2), int]
        Columns of child and parent, in order; empty when the taxonomy has one level or is missing.
    """
    column = {label: i for i, label in enumerate(catalogue.labels)}
    found = set()
    for branch in catalogue.taxonomy["branch"]:
        labels = [column[name] for name in branch if name in column]
        found |= {(child, parent) for parent, child in pairwise(labels) if child != parent}
    return np.array(sorted(found), dtype=int).reshape(-1, 2)


def contradictions(S: npt.ArrayLike, links: np.ndarray, labels: list[str]) -> pd.DataFrame:
    """How often each label is scored above its parent, although every album that has it has its parent too.

    Parameters
    ----------
    S : array [shape=(albums, labels)]
        Probabilities or cosines.
    links : np.ndarray [shape=(n, 2), int]
        From :func:`links`.

    Returns
    -------
    table : pd.DataFrame
        A row a link, the most contradicted first: ``child``, ``parent``, ``albums``, ``share`` (of all albums).
    """
    scores = _checked(S, len(labels))
    above = scores[:, links[:, 0]] > scores[:, links[:, 1]]
    names = np.array(labels, dtype=object)[links]
    table = pd.DataFrame({"child": names[:, 0], "parent": names[:, 1], "albums": above.sum(axis=0)})
    table["share"] = table["albums"] / max(1, len(scores))
    return table.sort_values(["albums", "child", "parent"], ascending=[False, True, True], ignore_index=True)


def consistent(S: npt.ArrayLike, links: np.ndarray, *, every_parent: bool = True) -> np.ndarray:
    """Scores in which no label stands above its parent: each parent is raised to the highest label below it.

    No score is lowered, and labels without children keep theirs. Where child and parent are level after it, the
    lower column comes first in a ranking, as everywhere.

    Parameters
    ----------
    S : array [shape=(albums, labels)]
        Probabilities or cosines.
    links : np.ndarray [shape=(n, 2), int]
        From :func:`links`; circles are allowed, all of one circle become level.
    every_parent : bool
        Of several parents raise all; else only the one that scores highest, for taxonomies whose albums have just
        the branch they were annotated with.

    Returns
    -------
    raised : np.ndarray [shape=(albums, labels), float64]
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
    """How often each run contradicts the taxonomy, and what consistent scores do to AUC and coverage.

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
        Index as ``chosen``. Columns: ``contradicted`` (share of links times albums), ``albums`` (share with at least
        one), ``auc``, ``auc_consistent``, ``difference``, ``low``, ``high``, each coverage and P@1 before and after.
    """
    pairs, rows = links(catalogue), []
    for folder in chosen["folder"]:
        scores = results.test_scores(catalogue, folder)
        Y, S = results.truth(catalogue, scores.index), scores.to_numpy()
        raised = consistent(S, pairs, every_parent=every_parent)
        above = S[:, pairs[:, 0]] > S[:, pairs[:, 1]]
        auc = metrics.paired(Y, raised, S, n=resamples, seed=seed)
        row = {"contradicted": above.mean() if above.size else 0.0, "albums": above.any(axis=1).mean()}
        row |= {"auc": auc["second"], "auc_consistent": auc["first"]}
        row |= {name: auc[name] for name in ("difference", "low", "high")}
        for k in [k for k in metrics.COVERAGE_AT if k <= S.shape[1]]:
            row[f"coverage@{k}"] = metrics.coverage_at_k(S, k)
            row[f"coverage@{k}_consistent"] = metrics.coverage_at_k(raised, k)
        row["precision@1"] = metrics.METRICS["precision@1"](Y, S)
        row["precision@1_consistent"] = metrics.METRICS["precision@1"](Y, raised)
        rows.append(row)
    return pd.DataFrame(rows, chosen.index)


def as_printed(table: pd.DataFrame) -> pd.DataFrame:
    """The table of :func:`effect` as text."""
    result = pd.DataFrame({
        "Row": table.index, "Contradicted": table["contradicted"].map("{:.1%}".format),
        "AUC": table["auc"].map("{:.3f}".format), "AUC consistent": table["auc_consistent"].map("{:.3f}".format),
        "Difference": results.differences_as_text(table),
    })  # fmt: skip
    heads = {f"coverage@{k}": f"C@{k}" for k in metrics.COVERAGE_AT} | {"precision@1": "P@1"}
    for name, head in heads.items():
        if name in table:
            before, after = table[name], table[f"{name}_consistent"]
            result[head] = [f"{a:.2f} → {b:.2f}" for a, b in zip(before, after, strict=True)]
    return result
