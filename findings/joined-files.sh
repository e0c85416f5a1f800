#!/usr/bin/env bash
# Guess: two recordings joined by `cat` are read as both, or refused.
# Seen: of FLAC, Ogg Vorbis and mp3 with a length header libsndfile reads the first half and mutagen gives its length,
# both without a word; of WAV libsndfile refuses the whole file.
# soundfile 0.14.0 (libsndfile 1.2.2) and mutagen 1.48.1, from PyPI.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet --disable-pip-version-check mutagen==1.48.1 soundfile==0.14.0 numpy==2.4.6
cd "$place"
env/bin/python - <<'PY'
import mutagen
import numpy as np
import soundfile as sf

sound = 0.3 * np.sin(np.arange(44100) / 16)
seen = {}
for name in ("flac", "ogg", "mp3", "wav"):
    sf.write(f"one.{name}", sound, 44100)
    one = open(f"one.{name}", "rb").read()
    open(f"two.{name}", "wb").write(one + one)
    try:
        length = len(sf.read(f"two.{name}")[0])
    except sf.LibsndfileError as error:
        length = "refused"
    seconds = mutagen.File(f"two.{name}").info.length
    seen[name] = (length, round(seconds, 1))
    print(f"{name}: soundfile {length} of {2 * len(sound)} samples, mutagen {seconds:.2f} s of 2")
assert seen == {"flac": (44100, 1.0), "ogg": (44100, 1.0), "mp3": (44100, 1.0), "wav": ("refused", 1.0)}, seen
PY
