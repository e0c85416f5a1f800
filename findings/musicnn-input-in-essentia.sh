#!/usr/bin/env bash
# Guess: Essentia's TensorflowInputMusiCNN and librosa, told the same sizes (16 kHz, frames of 512, 96 Slaney bands, 10000
# times the mel power plus one, its logarithm), give the same numbers, as the models are used with both.
# Seen: not with librosa's default window. Essentia's Hann window is symmetric and scipy's "hann" periodic: the logarithms are
# apart by more than .01; with a symmetric window they agree to 1e-4.
# essentia 2.1b6.dev1389 and librosa 0.11.0, from PyPI.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet --disable-pip-version-check essentia==2.1b6.dev1389 librosa==0.11.0
cd "$place"
env/bin/python - <<'PY'
import essentia
import numpy as np
import librosa
from essentia.standard import TensorflowInputMusiCNN
from scipy.signal import get_window

essentia.log.infoActive = False
rng = np.random.default_rng(0)
t = np.arange(512) / 16000
frame = (0.3 * np.sin(2 * np.pi * 440 * t) + 0.01 * rng.standard_normal(512)).astype(np.float32)
theirs = np.asarray(TensorflowInputMusiCNN()(frame))
mel = librosa.filters.mel(sr=16000, n_fft=512, n_mels=96, htk=False, norm="slaney")
apart = {}
for name, window in (("periodic", get_window("hann", 512)), ("symmetric", get_window("hann", 512, fftbins=False))):
    spectrum = np.abs(np.fft.rfft(frame * window))
    ours = np.log10(1 + 10000 * (mel @ spectrum**2))
    apart[name] = float(np.abs(ours - theirs).max())
    print(f"{name} window: largest difference {apart[name]:.6f}, of values up to {theirs.max():.2f}")
assert apart["periodic"] > 0.01 and apart["symmetric"] < 1e-4, apart
PY
