#!/usr/bin/env bash
# Guess: saving the APEv2 tag of an mp3 leaves the ID3v1 tag behind it as it is, as players have written both for decades.
# Seen: mutagen cuts the file where the old APEv2 tag began, so that the ID3v1 tag behind it is gone, without a word. Where
# there was only an ID3v1 tag, the new APEv2 tag comes behind it: its bytes are still there, but no longer at the end of the
# file, where readers look for it.
# mutagen 1.48.1, from PyPI.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet --disable-pip-version-check mutagen==1.48.1
cd "$place"
env/bin/python - <<'PY'
from mutagen.apev2 import APEv2

SOUND = bytes(2000)
OLD = b"TAG" + b"An old title".ljust(30, b"\0") + bytes(94) + b"\x11"


def tail(path):
    return open(path, "rb").read()[-128:]


open("both", "wb").write(SOUND)
tag = APEv2()
tag["Title"] = "one"
tag.save("both")
open("both", "ab").write(OLD)
before = tail("both") == OLD
tag = APEv2("both")
tag["Title"] = "two"
tag.save()
open("one", "wb").write(SOUND + OLD)
tag = APEv2()
tag["Title"] = "one"
tag.save("one")
seen = (before, tail("both") == OLD, OLD in open("both", "rb").read(), tail("one") == OLD, OLD in open("one", "rb").read())
print("both tags: ID3v1 at the end before", seen[0], "after", seen[1], "anywhere", seen[2])
print("ID3v1 alone, APEv2 added: ID3v1 at the end", seen[3], "anywhere", seen[4])
assert seen == (True, False, False, False, True), seen
PY
