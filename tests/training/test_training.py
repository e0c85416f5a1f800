"""Training: the best epoch, interrupted and resumed, the same from the same seed."""

import keras
import numpy as np
import pandas as pd
import pytest

from mumu_lib import models, training
from mumu_lib.core import progress
from mumu_lib.core.errors import BadDataError, MumuError
from tiny_networks import network


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 8)).astype(np.float32)
    Y = (X[:, :3] + 0.3 * rng.normal(size=(200, 3)) > 0).astype(np.float32)
    return X, Y


def fit(model, data, folder=None, epochs=6, **options):
    X, Y = data
    train = training.Batches(X, np.arange(150), Y[:150], batch_size=16, seed=3)
    val = training.Batches(X, np.arange(150, 200), Y[150:], batch_size=16)
    options = {"patience": 3, "learning_rate": 0.01, "seed": 3} | options
    return training.fit(model, keras.losses.BinaryCrossentropy(), train, val, epochs=epochs, folder=folder, **options)


def test_training_learns_and_keeps_the_best_epoch(data):
    model = network()
    history = fit(model, data, epochs=30)
    best = history[history["best"]].iloc[-1]
    assert best["val_loss"] == history["val_loss"].min() < history["val_loss"].iloc[0]
    X, Y = data
    kept = keras.losses.BinaryCrossentropy()(Y[150:], model.predict(X[150:], verbose=0))
    assert float(kept) == pytest.approx(best["val_loss"], rel=1e-4)


def test_patience_counts_epochs_without_a_lower_validation_loss(data):
    history = fit(network(), data, epochs=60, learning_rate=0.5, patience=4)
    best = history.loc[history["best"], "epoch"].max()
    assert len(history) == best + 4 < 60


class Killed(Exception):
    pass


@pytest.mark.parametrize("after", [1, 3])
def test_an_interrupted_training_ends_as_an_uninterrupted_one(data, tmp_path, monkeypatch, after):
    whole = network(dropout=0.5)
    expected = fit(whole, data, tmp_path / "whole")

    saved = training._Keeper._save

    def save_then_die(self, best, folder):
        saved(self, best, folder)
        if len(self.rows) == after:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(training._Keeper, "_save", save_then_die)
        with pytest.raises(Killed):
            fit(network(dropout=0.5), data, tmp_path / "cut")
    resumed = network(dropout=0.5)
    resumed.set_weights([w * 0 for w in resumed.get_weights()])
    history = fit(resumed, data, tmp_path / "cut")
    pd.testing.assert_frame_equal(history.drop(columns="seconds"), expected.drop(columns="seconds"))
    for a, b in zip(resumed.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert sorted(p.name for p in (tmp_path / "cut").iterdir()) == [
        "history.csv",
        "known_by.npy",
        "lock",
        "model.keras",
    ]


def test_a_finished_training_is_loaded_not_repeated(data, tmp_path):
    first = network()
    history = fit(first, data, tmp_path)
    second = network()
    second.fit = None  # any training would fail
    pd.testing.assert_frame_equal(fit(second, data, tmp_path), history)
    np.testing.assert_array_equal(second.get_weights()[0], first.get_weights()[0])


def test_the_state_of_a_training_that_was_killed_when_it_had_just_ended_goes(data, tmp_path):
    history = fit(network(), data, tmp_path)
    for name in ("epoch-0003.keras", "epoch-0003.keras.0123abcd.tmp.keras", "state.json"):
        (tmp_path / name).write_bytes(b"left")
    pd.testing.assert_frame_equal(fit(network(), data, tmp_path), history)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["history.csv", "known_by.npy", "lock", "model.keras"]


def test_a_network_that_is_kept_again_is_whole_or_as_it_was(tmp_path, monkeypatch):
    made = network()
    training.keep(made, pd.DataFrame({"epoch": [1]}), tmp_path)
    before = (tmp_path / "model.keras").read_bytes()

    def half(path):
        path.write_bytes(b"half")
        raise Killed

    monkeypatch.setattr(made, "save", half)
    with pytest.raises(Killed):
        training.keep(made, pd.DataFrame({"epoch": [1]}), tmp_path)
    assert (tmp_path / "model.keras").read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["history.csv", "model.keras"]


@pytest.mark.parametrize("epochs_before", [1, 6])  # interrupted, finished
def test_a_training_on_other_targets_or_inputs_is_set_aside_and_not_taken_for_this_one(
    data, tmp_path, monkeypatch, capsys, epochs_before
):
    X, Y = data
    others = {"targets": (X, 1 - Y), "inputs": (X[:, ::-1], Y)}
    for name, other in others.items():
        place = tmp_path / name
        with monkeypatch.context() as patch:
            if epochs_before == 1:
                patch.setattr(training._Keeper, "finish", lambda *_: None)
            fit(network(), other, place, epochs=epochs_before)
        kept = {p.name: p.read_bytes() for p in place.iterdir() if p.name != "lock"}
        capsys.readouterr()
        model = network()
        history = fit(model, data, place)
        assert f"{name} was trained on other targets or inputs: kept in {name}/before" in capsys.readouterr().out
        expected = fit(network(), data)
        pd.testing.assert_frame_equal(history.drop(columns="seconds"), expected.drop(columns="seconds"))
        assert {p.name: p.read_bytes() for p in (place / "before").iterdir()} == kept


def test_targets_that_differ_by_rounding_only_are_the_same(data, tmp_path):
    X, Y = data
    history = fit(network(), data, tmp_path)
    rounded = X * np.float32(1 + 1e-6), Y * np.float32(1 - 1e-6)
    pd.testing.assert_frame_equal(fit(network(), rounded, tmp_path), history)


def test_the_next_networks_weights_do_not_depend_on_how_this_one_was_trained(data, tmp_path):
    drawn = []
    for _ in range(2):  # trained, then loaded
        fit(network(), data, tmp_path)
        drawn.append(keras.layers.Dense(3)(np.ones((1, 3))).numpy().tolist())
    assert drawn[0] == drawn[1]


def test_the_same_seed_gives_the_same_numbers(data):
    one, two = fit(network(0.5), data), fit(network(0.5), data)
    pd.testing.assert_frame_equal(one.drop(columns="seconds"), two.drop(columns="seconds"))


def test_a_loss_that_is_not_finite_stops_the_training(data):
    X, Y = data
    with pytest.raises(MumuError, match="epoch 1 is not finite"):
        fit(network(), (X, Y * np.nan))


def test_nothing_to_train_on_is_said(data):
    X, Y = data
    empty = training.Batches(X, np.arange(0), Y[:0])
    some = training.Batches(X, np.arange(9), Y[:9])
    with pytest.raises(BadDataError, match="no usable validation example"):
        training.fit(network(), None, some, empty, epochs=1, patience=1, learning_rate=0.1, seed=0)


def test_batches_hold_every_row_once_in_an_order_of_seed_and_epoch():
    X = np.arange(50)[:, None]
    batches = training.Batches(X, np.arange(10, 47), X[10:47], batch_size=8, seed=1)

    def epoch():
        parts = [batches[i] for i in range(len(batches))]
        assert all((x == y).all() for x, y in parts)
        return np.concatenate([x[:, 0] for x, _ in parts])

    first = epoch()
    assert sorted(first) == list(range(10, 47))
    batches.on_epoch_end()
    second = epoch()
    assert sorted(second) == list(range(10, 47))
    assert {tuple(sorted(first[:8]))} != {tuple(sorted(second[:8]))}
    batches.shuffle_for(0)
    np.testing.assert_array_equal(epoch(), first)


@pytest.mark.parametrize("target", ["logistic", "cosine"])
def test_mixed_precision_keeps_head_and_loss_in_float32(target):
    from mumu_lib.targets import Cosine, Logistic

    rng = np.random.default_rng(0)
    X = rng.uniform(-80, 0, (8, 322, 96)).astype(np.float16)
    objective = Logistic(4) if target == "logistic" else Cosine(rng.normal(size=(4, 3)))
    Y = objective.encode(np.eye(4)[rng.integers(0, 4, 8)])
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = models.cnn("low_4x96", target, 4, 3, mean=[-40.0] * 96, std=[20.0] * 96)
        batches = [training.Batches(X, np.arange(8), Y, batch_size=4) for _ in range(2)]
        history = training.fit(model, objective.loss, *batches, epochs=2, patience=2, learning_rate=1e-3, seed=0)
    finally:
        keras.config.set_dtype_policy("float32")
    assert model.layers[-1].compute_dtype == "float32"
    assert "bfloat16" in {layer.compute_dtype for layer in model.layers}
    assert np.isfinite(history["loss"]).all()


def test_a_training_stopped_early_counts_the_batches_it_took(capfd, monkeypatch):
    monkeypatch.setattr(progress, "SHOWN_AFTER", 0)
    X, Y = np.ones((6, 2), np.float32), np.ones((6, 1), np.float32)
    fed = [training.Batches(X, np.arange(6), Y, batch_size=2) for _ in range(2)]
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    history = training.fit(network, "mse", *fed, epochs=9, patience=2, learning_rate=0.0, seed=0)
    said = capfd.readouterr()
    assert len(history) == 3
    assert "training: 9 batches in" in said.err
    assert said.out.count("epoch") == 3


def test_a_monitor_chooses_the_epoch_instead_of_the_loss(tmp_path):
    X = np.random.default_rng(0).normal(size=(40, 8)).astype(np.float32)
    Y = (X[:, :3] > 0).astype(np.float32)
    train, val = (training.Batches(X, rows, Y[rows]) for rows in (np.arange(30), np.arange(30, 40)))
    encoded_targets = iter([0.5, 0.9, 0.7, 0.8, float("nan"), 0.1])
    history = training.fit(
        network(), "binary_crossentropy", train, val, epochs=10, patience=3, learning_rate=0.01, seed=0,
        folder=tmp_path, monitor=lambda model: next(encoded_targets),
    )  # fmt: skip
    assert list(history["val_auc"].iloc[:4]) == [0.5, 0.9, 0.7, 0.8]
    assert len(history) == 5
    assert history.loc[history["best"], "epoch"].tolist() == [1, 2]
    assert history["val_loss"].idxmin() == len(history) - 1
    again = training.fit(
        network(), "binary_crossentropy", train, val, epochs=10, patience=3, learning_rate=0.01, seed=0, folder=tmp_path
    )
    assert list(again["val_auc"].dropna().round(1))[:2] == [0.5, 0.9]
