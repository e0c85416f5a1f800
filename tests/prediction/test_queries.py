"""Albums near a place, and a place between labels."""

import keras
import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from finished_runs import GENRES, D, factors
from mumu_lib import prediction, runs, targets
from mumu_lib.core.errors import ParameterError
from mumu_lib.prediction import album as prediction_album, queries


def test_nearest_albums_share_the_genres(music, own):
    predicted = prediction.predict(prediction_album.read_album(own), music)
    place = targets.Cosine(factors(music)).encode(music.label_matrix())[9]
    nearest = queries.nearest_albums(place, music, n=3)
    assert list(nearest.genres.map(list)) == [GENRES[1]] * 3
    assert nearest.similarity.to_numpy() == pytest.approx(1)
    assert predicted.place.shape == (D,)


def test_a_mix_of_labels_is_a_place_between_them(music):
    answer = queries.query("jazz + Reggae", music, n=12)
    assert answer.attrs["together"] == 0
    run = runs.Run("", music.folder.parents[1] / "runs" / "mine" / answer.attrs["run"], music)
    assert answer.attrs["run"] == "a+t+i-cosine-mlp"
    C, outputs = factors(music), keras.saving.load_model(run.folder / "net" / "model.keras", compile=False)
    place = sum(C[i] / np.linalg.norm(C[i]) for i in (music.labels.index("Jazz"), music.labels.index("Reggae")))
    expected = cosine_similarity(outputs.predict(run.array("embeddings"), verbose=0), place[None])[:, 0]
    np.testing.assert_allclose(answer.similarity[run.album_ids], expected, atol=1e-5)
    assert answer.similarity.is_monotonic_decreasing
    with pytest.raises(ParameterError, match="did you mean 'Reggae'"):
        queries.query("Jazz + Regae", music)


def test_an_exact_name_wins_over_one_in_other_capitals():
    known = ["ROCK", "Rock", "rock", "Drum + Bass"]
    for name in known:
        assert queries._label(name, known) == name
    assert queries._label("drum + bass", known) == "Drum + Bass"


def test_a_label_with_a_plus_inside():
    known = ["Bass", "Drum + Bass", "Jazz+Funk", "Rock"]
    assert queries._labels("Drum + Bass + Rock", known) == ["Drum + Bass", "Rock"]
    assert queries._labels("Rock+jazz+funk + Bass", known) == ["Rock", "Jazz+Funk", "Bass"]
    with pytest.raises(ParameterError, match="unknown label 'Drum'"):
        queries._labels("Drum + Rock", known)


def test_the_mix_proposed_is_of_frequent_labels_that_never_meet(music):
    first, second = queries.unseen_mix(music).split(" + ")
    M = music.label_matrix("train").toarray()
    assert not (M[:, music.labels.index(first)] * M[:, music.labels.index(second)]).any()
