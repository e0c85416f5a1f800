"""musicnn against the same network in TensorFlow's own operations, and on real recordings where its weights are."""

import os
from pathlib import Path

import keras
import librosa
import numpy as np
import pytest
import soundfile

import made_musicnn
from mumu_lib import audio, encoders
from mumu_lib.core.errors import AudioError, BadDataError, MissingDataError, ParameterError
from mumu_lib.encoders import musicnn
from mumu_lib.encoders.musicnn_network import log_mel

RNG = np.random.default_rng(1)
SOUND = RNG.normal(0, 0.1, 16000 * 10).astype(np.float32)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return made_musicnn.source(tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="module")
def converted(source, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mtt")
    musicnn.convert(source, folder, "mtt_musicnn")
    return folder


@pytest.fixture(scope="module")
def made(converted):
    return musicnn.Musicnn(converted)


@pytest.mark.parametrize("vectors", musicnn.LENGTHS)
def test_the_network_is_that_of_the_description(converted, vectors):
    encoder = musicnn.Musicnn(converted, vectors)
    heard = encoder.encode(SOUND)
    mel = log_mel(SOUND)[: 3 * 187].reshape(3, 187, 96)
    hidden, pooled, scores = made_musicnn.scores(made_musicnn.variables(0), mel)
    np.testing.assert_allclose(heard.scores, scores, atol=1e-5)
    wanted = {"penultimate": hidden, "pooled": pooled}[vectors]
    np.testing.assert_allclose(heard.vectors, wanted, atol=1e-4)
    assert heard.vectors.shape[1] == encoder.about.length
    assert scores.std(axis=0).max() > 1e-3  # the comparison would see something


def test_it_says_what_it_is(made):
    about = made.about
    assert (about.name, about.hears, about.licence) == ("mtt_musicnn", "audio", "ISC")
    assert about.learned_from == "MagnaTagATune"
    assert made.tags == tuple(made_musicnn.TAGS["MTT_LABELS"])
    assert len(about.digest) == 64


def test_mixed_precision_changes_nothing(converted, made):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        heard = musicnn.Musicnn(converted).encode(SOUND)
    finally:
        keras.config.set_dtype_policy(before)
    np.testing.assert_allclose(heard.scores, made.encode(SOUND).scores, atol=1e-6)
    assert heard.vectors.dtype == np.float32


def test_windows_are_spread_evenly_and_know_when_they_begin(made):
    y = np.tile(SOUND, 3)
    everything = made.encode(y)
    some = made.encode(y, windows=3)
    np.testing.assert_allclose(everything.starts, np.arange(10) * 187 * 256 / 16000)
    np.testing.assert_allclose(some.starts, everything.starts[[1, 5, 8]])
    np.testing.assert_allclose(some.scores, everything.scores[[1, 5, 8]], atol=1e-6)
    assert len(made.encode(y, windows=99).scores) == 10


def test_the_number_of_windows_at_once_changes_nothing(made):
    """Seventeen windows: one batch of sixteen, and a last one of a single window."""
    y = np.tile(SOUND, 6)[: 17 * 187 * 256]
    together = made.encode(y)
    alone = made.encode(y, windows=1)
    assert len(together.scores) == 17
    np.testing.assert_allclose(alone.scores, together.scores[[8]], atol=1e-5)


@pytest.mark.parametrize("windows", [0, -1])
def test_no_window_is_refused(made, windows):
    with pytest.raises(ParameterError, match="1 or more"):
        made.encode(SOUND, windows=windows)


def test_what_is_too_short_or_of_two_channels_is_refused(made):
    with pytest.raises(AudioError, match=r"2\.0 s of sound, at least 3 s"):
        made.encode(SOUND[:32000])
    with pytest.raises(ParameterError, match="one channel"):
        made.encode(np.zeros((2, 16000), np.float32))
    assert len(made.encode(SOUND[:48000]).scores) == 1


def test_a_checkpoint_that_lacks_a_variable_is_not_converted(tmp_path):
    made_musicnn.source(tmp_path, lacking=["batch_normalization_9/moving_mean"])
    with pytest.raises(BadDataError, match="lacks the variable 'batch_normalization_9/moving_mean'"):
        musicnn.convert(tmp_path, tmp_path / "out", "mtt_musicnn")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "MTT_LABELS = ['a', 'b']",
        "MTT_LABELS = open('x').read()",
        "MTT_LABELS = ['a'] * 50",
        "def (",
        "MTT_LABELS = 5",
    ],
)
def test_tags_are_read_and_never_run(tmp_path, text):
    path = tmp_path / "configuration.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadDataError, match=r"configuration\.py"):
        musicnn.tags_of(path, "MTT_LABELS")


def test_weights_that_are_not_here_are_said_with_the_command():
    with pytest.raises(MissingDataError, match="make pretrained"):
        encoders.make("mtt_musicnn")
    assert encoders.installed() == []


def test_damaged_weights_are_said_with_the_command(source, tmp_path):
    musicnn.convert(source, tmp_path, "msd_musicnn")
    weights = tmp_path / musicnn.WEIGHTS
    content = weights.read_bytes()
    for damaged in (
        content[:1000],
        b"",
        content[: len(content) // 2] + bytes(100) + content[len(content) // 2 + 100 :],
    ):
        weights.write_bytes(damaged)
        with pytest.raises(BadDataError, match="make pretrained"):
            musicnn.Musicnn(tmp_path)
    weights.unlink()
    with pytest.raises(MissingDataError, match="make pretrained"):
        musicnn.Musicnn(tmp_path)
    weights.write_bytes(content)
    for about in ("{}", "[]", "not json", '{"name": "x", "tags": 5}'):
        (tmp_path / encoders.ABOUT).write_text(about, encoding="utf-8")
        with pytest.raises(BadDataError, match="make pretrained"):
            musicnn.Musicnn(tmp_path)


def test_a_network_is_opened_once(source, home):
    for name in ("mtt_musicnn", "msd_musicnn"):
        musicnn.convert(source, encoders.folder(name), name)
    assert encoders.make("mtt_musicnn") is musicnn.mtt()
    assert encoders.make("msd_musicnn").about.learned_from == "Million Song Dataset"
    assert encoders.installed() == ["mtt_musicnn", "msd_musicnn"]
    assert musicnn.open_network("mtt_musicnn", "pooled").about.length == 1506
    with pytest.raises(ParameterError, match="penultimate"):
        musicnn.open_network("mtt_musicnn", "all")


def test_a_recording_is_brought_to_the_rate_at_once(tmp_path):
    path = tmp_path / "noise.wav"
    soundfile.write(path, RNG.normal(0, 0.1, 44100 * 4), 44100)
    got = audio.load(path, rate=musicnn.RATE)
    np.testing.assert_allclose(got, librosa.load(path, sr=16000)[0], atol=1e-6)


# --- What others measured of the first minute of real recordings, where the package and the recordings are. ---

MEASURED = [
    ("msd_musicnn", "sorohanro", "jazz", 0.88),
    ("msd_musicnn", "442789", "jazz", 0.40),
    ("msd_musicnn", "Hungarian", "jazz", 0.35),
    ("msd_musicnn", "Kevin_MacLeod_-_P_I", "jazz", 0.28),
    ("msd_musicnn", "Karissa", "female vocalists", 0.33),
    ("msd_musicnn", "Karissa", "folk", 0.27),
    ("mtt_musicnn", "Hungarian", "classical", 0.67),
    ("mtt_musicnn", "Hungarian", "violin", 0.53),
    ("mtt_musicnn", "442789", "piano", 0.76),
]


@pytest.fixture(scope="module")
def real():
    """Networks converted from the package, opened from the folder that MUMU_PRETRAINED names."""
    where = os.environ.get("MUMU_PRETRAINED")
    if not where:
        pytest.skip("set MUMU_PRETRAINED to the folder data/pretrained that  make pretrained  has filled")
    return {name: musicnn.Musicnn(Path(where) / name) for name in musicnn.MODELS}


@pytest.mark.parametrize(("name", "recording", "tag", "score"), MEASURED)
def test_scores_of_real_recordings_are_those_measured_by_others(real, real_data, name, recording, tag, score):
    path = next((real_data / "audio" / "librosa").glob(f"{recording}*.ogg"))
    y = audio.load(path, rate=musicnn.RATE)[: 60 * musicnn.RATE]
    heard = real[name].encode(y).scores.mean(axis=0)
    assert heard[real[name].tags.index(tag)] == pytest.approx(score, abs=0.01)
