"""The mel spectrogram of musicnn against librosa, and the variables that its network takes."""

import librosa
import numpy as np
import pytest

import made_musicnn
from mumu_lib.core.errors import ParameterError
from mumu_lib.encoders.musicnn_network import log_mel, shapes

SOUND = np.random.default_rng(1).normal(0, 0.1, 16000 * 4).astype(np.float32)


def test_mel_is_librosas_in_half_precision():
    mel = librosa.feature.melspectrogram(y=SOUND, sr=16000, n_fft=512, hop_length=256, n_mels=96).T
    wanted = np.log10(10000 * mel.astype(np.float16).astype(float) + 1)
    np.testing.assert_allclose(log_mel(SOUND), wanted, atol=1e-5)


def test_a_sound_beyond_full_scale_stays_finite():
    assert np.isfinite(log_mel(SOUND * 1e6)).all()


@pytest.mark.parametrize("y", [np.zeros(0), np.zeros((2, 100))])
def test_what_is_no_channel_of_samples_is_refused(y):
    with pytest.raises(ParameterError, match="one channel"):
        log_mel(y)


def test_it_takes_every_variable_of_a_checkpoint_but_the_optimisers():
    there = made_musicnn.variables()
    del there["beta1_power"]
    assert shapes() == {name: value.shape for name, value in there.items()}
    assert sum(value.size for value in there.values()) == 792_079
