"""What learns from tracks: patches or timbre, by the same calls."""

from types import SimpleNamespace

import numpy as np
import pytest

import fake_encoders
from mumu_lib import params, targets
from mumu_lib.core.paths import checkout
from mumu_lib.training import tracks

BOOK = checkout() / "notebooks" / "04_audio.ipynb"


@pytest.fixture
def cfg():
    return params.Audio(**{**params.defaults(BOOK), "catalogue": "tiny", "epochs": 1})


def store_of(tiny, values):
    """A store as the learner asks it."""
    return SimpleNamespace(
        values=values, rows=lambda ids: np.arange(len(ids)),
        standardisation=lambda rows: (np.full(96, -40, np.float32), np.full(96, 10, np.float32)),
    )  # fmt: skip


def learner(tiny, cfg, values):
    return tracks.learner(tiny, store_of(tiny, values), targets.make(tiny, cfg.target, cfg.dimensions), cfg)


def test_timbre_learns_nothing_from_single_tracks(tiny, cfg, tmp_path):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(len(tiny.tracks), 48)).astype(np.float32)
    found = learner(tiny, params.Audio(**{**vars(cfg), "filters": "timbre_mlp"}), values)
    assert found.fit(found.tracks, np.ones((30, 4)), tmp_path).empty
    assert not (tmp_path / found.folder / "model.keras").exists()
    albums = found.tracks["album"].to_numpy()
    vectors = found.vectors(albums, len(tiny.albums))
    np.testing.assert_allclose(vectors[3], values[albums == 3].mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(found.vectors(np.arange(len(values)), len(values)), values, rtol=1e-5)
    assert found.album_recipe(vectors).network is found.network
    assert found.main_network("the album's") == "the album's"
    assert found.curves("tracks", "albums") == "albums"


def test_patches_are_learned_and_averaged_over_albums(tiny, cfg, tmp_path):
    values = np.random.default_rng(0).uniform(-80, 0, (len(tiny.tracks), 1, 322, 96)).astype(np.float16)
    found = learner(tiny, cfg, values)
    encoded_targets = found.objective.encode(tiny.label_matrix())
    history = found.fit(found.tracks, encoded_targets, tmp_path)
    assert len(history) == 1
    assert (tmp_path / found.folder / "model.keras").is_file()
    of_tracks = found.vectors(np.arange(len(values)), len(values))
    albums = found.tracks["album"].to_numpy()
    vectors = found.vectors(albums, len(tiny.albums))
    np.testing.assert_allclose(vectors[5], of_tracks[albums == 5].mean(axis=0), rtol=1e-4, atol=1e-5)
    assert found.album_recipe(vectors).network.input_shape == (None, vectors.shape[1])
    assert found.curves("tracks", "albums") == "tracks"


def test_vectors_of_an_encoder_are_learned_from_as_timbre_is(tiny, cfg, tmp_path, monkeypatch):
    fake_encoders.install(monkeypatch, "mtt_musicnn")
    values = np.random.default_rng(0).normal(size=(len(tiny.tracks), fake_encoders.LENGTH)).astype(np.float32)
    found = learner(tiny, params.Audio(**{**vars(cfg), "encoder": "mtt_musicnn", "recipe": "ours"}), values)
    albums = found.tracks["album"].to_numpy()
    vectors = found.vectors(albums, len(tiny.albums))
    np.testing.assert_allclose(vectors[3], values[albums == 3].mean(axis=0), rtol=1e-5)
    assert found.fit(found.tracks, np.ones((30, 4)), tmp_path).empty
    assert found.facts()["encoder"]["name"] == "mtt_musicnn"
    assert learner(tiny, cfg, np.zeros((len(tiny.tracks), 1, 322, 96))).facts() == {}
