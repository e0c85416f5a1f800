"""Which encoder is meant, whether it is here, and where its runs may not be compared."""

import subprocess
import sys

import pytest

import fake_encoders
import small_encoder
from mumu_lib import params
from mumu_lib.core.errors import MissingDataError
from mumu_lib.core.paths import checkout
from mumu_lib.encoders import choice

BOOK = checkout() / "notebooks" / "04_audio.ipynb"


@pytest.fixture
def own(tiny):
    """A catalogue of somebody's own."""
    tiny.synthetic = False
    return tiny


def with_ids(catalogue, ids):
    catalogue.tracks["track_id"] = [*ids, *catalogue.tracks["track_id"][len(ids) :]]
    return catalogue


@pytest.mark.parametrize(
    ("track_id", "msd"),
    [
        ("TRAAAAW128F429D538", True),
        ("TRBIJNF128F14815A7", True),
        ("TRAAAAW128F429D53", False),
        ("TRAAAAW128F429D5388", False),
        ("TRaaaaw128f429d538", False),
        ("XTRAAAAW128F429D538", False),
        ("track-1", False),
        ("", False),
    ],
)
def test_tracks_of_the_million_song_dataset_are_known_by_their_ids(own, track_id, msd):
    assert choice.has_msd_tracks(with_ids(own, [track_id])) == msd


def test_they_are_known_by_their_folder_too(own):
    assert not choice.has_msd_tracks(own)
    own.info["roots"]["msd"] = "msd"
    assert choice.has_msd_tracks(own)


def test_musicnn_means_the_weights_that_have_not_heard_the_test_albums(own):
    assert choice.full_name("musicnn", own) == "msd_musicnn"
    own.synthetic = True
    assert choice.full_name("musicnn", own) == "mtt_musicnn"
    own.synthetic = False
    with_ids(own, ["TRAAAAW128F429D538"])
    assert choice.full_name("musicnn", own) == "mtt_musicnn"


@pytest.mark.parametrize("name", ["", "mtt_musicnn", "msd_musicnn", "minilm"])
def test_every_other_name_means_itself(own, name):
    assert choice.full_name(name, own) == name


def test_parameters_are_settled_before_a_run_starts(own):
    cfg = params.Audio(**{**params.defaults(BOOK), "catalogue": "tiny", "encoder": "musicnn"})
    assert choice.with_encoder(cfg, own).encoder == "msd_musicnn"
    plain = params.Audio(**{**params.defaults(BOOK), "catalogue": "tiny"})
    assert choice.with_encoder(plain, own) is plain
    results = params.Results(catalogue="tiny", seed=0, resamples=10)
    assert choice.with_encoder(results, own) is results


def test_weights_are_here_once_there_is_a_file(home, monkeypatch):
    assert not choice.installed("mtt_musicnn")
    (home / "data" / "pretrained" / "mtt_musicnn").mkdir(parents=True)
    (home / "data" / "pretrained" / "mtt_musicnn" / "weights.npz").write_text("half of it")
    assert not choice.installed("mtt_musicnn")
    with pytest.raises(MissingDataError, match=r"weights of mtt_musicnn are not here; get them with  make pretrained"):
        choice.require("mtt_musicnn")
    fake_encoders.install(monkeypatch, "mtt_musicnn")
    choice.require("mtt_musicnn")


def test_of_an_encoder_that_is_not_fetched_the_place_of_its_file_is_said(home):
    with pytest.raises(MissingDataError, match=r"put its file into .*pretrained.discogs_effnet"):
        choice.require("discogs_effnet")


@pytest.mark.parametrize("setting", ["msd_musicnn", "linear_msd_musicnn", "discogs_effnet"])
def test_what_has_heard_the_albums_is_named_where_these_are_the_albums(own, setting):
    assert choice.heard(own, setting) == ""
    with_ids(own, ["TRAAAAW128F429D538"])
    assert "heard these albums" in choice.heard(own, setting)


@pytest.mark.parametrize("setting", ["mtt_musicnn", "low_4x96", "linear_low_4x96", "mlp"])
def test_nothing_else_has_heard_them(own, setting):
    assert choice.heard(with_ids(own, ["TRAAAAW128F429D538"]), setting) == ""


def test_a_run_records_its_encoder(monkeypatch, home):
    assert choice.recorded("") == {}
    fake_encoders.install(monkeypatch, "mtt_musicnn", digest="ab" * 32)
    expected = {"name": "mtt_musicnn", "digest": "ab" * 32, "licence": "none", "learned_from": "nothing"}
    assert choice.recorded("mtt_musicnn") == {"encoder": expected}
    assert choice.uses_encoder(choice.recorded("mtt_musicnn"))
    assert not choice.uses_encoder({"encoder": float("nan")})
    assert not choice.uses_encoder({})


def test_the_plan_of_a_series_can_ask_without_a_backend():
    code = "import sys; from mumu_lib.encoders import choice; print('keras' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_what_an_encoder_lacks_is_its_weights_or_a_library(home, monkeypatch):
    assert choice.lacking("minilm") == "its weights are not here; get them with  make pretrained"
    small_encoder.write(home / "data" / "pretrained" / "minilm")
    assert choice.lacking("minilm") == ""
    monkeypatch.setattr(choice, "find_spec", lambda name: None)
    assert choice.lacking("minilm") == "tokenizers is not installed; run  pip install tokenizers safetensors"
