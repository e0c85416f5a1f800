#!/usr/bin/env bash
# Guess: an ID3 genre frame that holds two lines, as one tagger writes several genres, comes back whole or as two genres.
# Seen: mutagen keeps the first line alone, in `genres` and in `text`, and writes only that back: opening and saving a file
# loses the rest for good. The title of the same file keeps both lines.
# mutagen 1.48.1, from PyPI.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet --disable-pip-version-check mutagen==1.48.1
cd "$place"
env/bin/python - <<'PY'
from mutagen.id3 import ID3


def frame(name, text):
    body = b"\x03" + text.encode()
    return name + len(body).to_bytes(4, "big") + b"\0\0" + body


frames = frame(b"TCON", "Rock\nJazz") + frame(b"TIT2", "One\nTwo")
open("tag", "wb").write(b"ID3\x04\0\0" + len(frames).to_bytes(4, "big") + frames)
tag = ID3("tag")
tag.save()
seen = (tag["TCON"].genres, list(tag["TCON"].text), list(tag["TIT2"].text), b"Jazz" in open("tag", "rb").read())
print("genres", seen[0], "text", seen[1], "title", seen[2], "second genre still in the saved file:", seen[3])
assert seen == (["Rock"], ["Rock"], ["One\nTwo"], False), seen
PY
