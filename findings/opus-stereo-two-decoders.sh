#!/usr/bin/env bash
# Guess: two decoders of one Opus file agree to rounding, as they do for mono (the format says what a decoder must give).
# Seen: on stereo with bursts of noise, ffmpeg's own decoder ("opus", PyAV's default) and libopus (which libsndfile uses)
# differ by more than 0.05 of full scale in places, in some 1.5 % of the samples. A stereo Opus file is no test of equality.
# soundfile 0.14.0 (libsndfile 1.2.2) and av 18.1.0 (libavcodec 62), from PyPI.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet --disable-pip-version-check soundfile==0.14.0 av==18.1.0 numpy==2.4.6
cd "$place"
env/bin/python - <<'PY'
import av
import numpy as np
import soundfile as sf

t = np.arange(4 * 48000) / 48000
bursts = 0.1 * np.random.default_rng(0).normal(size=len(t)) * (np.sin(2 * np.pi * 3 * t) > 0.8)
left = 0.1 * np.sin(2 * np.pi * 440 * t) + bursts
right = 0.1 * np.sin(2 * np.pi * 550 * t)


def difference(channels):
    sf.write("x.opus", channels, 48000, format="OGG", subtype="OPUS")
    by_libopus, _ = sf.read("x.opus", dtype="float32", always_2d=True)
    with av.open("x.opus") as file:
        by_ffmpeg = np.concatenate([frame.to_ndarray() for frame in file.decode(audio=0)], axis=1).T
    assert by_libopus.shape == by_ffmpeg.shape
    return np.abs(by_libopus - by_ffmpeg)


mono, stereo = difference(left[:, None]), difference(np.stack([left, right], axis=1))
print(f"mono: largest difference {mono.max():.1e}")
print(f"stereo: largest difference {stereo.max():.3f}, above 0.001 in {(stereo > 0.001).mean():.1%} of the samples")
assert mono.max() < 1e-5
assert stereo.max() > 0.01
PY
