"""Finished runs as rows: which stand for one, and what else is computed of them."""

import json

import numpy as np

from mumu_lib import metrics, results, runs
from mumu_lib.core import paths
from mumu_lib.results import claims, paper_rows


def test_runs_that_stand_for_no_row_are_named_with_their_reason(tiny, write):
    write("audio/cosine/low_4x96", 1.0, val_auc=0.5, run_id="worse")
    write("audio/cosine/low_4x96", 1.0, val_auc=0.7, run_id="better")
    write("image/cosine/resnet50", 1.0)
    write("text/cosine/vsm", 1.0)
    write("text/logistic/vsm", 1.0)
    write("a+t/cosine/mlp", 1.0)
    folder = paths.home() / "runs" / "tiny"
    (folder / "text-cosine-vsm" / "scores.npy").unlink()
    np.save(folder / "text-logistic-vsm" / "scores.npy", np.zeros((30, 3)))
    stale = folder / "a+t-cosine-mlp" / "metrics.json"
    stale.write_text(stale.read_text(encoding="utf-8").replace(tiny.fingerprint, "0" * 16), encoding="utf-8")
    chosen, left_out = results.comparable(tiny)
    assert list(chosen.index) == ["audio/cosine/low_4x96", "image/cosine/resnet50"]
    assert chosen.loc["audio/cosine/low_4x96", "run"] == "better"
    assert list(chosen["in_table2"]) == [True, False]
    reasons = left_out.set_index("run")["reason"]
    assert "better validation AUC" in reasons["worse"]
    assert "cannot be read" in reasons["text-cosine-vsm"]
    assert "(30, 3)" in reasons["text-logistic-vsm"]
    assert "as it was before" in reasons["a+t-cosine-mlp"]
    assert len(runs.table("tiny")) == len(runs.table(tiny)) + 1 == 6
    assert list(results.further_rows(chosen)["setting"]) == ["resnet50"]


def test_further_metrics_come_from_the_scores_of_older_runs_too(tiny, write):
    S = write("audio/cosine/low_4x96", 0.5)
    chosen, _ = results.comparable(tiny)
    row = results.further_metrics(tiny, chosen).iloc[0]
    test = tiny.rows("test")
    expected = metrics.evaluate(tiny.label_matrix()[test], S[test], tiny.labels, resamples=0)
    assert row[["map", "lrap", "precision@1"]].tolist() == [expected[n] for n in ("map", "lrap", "precision@1")]
    assert np.isnan(row["precision@5"])
    assert paper_rows.as_printed(results.further_metrics(tiny, chosen))["P@5"].item() == ""
    thirds = results.by_frequency(tiny, chosen, resamples=20).set_index("group")
    groups = metrics.frequency_groups(tiny.label_matrix("train").getnnz(axis=0))
    head = metrics.macro_auc(tiny.label_matrix()[test][:, groups["head"]], S[test][:, groups["head"]])
    assert thirds.loc["head", "auc"] == head
    assert thirds.loc["head", "low"] <= head <= thirds.loc["head", "high"]


def test_nothing_run_is_no_row(tiny):
    chosen, left_out = results.comparable(tiny)
    assert chosen.empty
    assert left_out.empty
    assert set(claims.table(tiny, chosen)["verdict"]) == {"not run"}


def test_scores_that_are_no_array_leave_the_run_out(tiny):
    folder = paths.home() / "runs" / "tiny" / "one"
    folder.mkdir(parents=True)
    (folder / "metrics.json").write_text(json.dumps({"auc": 0.5, "fingerprint": tiny.fingerprint}))
    (folder / "album_ids.txt").write_text("a")
    np.savez(folder / "scores.npz", x=[1])
    (folder / "scores.npz").rename(folder / "scores.npy")
    chosen, left_out = results.comparable(tiny)
    assert chosen.empty
    assert "scores cannot be read" in left_out["reason"].iloc[0]


def test_what_has_heard_the_test_albums_is_no_row_and_a_note_says_why(tiny, write):
    write("audio/cosine/mtt_musicnn", 1.0)
    write("audio/cosine/msd_musicnn", 1.0)
    write("audio/cosine/linear_msd_musicnn", 1.0, beside="audio-cosine-msd_musicnn")
    chosen, _ = results.comparable(tiny)
    assert "audio/cosine/msd_musicnn" in chosen.index
    assert results.further_notes(tiny) == ()
    tiny.info["roots"]["msd"] = "msd"
    chosen, left_out = results.comparable(tiny)
    assert list(chosen.index) == ["audio/cosine/mtt_musicnn"]
    assert list(results.further_rows(chosen)["setting"]) == ["mtt_musicnn"]
    assert left_out["reason"].str.contains("has heard these albums").all()
    (note,) = results.further_notes(tiny)
    assert note.startswith("msd_musicnn is left out of the rows and of fusions: it has heard these albums")
