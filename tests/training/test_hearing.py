"""What 04 hears with: the calls are the same for patches, timbre and encoders."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile

import fake_encoders
from mumu_lib import params
from mumu_lib.audio import store as audio_store
from mumu_lib.core.errors import MissingDataError
from mumu_lib.core.paths import checkout
from mumu_lib.encoders import store as encoder_store
from mumu_lib.training import hearing
from sounds import tone

BOOK = checkout() / "notebooks" / "04_audio.ipynb"


@pytest.fixture
def cfg():
    return params.Audio(**{**params.defaults(BOOK), "catalogue": "tiny"})


@pytest.fixture
def heard(tiny):
    folder = tiny.folder / "audio"
    folder.mkdir()
    soundfile.write(folder / "a.wav", tone(5, 440), 22050)
    tiny.tracks["audio"] = "a.wav"
    return tiny


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"filters": "high_4x70"}, "cqt"),
        ({"filters": "timbre_mlp"}, "timbre"),
        ({"encoder": "mtt_musicnn"}, "mtt_musicnn"),
        ({"filters": "timbre_mlp", "encoder": "discogs_effnet"}, "discogs_effnet"),
    ],
)
def test_every_setting_has_a_kind_of_features(cfg, values, kind):
    assert hearing.kind_of(replace(cfg, **values)) == kind


def test_parameters_are_settled_for_a_catalogue(tiny, cfg):
    assert hearing.settled(replace(cfg, encoder="musicnn"), tiny).encoder == "mtt_musicnn"
    assert hearing.settled(replace(cfg, encoder="musicnn"), tiny).recipe == "ours"
    assert hearing.settled(cfg, tiny).recipe == "paper"
    tiny.synthetic = False
    assert hearing.settled(replace(cfg, encoder="musicnn"), tiny).encoder == "msd_musicnn"


def test_what_lacks_is_said_at_once(tiny, heard, monkeypatch):
    with pytest.raises(MissingDataError, match="make pretrained"):
        hearing.require(heard, "mtt_musicnn")
    fake_encoders.install(monkeypatch, "mtt_musicnn")
    hearing.require(heard, "mtt_musicnn")
    hearing.require(heard, "cqt")
    tiny.tracks["audio"] = ""
    for kind in ("mtt_musicnn", "cqt", "timbre"):
        with pytest.raises(MissingDataError, match="has no audio"):
            hearing.require(tiny, kind)


def test_each_kind_has_its_first_sound_and_its_store(heard, monkeypatch):
    fake_encoders.install(monkeypatch, "mtt_musicnn")
    assert "5 numbers of mtt_musicnn" in hearing.first_sound(heard, "mtt_musicnn")
    assert hearing.first_sound(heard, "timbre") == audio_store.first_sound(heard, "timbre")
    made = hearing.extract(heard, "mtt_musicnn", patches=3, workers=1, seed=7)
    assert isinstance(made, encoder_store.EncoderStore)
    assert made.values.shape == (60, fake_encoders.LENGTH)
    timbre = hearing.extract(heard, "timbre", patches=3, workers=1, seed=7)
    assert timbre.values.shape == (60, 48)
    assert np.isfinite(made.values).all()
