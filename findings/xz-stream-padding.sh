#!/usr/bin/env bash
# Guess: a .xz file of two streams with zeros between them, which the format allows (stream padding, in fours of bytes), is
# read to its end by Python, as by xz itself, and as Python reads such a .gz.
# Seen: lzma.open and lzma.decompress stop before the padding: the second half is missing, without a word.
# Python 3.11.7 and 3.12.1, module lzma; xz 5.4.1 (Debian 12).
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
python3 - <<'PY'
import gzip
import lzma
import subprocess

halves = [b"artist,title\n", b"a,b\n"]
with open("two.xz", "wb") as file:
    file.write(lzma.compress(halves[0]) + bytes(4) + lzma.compress(halves[1]))
with open("two.gz", "wb") as file:
    file.write(gzip.compress(halves[0]) + bytes(4) + gzip.compress(halves[1]))
by_xz = subprocess.run(["xz", "-dc", "two.xz"], capture_output=True, check=True).stdout
by_python, of_gzip = lzma.open("two.xz").read(), gzip.open("two.gz").read()
print(f"xz {by_xz}, lzma.open {by_python}, gzip.open on the same as .gz {of_gzip}")
assert by_xz == of_gzip == b"".join(halves)
assert by_python == lzma.decompress(open("two.xz", "rb").read()) == halves[0]
PY
