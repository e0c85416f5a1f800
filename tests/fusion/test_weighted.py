"""Our fusion: a weighted mean of the sources' predictions, with weights chosen on validation albums."""

import shutil

import keras
import numpy as np
import pytest

from fused_runs import cfg
from mumu_lib import fusion, metrics, models, runs, targets, training
from mumu_lib.core import environment
from mumu_lib.core.fingerprints import digest
from mumu_lib.fusion import learned, weighted
from mumu_lib.training import recipes

SMALL = (recipes.Candidate((), 0.0, 1e-3, 0.05),)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(recipes, "EPOCHS", 20)
    monkeypatch.setattr(recipes, "GRID", SMALL)
    environment.seed_everything(0)


def trained(tiny, modality, setting, X, target="cosine"):
    """A run of own recipe over some vectors, as 05 leaves it."""
    asked = cfg(target=target, recipe="ours", dimensions=4)
    objective = targets.make(tiny, target, 4)
    encoded_targets = objective.encode(tiny.label_matrix())
    run = runs.start(tiny, (modality, target, setting), asked)
    found = recipes.Search(tiny, objective, 0, 8, "network", SMALL).fit(X, encoded_targets, run.folder)
    scored = training.albums.rows_without_nan(X)
    outputs = recipes.outputs_of(found.network, training.Batches(X, scored))
    vectors = keras.Model(found.network.inputs, found.network.get_layer(models.FEATURES).output)
    scores = objective.scores(outputs)
    result, _ = runs.evaluate(tiny, scored, scores)
    run.finish(
        found.network, found.history, result, scored=scored, scores=scores, network=found.folder,
        embeddings=recipes.outputs_of(vectors, training.Batches(X, scored)),
    )  # fmt: skip
    return run


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Folder that keeps the runs of :func:`two`, whose trainings take seconds, for the tests that come later."""
    return tmp_path_factory.mktemp("kept")


@pytest.fixture
def two(tiny, home, kept):
    """A run of text and one of covers, each blind for something; two albums have no cover."""
    if (kept / "runs").is_dir():
        shutil.copytree(kept / "runs", home / "runs")
        return tiny
    rng = np.random.default_rng(0)
    labels = tiny.label_matrix().toarray()
    for target in ("cosine", "logistic"):
        words = (np.hstack([labels[:, :2], rng.normal(size=(30, 3))]) + rng.normal(0, 0.4, (30, 5))).astype(np.float32)
        seen = (np.hstack([labels[:, 2:], rng.normal(size=(30, 3))]) + rng.normal(0, 0.4, (30, 5))).astype(np.float32)
        seen[:2] = np.nan
        trained(tiny, "text", "vsm", words, target)
        trained(tiny, "image", "small", seen, target)
    shutil.copytree(home / "runs", kept / "runs")
    return tiny


def learn(tiny, tmp_path, **changes):
    asked = cfg("ti", recipe="ours", dimensions=4, **changes)
    objective = targets.make(tiny, asked.target, 4)
    sources = fusion.sources(tiny, asked)
    return (
        objective,
        sources,
        learned.learn(tiny, sources, objective, objective.encode(tiny.label_matrix()), asked, tmp_path),
    )


@pytest.mark.parametrize("target", ["cosine", "logistic"])
def test_the_fusion_is_on_validation_albums_never_worse_than_a_source(two, tmp_path, target):
    objective, sources, found = learn(two, tmp_path, target=target)
    val = np.intersect1d(two.rows("val"), found.scored)
    truth = two.label_matrix()[val]
    scores = objective.scores(found.classifier.predict(found.joined[val], verbose=0))
    assert found.unit == "steps"
    for source in sources:
        run = runs.Run(source.origin, fusion.home() / "runs" / "tiny" / source.origin, two)
        rows = [run.album_ids.index(album) for album in two.albums["album_id"].iloc[val]]
        assert metrics.macro_auc(truth, scores) >= metrics.macro_auc(truth, run.array("scores")[rows]) - 1e-9
    kept = keras.saving.load_model(tmp_path / found.folder / "model.keras")
    np.testing.assert_array_equal(
        kept.predict(found.joined[val], verbose=0), found.classifier.predict(found.joined[val], verbose=0)
    )


@pytest.mark.parametrize("target", ["cosine", "logistic"])
def test_an_album_without_a_cover_is_judged_by_its_text(two, tmp_path, target):
    objective, sources, found = learn(two, tmp_path, target=target, missing="dropout")
    assert 0 in found.scored
    alone = runs.Run("", fusion.home() / "runs" / "tiny" / sources[0].origin, two)
    scores = objective.scores(found.classifier.predict(found.joined[:2], verbose=0))
    np.testing.assert_allclose(scores, alone.array("scores")[:2], atol=1e-4)


def test_a_network_is_trained_on_the_embeddings_of_a_file_and_announced(two, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    X = (two.label_matrix().toarray() * 255).astype(np.uint8) + 1
    np.save("mine.npy", X)
    (tmp_path / "mine.txt").write_text("\n".join(two.albums["album_id"]), encoding="utf-8")
    asked = cfg("t", embeddings="mine.npy", recipe="ours", dimensions=4)
    objective, sources = targets.make(two, "cosine", 4), fusion.sources(two, asked)
    found = learned.learn(two, sources, objective, objective.encode(two.label_matrix()), asked, tmp_path)
    assert "mine: mine.npy has no outputs for target 'cosine'" in capsys.readouterr().out
    scores = objective.scores(found.classifier.predict(found.joined, verbose=0))
    assert metrics.macro_auc(two.label_matrix()[two.rows("test")], scores[two.rows("test")]) > 0.9


def test_one_source_is_that_source(two, tmp_path):
    asked = cfg("t", recipe="ours", dimensions=4)
    objective, sources = targets.make(two, "cosine", 4), fusion.sources(two, asked)
    found = learned.learn(two, sources, objective, objective.encode(two.label_matrix()), asked, tmp_path)
    alone = runs.Run("", fusion.home() / "runs" / "tiny" / sources[0].origin, two)
    np.testing.assert_allclose(
        objective.scores(found.classifier.predict(found.joined, verbose=0)), alone.array("scores"), atol=1e-4
    )
    assert found.folder == f"mean-{digest(found.joined)}"
    assert "mean length of each part" in found.lengths()


def test_a_run_towards_other_factors_has_no_output_for_these(two):
    source = fusion.sources(two, cfg("t", recipe="ours"))[0]
    folder = fusion.home() / "runs" / "tiny" / source.origin
    assert not weighted._same_factors(folder, {"modality": "text"}, cfg("t", dimensions=3))
