"""What the paper's text says about its rows, put to the test: its own numbers, ours, how sure.

Paper: Sections 5.4 and 6.1 to 6.4.  Notebooks: 08_results.

``params/claims.tsv`` holds the sentences. Its column ``compared`` lists comparisons ``first : second`` of rows named
``modality/target/setting``: ``*`` stands for the same text on both sides, ``**`` for any text, ``best`` before a
name for the best of the rows it fits (by AUC in the paper, by validation AUC here).
"""

import functools
import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from mumu_lib import metrics, results
from mumu_lib.catalogue import Catalogue
from mumu_lib.core import progress
from mumu_lib.core.errors import BadDataError
from mumu_lib.core.paths import checkout
from mumu_lib.metrics.resampling import certainty
from mumu_lib.results import paper_rows

COMPARABLE_AUC = 0.005
# Section of the sentences that are not the paper's.
OURS = "ours"
MEASURES = {
    "auc": ["auc"],
    "coverage": [f"coverage@{k}" for k in metrics.COVERAGE_AT],
    "params": ["params"],
    "seconds_per_epoch": ["seconds_per_epoch"],
    "precision": ["precision@1"],
}
FACTS = ["first", "second", "difference", "agreeing", "pairs"]
COLUMNS = [
    *("section", "claim", "quote", "metric", "direction", "of", "compared"),
    *(f"paper_{name}" for name in FACTS), "paper_supports", *FACTS, "low", "high", "p", "verdict",
    *("first_precision", "second_precision"),
]  # fmt: skip
RATIOS = ("params", "seconds_per_epoch")
NOTES = (
    "Paper and ours: mean of the first rows : mean of the second, or how many times as many; in brackets how many "
    "pairs go the way the sentence says, of those there are. Difference: first minus second, 95 % paired bootstrap "
    "over the test albums that all rows of the sentence have. Coverage: mean of C@1, C@3 and C@5; a resample has fewer different albums and thus less of it, so "
    "that its interval is rough and may lie beside the difference. Beside our coverage stands P@1 of the same rows: a "
    "shift of each label's scores raises coverage as well, and lowers P@1 (the control below the table).",
    f"“Same” is a difference of at most {COMPARABLE_AUC} AUC. “each” holds when the interval of every pair says so, "
    "“most” when those of more than half do, “mean” when that of the mean does. Not run: no pair was run.",
    "How much is “slightly” or “clearly” is left to the eye. The intervals are of one sentence each: of twenty that are true of nothing, about one looks decided by chance.",
)


def load() -> pd.DataFrame:
    """The sentences of ``params/claims.tsv``.

    Returns
    -------
    claims : pd.DataFrame
        ``section`` (``ours``: the paper has no such sentence), ``claim`` (in our words), ``quote``, ``metric``, ``direction`` (the first is ``more``, ``less``
        or the ``same``), ``of`` (``each`` pair, ``most``, or their ``mean``), ``compared``.

    Raises
    ------
    BadDataError
        A line with a word that is none of these, or a comparison without two sides.
    """
    path = checkout() / "params" / "claims.tsv"
    table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, quoting=3)
    allowed = {"metric": list(MEASURES), "direction": ["more", "less", "same"], "of": ["each", "most", "mean"]}
    for column, words in allowed.items():
        if (wrong := ~table[column].isin(words)).any():
            line = int(wrong.argmax())
            raise BadDataError(f"{path}, line {line + 2}: {column} must be one of {words}, got {table[column][line]!r}")
    for line, text in enumerate(table["compared"]):
        if any(comparison.count(" : ") != 1 for comparison in text.split(";") if comparison.strip()):
            raise BadDataError(f"{path}, line {line + 2}: write  first : second  in 'compared', got {text!r}")
    return table


def pairs(comparisons: str, quality: pd.Series) -> list[tuple[str, str]]:
    """Rows that a sentence compares.

    Parameters
    ----------
    comparisons : str
        The column ``compared``, separated by ``;``.
    quality : pd.Series
        Index: keys of the rows of Table 2. Values: what ``best`` goes by; NaN is never the best.

    Returns
    -------
    pairs : list of (first, second)
        A name that fits no row stands for itself.
    """
    found: dict[tuple[str, str], None] = {}
    for comparison in filter(str.strip, comparisons.split(";")):
        first, second = (_fitting(side.strip(), quality) for side in comparison.split(" : "))
        for a, stars in first:
            found.update(
                {(a, b): None for b, others in second if a != b and (stars == others or not stars or not others)}
            )
    return list(found)


def _fitting(name: str, quality: pd.Series) -> list[tuple[str, tuple[str, ...]]]:
    """Keys that a name fits, and what its stars stand for."""
    parts = re.split(r"(\*\*|\*)", name.removeprefix("best "))
    pattern = "".join({"**": "[^/]+", "*": "([^/]+)"}.get(part, re.escape(part)) for part in parts)
    matches = [(row, found.groups()) for row in quality.index if (found := re.fullmatch(pattern, row))]
    if name.startswith("best "):
        values = quality[[row for row, _ in matches]].dropna()
        return [(str(values.idxmax()) if len(values) else name, ())]
    return matches or [(name, ())]


def _agrees(difference: float, direction: str) -> bool:
    """Whether a difference goes the way a sentence says; rounded, since the paper's numbers are decimals."""
    size = round(float(difference), 9)
    return {"more": size > 0, "less": size < 0, "same": abs(size) <= COMPARABLE_AUC}[direction]


def _decided(low: float, high: float, direction: str) -> bool | None:
    """Whether an interval agrees with a sentence; None when it leaves that open."""
    if direction == "same":
        inside = low >= -COMPARABLE_AUC and high <= COMPARABLE_AUC
        outside = low > COMPARABLE_AUC or high < -COMPARABLE_AUC
    else:
        inside, outside = (low > 0, high < 0) if direction == "more" else (high < 0, low > 0)
    return True if inside else False if outside else None


def _verdict(decisions: list[bool | None], of: str) -> str:
    """One word for all pairs; a mean comes as one decision."""
    right, wrong = decisions.count(True), decisions.count(False)
    needed = len(decisions) // 2 + 1 if of == "most" else len(decisions)
    if right >= needed:
        return "holds"
    return "does not hold" if wrong > len(decisions) - needed else "cannot tell here"


def _judge(claim: pd.Series, compared: list[tuple[str, str]], measured: Callable, exact: bool) -> dict[str, object]:
    """Numbers of both sides, their difference, and the verdict.

    ``measured`` gives a row's numbers [shape=(columns of the measure, 1 + resamples)]: as they are, then resampled.
    """
    first, second = (np.concatenate([measured(pair[side]) for pair in compared]) for side in (0, 1))
    differences, direction = first - second, claim["direction"]
    overall = differences.mean(axis=0)
    judged = [overall] if claim["of"] == "mean" else list(differences)
    sure = [certainty(row[0], row[1:]) for row in judged]
    decisions = [
        _agrees(one["difference"], direction) if exact else _decided(one["low"], one["high"], direction) for one in sure
    ]
    return {
        "first": first[:, 0].mean(), "second": second[:, 0].mean(), **certainty(overall[0], overall[1:]),
        "agreeing": sum(_agrees(row[0], direction) for row in differences), "pairs": len(differences),
        "verdict": _verdict(decisions, claim["of"]),
    }  # fmt: skip


def _written(table: pd.DataFrame, metric: str, row: str) -> np.ndarray:
    """Numbers that stand in a table; logarithms of what is compared by ratio."""
    numbers = table.loc[[row], MEASURES[metric]].to_numpy(float).T
    return np.log(numbers) if metric in RATIOS else numbers


def _in_paper(claim: pd.Series, grid: pd.DataFrame) -> dict[str, object]:
    """The paper's own numbers, and whether its table supports its sentence."""
    known = [pair for pair in pairs(claim["compared"], grid["auc"]) if set(pair) <= set(grid.index)]
    if claim["section"] == OURS:
        return {"paper_supports": "does not say so"}
    if not known:
        return {"paper_supports": "no numbers"}
    facts = _judge(claim, known, functools.partial(_written, grid, claim["metric"]), exact=True)
    supports = "yes" if facts["verdict"] == "holds" else "no"
    return {**{f"paper_{name}": facts[name] for name in FACTS}, "paper_supports": supports}


def _here(claim: pd.Series, chosen: pd.DataFrame, rows: pd.Index, measured: Callable) -> dict[str, object]:
    """Our numbers, the difference with its interval, and the verdict."""
    metric = claim["metric"]
    if exact := metric in RATIOS:
        chosen = chosen.dropna(subset=[metric])
    # The best is among the rows of Table 2: the paper speaks of no others.
    among = chosen.index if claim["section"] == OURS else rows
    wanted = pairs(claim["compared"], chosen["val_auc"].astype(float).reindex(among))
    run = [pair for pair in wanted if set(pair) <= set(chosen.index)]
    if metric == "seconds_per_epoch":  # they mean something on one machine only
        run = [pair for pair in run if chosen.loc[list(pair), "device"].nunique() == 1]
    if not run:
        return {"pairs": 0, "verdict": "not run"}
    everything = frozenset(row for pair in run for row in pair)
    of_row = functools.partial(_written, chosen, metric) if exact else functools.partial(measured, metric, everything)
    facts = _judge(claim, run, of_row, exact)
    if metric == "coverage":
        beside = _judge(claim, run, functools.partial(measured, "precision", everything), exact)
        facts |= {"first_precision": beside["first"], "second_precision": beside["second"]}
    return facts


def table(
    catalogue: Catalogue, chosen: pd.DataFrame | None = None, *, resamples: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Every sentence of the paper that compares rows: its own numbers, ours, and whether it holds here.

    Parameters
    ----------
    chosen : pd.DataFrame, optional
        From :func:`mumu_lib.results.comparable`.
    resamples, seed : int
        Of the bootstrap over test albums.

    Returns
    -------
    table : pd.DataFrame
        The columns of :func:`load`; ``paper_first``, ``paper_second``, ``paper_difference``, ``paper_agreeing``,
        ``paper_pairs``, ``paper_supports``; ``first``, ``second``, ``difference``, ``low``, ``high``, ``p``,
        ``agreeing``, ``pairs``, ``verdict``; of coverage also ``first_precision`` and ``second_precision`` (P@1).
        What is compared by ratio comes as logarithms.
    """
    chosen = results.comparable(catalogue)[0] if chosen is None else chosen
    grid = paper_rows.grid()
    grid.index = pd.Index(results.key(grid))
    scores = functools.cache(lambda row: results.test_scores(catalogue, str(chosen.loc[row, "folder"])))

    @functools.cache
    def common(rows: frozenset) -> pd.Index:
        # Sorted: the order of a set of texts differs from one process to the next.
        return functools.reduce(lambda left, right: left[left.isin(right)], [scores(row).index for row in sorted(rows)])

    @functools.cache
    def on(albums: tuple, metric: str, row: str) -> np.ndarray:
        Y, S = results.truth(catalogue, pd.Index(albums)), scores(row).loc[list(albums)].to_numpy()
        names = [name for name in MEASURES[metric] if int(name.partition("@")[2] or 1) <= len(catalogue.labels)]
        return np.array(
            [[metrics.METRICS[name](Y, S), *metrics.bootstrap(Y, S, name, resamples, seed)] for name in names]
        )

    def measured(metric: str, rows: frozenset, row: str) -> np.ndarray:
        return on(tuple(common(rows)), metric, row)

    claims = progress.bar(list(load().iterrows()), "claims", unit="claim")
    rows = [{**claim, **_in_paper(claim, grid), **_here(claim, chosen, grid.index, measured)} for _, claim in claims]
    return pd.DataFrame(rows).reindex(columns=COLUMNS)


def as_printed(table: pd.DataFrame) -> pd.DataFrame:
    """The claims as text: section, sentence, measure, paper, ours, difference, verdict."""
    form = {"auc": "{:.3f}", "coverage": "{:.2f}", "precision": "{:.2f}"}
    names = {
        "auc": "AUC",
        "coverage": "coverage",
        "precision": "P@1",
        "params": "parameters",
        "seconds_per_epoch": "s/epoch",
    }

    def sides(row: pd.Series, whose: str) -> str:
        if pd.isna(row[f"{whose}pairs"]) or not row[f"{whose}pairs"]:
            return ""
        written = form.get(row["metric"])
        both = (
            f"{written.format(row[f'{whose}first'])} : {written.format(row[f'{whose}second'])}"
            if written
            else f"{np.exp(row[f'{whose}difference']):.2f} times"
        )
        precision = ""
        if not whose and pd.notna(row["first_precision"]):
            precision = f"; P@1 {row['first_precision']:.2f} : {row['second_precision']:.2f}"
        return f"{both} ({row[f'{whose}agreeing']:.0f} of {row[f'{whose}pairs']:.0f}){precision}"

    return pd.DataFrame({
        "§": table["section"], "Claim": table["claim"], "In the paper's words": table["quote"].map(lambda words: f"“{words}”" if words else ""),
        "Measure": table["metric"].map(names), "Of": table["of"],
        "Paper": [sides(row, "paper_") for _, row in table.iterrows()],
        "Its table says so": table["paper_supports"],
        "Ours": [sides(row, "") for _, row in table.iterrows()],
        "Difference": results.differences_as_text(table), "Here": table["verdict"],
    })  # fmt: skip
