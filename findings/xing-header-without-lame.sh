#!/usr/bin/env bash
# Guess: an mp3 whose Xing header lacks the encoder's part (LAME version, delay, padding) decodes from its first sample in
# every library, or all of them trim the same.
# Seen: libsndfile then drops the first 529 samples, the delay of an mp3 decoder, though nothing says how long the encoder's
# was; ffmpeg drops none. With the LAME part both trim to the exact length.
# soundfile 0.14.0 (libsndfile 1.2.2 with mpg123) and av 18.1.0 (libavcodec 62), from PyPI.
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

rng = np.random.default_rng(0)
sound = 0.3 * np.sin(np.arange(3 * 44100) / 16) + 0.05 * rng.normal(size=3 * 44100)
sf.write("whole.mp3", sound, 44100, format="MP3")
data = bytearray(open("whole.mp3", "rb").read())
at = data.index(b"LAME", data.index(b"Xing"))
data[at : at + 36] = bytes(36)
open("bare.mp3", "wb").write(data)


def by_ffmpeg(name):
    with av.open(name) as file:
        return np.concatenate([frame.to_ndarray() for frame in file.decode(audio=0)], axis=1)[0]


assert len(sf.read("whole.mp3")[0]) == len(by_ffmpeg("whole.mp3")) == len(sound)
one, other = sf.read("bare.mp3", dtype="float32")[0], by_ffmpeg("bare.mp3")
starts = [start for start in range(2000) if np.allclose(one[:4000], other[start : start + 4000], atol=1e-4)]
print(f"without the LAME part: libsndfile {len(one)} samples, ffmpeg {len(other)}; the first begins {starts[0]} later")
assert starts == [529]
assert len(other) - len(one) == 529
PY
