"""Table 2: the paper's rows, and blanks for what was not run."""

import pytest

from mumu_lib import runs
from mumu_lib.core.errors import MissingDataError
from mumu_lib.results import paper_rows
from run_facts import facts


def test_table_2_has_the_papers_rows_and_blanks_for_what_was_not_run(tiny, cfg):
    with pytest.raises(MissingDataError, match=r"run one( first)?, such as  papermill "):
        paper_rows.table2("tiny")
    runs.start(tiny, "a", cfg).write(facts(auc=0.9, val_auc=0.5))
    runs.start(tiny, "b", cfg).write(facts(auc=0.8, val_auc=0.7))
    table = paper_rows.table2("tiny")
    assert len(table) == 26
    ours = table[table["auc ours"].notna()]
    assert list(ours["setting"]) == ["low_4x96"]
    # The better validation AUC counts, though the other's test AUC is higher.
    assert ours["auc ours"].item() == 0.8
    assert ours["auc difference"].item() == pytest.approx(0.8 - 0.860)
    printed = paper_rows.as_printed(table)
    assert (printed["AUC ours"] == "").sum() == 25
    assert printed.loc[ours.index[0], "AUC difference"] == "-0.060"


def test_the_grid_holds_the_papers_best_rows():
    grid = paper_rows.grid().set_index(["modality", "target", "setting"])
    assert len(grid) == 26
    assert grid.loc[("audio", "cosine", "high_4x70"), "auc"] == 0.888
    assert grid.loc[("a+t+i", "logistic", "mlp"), "auc"] == 0.936


def test_table_2_of_a_catalogue_with_fewer_than_five_labels(tiny, cfg):
    few = facts()
    del few["coverage@5"]
    runs.start(tiny, "a", cfg).write(few)
    printed = paper_rows.as_printed(paper_rows.table2("tiny"))
    assert (printed["C@3 ours"] != "").sum() == 1
    assert (printed["C@5 ours"] == "").all()


def test_precision_stands_beside_our_coverage_and_the_papers_columns_stay(tiny, cfg):
    runs.start(tiny, "a", cfg).write(facts(**{"precision@1": 0.25}))
    printed = paper_rows.as_printed(paper_rows.table2("tiny"))
    assert list(printed)[-3:] == ["C@5 paper", "C@5 ours", "P@1 ours"]
    assert [text for text in printed["P@1 ours"] if text] == ["0.250"]
    of_paper = [name for name in printed if name.endswith("paper")]
    assert of_paper == [f"{name} paper" for name in ("Params", "s/epoch", "AUC", "C@1", "C@3", "C@5")]
