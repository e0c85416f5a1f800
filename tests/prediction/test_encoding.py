"""An own album's files through one run: what cannot be used, and which run is taken."""

import re
import shutil
from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest

import fake_encoders
import finished_runs
import mumu_lib
from mumu_lib import encoders, models, params, prediction, runs
from mumu_lib.core.errors import NothingUsableError
from mumu_lib.core.paths import checkout
from mumu_lib.encoders import store
from mumu_lib.fusion import joint
from mumu_lib.prediction import album, encoding
from mumu_lib.prediction.trained import at_home
from mumu_lib.text import album_vectors
from mumu_lib.training import hearing, tracks


def test_what_cannot_be_used_is_listed_and_the_rest_goes_on(music, own):
    (own / "CD 2").mkdir()
    (own / "CD 2" / "broken.mp3").write_bytes(b"not audio at all")
    (own / "CD 2" / "other.m4a").write_bytes(b"x")
    (own / "front.png").write_text("<html>no such page</html>")
    (own / "review.txt").write_text("Δεν υπάρχει καμία λέξη")
    (own / ".hidden.wav").write_bytes(b"")
    table = mumu_lib.predict_album(own, music)
    reasons = {entry["file"]: entry["reason"] for entry in table.attrs["skipped"]}
    assert "another language" in reasons["text-cosine-vsm"]
    assert "HTML" in reasons["front.png"]
    # By the list of endings, or by ffmpeg, or for want of it.
    assert re.search("convert it|ffmpeg|cannot be decoded", reasons["CD 2/other.m4a"])
    assert "CD 2/broken.mp3" in reasons
    # A name may begin with a dot, as of "...Intro.mp3".
    assert "cannot be" in reasons[".hidden.wav"]
    assert list(table.modality.unique()) == ["audio"]


def test_a_text_with_few_known_words_is_used_and_named(music, own):
    (own / "review.txt").write_text("sax " + " ".join(f"palabra{i}" for i in range(9)))
    table = mumu_lib.predict_album(own, music)
    assert "knows 10% of the words, usually" in " ".join(entry["reason"] for entry in table.attrs["skipped"])
    assert "text" in set(table.modality)


def test_a_run_that_cannot_judge_new_texts_gives_way_to_one_that_can(music, own, monkeypatch):
    table_of = runs.table

    def with_a_better_encoder(name=None):
        table = table_of(name)
        better = table[table.modality == "text"].assign(val_auc=0.999, source="embeddings", folder="nowhere")
        return pd.concat([table, better])

    monkeypatch.setattr(runs, "table", with_a_better_encoder)
    table = mumu_lib.predict_album(own, music)
    assert set(table[table.modality == "text"].run) == {"text-cosine-vsm"}


@pytest.fixture
def sentence_run(music, tmp_path, monkeypatch, request):
    """A run of each kind on a sentence encoder, in a home of its own: a function of the parameters that name it."""
    monkeypatch.setenv("MUMU_HOME", str(tmp_path / "sentences"))
    encoder = request.getfixturevalue("small_minilm")

    def make(**asked):
        cfg = finished_runs.settings(params.Text, music, target="cosine", **asked)
        reader = album_vectors.reader(music, cfg)
        run = runs.start(music, album_vectors.row_of(cfg), cfg)
        reader.link()
        X = reader.vectors(run.folder)
        network = models.text_mlp(X.shape[1], "cosine", 4, finished_runs.D)
        (run.folder / "net").mkdir(parents=True)
        network.save(run.folder / "net" / "model.keras")
        vectors, outputs = finished_runs.both(network, X.toarray() if hasattr(X, "toarray") else X)
        finished_runs.finish(
            run, music, outputs, vectors, "cosine", run.key[2], "text", 0.9, network="net", source=reader.name,
            encoder=reader.encoder,
        )  # fmt: skip
        return run.folder, vectors

    make.encoder = encoder
    return make


@pytest.mark.parametrize("asked", [{"encoder": "minilm"}, {"features": "vsm_minilm"}])
def test_a_new_text_goes_through_the_encoder_of_its_run(music, own, sentence_run, asked):
    folder, vectors = sentence_run(**asked)
    skipped = []
    found = encoding.encode(folder, album.read_album(own), at_home(music), skipped)
    # The files are those of album 9.
    np.testing.assert_allclose(found.vector, vectors[9], atol=1e-4)
    assert found.scores.shape == (4,)
    assert not skipped


def test_a_text_in_another_language_is_named_or_refused_by_a_sentence_run(music, own, sentence_run, monkeypatch):
    folder, _ = sentence_run(encoder="minilm")
    encoder = sentence_run.encoder
    read = own / "review.txt"
    monkeypatch.setattr(type(encoder), "known", lambda _, texts: 0.5 if texts[0].startswith("es") else 0.9)
    skipped = []
    read.write_text("esta cancion")
    encoding.encode(folder, album.read_album(own), at_home(music), skipped)
    assert "knows 50% of the words, usually 90%; is it in another language?" in skipped[0][1]
    monkeypatch.setattr(type(encoder), "known", lambda *_: 0.0)
    with pytest.raises(NothingUsableError, match="is it in another language"):
        encoding.encode(folder, album.read_album(own), at_home(music), [])


@pytest.mark.parametrize("asked", [{"encoder": "minilm"}, {"features": "vsm_minilm"}])
def test_a_sentence_run_without_its_encoder_says_how_to_get_it(music, own, sentence_run, tmp_path, monkeypatch, asked):
    folder, _ = sentence_run(**asked)
    monkeypatch.setenv("MUMU_HOME", str(tmp_path / "elsewhere"))
    with pytest.raises(NothingUsableError, match="make pretrained"):
        encoding.encode(folder, album.read_album(own), at_home(music), [])


def test_a_sentence_run_is_not_fed_by_other_weights(music, own, sentence_run):
    folder, _ = sentence_run(encoder="minilm")
    path = folder / "metrics.json"
    path.write_text(path.read_text().replace(sentence_run.encoder.about.digest, "0" * 64))
    with pytest.raises(NothingUsableError, match="trained with other weights of 'minilm'; run its notebook again"):
        encoding.encode(folder, album.read_album(own), at_home(music), [])


@pytest.mark.parametrize("asked", [{"encoder": "minilm"}, {"features": "vsm_minilm"}])
def test_a_sentence_run_is_a_branch_of_a_joint_network(music, sentence_run, asked):
    folder, _ = sentence_run(**asked)
    branch = joint.text_branch(folder, runs.parameters(folder, params.Text), music)
    assert branch.read(np.arange(3)).shape == (3, branch.network.input_shape[1])


def test_a_run_that_has_kept_no_network_is_said_to_be_so(tmp_path):
    with pytest.raises(NothingUsableError, match=r"run has no stored network; run its notebook again"):
        encoding._network(tmp_path / "run", {"network": "tracks-01234567"})
    with pytest.raises(NothingUsableError, match=r"has no stored network"):
        encoding._network(tmp_path / "run", {})


def test_vectors_of_half_precision_layers_come_in_full_precision():
    x = inputs = keras.Input((1,))
    network = keras.Model(inputs, keras.layers.Identity(dtype="bfloat16")(x))
    found = encoding._run(network, np.ones((1000, 1), np.float32))
    assert found.dtype == np.float32
    assert found.mean(axis=0) == 1


@pytest.fixture
def heard(music, monkeypatch):
    """A run of 04 on vectors of an encoder, the best of its modality."""
    fake_encoders.install(monkeypatch, "msd_musicnn")
    cell = params.defaults(checkout() / "notebooks" / "04_audio.ipynb")
    cfg = params.Audio(**{**cell, "catalogue": str(music.folder), "encoder": "musicnn", "dimensions": finished_runs.D})
    cfg = hearing.settled(cfg, music)
    run = runs.start(music, ("audio", cfg.target, cfg.encoder), cfg)
    store = hearing.extract(music, cfg.encoder, patches=1, workers=1, seed=0)
    learner = tracks.learner(music, store, finished_runs.goal_of(music, cfg.target), cfg)
    vectors = learner.vectors(learner.tracks["album"].to_numpy(), len(music.albums))
    network = learner.network
    (run.folder / "albums").mkdir()
    network.save(run.folder / "albums" / "model.keras")
    outputs = network.predict(vectors, verbose=0)
    facts = {"features": store.source, "network": "", "album_network": "albums", **learner.facts()}
    finished_runs.finish(run, music, outputs, vectors, cfg.target, cfg.encoder, "audio", 0.99, **facts)
    yield run
    shutil.rmtree(run.folder)


def test_new_recordings_go_through_the_encoder_of_a_run(music, own, heard):
    table = mumu_lib.predict_album(own, music)
    row = table[table.modality == "audio"].set_index("genre")
    assert set(row.run) == {"audio-cosine-msd_musicnn"}
    # The very recording is album 9's.
    np.testing.assert_allclose(row.score[music.labels], heard.array("scores")[9], atol=1e-5)


def test_a_run_of_other_weights_or_without_them_says_so(music, own, heard, home, monkeypatch):
    said = "trained with other weights of msd_musicnn; run its notebook again"
    fake_encoders.install(monkeypatch, "msd_musicnn", digest="1" * 64)
    table = mumu_lib.predict_album(own, music)
    assert {"file": "audio-cosine-msd_musicnn", "reason": said} in table.attrs["skipped"]
    monkeypatch.undo()
    monkeypatch.setenv("MUMU_HOME", str(music.folder.parents[1]))
    store._opened.cache_clear()
    shutil.rmtree(encoders.folder("msd_musicnn"))
    table = mumu_lib.predict_album(own, music)
    (reason,) = [entry["reason"] for entry in table.attrs["skipped"] if entry["file"] == "audio-cosine-msd_musicnn"]
    assert "make pretrained" in reason
    assert "text" in set(table.modality)


def test_features_come_from_where_the_album_says(music, own):
    """A library keeps them; nothing may go past it to the decoder."""
    asked = []

    def row(settings, name, path, source):
        asked.append((name, source))
        return settings.row(name, path, source)

    album = replace(prediction.album.read_album(own), row=row)
    prediction.predict(album, music)
    assert set(asked) == {("song.wav", "audio")}
