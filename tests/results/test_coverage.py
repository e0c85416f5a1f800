"""The control: a shift of scores covers more genres and knows nothing more."""

import numpy as np
import pytest

from mumu_lib import metrics, results
from mumu_lib.results import coverage


def logistic(tiny, seed=0):
    """Probabilities that know a little, and the frequency of labels much better."""
    rng = np.random.default_rng(seed)
    M = tiny.label_matrix().toarray()
    frequency = M.mean(axis=0)
    log_odds = np.log(frequency / (1 - frequency)) + 0.1 * M + 0.3 * rng.normal(size=M.shape)
    return 1 / (1 + np.exp(-log_odds))


def run_with(tiny, write, row, S, **own):
    write(row, 0.0, **own)
    folder = results.comparable(tiny)[0].folder[row]
    np.save(f"{folder}/scores.npy", S)


def test_the_shift_raises_coverage_and_leaves_the_auc_alone(tiny, write):
    S = logistic(tiny)
    run_with(tiny, write, "audio/logistic/low_4x96", S)
    write("audio/cosine/low_4x96", 1.0)
    table = coverage.control(tiny, results.comparable(tiny)[0]).set_index("scores")
    assert list(table.index) == list(coverage.SCORERS)
    test = tiny.rows("test")
    Y = tiny.label_matrix()[test].toarray()
    plain, shifted = table.loc["logistic"], table.loc[coverage.SHIFTED]
    assert plain["auc"] == shifted["auc"] == metrics.macro_auc(Y, S[test])
    assert plain["coverage@1"] == metrics.coverage_at_k(S[test], 1) < shifted["coverage@1"]
    assert plain["precision@1"] == metrics.METRICS["precision@1"](Y, S[test])
    assert np.isnan(plain["coverage@5"])
    assert set(table["albums"]) == {len(test)}
    printed = coverage.as_printed(table.reset_index())
    assert list(printed) == ["Modality", "Scores", "Setting", "AUC", "C@1", "C@3", "C@5", "P@1"]
    assert printed["C@5"].tolist() == ["", "", ""]
    assert printed["Scores"].tolist() == list(coverage.SCORERS)


def test_pairs_are_counted_and_compared_on_the_albums_that_both_have(tiny, write):
    run_with(tiny, write, "audio/logistic/low_4x96", logistic(tiny))
    write("audio/cosine/low_4x96", 1.0, albums=np.arange(15))
    write("text/logistic/vsm", 0.5)
    table = coverage.control(tiny, results.comparable(tiny)[0])
    assert table["albums"].tolist() == [2, 2, 2, 6, 6]
    assert coverage.said(table).startswith("C@1 of cosine is higher than that of logistic in ")
    assert "of 1 pairs" in coverage.said(table)
    counted = table.iloc[:3].assign(**{"coverage@1": [0.2, 0.6, 0.5]})
    assert "in 1 of 1 pairs, higher than that of logistic with shifted scores in 0" in coverage.said(counted)


@pytest.mark.parametrize("row", [None, "audio/cosine/low_4x96"])
def test_without_a_logistic_run_there_is_nothing_to_compare(tiny, write, row):
    if row:
        write(row, 1.0)
    table = coverage.control(tiny, results.comparable(tiny)[0])
    assert table.empty
    assert "nothing to compare" in coverage.said(table)
    assert coverage.as_printed(table).empty
