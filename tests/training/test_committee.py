"""A weighted mean of networks: its search, and the mean as a network."""

import keras
import numpy as np
import pytest
from scipy.special import expit, logit

from mumu_lib import metrics, targets
from mumu_lib.training import committee


@pytest.fixture
def said(tiny):
    """Outputs of three members for all albums towards the labels: good, fair and noise."""
    rng = np.random.default_rng(0)
    truth = tiny.label_matrix().toarray()
    noises = {"good": 1.0, "fair": 2.0, "noise": 50.0}
    return {name: expit(2 * truth + rng.normal(0, noise, truth.shape)) for name, noise in noises.items()}


def test_the_mean_is_never_worse_on_its_albums_than_its_best_member(tiny, said):
    objective, truth = targets.make(tiny, "logistic", 4), tiny.label_matrix()
    steps = committee.search(objective, said, truth)
    weights = committee.weights_of(steps)
    assert sum(weights.values()) == pytest.approx(1)
    kept = steps.loc[steps["best"], "val_auc"].item()
    assert kept == steps["val_auc"].max()
    assert kept >= max(metrics.macro_auc(truth, outputs) for outputs in said.values())
    again = metrics.macro_auc(truth, sum(weights[name] * logit(np.clip(said[name], 1e-6, 1 - 1e-6)) for name in said))
    assert again == pytest.approx(kept)


def test_a_member_may_be_called_like_a_column_of_the_steps(tiny, said):
    objective, truth = targets.make(tiny, "logistic", 4), tiny.label_matrix()
    renamed = dict(zip(["best", "epoch", "val_auc"], said.values(), strict=True))
    weights = committee.weights_of(committee.search(objective, renamed, truth))
    expected = committee.weights_of(committee.search(objective, said, truth))
    assert list(weights.values()) == list(expected.values())


def test_without_a_defined_auc_all_weigh_the_same_and_that_is_said(tiny, said, capsys):
    objective = targets.make(tiny, "logistic", 4)
    nothing = np.zeros((30, 4))
    assert committee.weights_of(committee.search(objective, said, nothing)) == dict.fromkeys(said, 1 / 3)
    assert "every member gets the same weight" in capsys.readouterr().out


@pytest.mark.parametrize("target", ["cosine", "logistic"])
def test_the_network_gives_the_mean_of_opinions(tiny, target):
    objective = targets.make(tiny, target, 3)
    rng = np.random.default_rng(1)
    one, other = expit(rng.normal(size=(2, 5, objective.n_outputs)))
    shares = [0.25, 0.75]
    inputs = [keras.Input((objective.n_outputs,)), keras.Input((objective.n_outputs,))]
    network = keras.Model(inputs, committee.mean(inputs, shares, objective))
    found = network.predict([one, other], verbose=0)
    middle = 0.25 * committee.opinion(objective, one) + 0.75 * committee.opinion(objective, other)
    expected = expit(middle) if target == "logistic" else middle / np.linalg.norm(middle, axis=1, keepdims=True)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
