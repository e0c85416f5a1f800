"""An own album's files through one run: what cannot be used, and which run is taken."""

import re
from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest

import mumu_lib
from mumu_lib import prediction, runs
from mumu_lib.core.errors import NothingUsableError
from mumu_lib.prediction import encoding


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


def test_a_run_that_has_kept_no_network_is_said_to_be_so(tmp_path):
    with pytest.raises(NothingUsableError, match=r"run has kept no network; run its notebook again"):
        encoding._network(tmp_path / "run", {"network": "tracks-01234567"})
    with pytest.raises(NothingUsableError, match=r"has kept no network"):
        encoding._network(tmp_path / "run", {})


def test_vectors_of_half_precision_layers_come_in_full_precision():
    x = inputs = keras.Input((1,))
    network = keras.Model(inputs, keras.layers.Identity(dtype="bfloat16")(x))
    found = encoding._run(network, np.ones((1000, 1), np.float32))
    assert found.dtype == np.float32
    assert found.mean(axis=0) == 1


def test_features_come_from_where_the_album_says(music, own):
    """A library keeps them; nothing may go past it to the decoder."""
    asked = []

    def row(settings, name, path, source):
        asked.append((name, source))
        return settings.row(name, path, source)

    album = replace(prediction.album.read_album(own), row=row)
    prediction.predict(album, music)
    assert set(asked) == {("song.wav", "audio")}
