"""Joint learning: resumed training equals uninterrupted training."""

import keras
import numpy as np
import pandas as pd
import pytest

from finished_runs import goal_of, settings
from mumu_lib import fusion, metrics, params, training
from mumu_lib.core import environment
from mumu_lib.core.errors import NothingUsableError
from mumu_lib.fusion import joint


def test_jointly_trained_networks_are_stored_under_a_hash_of_their_sources(music):
    cfg = settings(params.Multimodal, music, learning="simultaneous")
    found = fusion.sources(music, cfg)
    names = {joint.folder_name(music, some) for some in (found, found[:2], found[1:])}
    assert len(names) == 3
    assert joint.folder_name(music, found) in names


@pytest.fixture
def trained(music):
    """A function that builds the joint network of three runs and trains it for some epochs."""

    def build(epochs, folder):
        cfg = settings(params.Multimodal, music, learning="simultaneous", target="cosine", together_epochs=epochs)
        environment.seed_everything(0)
        objective = goal_of(music, "cosine")
        made = joint.build(music, fusion.sources(music, cfg), objective, objective.encode(music.label_matrix()), cfg)
        return made, joint.fit(made, cfg, folder)

    return build


def test_joint_learning_resumes_after_an_interruption(trained, tmp_path, monkeypatch):
    whole, history = trained(2, tmp_path / "whole")
    assert len(history) == 2
    finish_training = training._Keeper.finish
    monkeypatch.setattr(training._Keeper, "finish", lambda *_: None)
    trained(1, tmp_path / "stopped")
    monkeypatch.setattr(training._Keeper, "finish", finish_training)
    again, resumed = trained(2, tmp_path / "stopped")
    np.testing.assert_allclose(resumed.loss, history.loss, rtol=1e-6)
    for ours, theirs in zip(again.network.get_weights(), whole.network.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    assert list(again.curves) == ["audio", "text", "image"]
    pd.testing.assert_frame_equal(again.curves, whole.curves)


def test_joined_embeddings_give_the_outputs_of_the_whole_network(trained, tmp_path, music):
    made, _ = trained(1, tmp_path)
    parts = joint.encode(made)
    assert [part.vectors.shape for part in parts] == [(12, 256), (12, 2048), (12, 128)]
    X = fusion.join(parts)
    whole = made.network.predict(made.examples[np.arange(12)], verbose=0)
    np.testing.assert_allclose(made.classifier.predict(X[made.examples.table.album], verbose=0), whole, atol=1e-5)
    for part in parts:
        np.testing.assert_allclose(np.linalg.norm(part.vectors, axis=1), 1, rtol=1e-4)
    val, kept = music.rows("val"), np.cumsum([0, 256, 2048, 128])
    for name, start, end in zip(made.curves, kept[:-1], kept[1:], strict=True):
        alone = np.zeros_like(X[val])
        alone[:, start:end] = X[val, start:end]
        scores = made.objective.scores(made.classifier.predict(alone, verbose=0))
        assert made.curves[name].iloc[0] == pytest.approx(metrics.macro_auc(music.label_matrix()[val], scores))


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("target", ["logistic", "cosine"])
def test_networks_joined_in_mixed_precision_give_the_outputs_of_full_precision(music, policy, target):
    cfg = settings(params.Multimodal, music, learning="simultaneous", target=target)
    objective = goal_of(music, target)
    found = fusion.sources(music, cfg)
    made = []
    for precision in ("float32", policy):
        environment.seed_everything(0, precision)
        made.append(joint.build(music, found, objective, objective.encode(music.label_matrix()), cfg))
    environment.seed_everything(0)
    full, mixed = made
    mixed.network.set_weights(full.network.get_weights())
    inputs = full.examples[np.arange(12)]
    outputs = mixed.network.predict(inputs, verbose=0)
    assert outputs.dtype == np.float32
    np.testing.assert_allclose(outputs, full.network.predict(inputs, verbose=0), atol=0.03)
    joining = (keras.layers.UnitNormalization, keras.layers.Concatenate, keras.layers.Dropout)
    kinds = {layer.compute_dtype for layer in mixed.network.layers if isinstance(layer, joining)}
    assert kinds == {"float32"}
    for part in joint.encode(mixed):
        np.testing.assert_allclose(np.linalg.norm(part.vectors, axis=1), 1, rtol=1e-4)


@pytest.mark.parametrize("own", [{"filters": "timbre_mlp"}, {"filters": "low_4x96", "encoder": "mtt_musicnn"}])
def test_an_audio_run_without_a_network_to_train_is_refused_with_the_command_that_makes_one(music, own, tmp_path):
    stored = {"filters": "low_4x96", "encoder": ""} | own
    with pytest.raises(NothingUsableError, match=r"04_audio\.ipynb out\.ipynb -p catalogue mine -p filters low_4x96$"):
        joint.audio_branch(tmp_path / "audio-cosine-timbre_mlp", stored, music)


def test_without_recordings_joint_learning_leaves_audio_out(music, monkeypatch, tmp_path):
    monkeypatch.setattr(joint.commands, "only_timbre", lambda catalogue: True)
    stored = {"filters": "timbre_mlp", "encoder": ""}
    with pytest.raises(NothingUsableError, match=r"-p modalities ti -p learning simultaneous$"):
        joint.audio_branch(tmp_path / "audio-cosine-timbre_mlp", stored, music)
