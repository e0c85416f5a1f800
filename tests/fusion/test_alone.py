"""A fusion compared with each of its sources, on validation and test albums."""

import numpy as np
import pytest
import scipy.sparse as sp

from fused_runs import cfg
from mumu_lib import fusion, metrics, runs, targets
from mumu_lib.features import embeddings
from mumu_lib.fusion import alone
from mumu_lib.training.albums import rows_without_nan


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


@pytest.mark.parametrize("missing", ["complete", "dropout"])
def test_inputs_of_a_line_stay_sparse_where_they_are_many_and_mean_the_same(three, tmp_path, monkeypatch, missing):
    rng = np.random.default_rng(0)
    ids = list(three.albums["album_id"])
    words = sp.random(28, 40, 0.2, format="csr", random_state=0, dtype=np.float32) + sp.eye(28, 40, dtype=np.float32)
    beside = runs.start(three, ("text", "cosine", "linear_vsm"), cfg("t"))
    beside.write(
        {"modality": "text", "target": "cosine", "setting": "linear_vsm", "beside": "words", "auc": 0.5},
        album_ids=ids[2:], embeddings=sp.csr_matrix(words), scores=np.zeros((28, 4)),
    )  # fmt: skip
    sound = rng.normal(size=(30, 5)).astype(np.float32)
    sound[7] = np.nan
    sources = [fusion.Source("text", "words", np.ones((30, 3), np.float32)), fusion.Source("audio", "sound", sound)]
    dense = alone.line_inputs(three, sources, missing)
    monkeypatch.setattr(embeddings, "MAX_DENSE", 0)
    sparse = alone.line_inputs(three, sources, missing)
    assert sp.issparse(sparse)
    used = rows_without_nan(dense)
    np.testing.assert_array_equal(rows_without_nan(sparse), used)
    np.testing.assert_allclose(sparse[used].toarray(), dense[used], atol=1e-6)


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
