"""Test the sample's recordings in each format."""

import numpy as np
import pytest
import soundfile as sf

from mumu_lib.sources.sample import files


@pytest.mark.parametrize("suffix", list(files.FORMATS))
@pytest.mark.parametrize("shape", [(22050,), (44100, 2)])
def test_every_format_decodes_to_what_was_written(tmp_path, suffix, shape):
    tone = np.float32(0.5) * np.sin(np.arange(shape[0], dtype=np.float32) * np.float32(0.1))
    y = np.stack([tone, tone], axis=1) if len(shape) == 2 else tone
    files.write_audio(tmp_path / f"a.{suffix}", y, shape[0])
    read, rate = sf.read(tmp_path / f"a.{suffix}", dtype="float32")
    assert rate == shape[0]
    mono = read.mean(axis=1) if read.ndim == 2 else read
    # Encoders delay and pad; the spectrum's peak stays where it was.
    assert np.argmax(np.abs(np.fft.rfft(mono, shape[0]))) == pytest.approx(0.1 * shape[0] / (2 * np.pi), abs=2)
