"""A fusion compared with each of its sources, on validation and test albums."""

import numpy as np
import pytest

from fused_runs import cfg
from mumu_lib import fusion, metrics, runs, targets
from mumu_lib.fusion import alone


@pytest.fixture
def fused(three):
    """Sources, rows, scores that know the labels, the target and what it encodes."""
    objective = targets.make(three, "cosine", 4)
    scores = three.label_matrix().toarray()[1:] + np.random.default_rng(0).normal(0, 0.1, (29, 4))
    return (
        three,
        fusion.sources(three, cfg()),
        np.arange(1, 30),
        scores,
        objective,
        objective.encode(three.label_matrix()),
    )


def test_the_difference_to_each_modality_is_paired_on_the_albums_both_have_judged(fused):
    music, found, scored, scores, objective, encoded_targets = fused
    table = alone.against_single(music, found, scored, scores, objective, encoded_targets)
    assert list(table.index) == ["audio", "text", "image"]
    test = music.rows("test")
    assert list(table["albums"]) == [len(test), len(test), len(test[test >= 2])]
    whole = metrics.macro_auc(music.label_matrix()[test], scores[test - 1])
    assert table.loc["text", "AUC fused"] == round(whole, 3) == 1
    # The stored runs score every label 0, which is chance.
    assert (table["AUC alone"] == 0.5).all()
    assert (table["difference"] == 0.5).all()
    assert (table["by"] == "run").all()
    assert alone.above_weakest(table) == "yes"
    assert alone.worse_than(table) == []
    assert alone.verdict(table) == "on validation albums no source alone is better"


def test_a_fusion_worse_than_its_sources_is_reported(fused):
    music, found, scored, scores, objective, encoded_targets = fused
    table = alone.against_single(music, found, scored, -scores, objective, encoded_targets)
    assert alone.worse_than(table) == ["audio", "text", "image"]
    assert "predict_album does not use this fusion" in alone.verdict(table)


def test_vectors_of_a_file_are_compared_by_a_line_and_so_are_all_together(fused, tmp_path, monkeypatch):
    music, _found, scored, scores, objective, encoded_targets = fused
    monkeypatch.chdir(tmp_path)
    X = (music.label_matrix().toarray() + 1).astype(np.float32)
    np.save("mine.npy", X)
    (tmp_path / "mine.txt").write_text("\n".join(music.albums["album_id"]), encoding="utf-8")
    sources = fusion.sources(music, cfg("t", embeddings="mine.npy"))
    run = runs.start(music, ("t+mine", "cosine", "mlp"), cfg("t", embeddings="mine.npy"))
    line = runs.lines.beside(run, objective, alone.line_inputs(music, sources), encoded_targets, cfg())
    table = alone.against_single(music, sources, scored, scores, objective, encoded_targets, line=line)
    assert list(table.index) == ["text", "mine", alone.LINE]
    assert table.loc["mine", ["AUC alone", "by"]].tolist() == [1, "line"]
    assert table.loc[alone.LINE, "AUC alone"] == 1
    # A line over all is no source.
    assert alone.worse_than(
        alone.against_single(music, sources, scored, -scores, objective, encoded_targets, line=line)
    ) == [
        "text",
        "mine",
    ]


def test_sources_without_scores_of_their_own_are_not_compared(fused):
    music, _, scored, scores, objective, encoded_targets = fused
    table = alone.against_single(
        music, [fusion.Source("audio", "simultaneous", np.ones((30, 2)))], scored, scores, objective, encoded_targets
    )
    assert table.empty
    assert alone.worse_than(table) == []
    assert alone.above_weakest(table) == "unknown"
    assert alone.verdict(table).startswith("nothing to compare with")
