"""The paper's sentences: which rows they compare, and whether they hold here."""

import numpy as np
import pandas as pd
import pytest

from mumu_lib import metrics, results, runs
from mumu_lib.core import paths
from mumu_lib.core.errors import BadDataError
from mumu_lib.results import claims, paper_rows


@pytest.fixture
def said(monkeypatch):
    """Replace the paper's sentences by one."""

    def one(compared, *, metric="auc", direction="more", of="mean"):
        line = {"section": "6.1", "claim": "c", "quote": "q", "metric": metric, "direction": direction, "of": of}
        monkeypatch.setattr(claims, "load", lambda: pd.DataFrame([{**line, "compared": compared}]))

    return one


def only(tiny):
    return claims.table(tiny, resamples=200).iloc[0]


GRID = pd.Series(0.5, results.key(paper_rows.grid()))


def test_a_star_is_the_same_on_both_sides():
    assert claims.pairs("audio/*/low_* : audio/*/high_*", GRID) == [
        (f"audio/{target}/low_{size}", f"audio/{target}/high_{size}")
        for target in ("logistic", "cosine")
        for size in ("3x3", "4x96", "4x70")
    ]


def test_two_stars_are_anything_and_no_row_meets_itself():
    found = claims.pairs("audio/cosine/high_4x70 : audio/**/**", GRID)
    assert len(found) == 12
    assert ("audio/cosine/high_4x70", "audio/cosine/high_4x70") not in found
    assert len(claims.pairs("text/*/** : audio/*/**", GRID)) == 2 * 7 + 2 * 6


def test_best_goes_by_quality_and_never_by_what_is_missing():
    quality = GRID.copy()
    quality["audio/cosine/low_3x3"] = 0.9
    quality["audio/cosine/high_3x3"] = np.nan
    expected = [("audio/cosine/low_3x3", "audio/logistic/timbre_mlp")]
    assert claims.pairs("best audio/**/** : audio/logistic/timbre_mlp", quality) == expected
    nothing = claims.pairs("best audio/**/** : audio/logistic/timbre_mlp", quality * np.nan)
    assert nothing == [("best audio/**/**", "audio/logistic/timbre_mlp")]


def test_a_row_beyond_table_2_is_meant_when_named():
    assert claims.pairs("a+t+i/cosine/mlp : a+t+i/cosine/simultaneous", GRID) == [
        ("a+t+i/cosine/mlp", "a+t+i/cosine/simultaneous")
    ]


def test_every_sentence_names_rows_of_table_2():
    table = claims.load()
    assert set(table["section"]) == {"5.4", "6.1", "6.2", "6.3", "6.4", claims.OURS}
    assert not table.loc[table["section"] == claims.OURS, "quote"].any()
    table = table[table["section"] != claims.OURS]
    for text in table["compared"]:
        for side in (side for comparison in text.split(";") for side in comparison.split(" : ") if side.strip()):
            rows = [row for pair in claims.pairs(f"{side} : x", GRID) for row in pair[:1]]
            assert set(rows) <= {*GRID.index, "a+t+i/logistic/simultaneous", "a+t+i/cosine/simultaneous"}, side


def test_what_the_papers_own_table_says():
    table = claims.load().join(pd.DataFrame([claims._in_paper(claim, grid()) for _, claim in claims.load().iterrows()]))
    supports = table.set_index("claim")["paper_supports"]
    assert (supports == "yes").sum() == 34
    assert list(supports[supports == "no"].index) == ["Cosine beats logistic on text, slightly"]
    cosine = table.set_index("claim").loc["Cosine beats logistic in most audio settings"]
    assert (cosine["paper_agreeing"], cosine["paper_pairs"]) == (5, 6)
    best = table.set_index("claim").loc["The best CNN beats handcrafted features"]
    assert (best["paper_first"], best["paper_second"]) == (0.888, 0.792)
    sizes = table.set_index("claim").loc["4x70 filters have more parameters than 4x96, slightly"]
    ratios = np.array([0.35 / 0.2, 7.5 / 5, 0.3 / 0.15, 6.5 / 4])
    assert np.exp(sizes["paper_difference"]) == pytest.approx(ratios.prod() ** (1 / 4))


def grid():
    table = paper_rows.grid()
    table.index = pd.Index(results.key(table))
    return table


def test_a_clear_difference_holds_and_its_opposite_does_not(tiny, write, said):
    first = write("audio/cosine/low_4x96", 1.0, seed=1)
    second = write("audio/logistic/low_4x96", -1.0, seed=2)
    said("audio/cosine/* : audio/logistic/*")
    row = only(tiny)
    test = tiny.rows("test")
    truth = tiny.label_matrix()[test]
    assert row["first"] == metrics.macro_auc(truth, first[test])
    assert row["difference"] == pytest.approx(row["first"] - metrics.macro_auc(truth, second[test]))
    expected = metrics.paired(truth, first[test], second[test], n=200, seed=0)
    assert (row["low"], row["high"], row["p"]) == (expected["low"], expected["high"], expected["p"])
    assert (row["verdict"], row["agreeing"], row["pairs"]) == ("holds", 1, 1)
    said("audio/logistic/* : audio/cosine/*")
    assert only(tiny)["verdict"] == "does not hold"
    said("audio/logistic/* : audio/cosine/*", direction="less")
    assert only(tiny)["verdict"] == "holds"


def test_a_difference_within_the_noise_stays_open(tiny, write, said):
    write("audio/cosine/low_4x96", 0.3, noise=1, seed=1)
    write("audio/logistic/low_4x96", 0.3, noise=1, seed=2)
    for direction in ("more", "less", "same"):
        said("audio/cosine/* : audio/logistic/*", direction=direction)
        assert only(tiny)["verdict"] == "cannot tell here"


def test_the_same_scores_are_the_same(tiny, write, said):
    write("audio/cosine/low_4x96", 0.5, seed=1)
    write("audio/logistic/low_4x96", 0.5, seed=1)
    said("audio/cosine/* : audio/logistic/*", direction="same")
    assert only(tiny)["verdict"] == "holds"
    said("audio/cosine/* : audio/logistic/*", direction="more")
    assert only(tiny)["verdict"] == "cannot tell here"


def test_each_most_and_mean(tiny, write, said):
    for size, knows in (("4x96", 1.0), ("4x70", 1.0), ("3x3", -1.0)):
        write(f"audio/cosine/low_{size}", knows, seed=1)
        write(f"audio/logistic/low_{size}", -knows, seed=2)
    verdicts = {}
    for of in ("each", "most", "mean"):
        said("audio/cosine/* : audio/logistic/*", of=of)
        row = only(tiny)
        verdicts[of] = row["verdict"]
    assert verdicts == {"each": "does not hold", "most": "holds", "mean": "holds"}
    assert (row["agreeing"], row["pairs"]) == (2, 3)
    said("audio/logistic/* : audio/cosine/*", of="most")
    assert only(tiny)["verdict"] == "does not hold"


def test_most_counts_pairs_however_large_the_one_exception_is(tiny, write, said):
    for size, knows, against in (("4x96", 1, 0), ("4x70", 1, 0), ("3x3", -1, 1)):  # AUC 1, 1, 0 against 0.5, 0.5, 1
        write(f"audio/cosine/low_{size}", knows, noise=0)
        write(f"audio/logistic/low_{size}", against, noise=0)
    for of, verdict in (("most", "holds"), ("mean", "cannot tell here"), ("each", "does not hold")):
        said("audio/cosine/* : audio/logistic/*", of=of)
        assert only(tiny)["verdict"] == verdict


@pytest.mark.parametrize(
    ("decisions", "of", "verdict"),
    [
        ([True, True, None], "each", "cannot tell here"),
        ([True, False, None], "each", "does not hold"),
        ([True, True, None], "most", "holds"),
        ([True, False, None, None], "most", "cannot tell here"),
        ([True, True, False, False], "most", "does not hold"),
        ([None], "mean", "cannot tell here"),
    ],
)
def test_verdicts(decisions, of, verdict):
    assert claims._verdict(decisions, of) == verdict


def test_what_was_not_run_is_said(tiny, write, said):
    write("audio/cosine/low_4x96", 1.0)
    said("audio/cosine/* : audio/logistic/*")
    row = only(tiny)
    assert (row["verdict"], row["pairs"]) == ("not run", 0)
    printed = claims.as_printed(claims.table(tiny, resamples=5))
    assert printed.loc[0, ["Ours", "Difference"]].tolist() == ["", ""]
    assert printed.loc[0, "Paper"] == "0.874 : 0.855 (5 of 6)"
    said("")
    assert only(tiny)[["verdict", "paper_supports"]].tolist() == ["not run", "no numbers"]


def test_only_albums_that_all_rows_have_are_compared(tiny, write, said):
    test = tiny.rows("test")
    first = write("audio/cosine/low_4x96", 0.5, seed=1, albums=np.setdiff1d(np.arange(30), test[:1])[::-1])
    second = write("audio/logistic/low_4x96", 0.4, seed=2, albums=np.setdiff1d(np.arange(30), test[1:2]))
    said("audio/cosine/* : audio/logistic/*")
    truth = tiny.label_matrix()[test[2:]]
    row = only(tiny)
    assert row["first"] == metrics.macro_auc(truth, first[test[2:]])
    assert row["second"] == metrics.macro_auc(truth, second[test[2:]])


def test_coverage_is_meant_at_every_k_the_labels_allow(tiny, write, said):
    first = write("audio/cosine/low_4x96", 1.0, seed=1)
    write("audio/logistic/low_4x96", 0.0, seed=2)
    said("audio/cosine/* : audio/logistic/*", metric="coverage")
    row = only(tiny)
    assert row["pairs"] == 2  # four labels: C@1 and C@3
    test = tiny.rows("test")
    assert row["first"] == np.mean([metrics.coverage_at_k(first[test], k) for k in (1, 3)])
    # How often the first label is right stands beside it.
    assert row["first_precision"] == metrics.METRICS["precision@1"](tiny.label_matrix()[test], first[test])
    printed = claims.as_printed(claims.table(tiny, resamples=20))["Ours"].iloc[0]
    assert printed.endswith(f"; P@1 {row['first_precision']:.2f} : {row['second_precision']:.2f}")


def test_sizes_and_seconds_are_compared_as_ratios_on_one_device(tiny, write, said, monkeypatch):
    write("audio/cosine/low_4x96", 1.0, params=100, seconds_per_epoch=1.0)
    monkeypatch.setattr(runs, "device", lambda: "another machine")
    write("audio/cosine/high_4x96", 1.0, params=400, seconds_per_epoch=8.0)
    said("audio/*/low_* : audio/*/high_*", metric="params", direction="less")
    row = only(tiny)
    assert np.exp(row["difference"]) == pytest.approx(0.25)
    assert (row["verdict"], np.isnan(row["low"])) == ("holds", True)
    assert claims.as_printed(claims.table(tiny, resamples=5))["Ours"].item() == "0.25 times (1 of 1)"
    said("audio/*/low_* : audio/*/high_*", metric="seconds_per_epoch", direction="less")
    assert only(tiny)["verdict"] == "not run"
    write("audio/cosine/low_4x96", 1.0, params=100, seconds_per_epoch=1.0)
    assert only(tiny)["verdict"] == "holds"


def test_best_is_chosen_by_validation_and_from_table_2(tiny, write, said):
    write("audio/cosine/low_4x96", 1.0, val_auc=0.6, seed=1)
    expected = write("audio/cosine/low_4x70", 0.1, val_auc=0.7, seed=2)
    write("audio/cosine/of_our_own", 0.1, val_auc=0.9, seed=4)
    write("audio/logistic/timbre_mlp", 0.1, seed=3)
    said("best audio/**/**x** : audio/logistic/timbre_mlp")
    test = tiny.rows("test")
    assert only(tiny)["first"] == metrics.macro_auc(tiny.label_matrix()[test], expected[test])


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [("\tmore\t", "\tbetter\t", "direction must be one of"), (" : ", " and ", "write  first : second")],
)
def test_a_misspelt_sentence_is_named_with_its_line(tmp_path, monkeypatch, old, new, match):
    text = (paths.checkout() / "params" / "claims.tsv").read_text(encoding="utf-8")
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "claims.tsv").write_text(text.replace(old, new, 1), encoding="utf-8")
    monkeypatch.setattr(claims, "checkout", lambda: tmp_path)
    with pytest.raises(BadDataError, match=f"claims.tsv, line 2: .*{match}"):
        claims.load()


def test_without_resamples_there_are_no_intervals(tiny):
    assert metrics.bootstrap(np.eye(3), np.eye(3), n=0).size == 0
    table = claims.table(tiny, resamples=0)
    assert len(claims.as_printed(table)) == len(table)
