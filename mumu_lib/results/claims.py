"""Test the claims of the paper's text about its rows: by its own numbers, by ours, and with which confidence.

Paper: Sections 5.4 and 6.1 to 6.4.  Notebooks: 08_results.

The claims are listed in ``params/claims.tsv``. Its column ``compared`` holds comparisons ``first : second`` of rows
named ``modality/target/setting``. ``*`` matches the same text on both sides and ``**`` any text; ``best`` before a
name means the best of the rows that it matches (by AUC in the paper, by validation AUC here).
"""

import functools
import itertools
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
# Section of the claims that the paper does not make.
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
# How measures are printed: their name, and the decimals of those that are not compared by ratio.
HEADS = {
    "auc": "AUC",
    "coverage": "coverage",
    "precision": "P@1",
    "params": "parameters",
    "seconds_per_epoch": "s/epoch",
}
DECIMALS = {"auc": 3, "coverage": 2, "precision": 2}
NOTES = (
    "Paper and ours: mean of the first rows : mean of the second, or their ratio; in brackets the number of pairs that "
    "agree with the claim, out of all its pairs. Difference: first minus second, with the 95 % interval of a paired "
    "bootstrap over the test albums that all rows of the claim share. Coverage: mean of C@1, C@3 and C@5; a resample "
    "has fewer distinct albums and therefore a lower coverage, so the interval is rough and may exclude the "
    "difference. P@1 of the same rows follows our coverage: shifting the scores of each label raises coverage too, but "
    "lowers P@1 (see the control below the table).",
    f"“Same” is a difference of at most {COMPARABLE_AUC} AUC. “each” holds if the interval of every pair confirms the "
    "claim, “most” if those of more than half of the pairs do, “mean” if that of the mean does. Not run: the rows of "
    "no pair were run.",
    "How much is “slightly” or “clearly” is left to the reader. The intervals are not corrected for the number of "
    "claims: of twenty claims without any true difference, about one appears decided by chance.",
)


def load() -> pd.DataFrame:
    """Read the claims of ``params/claims.tsv``.

    Returns
    -------
    claims : pd.DataFrame
        ``section`` (``ours``: a claim that the paper does not make), ``claim`` (in our words), ``quote``, ``metric``,
        ``direction`` (the first is ``more``, ``less`` or the ``same``), ``of`` (``each`` pair, ``most`` of them, or
        their ``mean``), ``compared``.

    Raises
    ------
    BadDataError
        An entry is not one of the allowed words, or a comparison does not have two sides.

    Examples
    --------
    >>> claims = load()
    >>> list(claims.columns[:4])
    ['section', 'claim', 'quote', 'metric']
    """
    path = checkout() / "params" / "claims.tsv"
    table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, quoting=3)
    allowed = {"metric": list(MEASURES), "direction": ["more", "less", "same"], "of": ["each", "most", "mean"]}
    for column, words in allowed.items():
        wrong = ~table[column].isin(words)
        if wrong.any():
            line = int(wrong.argmax())
            raise BadDataError(f"{path}, line {line + 2}: {column} must be one of {words}, got {table[column][line]!r}")
    for line, text in enumerate(table["compared"]):
        for comparison in _comparisons(text):
            if comparison.count(" : ") != 1:
                raise BadDataError(f"{path}, line {line + 2}: write  first : second  in 'compared', got {text!r}")
    return table


def _comparisons(text: str) -> list[str]:
    """Split the column ``compared`` into comparisons; empty ones are dropped."""
    return [comparison for comparison in text.split(";") if comparison.strip()]


def pairs(comparisons: str, quality: pd.Series) -> list[tuple[str, str]]:
    """List the pairs of rows that a claim compares.

    Parameters
    ----------
    comparisons : str
        The column ``compared``: comparisons separated by ``;``.
    quality : pd.Series
        Index: keys of the rows of Table 2. Values: the measure by which ``best`` is chosen; NaN is never the best.

    Returns
    -------
    pairs : list of (first, second)
        A name that matches no row is returned unchanged.

    Examples
    --------
    >>> quality = pd.Series(0.5, ["audio/cosine/low_4x96", "audio/logistic/low_4x96"])
    >>> pairs("audio/cosine/* : audio/logistic/*", quality)
    [('audio/cosine/low_4x96', 'audio/logistic/low_4x96')]
    """
    # A dictionary keeps the order and drops repeated pairs.
    result: dict[tuple[str, str], None] = {}
    for comparison in _comparisons(comparisons):
        left, right = comparison.split(" : ")
        second_rows = _matching_rows(right.strip(), quality)
        for first, first_stars in _matching_rows(left.strip(), quality):
            for second, second_stars in second_rows:
                same_stars = first_stars == second_stars or not first_stars or not second_stars
                if first != second and same_stars:
                    result[first, second] = None
    return list(result)


def _matching_rows(name: str, quality: pd.Series) -> list[tuple[str, tuple[str, ...]]]:
    """List the keys that a name with stars matches, each with the texts that its single stars match."""
    pattern = ""
    for part in re.split(r"(\*\*|\*)", name.removeprefix("best ")):
        if part == "**":
            pattern += "[^/]+"
        elif part == "*":
            pattern += "([^/]+)"
        else:
            pattern += re.escape(part)
    matches = []
    for row in quality.index:
        match = re.fullmatch(pattern, row)
        if match:
            matches.append((row, match.groups()))
    if name.startswith("best "):
        values = quality[[row for row, _ in matches]].dropna()
        if values.empty:
            return [(name, ())]
        return [(str(values.idxmax()), ())]
    return matches or [(name, ())]


def _agrees(difference: float, direction: str) -> bool:
    """Return whether a difference has the claimed direction.

    It is rounded first, since the paper's numbers are decimal fractions.
    """
    size = round(float(difference), 9)
    if direction == "same":
        return abs(size) <= COMPARABLE_AUC
    if direction == "more":
        return size > 0
    return size < 0


def _decided(low: float, high: float, direction: str) -> bool | None:
    """Return whether an interval confirms a claim (True), refutes it (False) or leaves it open (None)."""
    if direction == "same":
        confirmed = low >= -COMPARABLE_AUC and high <= COMPARABLE_AUC
        refuted = low > COMPARABLE_AUC or high < -COMPARABLE_AUC
    elif direction == "more":
        confirmed = low > 0
        refuted = high < 0
    else:
        confirmed = high < 0
        refuted = low > 0
    if confirmed:
        return True
    if refuted:
        return False
    return None


def _verdict(decisions: list[bool | None], of: str) -> str:
    """Return the verdict over all pairs; a mean is passed as a single decision."""
    confirmed = decisions.count(True)
    refuted = decisions.count(False)
    needed = len(decisions)
    if of == "most":
        needed = len(decisions) // 2 + 1
    if confirmed >= needed:
        return "holds"
    if refuted > len(decisions) - needed:
        return "does not hold"
    return "cannot tell here"


def _compare(
    claim: pd.Series, compared: list[tuple[str, str]], measure: Callable[[str], np.ndarray], exact: bool
) -> dict[str, object]:
    """Compute the numbers of both sides, their difference, and the verdict.

    Parameters
    ----------
    compared : list of (first, second)
        Rows that were run.
    measure : function
        Row -> numbers [shape=(columns of the measure, 1 + resamples)]: the values themselves, then those of resamples.
    exact : bool
        Whether the numbers have no sampling error, such as the number of parameters.
    """
    direction = claim["direction"]
    first = np.concatenate([measure(row) for row, _ in compared])
    second = np.concatenate([measure(row) for _, row in compared])
    differences = first - second
    mean = differences.mean(axis=0)
    judged = list(differences)
    if claim["of"] == "mean":
        judged = [mean]
    decisions: list[bool | None] = []
    for values in judged:
        difference = certainty(values[0], values[1:])
        if exact:
            decisions.append(_agrees(difference["difference"], direction))
        else:
            decisions.append(_decided(difference["low"], difference["high"], direction))
    return {
        "first": first[:, 0].mean(), "second": second[:, 0].mean(), **certainty(mean[0], mean[1:]),
        "agreeing": sum(_agrees(difference, direction) for difference in differences[:, 0]), "pairs": len(differences),
        "verdict": _verdict(decisions, claim["of"]),
    }  # fmt: skip


def _from_table(table: pd.DataFrame, metric: str, row: str) -> np.ndarray:
    """Read the numbers of a row from a table; logarithms of measures that are compared by ratio."""
    numbers = table.loc[[row], MEASURES[metric]].to_numpy(float).T
    if metric in RATIOS:
        return np.log(numbers)
    return numbers


def _in_paper(claim: pd.Series, grid: pd.DataFrame) -> dict[str, object]:
    """Return the paper's own numbers, and whether its table supports its claim."""
    if claim["section"] == OURS:
        return {"paper_supports": "does not say so"}
    compared = [pair for pair in pairs(claim["compared"], grid["auc"]) if set(pair) <= set(grid.index)]
    if not compared:
        return {"paper_supports": "no numbers"}
    facts = _compare(claim, compared, functools.partial(_from_table, grid, claim["metric"]), exact=True)
    result: dict[str, object] = {"paper_supports": "no"}
    for name in FACTS:
        result[f"paper_{name}"] = facts[name]
    if facts["verdict"] == "holds":
        result["paper_supports"] = "yes"
    return result


class _TestMetrics:
    """Compute metrics of the chosen runs on the test albums that several rows share; each is computed once.

    Parameters
    ----------
    chosen : pd.DataFrame
        From :func:`mumu_lib.results.comparable`.
    resamples, seed : int
        Of the bootstrap over test albums.
    """

    def __init__(self, catalogue: Catalogue, chosen: pd.DataFrame, resamples: int, seed: int) -> None:
        self.catalogue = catalogue
        self.folders = chosen["folder"]
        self.resamples = resamples
        self.seed = seed
        self._scores = functools.cache(self._read_scores)
        self._common_albums = functools.cache(self._intersect)
        self._values = functools.cache(self._compute)

    def measure(self, metric: str, rows: frozenset[str], row: str) -> np.ndarray:
        """Compute a measure of one row on the test albums that all ``rows`` have; see :func:`_compare`."""
        return self._values(self._common_albums(rows), metric, row)

    def _read_scores(self, row: str) -> pd.DataFrame:
        return results.test_scores(self.catalogue, str(self.folders[row]))

    def _intersect(self, rows: frozenset[str]) -> tuple[str, ...]:
        """Return the albums that all rows have, in the order of the first row's scores."""
        # Sorted, because the order of a set of strings differs between processes.
        first, *others = sorted(rows)
        albums = self._scores(first).index
        for row in others:
            albums = albums[albums.isin(self._scores(row).index)]
        return tuple(albums)

    def _compute(self, albums: tuple[str, ...], metric: str, row: str) -> np.ndarray:
        Y = results.truth(self.catalogue, pd.Index(albums))
        S = self._scores(row).loc[list(albums)].to_numpy()
        values = []
        for name in MEASURES[metric]:
            k = int(name.partition("@")[2] or 1)
            if k <= len(self.catalogue.labels):
                resampled = metrics.bootstrap(Y, S, name, self.resamples, self.seed)
                values.append([metrics.METRICS[name](Y, S), *resampled])
        return np.array(values)


def _here(claim: pd.Series, chosen: pd.DataFrame, table2_rows: pd.Index, tested: _TestMetrics) -> dict[str, object]:
    """Return our numbers, the difference with its interval, and the verdict."""
    metric = claim["metric"]
    exact = metric in RATIOS
    if exact:
        chosen = chosen.dropna(subset=[metric])
    # In a claim of the paper, "best" means the best of the rows of Table 2.
    candidates = table2_rows
    if claim["section"] == OURS:
        candidates = chosen.index
    wanted = pairs(claim["compared"], chosen["val_auc"].astype(float).reindex(candidates))
    compared = [pair for pair in wanted if set(pair) <= set(chosen.index)]
    if metric == "seconds_per_epoch":
        # Seconds can be compared only if they were measured on one device.
        compared = [pair for pair in compared if chosen.loc[list(pair), "device"].nunique() == 1]
    if not compared:
        return {"pairs": 0, "verdict": "not run"}
    if exact:
        return _compare(claim, compared, functools.partial(_from_table, chosen, metric), exact)
    rows = frozenset(itertools.chain.from_iterable(compared))
    facts = _compare(claim, compared, functools.partial(tested.measure, metric, rows), exact)
    if metric == "coverage":
        precision = _compare(claim, compared, functools.partial(tested.measure, "precision", rows), exact)
        facts["first_precision"] = precision["first"]
        facts["second_precision"] = precision["second"]
    return facts


def table(
    catalogue: Catalogue, chosen: pd.DataFrame | None = None, *, resamples: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Test every claim of the paper that compares rows: its own numbers, ours, and whether it holds here.

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
        ``agreeing``, ``pairs``, ``verdict``; for coverage also ``first_precision`` and ``second_precision`` (P@1).
        Measures that are compared by ratio are given as logarithms.
    """
    if chosen is None:
        chosen, _ = results.comparable(catalogue)
    grid = paper_rows.grid()
    grid.index = pd.Index(results.key(grid))
    tested = _TestMetrics(catalogue, chosen, resamples, seed)
    rows = []
    for _, claim in progress.bar(list(load().iterrows()), "claims", unit="claim"):
        rows.append({**claim, **_in_paper(claim, grid), **_here(claim, chosen, grid.index, tested)})
    return pd.DataFrame(rows).reindex(columns=COLUMNS)


def as_printed(table: pd.DataFrame) -> pd.DataFrame:
    """Format claims as text: section, claim, quote, measure, paper, ours, difference, verdict.

    Parameters
    ----------
    table : pd.DataFrame
        From :func:`table`.
    """
    paper = []
    ours = []
    for _, row in table.iterrows():
        paper.append(_sides_as_text(row, "paper_"))
        ours.append(_sides_as_text(row, "") + _precision_as_text(row))
    quotes = ("“" + table["quote"] + "”").where(table["quote"] != "", "")
    return pd.DataFrame({
        "§": table["section"], "Claim": table["claim"], "In the paper's words": quotes,
        "Measure": table["metric"].map(HEADS), "Of": table["of"], "Paper": paper,
        "Its table says so": table["paper_supports"], "Ours": ours,
        "Difference": results.differences_as_text(table), "Here": table["verdict"],
    })  # fmt: skip


def _sides_as_text(row: pd.Series, prefix: str) -> str:
    """Format both sides of a claim, or their ratio, and the agreeing pairs; ``paper_`` for the paper's numbers."""
    n_pairs = row[f"{prefix}pairs"]
    if pd.isna(n_pairs) or not n_pairs:
        return ""
    if row["metric"] in RATIOS:
        sides = f"{np.exp(row[f'{prefix}difference']):.2f} times"
    else:
        decimals = DECIMALS[row["metric"]]
        sides = f"{row[f'{prefix}first']:.{decimals}f} : {row[f'{prefix}second']:.{decimals}f}"
    return f"{sides} ({row[f'{prefix}agreeing']:.0f} of {n_pairs:.0f})"


def _precision_as_text(row: pd.Series) -> str:
    """Format P@1 of both sides; empty if it was not measured."""
    if not row["pairs"] or pd.isna(row["first_precision"]):
        return ""
    return f"; P@1 {row['first_precision']:.2f} : {row['second_precision']:.2f}"
