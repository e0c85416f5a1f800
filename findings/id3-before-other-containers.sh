#!/usr/bin/env bash
# Guess: an ID3 tag that some tagger has put before a FLAC, Ogg or WAV file is skipped, or read, alike for all of them.
# Seen: mutagen takes such an Ogg or WAV for an mp3 and raises "can't sync to MPEG frame"; it opens the FLAC, but shows
# none of the tag. soundfile reads FLAC and WAV whole and refuses the Ogg. So "neither library opens it" says nothing
# about the sound.
# mutagen 1.48.1 and soundfile 0.14.0 (libsndfile 1.2.2), from PyPI.
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
from mutagen.id3 import ID3, TCON

sound = 0.3 * np.sin(np.arange(44100) / 16)
tag = ID3()
tag.add(TCON(text=["Rock"]))
tag.save("tag")
before = open("tag", "rb").read()


def tried(read):
    try:
        return read()
    except Exception as error:
        return type(error).__name__


seen = {}
for name in ("flac", "ogg", "wav", "mp3"):
    sf.write(f"plain.{name}", sound, 44100)
    tagged = f"tagged.{name}"
    open(tagged, "wb").write(before + open(f"plain.{name}", "rb").read())
    genre = tried(lambda: str((mutagen.File(tagged).tags or {}).get("TCON")))
    length = tried(lambda: len(sf.read(tagged)[0]))
    seen[name] = (genre, length)
    print(f"{name}: mutagen's genre {genre}; soundfile reads {length} of {len(sound)}")
assert seen == {
    "flac": ("None", 44100), "ogg": ("HeaderNotFoundError", "LibsndfileError"), "wav": ("HeaderNotFoundError", 44100),
    "mp3": ("Rock", 44100),
}, seen
PY
