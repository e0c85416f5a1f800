"""Sittings add up, and what was predicted wrongly is named."""

import pytest

from mumu_lib.rehearsal import record
from mumu_lib.rehearsal.measuring import Taken
from mumu_lib.rehearsal.record import Record
from mumu_lib.rehearsal.stages import Predicted
from mumu_lib.series import costs

NOTHING = Predicted()


def one(name="a", *sittings, predicted=NOTHING, cores=2):
    kept = Record(name)
    kept.facts["cores"] = cores
    for taken in sittings:
        kept.begin("factors", {"x": 1}, predicted)
        kept.tell("factors", taken)
    return kept


def test_sittings_add_up_across_processes():
    one("a", Taken(10, 4, 5, 6, 6, None))
    kept = one("a", Taken(20, 8, 3, 2, 2, 0))
    row = Record("a").table().loc["factors"]
    assert (row["sittings"], row["seconds"], row["cpu"], row["memory"]) == (2, 30, 6, 5)
    assert row["state"] == "done"
    assert kept.done("factors", {"x": 1})
    assert not kept.done("factors", {"x": 2})
    assert not kept.done("other", {"x": 1})


def test_all_epochs_are_estimated_from_all_sittings():
    kept = one("a", Taken(20, 1, 1, 1, 1), Taken(30, 1, 1, 1, 1, 0))
    kept.tell("factors", Taken(30, 1, 1, 1, 1, 0), share=0.02)
    fixed = costs.SECONDS_PER_RUN
    assert kept.table().loc["factors", "all_epochs"] == pytest.approx(fixed + (50 - fixed) * 50)
    # Of a run the seconds of its epochs are known.
    kept.tell("factors", Taken(30, 1, 1, 1, 1, 0), trained=10.0)
    assert kept.table().loc["factors", "all_epochs"] == pytest.approx(40 + 10 * 50)


def test_what_a_killed_sitting_has_left_is_known():
    assert one("a", Taken(10, 4, 5, 6, 6, None, 77, 1.5)).left("factors") == (77, 1.5)
    assert one("b", Taken(10, 4, 5, 6, 6, 0, 77, 1.5)).left("factors") == (0, 0.0)
    assert Record("c").left("factors") == (0, 0.0)


def test_other_parameters_begin_anew():
    kept = one("a", Taken(10, 4, 5, 6, 6, 0))
    kept.begin("factors", {"x": 2}, Predicted())
    assert kept.table().loc["factors", "seconds"] == 0
    assert kept.table().loc["factors", "state"] == "interrupted"


@pytest.mark.parametrize(
    ("taken", "predicted", "named"),
    [
        (Taken(100, 200, 1, 1, 1, 0), Predicted(30, 9, 1), True),
        (Taken(100, 200, 1, 1, 1, 0), Predicted(70, 9, 1), False),
        (Taken(300, 200, 1, 1, 1, 0), Predicted(110, 9, 1), False),
        (Taken(100, 200, 1, 1, 1, 0), Predicted(400, 9, 1), True),
        (Taken(10, 20, 1, 1, 1, 0), Predicted(50, 9, 1), False),
        (Taken(10, 20, 1e9, 1, 1, 0), Predicted(10, 5e8, 1), True),
        (Taken(10, 20, 17e9, 1, 1, 0), Predicted(10, 20e9, 1), True),
        (Taken(10, 20, 1, 9e9, 9e9, 0), Predicted(10, 1e9, 5e9), True),
        (Taken(10, 20, 1, 9e8, 9e8, 0), Predicted(10, 1e9, 8e8), False),
        (Taken(10, 20, 1, 1, 1, 1), Predicted(9999, 1e9, 8e9), False),
        (Taken(100, 200, 1e9, 1e9, 1e9, 0), Predicted(), False),
    ],
)
def test_what_is_off_by_more_than_half_again_is_named(taken, predicted, named):
    found = record.off(one("a", taken, predicted=predicted).table())
    assert bool(found) == named


def test_the_report_is_a_table_with_what_is_off():
    kept = one("a", Taken(1000, 2000, 17e9, 1, 1, 0), predicted=Predicted(30, 9e9, 1))
    path = record.written(kept)
    said = path.read_text(encoding="utf-8")
    assert "| factors" in said
    assert "Off by more than 1.5" in said
    assert "nan" not in said


def test_without_a_stage_there_is_a_table_all_the_same():
    assert record.as_text(Record("nothing").table())
