"""The recipes: the paper's as it was, and ours, searched, resumed and joined."""

import keras
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from mumu_lib import metrics, models, params, targets
from mumu_lib.core import environment
from mumu_lib.core.paths import checkout
from mumu_lib.training import Batches, albums, committee, recipes

SMALL = (
    recipes.Candidate((), 0.0, 1e-3, 0.05),
    recipes.Candidate((16,), 0.5, 1e-5, 0.02),
    recipes.Candidate((16, 16), 0.5, 0.0, 0.02),
)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(recipes, "EPOCHS", 15)
    monkeypatch.setattr(recipes, "PATIENCE", 5)
    environment.seed_everything(0)


@pytest.fixture
def vectors(tiny):
    rng = np.random.default_rng(0)
    return (tiny.label_matrix().toarray() @ rng.normal(size=(4, 8)) + rng.normal(0, 0.2, (30, 8))).astype(np.float32)


def search(tiny, X, run, target="cosine", grid=SMALL):
    objective = targets.make(tiny, target, 4)
    found = recipes.Search(tiny, objective, 0, 8, "network", grid).fit(X, objective.encode(tiny.label_matrix()), run)
    return objective, found


def auc(tiny, objective, found, X):
    rows = tiny.rows("test")
    outputs = recipes.outputs_of(found.network, Batches(X, rows, batch_size=64))
    return metrics.macro_auc(tiny.label_matrix()[rows], objective.scores(outputs))


@pytest.mark.parametrize("target", ["cosine", "logistic"])
@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix])
def test_every_candidate_is_written_and_the_best_are_joined(tiny, vectors, tmp_path, target, form):
    X = form(vectors)
    objective, found = search(tiny, X, tmp_path, target)
    written = pd.read_csv(next(tmp_path.glob("network-*/search.csv")))
    assert list(written["candidate"]) == [candidate.name for candidate in SMALL]
    assert found.search["weight"].sum() == pytest.approx(1)
    assert found.facts()["members"] == {
        row.candidate: round(row.weight, 3) for row in found.search.itertuples() if row.weight
    }
    assert auc(tiny, objective, found, X) > 0.9
    kept = keras.saving.load_model(tmp_path / found.folder / "model.keras")
    rows = np.arange(30)
    batches = Batches(X, rows, batch_size=64)
    np.testing.assert_array_equal(recipes.outputs_of(kept, batches), recipes.outputs_of(found.network, batches))


def test_the_joined_network_is_the_mean_of_its_members(tiny, vectors):
    objective = targets.make(tiny, "cosine", 4)
    networks = [
        models.vector_mlp(8, "cosine", 4, objective.n_outputs, hidden=hidden) for hidden in ((), (16,), (16, 16))
    ]
    mean = recipes.joined(networks, np.array([0.5, 0.0, 0.5]), objective)
    outputs = [network.predict(vectors, verbose=0) for network in (networks[0], networks[2])]
    middle = committee.opinion(objective, outputs[0]) + committee.opinion(objective, outputs[1])
    middle /= np.linalg.norm(middle, axis=1, keepdims=True)
    np.testing.assert_allclose(mean.predict(vectors, verbose=0), middle, atol=1e-5)
    features = keras.Model(mean.inputs, mean.get_layer(models.FEATURES).output).predict(vectors, verbose=0)
    np.testing.assert_allclose(features, np.hstack(outputs), atol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_the_mean_is_of_full_precision_under_every_policy(tiny, policy):
    objective = targets.make(tiny, "logistic", 4)
    before = keras.config.dtype_policy()
    try:
        keras.config.set_dtype_policy(policy)
        members = [models.vector_mlp(8, "logistic", 4, hidden=(3,)) for _ in range(2)]
        mean = recipes.joined(members, np.array([0.5, 0.5]), objective)
    finally:
        keras.config.set_dtype_policy(before)
    # In half precision 1 - 1e-6 is 1, whose log odds are infinite.
    assert mean.get_layer(models.FEATURES).compute_dtype == "float32"


def test_a_search_that_was_interrupted_goes_on_and_ends_the_same(tiny, vectors, tmp_path, capsys):
    X, rows = vectors, np.arange(30)
    _, whole = search(tiny, X, tmp_path / "whole")

    environment.seed_everything(0)
    with pytest.raises(ZeroDivisionError):
        search(tiny, X, tmp_path / "parts", grid=(SMALL[0], recipes.Candidate((16,), 0.5, 1e-5, Stops())))
    environment.seed_everything(0)
    _, resumed = search(tiny, X, tmp_path / "parts")
    batches = Batches(X, rows, batch_size=64)
    expected = recipes.outputs_of(whole.network, batches)
    np.testing.assert_allclose(recipes.outputs_of(resumed.network, batches), expected, atol=1e-6)
    pd.testing.assert_frame_equal(resumed.search.drop(columns="seconds"), whole.search.drop(columns="seconds"))


class Stops(float):
    """A learning rate that ends the process where it is used."""

    def __new__(cls):
        return super().__new__(cls, 0.02)

    def __format__(self, spec):
        raise ZeroDivisionError


def test_vectors_of_any_length_are_learned_the_same(tiny, vectors, tmp_path):
    """Bytes from 0 to 255 once gave an AUC of .545 where the same at length 1 gave .911."""
    objective, found = search(tiny, np.round(vectors * 20 + 100).clip(0, 255), tmp_path, "logistic")
    assert auc(tiny, objective, found, np.round(vectors * 20 + 100).clip(0, 255)) > 0.9


def test_constant_columns_and_five_training_albums(tiny, vectors, tmp_path):
    X = np.hstack([vectors, np.full((30, 2), 3.0, np.float32)])
    X[tiny.rows("train")[5:]] = np.nan
    for target in ("cosine", "logistic"):
        objective, found = search(tiny, X, tmp_path / target, target)
        assert np.isfinite(objective.scores(recipes.outputs_of(found.network, Batches(X, tiny.rows("test"))))).all()


def test_validation_albums_without_any_positive_leave_it_to_the_loss(tiny, vectors, tmp_path, monkeypatch, capsys):
    real = metrics.macro_auc
    monkeypatch.setattr(metrics, "macro_auc", lambda Y, S: float("nan") if len(S) == 6 else real(Y, S))
    _, found = search(tiny, vectors, tmp_path)
    assert "every member gets the same weight" in capsys.readouterr().out
    assert found.search["val_auc"].isna().all()
    assert found.search["weight"].nunique() == 1


def test_the_papers_recipe_trains_its_one_network_by_the_parameters(tiny, vectors, tmp_path):
    cfg = params.Text(
        **{
            **params.defaults(checkout() / "notebooks" / "05_text.ipynb"),
            "catalogue": "tiny",
            "epochs": 3,
            "recipe": "paper",
        }
    )
    objective = targets.make(tiny, "cosine", 4)
    encoded_targets = objective.encode(tiny.label_matrix())
    recipe = recipes.choose(tiny, objective, cfg, 8, models.album_mlp, prefix="network")
    assert str(recipe) == f"{recipe.network.count_params():,} parameters"
    found = recipe.fit(vectors, encoded_targets, tmp_path)
    environment.seed_everything(0)
    other = models.album_mlp(8, "cosine", 4, objective.n_outputs)
    albums.fit_albums(
        other, objective, vectors, encoded_targets, tiny.albums["split"], batch_size=cfg.batch_size, seed=0, epochs=3, patience=5,
        learning_rate=cfg.learning_rate,
    )  # fmt: skip
    np.testing.assert_array_equal(found.network.predict(vectors, verbose=0), other.predict(vectors, verbose=0))
    assert found.facts() == {}
    assert recipes.described(found)["recipe"].tolist() == ["the paper's"]


def test_our_recipe_is_chosen_by_the_parameters_and_says_what_it_does(tiny):
    cfg = params.Text(
        **{**params.defaults(checkout() / "notebooks" / "05_text.ipynb"), "catalogue": "tiny", "recipe": "ours"}
    )
    recipe = recipes.choose(tiny, targets.make(tiny, "cosine", 4), cfg, 8, models.text_mlp, prefix="network")
    assert f"{len(recipes.GRID)} candidates" in str(recipe)
    assert recipe.grid == recipes.GRID
