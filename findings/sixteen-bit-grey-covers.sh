#!/usr/bin/env bash
# Guess: Image.convert("RGB") or convert("L") brings a greyscale picture of 16 bits, as scanners save covers, to 8 bits by its
# high byte.
# Seen: Pillow clips at 255: all but the darkest 0.4 % of the scale is white, without a word. A 16-bit PNG in colours is
# scaled when it is opened.
# Pillow 13.0.0, from PyPI.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0 numpy==2.4.6
cd "$place"
env/bin/python - <<'PY'
import struct
import zlib

import numpy as np
from PIL import Image

half = np.full((4, 4), 32768, np.uint16)
Image.fromarray(half).save("grey.png")


def part(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


rows = b"".join(b"\0" + struct.pack(">12H", *[32768] * 12) for _ in range(4))
header = struct.pack(">IIBBBBB", 4, 4, 16, 2, 0, 0, 0)
with open("colour.png", "wb") as file:
    file.write(b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b""))
seen = {}
for name in ("grey", "colour"):
    picture = Image.open(f"{name}.png")
    seen[name] = (picture.mode, picture.convert("RGB").getpixel((0, 0))[0])
    print(f"{name}: mode {seen[name][0]}, half of full scale becomes {seen[name][1]} of 255")
assert seen == {"grey": ("I;16", 255), "colour": ("RGB", 128)}, seen
PY
