"""Decisions: chosen on validation albums, measured on test albums."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from mumu_lib import metrics, results
from mumu_lib.core import paths
from mumu_lib.metrics import ranking, thresholds
from mumu_lib.results import decisions


def folder_of(run_id):
    return paths.home() / "runs" / "tiny" / run_id


def test_thresholds_come_from_validation_albums_and_f1_from_test_albums(tiny, write):
    S = write("audio/cosine/low_4x96", 0.5)
    chosen, _ = results.comparable(tiny)
    row = decisions.table(tiny, chosen).loc["audio/cosine/low_4x96"]
    val, test = tiny.rows("val"), tiny.rows("test")
    Y = tiny.label_matrix().toarray()
    expected = thresholds.choose(Y[val], S[val])
    judged = Y[test].any(axis=0)
    per_label = f1_score(Y[test], S[test] >= expected, average=None, zero_division=0)
    assert row["f1"] == pytest.approx(per_label[judged].mean())
    weights = ranking.inverse_propensities(Y[tiny.rows("train")].sum(axis=0), len(tiny.rows("train")))
    assert row["psp@3"] == ranking.propensity_scored_precision_at(Y[test], S[test], weights, 3)
    assert row["precision@1"] == metrics.METRICS["precision@1"](Y[test], S[test])
    assert row["coverage@1"] == metrics.coverage_at_k(S[test], 1)
    assert np.isnan(row["psp@5"])
    assert row["reason"] == ""
    found = decisions.thresholds_of(tiny, folder_of("audio-cosine-low_4x96"))
    np.testing.assert_array_equal(found.values, expected)
    assert f"on {len(val)} validation albums; 4 of 4 labels have fewer than 10" in str(found)


def test_test_albums_have_no_say_in_thresholds(tiny, write):
    S = write("audio/cosine/low_4x96", 0.5)
    before = decisions.thresholds_of(tiny, folder_of("audio-cosine-low_4x96")).values
    S[tiny.rows("test")] = S[tiny.rows("test")][::-1] * 7
    np.save(folder_of("audio-cosine-low_4x96") / "scores.npy", S)
    np.testing.assert_array_equal(decisions.thresholds_of(tiny, folder_of("audio-cosine-low_4x96")).values, before)


def test_what_cannot_be_computed_is_blank_and_the_notes_say_why(tiny, write):
    write("audio/cosine/low_4x96", 0.5, albums=tiny.rows("test"))
    write("text/cosine/vsm", 0.5)
    chosen, _ = results.comparable(tiny)
    table = decisions.table(tiny, chosen)
    old = table.loc["audio/cosine/low_4x96"]
    assert np.isnan(old["f1"])
    assert np.isnan(old["psp@1"])
    assert np.isfinite(old["precision@1"])
    printed = decisions.as_printed(table)
    assert list(printed) == ["Modality", "Target", "Setting", "F1", "P@1", "C@1", "PSP@1", "PSP@3", "PSP@5"]
    assert printed["F1"].tolist() == ["", f"{table.loc['text/cosine/vsm', 'f1']:.3f}"]
    notes = decisions.notes(table)
    assert len(notes) == 2
    assert notes[1].startswith("audio/cosine/low_4x96: no thresholds: the run has kept no scores of validation albums")
    assert "propensities need 3 training albums or more, got 0" in notes[1]


def test_nothing_run_is_an_empty_table(tiny):
    chosen, _ = results.comparable(tiny)
    table = decisions.table(tiny, chosen)
    assert table.empty
    assert decisions.as_printed(table).empty
    assert len(decisions.notes(table)) == 1
