#!/usr/bin/env bash
# Guess: librosa.power_to_db of a batch of spectrograms gives what it gives for each of them.
# Seen: top_db, 80 by default, counts from the loudest of the whole batch, and so does ref=np.max: a quiet recording beside a
# loud one loses its structure. (More axes mean channels to librosa.)
# librosa 0.11.0, from PyPI.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet --disable-pip-version-check librosa==0.11.0 numpy==2.4.6
cd "$place"
env/bin/python - <<'PY'
import librosa
import numpy as np

loud = np.random.default_rng(0).uniform(0.1, 1, size=(8, 16))
quiet = 1e-8 * loud**2
alone = librosa.power_to_db(quiet)
together = librosa.power_to_db(np.stack([loud, quiet]))[1]
print(f"the quiet one alone: {np.ptp(alone):.1f} dB from its lowest to its highest value; in the batch: {np.ptp(together):.1f}")
assert np.ptp(alone) > 10
assert np.ptp(together) < 5
PY
